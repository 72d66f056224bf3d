//! Envelope: a client's request that a broker hands on to the active controller, as it came.
//!
//! Source: KIP-590.

use super::{ErrorCode, Request};
use crate::messages::Message;
use crate::wire::{Blob, Reader, Wire, WireError};

crate::messages! {
    /// A request within a request.
    ///
    /// Source: `EnvelopeRequest.json`, Kafka 4.3.
    EnvelopeRequest (key 58, versions 0..=0) {
        /// The client's frame without its length: header and body.
        request_data: Blob, since 0;
        /// Who the client is, as its broker's principal builder writes it.
        request_principal: Option<Blob>, since 0;
        /// The client's address: the 4 or 16 bytes of its IP.
        client_host_address: Blob, since 0;
    }

    /// The answer to the inner request, or why there is none.
    ///
    /// Source: `EnvelopeResponse.json`, Kafka 4.3.
    EnvelopeResponse (key 58, versions 0..=0) {
        /// The frame for the client without its length: header and body.
        response_data: Option<Blob>, since 0;
        /// Why the request was not handled; its own errors are in the inner answer.
        error_code: ErrorCode = ErrorCode::None, since 0;
    }
}

crate::messages! {
    /// Who a forwarded request is from, as Kafka's default principal builder writes it behind its version, an int16.
    ///
    /// Source: `DefaultPrincipalData.json`, Kafka 4.3.
    ForwardedPrincipal (versions 0..=0, flexible since 0) {
        /// Kind of principal, `User`.
        principal_type: String, since 0;
        /// Its name.
        name: String, since 0;
        /// Whether a delegation token let it in.
        token_authenticated: bool, since 0;
    }
}

impl ForwardedPrincipal {
    /// Reads what an envelope says of its client.
    ///
    /// # Errors
    ///
    /// [`WireError`] when a principal builder of another kind has written it.
    pub fn decode_data(bytes: &[u8]) -> Result<ForwardedPrincipal, WireError> {
        let mut reader = Reader::new(bytes);
        let version = i16::read(&mut reader, "version")?;
        let principal = ForwardedPrincipal::decode(version, &mut reader)?;
        reader.finish()?;
        Ok(principal)
    }
}

impl Request for EnvelopeRequest {
    type Response = EnvelopeResponse;
}
