//! Topics made, grown and deleted.

use kraft_bridge_controller::Settings;
use kraft_bridge_protocol::rpc::{
    AnyRequest, AnyResponse, CreatableTopic, CreatePartitionsRequest, CreateTopicsRequest, DeletableTopic,
    DeleteTopicsRequest, ErrorCode, GrowingTopic, NewPartition,
};
use kraft_bridge_protocol::{NodeId, Uuid};

use crate::bed::{Bed, CLUSTER, LEVEL, May, configured, nodes, topic};

fn counted(name: &str, partitions: i32, replicas: i16) -> CreatableTopic {
    CreatableTopic {
        name: name.to_owned(),
        num_partitions: partitions,
        replication_factor: replicas,
        ..Default::default()
    }
}

impl Bed {
    fn grow(&mut self, name: &str, count: i32, assignments: Option<&[&[i32]]>) -> ErrorCode {
        let assignments = assignments.map(|lists| {
            let lists = lists.iter().map(|list| NewPartition {
                broker_ids: nodes(list),
                ..Default::default()
            });
            lists.collect()
        });
        let request = CreatePartitionsRequest {
            topics: vec![GrowingTopic {
                name: name.to_owned(),
                count,
                assignments,
                ..Default::default()
            }],
            ..Default::default()
        };
        match self.ask(AnyRequest::CreatePartitions(request)) {
            AnyResponse::CreatePartitions(response) => response.results[0].error_code,
            answer => panic!("{answer:?}"),
        }
    }

    fn delete(&mut self, requester: &May, topics: Vec<DeletableTopic>) -> Vec<ErrorCode> {
        let request = DeleteTopicsRequest {
            topics,
            ..Default::default()
        };
        match self.ask_as(requester, AnyRequest::DeleteTopics(request)) {
            AnyResponse::DeleteTopics(response) => {
                response.responses.iter().map(|topic| topic.error_code).collect()
            }
            answer => panic!("{answer:?}"),
        }
    }
}

fn named(name: &str) -> DeletableTopic {
    DeletableTopic {
        name: Some(name.to_owned()),
        ..Default::default()
    }
}

#[test]
fn what_is_not_said_of_a_topic_is_what_the_controller_is_configured_to() {
    let settings = Settings {
        partitions: 4,
        default_replication_factor: 2,
        ..Settings::new(NodeId(3000), CLUSTER)
    };
    let mut bed = Bed::with(settings, &[("metadata.version", LEVEL)], &[1, 2, 3]);
    assert_eq!(bed.create(counted("t", -1, -1)), ErrorCode::None);
    let partitions = &bed.replica.topics.get("t").unwrap().partitions;
    assert_eq!(partitions.len(), 4);
    for partition in partitions.values() {
        assert_eq!(
            (partition.replicas.len(), partition.leader),
            (2, partition.replicas.first().copied())
        );
    }
}

#[test]
fn a_topic_is_refused_for_what_is_wrong_with_it() {
    let mut bed = Bed::new(LEVEL, &[1, 2]);
    bed.create(topic("taken", &[&[1]]));
    let cases = [
        (counted("taken", 1, 1), ErrorCode::TopicAlreadyExists),
        (counted("a b", 1, 1), ErrorCode::InvalidTopicException),
        (counted("t", 0, 1), ErrorCode::InvalidPartitions),
        (counted("t", 1, 0), ErrorCode::InvalidReplicationFactor),
        (counted("t", 1, 3), ErrorCode::InvalidReplicationFactor),
        (topic("t", &[&[1], &[]]), ErrorCode::InvalidReplicaAssignment),
        (topic("t", &[&[1], &[1, 2]]), ErrorCode::InvalidReplicaAssignment),
        (topic("t", &[&[9]]), ErrorCode::InvalidReplicaAssignment),
        (
            configured(counted("t", 1, 1), "no.such", "1"),
            ErrorCode::InvalidConfig,
        ),
        (
            configured(counted("t", 1, 1), "retention.ms", "soon"),
            ErrorCode::InvalidConfig,
        ),
        (counted("t", 10_001, 1), ErrorCode::PolicyViolation),
    ];
    for (topic, error) in cases {
        assert_eq!(bed.create(topic.clone()), error, "{topic:?}");
    }
    let manual_and_counted = CreatableTopic {
        num_partitions: 1,
        ..topic("t", &[&[1]])
    };
    assert_eq!(bed.create(manual_and_counted), ErrorCode::InvalidRequest);
    assert_eq!(bed.replica.topics.iter().len(), 1, "nothing half made is left");
}

#[test]
fn each_topic_of_a_request_is_made_or_refused_for_itself() {
    let mut bed = Bed::new(LEVEL, &[1]);
    let request = CreateTopicsRequest {
        topics: vec![
            counted("good", 1, 1),
            counted("bad", 1, 2),
            counted("twice", 1, 1),
            counted("twice", 2, 1),
        ],
        ..Default::default()
    };
    let answer = bed.ask(AnyRequest::CreateTopics(request));
    let AnyResponse::CreateTopics(response) = answer else {
        panic!("{answer:?}");
    };
    let errors: Vec<_> = response
        .topics
        .iter()
        .map(|topic| (&*topic.name, topic.error_code))
        .collect();
    assert_eq!(
        errors,
        [
            ("good", ErrorCode::None),
            ("bad", ErrorCode::InvalidReplicationFactor),
            ("twice", ErrorCode::InvalidRequest),
        ]
    );
    assert_eq!(response.topics[0].topic_id, bed.id("good"));
    assert_eq!(bed.replica.topics.iter().len(), 1);
}

#[test]
fn a_request_that_is_only_checked_changes_nothing() {
    let mut bed = Bed::new(LEVEL, &[1]);
    let before = bed.end;
    let request = CreateTopicsRequest {
        topics: vec![counted("t", 1, 1)],
        validate_only: true,
        ..Default::default()
    };
    bed.ask(AnyRequest::CreateTopics(request));
    assert_eq!(bed.end, before);
}

#[test]
fn fenced_brokers_get_replicas_only_where_there_are_no_others_and_are_not_in_sync() {
    let mut bed = Bed::new(LEVEL, &[1, 2, 3]);
    bed.fence(3);
    bed.create(counted("some", 6, 2));
    for partition in bed.replica.topics.get("some").unwrap().partitions.values() {
        assert!(!partition.replicas.contains(&NodeId(3)));
    }
    bed.create(counted("all", 1, 3));
    let partition = bed.partition("all", 0);
    assert!(partition.replicas.contains(&NodeId(3)) && !partition.isr.contains(&NodeId(3)));
}

#[test]
fn topics_grow_and_never_shrink() {
    let mut bed = Bed::new(LEVEL, &[1, 2]);
    bed.create(topic("t", &[&[1, 2]]));
    assert_eq!(bed.grow("t", 3, None), ErrorCode::None);
    assert_eq!(bed.grow("t", 4, Some(&[&[2, 1]])), ErrorCode::None);
    assert_eq!(&*bed.partition("t", 3).replicas, &*nodes(&[2, 1]));
    assert_eq!(bed.grow("t", 4, None), ErrorCode::InvalidPartitions);
    assert_eq!(bed.grow("t", 1, None), ErrorCode::InvalidPartitions);
    assert_eq!(
        bed.grow("t", 5, Some(&[&[1]])),
        ErrorCode::InvalidReplicaAssignment
    );
    assert_eq!(
        bed.grow("t", 6, Some(&[&[1, 2]])),
        ErrorCode::InvalidReplicaAssignment
    );
    assert_eq!(bed.grow("none", 6, None), ErrorCode::UnknownTopicOrPartition);
}

#[test]
fn topics_are_deleted_by_name_or_id_and_their_configs_with_them() {
    let mut bed = Bed::new(LEVEL, &[1]);
    bed.create(configured(topic("a", &[&[1]]), "retention.ms", "5"));
    bed.create(topic("b", &[&[1]]));
    let by_id = DeletableTopic {
        topic_id: bed.id("b"),
        ..Default::default()
    };
    let both = DeletableTopic {
        topic_id: by_id.topic_id,
        ..named("b")
    };
    let unknown = DeletableTopic {
        topic_id: Uuid::from_u128(5),
        ..Default::default()
    };
    assert_eq!(
        bed.delete(&May(false), vec![named("a")]),
        [ErrorCode::TopicAuthorizationFailed]
    );
    assert_eq!(
        bed.delete(
            &May(true),
            vec![
                named("a"),
                by_id,
                both,
                unknown,
                named("none"),
                DeletableTopic::default()
            ]
        ),
        [
            ErrorCode::None,
            ErrorCode::None,
            ErrorCode::InvalidRequest,
            ErrorCode::UnknownTopicId,
            ErrorCode::UnknownTopicOrPartition,
            ErrorCode::InvalidRequest,
        ]
    );
    assert_eq!(bed.replica.topics.iter().len(), 0);
    bed.create(topic("a", &[&[1]]));
    assert!(
        bed.replica.configs.0.is_empty(),
        "a new topic has none of the old one's configs"
    );
}
