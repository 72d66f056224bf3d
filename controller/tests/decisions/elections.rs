//! Elections that somebody asks for, or that are due by themselves.

use std::time::Duration;

use kraft_bridge_protocol::rpc::{
    AlterableConfig, AlterableResource, AnyRequest, AnyResponse, ElectLeadersRequest, ErrorCode,
    IncrementalAlterConfigsRequest, TopicPartitions,
};
use kraft_bridge_protocol::{NodeId, PartitionId};

use crate::bed::{Bed, LEVEL, topic};

const PREFERRED: i8 = 0;
const UNCLEAN: i8 = 1;
const SESSION: Duration = Duration::from_secs(10);
const SOON: Duration = Duration::from_secs(1);

impl Bed {
    /// Elects leaders of partition 0 of some topics, or of all; the errors by topic.
    fn elect(&mut self, kind: i8, topics: Option<&[&str]>) -> Vec<(String, ErrorCode)> {
        let topics = topics.map(|topics| {
            let topics = topics.iter().map(|topic| TopicPartitions {
                topic: (*topic).to_owned(),
                partitions: vec![PartitionId(0)],
                ..Default::default()
            });
            topics.collect()
        });
        let request = ElectLeadersRequest {
            election_type: kind,
            topic_partitions: topics,
            ..Default::default()
        };
        match self.ask(AnyRequest::ElectLeaders(request)) {
            AnyResponse::ElectLeaders(response) if response.error_code == ErrorCode::None => {
                let results = response.replica_election_results.into_iter();
                results
                    .map(|topic| (topic.topic, topic.partition_result[0].error_code))
                    .collect()
            }
            AnyResponse::ElectLeaders(response) => vec![(String::new(), response.error_code)],
            answer => panic!("{answer:?}"),
        }
    }

    fn leader(&self, topic: &str) -> Option<i32> {
        self.partition(topic, 0).leader.map(|id| id.0)
    }

    /// Lets the sessions of all brokers but these end.
    fn lose_all_but(&mut self, alive: &[i32]) {
        for _ in 0..10 {
            self.wait(SESSION / 10);
            for id in alive {
                self.beat(*id, self.epoch(*id), |_| {});
            }
        }
        self.wait(SOON / 10);
    }

    fn come_back(&mut self, id: i32) {
        self.beat(id, self.epoch(id), |_| {});
    }

    /// Broker 1 was away, so that 2 leads `a`, and 3 `b`; `c` is led by its first replica.
    fn led_by_others() -> Bed {
        let mut bed = Bed::new(LEVEL, &[1, 2, 3]);
        bed.create(topic("a", &[&[1, 2]]));
        bed.create(topic("b", &[&[1, 3]]));
        bed.create(topic("c", &[&[2, 3]]));
        bed.lose_all_but(&[2, 3]);
        bed.come_back(1);
        assert_eq!(
            (bed.leader("a"), bed.leader("b"), bed.leader("c")),
            (Some(2), Some(3), Some(2))
        );
        bed
    }
}

#[test]
fn the_first_replica_is_elected_if_it_is_in_sync() {
    let mut bed = Bed::led_by_others();
    bed.alter("a", 2, &[1, 2], |_| {});
    let results = bed.elect(PREFERRED, Some(&["a", "b", "c", "none"]));
    let wanted = [
        ("a", ErrorCode::None),
        ("b", ErrorCode::PreferredLeaderNotAvailable),
        ("c", ErrorCode::ElectionNotNeeded),
        ("none", ErrorCode::UnknownTopicOrPartition),
    ];
    assert_eq!(results, wanted.map(|(topic, error)| (topic.to_owned(), error)));
    assert_eq!((bed.leader("a"), bed.leader("b")), (Some(1), Some(3)));
    let of_all = bed.elect(PREFERRED, None);
    assert_eq!(of_all, [("b".to_owned(), ErrorCode::PreferredLeaderNotAvailable)]);
    assert_eq!(bed.elect(9, None)[0].1, ErrorCode::InvalidRequest);
}

#[test]
fn partitions_go_back_to_their_first_replicas_by_themselves() {
    let mut bed = Bed::led_by_others();
    bed.alter("a", 2, &[1, 2], |_| {});
    for _ in 0..60 {
        bed.lose_all_but(&[1, 2, 3]);
    }
    assert_eq!((bed.leader("a"), bed.leader("b")), (Some(1), Some(3)));
}

#[test]
fn an_unclean_leader_is_elected_when_somebody_says_so() {
    let mut bed = Bed::new(LEVEL, &[1, 2]);
    bed.create(topic("a", &[&[1, 2]]));
    bed.alter("a", 1, &[1], |_| {});
    bed.lose_all_but(&[2]);
    assert_eq!(bed.leader("a"), None);
    assert_eq!(
        bed.elect(PREFERRED, Some(&["a"]))[0].1,
        ErrorCode::PreferredLeaderNotAvailable
    );
    assert_eq!(bed.elect(UNCLEAN, None), [("a".to_owned(), ErrorCode::None)]);
    assert_eq!(bed.leader("a"), Some(2));
    assert_eq!(bed.partition("a", 0).isr.to_vec(), [NodeId(2)]);
    assert_eq!(
        bed.elect(UNCLEAN, Some(&["a"]))[0].1,
        ErrorCode::ElectionNotNeeded
    );
}

#[test]
fn where_a_topic_has_come_to_allow_it_unclean_leaders_are_elected_by_themselves() {
    let mut bed = Bed::new(LEVEL, &[1, 2]);
    bed.create(topic("a", &[&[1, 2]]));
    bed.alter("a", 1, &[1], |_| {});
    bed.lose_all_but(&[2]);
    let request = IncrementalAlterConfigsRequest {
        resources: vec![AlterableResource {
            resource_type: 2,
            resource_name: "a".to_owned(),
            configs: vec![AlterableConfig {
                name: "unclean.leader.election.enable".to_owned(),
                value: Some("true".to_owned()),
                ..Default::default()
            }],
            ..Default::default()
        }],
        ..Default::default()
    };
    bed.ask(AnyRequest::IncrementalAlterConfigs(request));
    assert_eq!(bed.leader("a"), None);
    for _ in 0..60 {
        bed.lose_all_but(&[2]);
    }
    assert_eq!(bed.leader("a"), Some(2));
}
