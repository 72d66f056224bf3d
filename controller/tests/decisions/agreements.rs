//! What ours once decided otherwise than stock controllers of 3.9.2 and 4.3.1, each as those decide; found by asking both
//! the same (`tests/differential`).

use kraft_bridge_controller::Settings;
use kraft_bridge_metadata::records::LeaderRecovery;
use kraft_bridge_protocol::NodeId;
use kraft_bridge_protocol::rpc::{
    AlterableConfig, AlterableResource, AnyRequest, AnyResponse, DeletableTopic, DeleteTopicsRequest,
    ErrorCode, IncrementalAlterConfigsRequest, UnregisterBrokerRequest,
};

use crate::bed::{Bed, CLUSTER, LEVEL, NEWEST, configured, nodes, registration, topic};

const TOPIC: i8 = 2;
const BROKER: i8 = 4;
const SET: i8 = 0;
const APPEND: i8 = 2;

fn with_elr(brokers: &[i32]) -> Bed {
    let features = [
        ("metadata.version", NEWEST),
        ("eligible.leader.replicas.version", 1),
    ];
    Bed::with(Settings::new(NodeId(3000), CLUSTER), &features, brokers)
}

impl Bed {
    fn set(&mut self, kind: i8, name: &str, key: &str, operation: i8, value: Option<&str>) -> ErrorCode {
        let request = IncrementalAlterConfigsRequest {
            resources: vec![AlterableResource {
                resource_type: kind,
                resource_name: name.to_owned(),
                configs: vec![AlterableConfig {
                    name: key.to_owned(),
                    config_operation: operation,
                    value: value.map(str::to_owned),
                    ..Default::default()
                }],
                ..Default::default()
            }],
            ..Default::default()
        };
        match self.ask(AnyRequest::IncrementalAlterConfigs(request)) {
            AnyResponse::IncrementalAlterConfigs(response) => response.responses[0].error_code,
            answer => panic!("{answer:?}"),
        }
    }

    fn forget_broker(&mut self, id: i32) {
        let request = UnregisterBrokerRequest {
            broker_id: NodeId(id),
            ..Default::default()
        };
        self.ask(AnyRequest::UnregisterBroker(request));
    }

    fn replicas(&self) -> Vec<i32> {
        self.partition("t", 0).replicas.iter().map(|id| id.0).collect()
    }
}

#[test]
fn a_partition_may_be_reassigned_to_brokers_that_do_not_run() {
    let mut bed = Bed::new(LEVEL, &[1, 2, 3]);
    bed.create(topic("t", &[&[1]]));
    bed.fence(2);
    bed.fence(3);
    assert_eq!(bed.reassign("t", Some(&[2, 3])), ErrorCode::None);
    assert_eq!(bed.replicas(), [2, 3, 1]);
}

#[test]
fn a_new_assignment_alone_elects_nobody_who_is_out_of_sync() {
    let mut bed = Bed::new(LEVEL, &[1, 2]);
    bed.create(configured(
        topic("t", &[&[1]]),
        "unclean.leader.election.enable",
        "true",
    ));
    bed.fence(1);
    bed.reassign("t", Some(&[2]));
    assert_eq!(bed.partition("t", 0).leader, None);
    bed.reassign("t", None);
    assert_eq!(&*bed.partition("t", 0).isr, &*nodes(&[1]));
}

#[test]
fn a_cancellation_comes_back_to_where_the_first_of_several_reassignments_began() {
    let mut bed = Bed::new(LEVEL, &[1, 2, 3, 4, 5]);
    bed.create(topic("t", &[&[1, 5]]));
    bed.reassign("t", Some(&[2, 3, 4]));
    bed.reassign("t", Some(&[3, 1]));
    bed.reassign("t", None);
    assert_eq!(bed.replicas(), [1, 5]);
    // And it ends, although some that were to come do not any more.
    bed.reassign("t", Some(&[2, 3, 4]));
    bed.reassign("t", Some(&[3, 1]));
    bed.alter("t", 1, &[1, 5, 3], |_| {});
    assert_eq!(
        (bed.replicas(), &bed.partition("t", 0).reassignment),
        (vec![3, 1], &None)
    );
}

#[test]
fn from_4_0_on_a_reassignment_does_not_wait_for_one_that_was_out_of_sync_before() {
    for (level, ends) in [(LEVEL, false), (NEWEST, true)] {
        let mut bed = Bed::new(level, &[1, 2, 3]);
        bed.create(topic("t", &[&[1, 2]]));
        bed.alter("t", 1, &[1], |_| {});
        bed.reassign("t", Some(&[2, 3]));
        bed.alter("t", 1, &[1, 3], |_| {});
        assert_eq!(bed.partition("t", 0).reassignment.is_none(), ends, "{level}");
    }
}

#[test]
fn a_leader_that_a_cancellation_has_to_choose_recovers() {
    let mut bed = Bed::new(LEVEL, &[1, 2, 3, 4]);
    bed.create(configured(
        topic("t", &[&[1, 2]]),
        "unclean.leader.election.enable",
        "true",
    ));
    bed.reassign("t", Some(&[3, 4]));
    bed.alter("t", 1, &[1, 2, 3], |_| {});
    bed.fence(1);
    bed.fence(2);
    bed.unfence(2);
    bed.reassign("t", None);
    let partition = bed.partition("t", 0);
    assert_eq!(
        (partition.leader, &*partition.isr, partition.recovery),
        (Some(NodeId(2)), &*nodes(&[2]), LeaderRecovery::Recovering)
    );
}

#[test]
fn a_topic_named_by_name_and_by_id_is_refused_once() {
    let mut bed = Bed::new(LEVEL, &[1]);
    bed.create(topic("t", &[&[1]]));
    let request = DeleteTopicsRequest {
        topics: vec![
            DeletableTopic {
                name: Some("t".to_owned()),
                ..Default::default()
            },
            DeletableTopic {
                topic_id: bed.id("t"),
                ..Default::default()
            },
        ],
        ..Default::default()
    };
    let AnyResponse::DeleteTopics(answer) = bed.ask(AnyRequest::DeleteTopics(request)) else {
        panic!("not answered");
    };
    let errors: Vec<ErrorCode> = answer.responses.iter().map(|topic| topic.error_code).collect();
    assert_eq!(errors, [ErrorCode::InvalidRequest]);
    assert!(bed.replica.topics.get("t").is_some());
}

#[test]
fn a_broker_in_service_again_is_reason_to_look_at_every_partition_without_leader() {
    let mut bed = Bed::new(LEVEL, &[1, 2, 3]);
    bed.create(topic("t", &[&[1, 2]]));
    bed.alter("t", 1, &[1], |_| {});
    bed.fence(1);
    bed.set(TOPIC, "t", "unclean.leader.election.enable", SET, Some("true"));
    assert_eq!(bed.partition("t", 0).leader, None);
    bed.fence(3);
    bed.unfence(3);
    assert_eq!(bed.partition("t", 0).leader, Some(NodeId(2)));
}

#[test]
fn a_broker_that_was_forgotten_is_eligible_until_it_comes_back() {
    let mut bed = with_elr(&[1, 2]);
    bed.create(topic("t", &[&[1, 2]]));
    bed.alter("t", 1, &[1], |_| {});
    bed.fence(1);
    bed.forget_broker(1);
    assert_eq!(bed.partition("t", 0).eligible_leader_replicas(), &*nodes(&[1]));
    bed.register(registration(1, 2)).unwrap();
    assert!(bed.partition("t", 0).eligible_leader_replicas().is_empty());
}

#[test]
fn what_is_wrong_with_a_config_is_told_before_that_there_is_no_such_topic() {
    let mut bed = Bed::new(LEVEL, &[1]);
    let cases = [
        (
            "none",
            "retention.ms",
            APPEND,
            Some("1"),
            ErrorCode::InvalidConfig,
        ),
        ("none", "no.such", SET, Some("1"), ErrorCode::InvalidConfig),
        ("a b", "no.such", SET, Some("1"), ErrorCode::InvalidTopicException),
        (
            "none",
            "retention.ms",
            SET,
            Some("1"),
            ErrorCode::UnknownTopicOrPartition,
        ),
    ];
    for (name, key, operation, value, error) in cases {
        assert_eq!(bed.set(TOPIC, name, key, operation, value), error, "{name} {key}");
    }
    assert_eq!(
        bed.set(BROKER, "-1", "x", SET, Some("1")),
        ErrorCode::InvalidRequest
    );
}

#[test]
fn eligible_leaders_are_forgotten_only_where_enough_replicas_become_another_number() {
    let mut bed = with_elr(&[1, 2]);
    bed.create(configured(topic("t", &[&[1, 2]]), "min.insync.replicas", "2"));
    bed.alter("t", 1, &[1], |_| {});
    bed.set(TOPIC, "t", "min.insync.replicas", SET, Some("2"));
    assert_eq!(bed.partition("t", 0).eligible_leader_replicas(), &*nodes(&[2]));
    bed.set(TOPIC, "t", "min.insync.replicas", SET, Some("1"));
    assert!(bed.partition("t", 0).eligible_leader_replicas().is_empty());
}

#[test]
fn a_broker_that_has_stopped_gets_replicas_if_there_are_no_others() {
    let mut bed = Bed::new(LEVEL, &[1, 2]);
    bed.create(topic("t", &[&[2, 1]]));
    for _ in 0..2 {
        bed.beat(2, bed.epoch(2), |beat| beat.want_shut_down = true);
        bed.unfence(1);
    }
    assert!(bed.replica.brokers[&NodeId(2)].fenced && bed.replica.brokers[&NodeId(2)].in_controlled_shutdown);
    let mut wide = topic("wide", &[]);
    (wide.num_partitions, wide.replication_factor) = (1, 2);
    assert_eq!(bed.create(wide), ErrorCode::None);
}
