//! Envelopes: a client's request that a broker hands on, in the client's name.
//!
//! Source: KIP-590.

use std::net::{IpAddr, SocketAddr};

use kraft_bridge_protocol::rpc::{
    AnyRequest, AnyResponse, Api, EnvelopeRequest, EnvelopeResponse, ErrorCode, ForwardedPrincipal,
    RequestHeader,
};
use kraft_bridge_protocol::wire::{Blob, Reader};

use crate::server::Caller;

/// APIs that brokers hand on, as far as they are served here.
const FORWARDED: [&str; 19] = [
    "CreateTopics",
    "DeleteTopics",
    "CreatePartitions",
    "AlterPartitionReassignments",
    "ListPartitionReassignments",
    "ElectLeaders",
    "IncrementalAlterConfigs",
    "AlterConfigs",
    "AlterClientQuotas",
    "AlterUserScramCredentials",
    "CreateAcls",
    "DeleteAcls",
    "CreateDelegationToken",
    "RenewDelegationToken",
    "ExpireDelegationToken",
    "DescribeQuorum",
    "UpdateFeatures",
    "UnregisterBroker",
    "AddRaftVoter",
];

/// What was in an envelope.
pub(super) struct Opened {
    /// The client, with the address that its broker saw.
    pub(super) caller: Caller,
    /// Header of its request.
    pub(super) header: RequestHeader,
    /// Its request.
    pub(super) request: AnyRequest,
}

/// Opens an envelope that a broker may send.
///
/// # Errors
///
/// The error that the envelope is answered with.
pub(super) fn open(broker: &Caller, envelope: &EnvelopeRequest) -> Result<Opened, ErrorCode> {
    let (principal, is_authenticated) = principal(envelope)?;
    let mut reader = Reader::of_frame(&envelope.request_data.0);
    let header = RequestHeader::decode(&mut reader).map_err(|_| ErrorCode::InvalidRequest)?;
    let api = Api::of(header.api_key).ok_or(ErrorCode::InvalidRequest)?;
    if !FORWARDED.contains(&api.name) {
        return Err(ErrorCode::InvalidRequest);
    }
    let is_known = api
        .versions()
        .is_some_and(|versions| (versions.min_version..=versions.max_version).contains(&header.api_version));
    if !is_known {
        return Err(ErrorCode::UnsupportedVersion);
    }
    let request = AnyRequest::decode(&header, &mut reader).map_err(|_| ErrorCode::InvalidRequest)?;
    let caller = Caller {
        address: address(&envelope.client_host_address.0).ok_or(ErrorCode::InvalidRequest)?,
        principal,
        is_authenticated,
        client_id: header.client_id.clone(),
        ..broker.clone()
    };
    Ok(Opened {
        caller,
        header,
        request,
    })
}

/// The answer to an envelope: the inner one as its client reads it.
pub(super) fn seal(header: &RequestHeader, answer: &AnyResponse) -> EnvelopeResponse {
    match answer.frame(header.api_version, header.correlation_id) {
        Ok(frame) => EnvelopeResponse {
            response_data: Some(Blob(frame[LENGTH_BYTES..].to_vec())),
            ..Default::default()
        },
        Err(error) => {
            tracing::error!(%error, ?header, "an answer cannot be written");
            failed(ErrorCode::UnknownServerError)
        }
    }
}

/// The answer to an envelope whose request was not handled.
pub(super) fn failed(error_code: ErrorCode) -> EnvelopeResponse {
    EnvelopeResponse {
        error_code,
        ..Default::default()
    }
}

/// A frame's length, which an envelope does without.
const LENGTH_BYTES: usize = 4;

/// The client's principal, and whether it has shown who it is by other means than a token.
fn principal(envelope: &EnvelopeRequest) -> Result<(String, bool), ErrorCode> {
    let data = envelope
        .request_principal
        .as_ref()
        .ok_or(ErrorCode::PrincipalDeserializationFailure)?;
    let principal = ForwardedPrincipal::decode_data(&data.0);
    let principal = principal.map_err(|_| ErrorCode::PrincipalDeserializationFailure)?;
    let name = format!("{}:{}", principal.principal_type, principal.name);
    Ok((name, !principal.token_authenticated))
}

/// Without a port, which an envelope does not tell.
fn address(bytes: &[u8]) -> Option<SocketAddr> {
    let ip: IpAddr = match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).ok()?.into(),
        16 => <[u8; 16]>::try_from(bytes).ok()?.into(),
        _ => return None,
    };
    Some(SocketAddr::new(ip, 0))
}
