//! The tables against Kafka's own bytes, and laws that hold for all of them.

mod apis;
mod brokers;
mod fetch;
mod laws;
mod login;
mod quorum;
mod security;
mod topics;

use super::*;
use crate::control::VoterEndpoint;
use crate::wire::{Blob, Reader, WireError};
use crate::{BrokerEpoch, PartitionId};

/// `message version bytes` of each frame, as Kafka 4.3.1 writes it.
const FRAMES: &str = include_str!("../../../../fixtures/rpc/frames.hex");

const DIRECTORY: Uuid = Uuid([0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 6]);
const TOPIC: Uuid = Uuid([0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 8]);
const CORRELATION: i32 = 7;

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

/// Kafka's bytes of a message, version by version.
fn kafkas<M: Message>() -> Vec<(i16, Vec<u8>)> {
    let frames: Vec<_> = FRAMES
        .lines()
        .map(|line| line.split(' ').collect::<Vec<_>>())
        .filter(|words| words[0] == M::NAME)
        .map(|words| (words[1].parse().unwrap(), unhex(words[2])))
        .collect();
    let versions: Vec<i16> = frames.iter().map(|(version, _)| *version).collect();
    assert_eq!(versions, M::VERSIONS.collect::<Vec<_>>(), "{}", M::NAME);
    frames
}

/// That both messages are written as Kafka does, and read back from its bytes, at every version.
fn are_kafkas<R>(request: impl Fn(i16) -> R, response: impl Fn(i16) -> R::Response)
where
    R: Request + PartialEq + std::fmt::Debug,
    R::Response: PartialEq + std::fmt::Debug,
{
    for (version, bytes) in kafkas::<R>() {
        let frame = request_frame(&request(version), version, CORRELATION, Some("kraft-bridge")).unwrap();
        assert_eq!(frame[4..], bytes, "{} version {version}", R::NAME);
        assert_eq!(frame[..4], i32::try_from(bytes.len()).unwrap().to_be_bytes());
        let (header, decoded) = decode_request::<R>(&bytes).unwrap();
        assert_eq!(decoded, request(version));
        assert_eq!(header.api_version, version);
        assert_eq!(header.correlation_id, CORRELATION);
        assert_eq!(header.client_id.as_deref(), Some("kraft-bridge"));
    }
    for (version, bytes) in kafkas::<R::Response>() {
        let frame = response_frame::<R>(&response(version), version, CORRELATION).unwrap();
        assert_eq!(frame[4..], bytes, "{} version {version}", R::Response::NAME);
        let decoded = decode_response::<R>(&bytes, version, CORRELATION).unwrap();
        assert_eq!(decoded, response(version));
    }
}

fn decode_request<R: Request>(bytes: &[u8]) -> Result<(RequestHeader, R), WireError> {
    let mut reader = Reader::new(bytes);
    let header = RequestHeader::decode(&mut reader)?;
    let body = R::decode(header.api_version, &mut reader)?;
    reader.finish()?;
    Ok((header, body))
}

/// A field's value where the version has the field.
fn since<T: Default>(first: i16, version: i16, value: T) -> T {
    if version >= first { value } else { T::default() }
}

/// `no`, as Kafka's answers of the fixtures say.
fn no() -> Option<String> {
    Some("no".to_owned())
}

fn leaders() -> Vec<LeaderEndpoint> {
    vec![LeaderEndpoint {
        node_id: NodeId(1),
        host: "c1".to_owned(),
        port: 9093,
        ..Default::default()
    }]
}

fn controller_listener(host: &str) -> Vec<VoterEndpoint> {
    vec![VoterEndpoint {
        name: "CONTROLLER".to_owned(),
        host: host.to_owned(),
        port: 9093,
        ..Default::default()
    }]
}
