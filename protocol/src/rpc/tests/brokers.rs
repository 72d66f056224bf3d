//! What brokers and controllers say to the active controller of themselves and of their partitions.

use super::*;
use crate::{LeaderEpoch, PartitionEpoch, ProducerId};

#[test]
fn a_description_of_the_cluster_is_kafkas_byte_for_byte() {
    are_kafkas(
        |version| DescribeClusterRequest {
            include_cluster_authorized_operations: version < 2,
            endpoint_type: endpoint_type(version),
            include_fenced_brokers: version >= 2,
            ..Default::default()
        },
        |version| DescribeClusterResponse {
            throttle_time_ms: 1,
            error_code: ErrorCode::MismatchedEndpointType,
            error_message: no(),
            endpoint_type: endpoint_type(version),
            cluster_id: "c".to_owned(),
            controller_id: Some(NodeId(1)),
            brokers: vec![
                DescribedNode {
                    broker_id: NodeId(1),
                    host: "c1".to_owned(),
                    port: 9093,
                    rack: Some("r".to_owned()),
                    is_fenced: version >= 2,
                    ..Default::default()
                },
                DescribedNode {
                    broker_id: NodeId(2),
                    host: "c2".to_owned(),
                    port: 9094,
                    ..Default::default()
                },
            ],
            cluster_authorized_operations: 6,
            ..Default::default()
        },
    );
}

fn endpoint_type(version: i16) -> i8 {
    match version {
        0 => ENDPOINT_TYPE_BROKER,
        _ => ENDPOINT_TYPE_CONTROLLER,
    }
}

#[test]
fn registrations_are_kafkas_byte_for_byte() {
    are_kafkas(
        |_| ControllerRegistrationRequest {
            controller_id: NodeId(1),
            incarnation_id: DIRECTORY,
            zk_migration_ready: true,
            listeners: listener("CONTROLLER", "c1", 9093, 3),
            features: feature("kraft.version", 0, 1),
            ..Default::default()
        },
        |_| ControllerRegistrationResponse {
            throttle_time_ms: 1,
            error_code: ErrorCode::NotController,
            error_message: no(),
            ..Default::default()
        },
    );
    are_kafkas(broker_registration, |_| BrokerRegistrationResponse {
        throttle_time_ms: 1,
        error_code: ErrorCode::DuplicateBrokerRegistration,
        broker_epoch: BrokerEpoch(41),
        ..Default::default()
    });
    are_kafkas(
        |_| UnregisterBrokerRequest {
            broker_id: NodeId(7),
            ..Default::default()
        },
        |_| UnregisterBrokerResponse {
            throttle_time_ms: 1,
            error_code: ErrorCode::BrokerIdNotRegistered,
            error_message: no(),
            ..Default::default()
        },
    );
}

fn broker_registration(version: i16) -> BrokerRegistrationRequest {
    BrokerRegistrationRequest {
        broker_id: NodeId(7),
        cluster_id: "c".to_owned(),
        incarnation_id: DIRECTORY,
        listeners: listener("PLAINTEXT", "b7", 9092, 0),
        features: feature("metadata.version", 7, 30),
        rack: since(1, version, Some("r".to_owned())),
        is_migrating_zk_broker: version >= 1,
        log_dirs: since(2, version, vec![TOPIC]),
        previous_broker_epoch: BrokerEpoch(if version >= 3 { 40 } else { -1 }),
        ..Default::default()
    }
}

fn listener(name: &str, host: &str, port: u16, security_protocol: i16) -> Vec<RegisteredListener> {
    vec![RegisteredListener {
        name: name.to_owned(),
        host: host.to_owned(),
        port,
        security_protocol,
        ..Default::default()
    }]
}

fn feature(name: &str, min_version: i16, max_version: i16) -> Vec<SupportedFeature> {
    vec![SupportedFeature {
        name: name.to_owned(),
        min_version,
        max_version,
        ..Default::default()
    }]
}

#[test]
fn a_heartbeat_is_kafkas_byte_for_byte() {
    are_kafkas(
        |version| BrokerHeartbeatRequest {
            broker_id: NodeId(7),
            broker_epoch: BrokerEpoch(41),
            current_metadata_offset: Offset(99),
            want_fence: true,
            offline_log_dirs: since(1, version, vec![DIRECTORY]),
            cordoned_log_dirs: since(2, version, Some(Vec::new())),
            ..Default::default()
        },
        |version| BrokerHeartbeatResponse {
            throttle_time_ms: 1,
            error_code: ErrorCode::StaleBrokerEpoch,
            is_caught_up: true,
            is_fenced: version == 1,
            ..Default::default()
        },
    );
}

#[test]
fn a_request_within_a_request_is_kafkas_byte_for_byte() {
    are_kafkas(
        |_| EnvelopeRequest {
            request_data: Blob(vec![1, 2, 3]),
            request_principal: Some(Blob(b"p".to_vec())),
            client_host_address: Blob(vec![127, 0, 0, 1]),
            ..Default::default()
        },
        |_| EnvelopeResponse {
            response_data: Some(Blob(vec![4, 5])),
            error_code: ErrorCode::NotController,
            ..Default::default()
        },
    );
}

#[test]
fn a_block_of_producer_ids_is_kafkas_byte_for_byte() {
    are_kafkas(
        |_| AllocateProducerIdsRequest {
            broker_id: NodeId(7),
            broker_epoch: BrokerEpoch(41),
            ..Default::default()
        },
        |_| AllocateProducerIdsResponse {
            throttle_time_ms: 1,
            error_code: ErrorCode::NotController,
            producer_id_start: ProducerId(5000),
            producer_id_len: 1000,
            ..Default::default()
        },
    );
}

#[test]
fn a_change_of_in_sync_replicas_is_kafkas_byte_for_byte() {
    are_kafkas(alter_partition, |_| AlterPartitionResponse {
        throttle_time_ms: 1,
        error_code: ErrorCode::StaleBrokerEpoch,
        topics: vec![AlterPartitionTopicResponse {
            topic_id: TOPIC,
            partitions: vec![AlteredPartition {
                partition_index: PartitionId(3),
                error_code: ErrorCode::IneligibleReplica,
                leader_id: Some(NodeId(7)),
                leader_epoch: LeaderEpoch(4),
                isr: vec![NodeId(7), NodeId(8)],
                leader_recovery_state: 1,
                partition_epoch: PartitionEpoch(6),
                ..Default::default()
            }],
            ..Default::default()
        }],
        ..Default::default()
    });
}

fn alter_partition(version: i16) -> AlterPartitionRequest {
    let replica = |id, epoch| InSyncReplica {
        broker_id: NodeId(id),
        broker_epoch: BrokerEpoch(epoch),
        ..Default::default()
    };
    let (new_isr, new_isr_with_epochs) = match version {
        2 => (vec![NodeId(7), NodeId(8)], Vec::new()),
        _ => (Vec::new(), vec![replica(7, 41), replica(8, -1)]),
    };
    AlterPartitionRequest {
        broker_id: NodeId(7),
        broker_epoch: BrokerEpoch(41),
        topics: vec![AlterPartitionTopic {
            topic_id: TOPIC,
            partitions: vec![AlterPartition {
                partition_index: PartitionId(3),
                leader_epoch: LeaderEpoch(4),
                new_isr,
                new_isr_with_epochs,
                leader_recovery_state: 1,
                partition_epoch: PartitionEpoch(5),
                ..Default::default()
            }],
            ..Default::default()
        }],
        ..Default::default()
    }
}

#[test]
fn a_broker_may_change_the_in_sync_replicas_of_all_its_partitions_at_once() {
    let mut request = alter_partition(3);
    let partition = request.topics[0].partitions[0].clone();
    request.topics[0].partitions = vec![partition; 20_000];
    let frame = request_frame(&request, 3, CORRELATION, None).unwrap();
    let mut reader = Reader::of_frame(&frame[4..]);
    let header = RequestHeader::decode(&mut reader).unwrap();
    let decoded = AnyRequest::decode(&header, &mut reader).unwrap();
    assert_eq!(decoded, AnyRequest::AlterPartition(request));
}

#[test]
fn directories_of_replicas_are_kafkas_byte_for_byte() {
    are_kafkas(
        |_| AssignReplicasToDirsRequest {
            broker_id: NodeId(7),
            broker_epoch: BrokerEpoch(41),
            directories: vec![AssignedDirectory {
                id: DIRECTORY,
                topics: vec![AssignedTopic {
                    topic_id: TOPIC,
                    partitions: vec![AssignedPartition {
                        partition_index: PartitionId(3),
                        ..Default::default()
                    }],
                    ..Default::default()
                }],
                ..Default::default()
            }],
            ..Default::default()
        },
        |_| AssignReplicasToDirsResponse {
            throttle_time_ms: 1,
            error_code: ErrorCode::StaleBrokerEpoch,
            directories: vec![AssignedDirectoryResponse {
                id: DIRECTORY,
                topics: vec![AssignedTopicResponse {
                    topic_id: TOPIC,
                    partitions: vec![AssignedPartitionResponse {
                        partition_index: PartitionId(3),
                        error_code: ErrorCode::UnknownTopicId,
                        ..Default::default()
                    }],
                    ..Default::default()
                }],
                ..Default::default()
            }],
            ..Default::default()
        },
    );
}
