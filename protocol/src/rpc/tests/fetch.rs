//! Fetch and FetchSnapshot, and what a version makes of fields that it lacks.

use super::*;

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
            _ => vec![LeaderEndpoint {
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
fn a_field_whose_loss_would_change_the_meaning_is_refused_where_the_version_lacks_it() {
    let vote = VotePartition {
        pre_vote: true,
        ..Default::default()
    };
    let request = VoteRequest {
        topics: vec![VoteTopic {
            partitions: vec![vote],
            ..Default::default()
        }],
        ..Default::default()
    };
    let error = request_frame(&request, 1, 1, None).unwrap_err();
    assert_eq!(
        error.to_string(),
        "VotePartition version 1 has no field pre_vote, which is set"
    );
}

#[test]
fn a_field_whose_loss_changes_nothing_is_dropped_where_the_version_lacks_it() {
    let frame = request_frame(&fetch_request(18), 15, 1, None).unwrap();
    assert_eq!(frame, request_frame(&fetch_request(15), 15, 1, None).unwrap());
    let frame = response_frame::<FetchRequest>(&fetch_response(16), 15, 1).unwrap();
    assert_eq!(
        frame,
        response_frame::<FetchRequest>(&fetch_response(15), 15, 1).unwrap()
    );
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

#[test]
fn a_replica_names_itself_in_both_ways_and_each_version_keeps_its_own() {
    let request = FetchRequest {
        replica_id: Some(NodeId(5)),
        replica_state: ReplicaState {
            replica_id: Some(NodeId(5)),
            ..Default::default()
        },
        ..Default::default()
    };
    for (version, old, new) in [(14, Some(NodeId(5)), None), (15, None, Some(NodeId(5)))] {
        let frame = request_frame(&request, version, 1, None).unwrap();
        let mut reader = Reader::of_frame(&frame[4..]);
        let header = RequestHeader::decode(&mut reader).unwrap();
        let AnyRequest::Fetch(read) = AnyRequest::decode(&header, &mut reader).unwrap() else {
            panic!("another request");
        };
        assert_eq!(
            (read.replica_id, read.replica_state.replica_id),
            (old, new),
            "version {version}"
        );
    }
}
