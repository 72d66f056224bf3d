//! The tables against Kafka's own bytes, and laws that hold for all of them.

use proptest::prelude::*;

use super::*;
use crate::PartitionId;
use crate::wire::{Blob, Reader, WireError};

/// `message version bytes` of each frame, as Kafka 4.3.1 writes it.
const FRAMES: &str = include_str!("../../../fixtures/rpc/frames.hex");

const DIRECTORY: Uuid = Uuid([0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 6]);
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

#[test]
fn api_versions_is_kafkas_byte_for_byte() {
    are_kafkas(
        |version| match version {
            0..=2 => ApiVersionsRequest::default(),
            _ => ApiVersionsRequest {
                client_software_name: "kraft-bridge".to_owned(),
                client_software_version: "0.1.0".to_owned(),
                ..Default::default()
            },
        },
        |version| {
            let api = |api_key, min_version, max_version| ApiVersion {
                api_key,
                min_version,
                max_version,
                ..Default::default()
            };
            let answer = ApiVersionsResponse {
                api_keys: vec![api(1, 4, 18), api(59, 0, 1)],
                throttle_time_ms: i32::from(version > 0),
                ..Default::default()
            };
            if version < 3 {
                return answer;
            }
            ApiVersionsResponse {
                supported_features: vec![SupportedFeature {
                    name: "metadata.version".to_owned(),
                    min_version: 7,
                    max_version: 30,
                    ..Default::default()
                }],
                finalized_features_epoch: 42,
                finalized_features: vec![FinalizedFeature {
                    name: "metadata.version".to_owned(),
                    max_version_level: 22,
                    min_version_level: 21,
                    ..Default::default()
                }],
                zk_migration_ready: true,
                ..answer
            }
        },
    );
}

#[test]
fn a_login_is_kafkas_byte_for_byte() {
    are_kafkas(
        |_| SaslHandshakeRequest {
            mechanism: "SCRAM-SHA-512".to_owned(),
            ..Default::default()
        },
        |_| SaslHandshakeResponse {
            error_code: ErrorCode::UnsupportedSaslMechanism,
            mechanisms: vec!["PLAIN".to_owned(), "GSSAPI".to_owned()],
            ..Default::default()
        },
    );
    are_kafkas(
        |_| SaslAuthenticateRequest {
            auth_bytes: Blob(b"n,,n=a".to_vec()),
            ..Default::default()
        },
        |version| SaslAuthenticateResponse {
            error_code: ErrorCode::SaslAuthenticationFailed,
            error_message: Some("no".to_owned()),
            auth_bytes: Blob(b"r=1".to_vec()),
            session_lifetime_ms: if version > 0 { 60_000 } else { 0 },
            ..Default::default()
        },
    );
}

#[test]
fn fetch_is_kafkas_byte_for_byte() {
    are_kafkas(fetch_request, fetch_response);
}

fn fetch_request(version: i16) -> FetchRequest {
    let partition = FetchPartition {
        current_leader_epoch: Epoch(5),
        fetch_offset: Offset(100),
        last_fetched_epoch: Epoch(4),
        partition_max_bytes: 9,
        replica_directory_id: if version >= 17 { DIRECTORY } else { Uuid::default() },
        high_watermark: Offset(if version >= 18 { 98 } else { i64::MAX }),
        ..Default::default()
    };
    FetchRequest {
        cluster_id: Some("c".to_owned()),
        replica_id: (version < 15).then_some(NodeId(2)),
        replica_state: match version {
            0..15 => ReplicaState::default(),
            _ => ReplicaState {
                replica_id: Some(NodeId(2)),
                replica_epoch: 33,
                ..Default::default()
            },
        },
        max_wait_ms: 500,
        min_bytes: 1,
        max_bytes: 1 << 20,
        isolation_level: 1,
        session_id: 11,
        session_epoch: 12,
        topics: vec![FetchTopic {
            topic_id: METADATA_TOPIC_ID,
            partitions: vec![partition],
            ..Default::default()
        }],
        forgotten_topics_data: vec![ForgottenTopic {
            topic_id: DIRECTORY,
            partitions: vec![PartitionId(3), PartitionId(4)],
            ..Default::default()
        }],
        rack_id: "r".to_owned(),
        ..Default::default()
    }
}

fn fetch_response(version: i16) -> FetchResponse {
    let everything = FetchPartitionResponse {
        error_code: ErrorCode::NotLeaderOrFollower,
        high_watermark: Offset(99),
        last_stable_offset: Offset(98),
        log_start_offset: Offset(7),
        diverging_epoch: EpochEndOffset {
            epoch: Epoch(3),
            end_offset: Offset(50),
            ..Default::default()
        },
        current_leader: LeaderIdAndEpoch {
            leader_id: Some(NodeId(1)),
            leader_epoch: Epoch(5),
            ..Default::default()
        },
        snapshot_id: CHECKPOINT.into(),
        aborted_transactions: Some(vec![AbortedTransaction {
            producer_id: crate::ProducerId(8),
            first_offset: Offset(9),
            ..Default::default()
        }]),
        preferred_read_replica: Some(NodeId(6)),
        records: Some(Blob(vec![1, 2, 3])),
        ..Default::default()
    };
    let least = FetchPartitionResponse {
        partition_index: PartitionId(1),
        high_watermark: Offset(-1),
        aborted_transactions: None,
        ..Default::default()
    };
    FetchResponse {
        throttle_time_ms: 1,
        error_code: ErrorCode::InvalidRequest,
        session_id: 11,
        responses: vec![FetchTopicResponse {
            topic_id: METADATA_TOPIC_ID,
            partitions: vec![everything, least],
            ..Default::default()
        }],
        node_endpoints: match version {
            0..16 => Vec::new(),
            _ => vec![NodeEndpoint {
                node_id: NodeId(1),
                host: "c1".to_owned(),
                port: 9093,
                rack: Some("r".to_owned()),
                ..Default::default()
            }],
        },
        ..Default::default()
    }
}

const CHECKPOINT: OffsetAndEpoch = OffsetAndEpoch {
    epoch: Epoch(4),
    offset: Offset(60),
};

#[test]
fn fetch_snapshot_is_kafkas_byte_for_byte() {
    are_kafkas(fetch_snapshot_request, fetch_snapshot_response);
}

fn fetch_snapshot_request(version: i16) -> FetchSnapshotRequest {
    FetchSnapshotRequest {
        cluster_id: Some("c".to_owned()),
        max_bytes: 1 << 20,
        topics: vec![SnapshotTopic {
            name: METADATA_TOPIC.to_owned(),
            partitions: vec![SnapshotPartition {
                current_leader_epoch: Epoch(5),
                snapshot_id: CHECKPOINT.into(),
                position: 1024,
                replica_directory_id: if version >= 1 { DIRECTORY } else { Uuid::default() },
                ..Default::default()
            }],
            ..Default::default()
        }],
        ..Default::default()
    }
}

fn fetch_snapshot_response(version: i16) -> FetchSnapshotResponse {
    let everything = SnapshotPartitionResponse {
        snapshot_id: CHECKPOINT.into(),
        current_leader: LeaderIdAndEpoch {
            leader_epoch: Epoch(5),
            ..Default::default()
        },
        size: 2048,
        position: 1024,
        unaligned_records: Blob(vec![1, 2, 3]),
        ..Default::default()
    };
    let least = SnapshotPartitionResponse {
        index: PartitionId(1),
        error_code: ErrorCode::SnapshotNotFound,
        snapshot_id: SnapshotId {
            end_offset: Offset(0),
            epoch: Epoch(0),
            ..Default::default()
        },
        ..Default::default()
    };
    FetchSnapshotResponse {
        throttle_time_ms: 1,
        error_code: ErrorCode::InvalidRequest,
        topics: vec![SnapshotTopicResponse {
            name: METADATA_TOPIC.to_owned(),
            partitions: vec![everything, least],
            ..Default::default()
        }],
        node_endpoints: match version {
            0 => Vec::new(),
            _ => vec![SnapshotNodeEndpoint {
                node_id: NodeId(1),
                host: "c1".to_owned(),
                port: 9093,
                ..Default::default()
            }],
        },
        ..Default::default()
    }
}

#[test]
fn a_field_that_the_version_lacks_is_refused_inside_arrays_too() {
    let error = request_frame(&fetch_request(17), 16, 1, None).unwrap_err();
    let message = error.to_string();
    assert_eq!(
        message,
        "FetchPartition version 16 has no field replica_directory_id, which is set"
    );
    let error = request_frame(&fetch_request(14), 15, 1, None).unwrap_err();
    assert!(error.to_string().contains("no field replica_id"), "{error}");
}

#[test]
fn a_string_too_long_for_a_message_that_is_not_flexible_is_refused() {
    let request = SaslHandshakeRequest {
        mechanism: "x".repeat(40_000),
        ..Default::default()
    };
    let error = request_frame(&request, 1, 1, None).unwrap_err();
    assert_eq!(error, crate::messages::EncodeError::TooLong { length: 40_000 });
}

#[test]
fn an_answer_to_another_request_is_refused() {
    let frame = response_frame::<FetchSnapshotRequest>(&FetchSnapshotResponse::default(), 1, 8).unwrap();
    let error = decode_response::<FetchSnapshotRequest>(&frame[4..], 1, 7).unwrap_err();
    assert_eq!(
        error,
        ResponseError::Correlation {
            expected: 7,
            found: 8
        }
    );
}

/// Whatever is read from a frame is written and read back as it was.
fn survives<R: Request + PartialEq + std::fmt::Debug>(version: i16, bytes: &[u8]) -> Result<(), TestCaseError>
where
    R::Response: PartialEq + std::fmt::Debug,
{
    // What null and boolean bytes may look like is settled by the first reading.
    if let Ok(request) = R::decode(version, &mut Reader::new(bytes)) {
        let frame = request_frame(&request, version, CORRELATION, None).unwrap();
        let (_, again) = decode_request::<R>(&frame[4..]).unwrap();
        prop_assert_eq!(again, request);
    }
    let content = [&CORRELATION.to_be_bytes(), bytes].concat();
    if let Ok(response) = decode_response::<R>(&content, version, CORRELATION) {
        let frame = response_frame::<R>(&response, version, CORRELATION).unwrap();
        let again = decode_response::<R>(&frame[4..], version, CORRELATION).unwrap();
        prop_assert_eq!(again, response);
    }
    Ok(())
}

fn any_api_survives(version: i16, bytes: &[u8]) -> Result<(), TestCaseError> {
    survives::<ApiVersionsRequest>(version, bytes)?;
    survives::<SaslHandshakeRequest>(version, bytes)?;
    survives::<SaslAuthenticateRequest>(version, bytes)?;
    survives::<FetchRequest>(version, bytes)?;
    survives::<FetchSnapshotRequest>(version, bytes)
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(version in 0i16..=19, bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        any_api_survives(version, &bytes)?;
        drop(RequestHeader::decode(&mut Reader::new(&bytes)));
    }

    #[test]
    fn a_damaged_frame_of_kafkas_is_read_or_refused(
        frame: proptest::sample::Index,
        damage in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..4),
    ) {
        let frames: Vec<&str> = FRAMES.lines().collect();
        let words: Vec<&str> = frame.get(&frames).split(' ').collect();
        let mut bytes = unhex(words[2]);
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        // Past the header: of a response its correlation id, of a request as much as it takes.
        let mut reader = Reader::new(&bytes);
        let body = match words[0].ends_with("Request") {
            true => RequestHeader::decode(&mut reader).map_or(bytes.len(), |_| reader.position()),
            false => 4,
        };
        any_api_survives(words[1].parse().unwrap(), &bytes[body..])?;
    }

    #[test]
    fn fetch_requests_are_read_back(
        version in 13i16..=18, cluster_id: Option<String>, node in 0i32.., numbers: [i32; 5], offsets: [i64; 3],
        rack_id: String, partitions in 0usize..4,
    ) {
        let partition = |at: usize| FetchPartition {
            partition: PartitionId(numbers[at]),
            current_leader_epoch: Epoch(numbers[0]),
            fetch_offset: Offset(offsets[0]),
            log_start_offset: Offset(offsets[1]),
            high_watermark: Offset(if version >= 18 { offsets[2] } else { i64::MAX }),
            ..Default::default()
        };
        let request = FetchRequest {
            cluster_id,
            rack_id,
            replica_id: (version < 15).then_some(NodeId(node)),
            max_wait_ms: numbers[4],
            topics: vec![FetchTopic {
                topic_id: DIRECTORY,
                partitions: (0..partitions).map(partition).collect(),
                ..Default::default()
            }],
            ..Default::default()
        };
        let frame = request_frame(&request, version, CORRELATION, None).unwrap();
        let (_, decoded) = decode_request::<FetchRequest>(&frame[4..]).unwrap();
        prop_assert_eq!(decoded, request);
    }

    #[test]
    fn checkpoints_bytes_are_read_back(
        version in 0i16..=1, size: i64, position: i64, leader in proptest::option::of(0i32..), epoch: i32,
        bytes in proptest::collection::vec(any::<u8>(), 0..300), error in proptest::sample::select(ErrorCode::ALL),
    ) {
        let partition = SnapshotPartitionResponse {
            error_code: error,
            current_leader: LeaderIdAndEpoch {
                leader_id: leader.map(NodeId),
                leader_epoch: Epoch(epoch),
                ..Default::default()
            },
            size,
            position,
            unaligned_records: Blob(bytes),
            ..Default::default()
        };
        let response = FetchSnapshotResponse {
            topics: vec![SnapshotTopicResponse { partitions: vec![partition], ..Default::default() }],
            ..Default::default()
        };
        let frame = response_frame::<FetchSnapshotRequest>(&response, version, CORRELATION).unwrap();
        let decoded = decode_response::<FetchSnapshotRequest>(&frame[4..], version, CORRELATION).unwrap();
        prop_assert_eq!(decoded, response);
    }
}
