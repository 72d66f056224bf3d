//! What an administrator wants of topics, configs and features.

use super::*;

#[test]
fn the_creation_of_topics_is_kafkas_byte_for_byte() {
    are_kafkas(|_| create_topics(), created_topics);
}

fn create_topics() -> CreateTopicsRequest {
    let config = |name: &str, value: Option<&str>| CreatableConfig {
        name: name.to_owned(),
        value: value.map(str::to_owned),
        ..Default::default()
    };
    CreateTopicsRequest {
        topics: vec![CreatableTopic {
            name: "orders".to_owned(),
            num_partitions: -1,
            replication_factor: -1,
            assignments: vec![CreatablePartition {
                broker_ids: vec![NodeId(1), NodeId(2)],
                ..Default::default()
            }],
            configs: vec![config("k", Some("v")), config("n", None)],
            ..Default::default()
        }],
        timeout_ms: 1000,
        validate_only: true,
        ..Default::default()
    }
}

fn created_topics(version: i16) -> CreateTopicsResponse {
    let config = CreatedConfig {
        name: "k".to_owned(),
        value: Some("v".to_owned()),
        read_only: true,
        config_source: ConfigSource::Topic,
        ..Default::default()
    };
    let mut refused = CreatedTopic {
        name: "orders".to_owned(),
        topic_id: since(7, version, TOPIC),
        error_code: ErrorCode::TopicAlreadyExists,
        error_message: no(),
        ..Default::default()
    };
    let mut created = CreatedTopic {
        name: "audit".to_owned(),
        ..Default::default()
    };
    if version >= 5 {
        refused.topic_config_error_code = ErrorCode::TopicAuthorizationFailed;
        refused.num_partitions = 3;
        refused.replication_factor = 2;
        refused.configs = Some(vec![config]);
        created.configs = None;
    }
    CreateTopicsResponse {
        throttle_time_ms: 1,
        topics: vec![refused, created],
        ..Default::default()
    }
}

#[test]
fn the_deletion_of_topics_is_kafkas_byte_for_byte() {
    are_kafkas(delete_topics, |version| DeleteTopicsResponse {
        throttle_time_ms: 1,
        responses: vec![DeletedTopic {
            name: (version < 6).then(|| "orders".to_owned()),
            topic_id: since(6, version, TOPIC),
            error_code: ErrorCode::UnknownTopicId,
            error_message: since(5, version, no()),
            ..Default::default()
        }],
        ..Default::default()
    });
}

fn delete_topics(version: i16) -> DeleteTopicsRequest {
    let by_name = DeletableTopic {
        name: Some("orders".to_owned()),
        ..Default::default()
    };
    let by_id = DeletableTopic {
        topic_id: TOPIC,
        ..Default::default()
    };
    let (topics, topic_names) = match version {
        6 => (vec![by_name, by_id], Vec::new()),
        _ => (Vec::new(), vec!["orders".to_owned(), "audit".to_owned()]),
    };
    DeleteTopicsRequest {
        topics,
        topic_names,
        timeout_ms: 1000,
        ..Default::default()
    }
}

#[test]
fn the_growth_of_topics_is_kafkas_byte_for_byte() {
    let assigned = NewPartition {
        broker_ids: vec![NodeId(1), NodeId(2)],
        ..Default::default()
    };
    let growing = |name: &str, count, assignments| GrowingTopic {
        name: name.to_owned(),
        count,
        assignments,
        ..Default::default()
    };
    are_kafkas(
        |_| CreatePartitionsRequest {
            topics: vec![
                growing("orders", 4, Some(vec![assigned.clone()])),
                growing("audit", 2, None),
            ],
            timeout_ms: 1000,
            validate_only: true,
            ..Default::default()
        },
        |_| CreatePartitionsResponse {
            throttle_time_ms: 1,
            results: vec![GrownTopic {
                name: "orders".to_owned(),
                error_code: ErrorCode::InvalidPartitions,
                error_message: no(),
                ..Default::default()
            }],
            ..Default::default()
        },
    );
}

#[test]
fn reassignments_are_kafkas_byte_for_byte() {
    let asked = |partition_index, replicas: Option<[i32; 2]>| ReassignablePartition {
        partition_index: PartitionId(partition_index),
        replicas: replicas.map(|replicas| replicas.map(NodeId).to_vec()),
        ..Default::default()
    };
    are_kafkas(
        |version| AlterPartitionReassignmentsRequest {
            timeout_ms: 1000,
            allow_replication_factor_change: version == 0,
            topics: vec![ReassignableTopic {
                name: "orders".to_owned(),
                partitions: vec![asked(1, Some([1, 2])), asked(2, None)],
                ..Default::default()
            }],
            ..Default::default()
        },
        |version| AlterPartitionReassignmentsResponse {
            throttle_time_ms: 1,
            allow_replication_factor_change: version == 0,
            error_message: no(),
            responses: vec![ReassignedTopic {
                name: "orders".to_owned(),
                partitions: vec![ReassignedPartition {
                    partition_index: PartitionId(1),
                    error_code: ErrorCode::NoReassignmentInProgress,
                    error_message: no(),
                    ..Default::default()
                }],
                ..Default::default()
            }],
            ..Default::default()
        },
    );
}

#[test]
fn the_list_of_reassignments_is_kafkas_byte_for_byte() {
    are_kafkas(
        |_| ListPartitionReassignmentsRequest {
            timeout_ms: 1000,
            topics: Some(vec![ListedTopic {
                name: "orders".to_owned(),
                partition_indexes: vec![PartitionId(1), PartitionId(2)],
                ..Default::default()
            }]),
            ..Default::default()
        },
        |_| ListPartitionReassignmentsResponse {
            throttle_time_ms: 1,
            topics: vec![OngoingTopic {
                name: "orders".to_owned(),
                partitions: vec![OngoingPartition {
                    partition_index: PartitionId(1),
                    replicas: [1, 2, 3].map(NodeId).to_vec(),
                    adding_replicas: vec![NodeId(3)],
                    removing_replicas: vec![NodeId(1)],
                    ..Default::default()
                }],
                ..Default::default()
            }],
            ..Default::default()
        },
    );
}

#[test]
fn changes_of_configs_are_kafkas_byte_for_byte() {
    let config = |name: &str, config_operation, value: Option<&str>| AlterableConfig {
        name: name.to_owned(),
        config_operation,
        value: value.map(str::to_owned),
        ..Default::default()
    };
    are_kafkas(
        |_| IncrementalAlterConfigsRequest {
            resources: vec![AlterableResource {
                resource_type: 4,
                resource_name: "7".to_owned(),
                configs: vec![config("k", 2, Some("v")), config("n", 1, None)],
                ..Default::default()
            }],
            validate_only: true,
            ..Default::default()
        },
        |_| IncrementalAlterConfigsResponse {
            throttle_time_ms: 1,
            responses: vec![AlteredResource {
                error_code: ErrorCode::InvalidConfig,
                error_message: no(),
                resource_type: 4,
                resource_name: "7".to_owned(),
                ..Default::default()
            }],
            ..Default::default()
        },
    );
}

#[test]
fn changes_of_features_are_kafkas_byte_for_byte() {
    are_kafkas(
        |version| UpdateFeaturesRequest {
            timeout_ms: 1000,
            feature_updates: vec![FeatureUpdate {
                feature: "metadata.version".to_owned(),
                max_version_level: 21,
                allow_downgrade: version == 0,
                upgrade_type: if version == 0 { 1 } else { 3 },
                ..Default::default()
            }],
            validate_only: version >= 1,
            ..Default::default()
        },
        |version| UpdateFeaturesResponse {
            throttle_time_ms: 1,
            error_code: ErrorCode::InvalidRequest,
            error_message: no(),
            results: match version {
                2 => Vec::new(),
                _ => vec![UpdatedFeature {
                    feature: "metadata.version".to_owned(),
                    error_code: ErrorCode::InvalidUpdateVersion,
                    error_message: Some("not now".to_owned()),
                    ..Default::default()
                }],
            },
            ..Default::default()
        },
    );
}

#[test]
fn the_replacement_of_configs_is_kafkas_byte_for_byte() {
    let config = |name: &str, value: Option<&str>| ReplacedConfig {
        name: name.to_owned(),
        value: value.map(str::to_owned),
        ..Default::default()
    };
    are_kafkas(
        |_| AlterConfigsRequest {
            resources: vec![ReplacedResource {
                resource_type: 4,
                resource_name: "7".to_owned(),
                configs: vec![config("k", Some("v")), config("n", None)],
                ..Default::default()
            }],
            validate_only: true,
            ..Default::default()
        },
        |_| AlterConfigsResponse {
            throttle_time_ms: 1,
            responses: vec![AlteredResource {
                error_code: ErrorCode::InvalidConfig,
                error_message: no(),
                resource_type: 4,
                resource_name: "7".to_owned(),
                ..Default::default()
            }],
            ..Default::default()
        },
    );
}

#[test]
fn the_description_of_configs_is_kafkas_byte_for_byte() {
    let asked = |resource_type, resource_name: &str, configuration_keys| DescribableResource {
        resource_type,
        resource_name: resource_name.to_owned(),
        configuration_keys,
        ..Default::default()
    };
    are_kafkas(
        |version| DescribeConfigsRequest {
            resources: vec![
                asked(4, "7", Some(vec!["k".to_owned()])),
                asked(2, "orders", None),
            ],
            include_synonyms: true,
            include_documentation: version >= 3,
            ..Default::default()
        },
        |version| DescribeConfigsResponse {
            throttle_time_ms: 1,
            results: vec![DescribedResource {
                error_code: ErrorCode::InvalidRequest,
                error_message: no(),
                resource_type: 4,
                resource_name: "7".to_owned(),
                configs: vec![DescribedConfig {
                    name: "k".to_owned(),
                    read_only: true,
                    config_source: ConfigSource::StaticBroker,
                    is_sensitive: true,
                    synonyms: vec![ConfigSynonym {
                        name: "s".to_owned(),
                        value: Some("v".to_owned()),
                        source: ConfigSource::Default,
                        ..Default::default()
                    }],
                    config_type: since(3, version, 2),
                    documentation: since(3, version, Some("what it is for".to_owned())),
                    ..Default::default()
                }],
                ..Default::default()
            }],
            ..Default::default()
        },
    );
}

#[test]
fn elections_are_kafkas_byte_for_byte() {
    are_kafkas(
        |version| ElectLeadersRequest {
            election_type: since(1, version, 1),
            topic_partitions: Some(vec![TopicPartitions {
                topic: "orders".to_owned(),
                partitions: vec![PartitionId(1), PartitionId(2)],
                ..Default::default()
            }]),
            timeout_ms: 1000,
            ..Default::default()
        },
        |version| ElectLeadersResponse {
            throttle_time_ms: 1,
            error_code: match version {
                0 => ErrorCode::None,
                _ => ErrorCode::InvalidRequest,
            },
            replica_election_results: vec![ElectedTopic {
                topic: "orders".to_owned(),
                partition_result: vec![ElectedPartition {
                    partition_id: PartitionId(1),
                    error_code: ErrorCode::ElectionNotNeeded,
                    error_message: no(),
                    ..Default::default()
                }],
                ..Default::default()
            }],
            ..Default::default()
        },
    );
}
