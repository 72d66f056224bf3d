//! What voters of a quorum say to each other, and an administrator to them.

use super::*;
use crate::Timestamp;
use crate::control::KRaftVersionRange;

fn log() -> String {
    METADATA_TOPIC.to_owned()
}

fn cluster() -> Option<String> {
    Some("c".to_owned())
}

#[test]
fn vote_is_kafkas_byte_for_byte() {
    are_kafkas(vote_request, vote_response);
}

fn vote_request(version: i16) -> VoteRequest {
    let partition = VotePartition {
        replica_epoch: Epoch(5),
        replica_id: NodeId(1),
        replica_directory_id: since(1, version, DIRECTORY),
        voter_directory_id: since(1, version, METADATA_TOPIC_ID),
        last_offset_epoch: Epoch(4),
        last_offset: Offset(100),
        pre_vote: version >= 2,
        ..Default::default()
    };
    VoteRequest {
        cluster_id: since(1, version, cluster()),
        voter_id: since(1, version, Some(NodeId(2))),
        topics: vec![VoteTopic {
            topic_name: log(),
            partitions: vec![partition],
            ..Default::default()
        }],
        ..Default::default()
    }
}

fn vote_response(version: i16) -> VoteResponse {
    let granted = VotePartitionResponse {
        leader_epoch: Epoch(5),
        vote_granted: true,
        ..Default::default()
    };
    let refused = VotePartitionResponse {
        partition_index: PartitionId(1),
        error_code: ErrorCode::FencedLeaderEpoch,
        leader_id: Some(NodeId(1)),
        leader_epoch: Epoch(6),
        ..Default::default()
    };
    let mut leader = leaders().remove(0);
    leader.port = u16::MAX;
    VoteResponse {
        error_code: ErrorCode::InvalidRequest,
        topics: vec![VoteTopicResponse {
            topic_name: log(),
            partitions: vec![granted, refused],
            ..Default::default()
        }],
        node_endpoints: since(1, version, vec![leader]),
        ..Default::default()
    }
}

#[test]
fn the_beginning_and_end_of_an_epoch_are_kafkas_byte_for_byte() {
    are_kafkas(begin_request, |version| BeginQuorumEpochResponse {
        error_code: ErrorCode::InconsistentClusterId,
        topics: told(ErrorCode::InvalidVoterKey, Some(NodeId(1)), Epoch(5)),
        node_endpoints: since(1, version, leaders()),
        ..Default::default()
    });
    are_kafkas(end_request, |version| EndQuorumEpochResponse {
        error_code: ErrorCode::InconsistentClusterId,
        topics: told(ErrorCode::InvalidRequest, None, Epoch(6)),
        node_endpoints: since(1, version, leaders()),
        ..Default::default()
    });
}

fn told(error_code: ErrorCode, leader_id: Option<NodeId>, leader_epoch: Epoch) -> Vec<QuorumEpochTopic> {
    vec![QuorumEpochTopic {
        topic_name: log(),
        partitions: vec![QuorumEpochPartition {
            error_code,
            leader_id,
            leader_epoch,
            ..Default::default()
        }],
        ..Default::default()
    }]
}

fn begin_request(version: i16) -> BeginQuorumEpochRequest {
    let partition = BeginEpochPartition {
        voter_directory_id: since(1, version, DIRECTORY),
        leader_id: NodeId(1),
        leader_epoch: Epoch(5),
        ..Default::default()
    };
    BeginQuorumEpochRequest {
        cluster_id: cluster(),
        voter_id: since(1, version, Some(NodeId(2))),
        topics: vec![BeginEpochTopic {
            topic_name: log(),
            partitions: vec![partition],
            ..Default::default()
        }],
        leader_endpoints: since(1, version, controller_listener("c1")),
        ..Default::default()
    }
}

fn end_request(version: i16) -> EndQuorumEpochRequest {
    let successors = vec![NodeId(3), NodeId(2)];
    let candidate = PreferredCandidate {
        candidate_id: NodeId(3),
        candidate_directory_id: DIRECTORY,
        ..Default::default()
    };
    let partition = EndEpochPartition {
        leader_id: NodeId(1),
        leader_epoch: Epoch(5),
        preferred_successors: if version == 0 { successors } else { Vec::new() },
        preferred_candidates: since(1, version, vec![candidate]),
        ..Default::default()
    };
    EndQuorumEpochRequest {
        cluster_id: cluster(),
        topics: vec![EndEpochTopic {
            topic_name: log(),
            partitions: vec![partition],
            ..Default::default()
        }],
        leader_endpoints: since(1, version, controller_listener("c1")),
        ..Default::default()
    }
}

#[test]
fn a_leader_that_names_its_successors_both_ways_is_understood_in_either_version() {
    let mut both = end_request(1);
    both.topics[0].partitions[0].preferred_successors = vec![NodeId(3), NodeId(2)];
    for (version, bytes) in kafkas::<EndQuorumEpochRequest>() {
        let frame = request_frame(&both, version, CORRELATION, Some("kraft-bridge")).unwrap();
        assert_eq!(frame[4..], bytes, "version {version}");
    }
}

#[test]
fn a_description_of_the_quorum_is_kafkas_byte_for_byte() {
    are_kafkas(
        |_| DescribeQuorumRequest {
            topics: vec![DescribeQuorumTopic {
                topic_name: log(),
                partitions: vec![DescribeQuorumPartition::default()],
                ..Default::default()
            }],
            ..Default::default()
        },
        |version| DescribeQuorumResponse {
            error_code: ErrorCode::InvalidRequest,
            error_message: since(2, version, Some("never".to_owned())),
            topics: vec![DescribeQuorumTopicResponse {
                topic_name: log(),
                partitions: vec![described(version)],
                ..Default::default()
            }],
            nodes: match version {
                0 | 1 => Vec::new(),
                _ => vec![QuorumNode {
                    node_id: NodeId(1),
                    listeners: controller_listener("c1"),
                    ..Default::default()
                }],
            },
            ..Default::default()
        },
    );
}

fn described(version: i16) -> DescribeQuorumPartitionResponse {
    let voter = QuorumReplica {
        replica_id: NodeId(1),
        replica_directory_id: since(2, version, DIRECTORY),
        log_end_offset: Offset(100),
        last_fetch_timestamp: Timestamp(if version >= 1 { 1000 } else { -1 }),
        last_caught_up_timestamp: Timestamp(if version >= 1 { 999 } else { -1 }),
        ..Default::default()
    };
    let observer = QuorumReplica {
        replica_id: NodeId(7),
        log_end_offset: Offset(-1),
        ..Default::default()
    };
    DescribeQuorumPartitionResponse {
        error_code: ErrorCode::NotLeaderOrFollower,
        error_message: since(2, version, no()),
        leader_id: Some(NodeId(1)),
        leader_epoch: Epoch(5),
        high_watermark: Offset(99),
        current_voters: vec![voter],
        observers: vec![observer],
        ..Default::default()
    }
}

#[test]
fn changes_of_the_voter_set_are_kafkas_byte_for_byte() {
    are_kafkas(
        |version| AddRaftVoterRequest {
            cluster_id: cluster(),
            timeout_ms: 1000,
            voter_id: NodeId(4),
            voter_directory_id: DIRECTORY,
            listeners: controller_listener("c4"),
            ack_when_committed: version == 0,
            ..Default::default()
        },
        |_| AddRaftVoterResponse {
            throttle_time_ms: 1,
            error_code: ErrorCode::DuplicateVoter,
            error_message: no(),
            ..Default::default()
        },
    );
    are_kafkas(
        |_| RemoveRaftVoterRequest {
            cluster_id: cluster(),
            voter_id: NodeId(4),
            voter_directory_id: DIRECTORY,
            ..Default::default()
        },
        |_| RemoveRaftVoterResponse {
            throttle_time_ms: 1,
            error_code: ErrorCode::VoterNotFound,
            ..Default::default()
        },
    );
    are_kafkas(
        |_| UpdateRaftVoterRequest {
            cluster_id: cluster(),
            current_leader_epoch: Epoch(5),
            voter_id: NodeId(4),
            voter_directory_id: DIRECTORY,
            listeners: controller_listener("c4"),
            kraft_version_feature: KRaftVersionRange {
                max_supported_version: 1,
                ..Default::default()
            },
            ..Default::default()
        },
        |_| UpdateRaftVoterResponse {
            throttle_time_ms: 1,
            error_code: ErrorCode::NotLeaderOrFollower,
            current_leader: CurrentLeader {
                leader_id: Some(NodeId(1)),
                leader_epoch: Epoch(5),
                host: "c1".to_owned(),
                port: 9093,
                ..Default::default()
            },
            ..Default::default()
        },
    );
}
