//! Rules for everything but partitions' leadership.

use kraft_bridge_metadata::records::{
    ConfigRecord, ConfigResource, FeatureLevelRecord, MetadataRecord, RegisterBrokerRecord,
};
use kraft_bridge_protocol::{NodeId, ProducerId, Uuid};

use super::{TO_3_9, TO_4_3, cluster, said, said_after, with};
use crate::parity::Verdict;
use crate::testing::{NOW, Pair, Side};

fn removed(records: &mut Vec<MetadataRecord>, key: &str) {
    records.retain(|record| !matches!(record, MetadataRecord::Config(config) if config.name == key));
}

fn config(resource_type: ConfigResource, resource_name: &str, name: &str) -> MetadataRecord {
    ConfigRecord {
        resource_type,
        resource_name: resource_name.to_owned(),
        name: name.to_owned(),
        value: Some("1".to_owned()),
        ..Default::default()
    }
    .into()
}

#[test]
fn a_config_is_dropped_by_4_0_and_lost_before() {
    let znodes = with(
        "/config/topics/orders",
        r#"{"version":1,"config":{"message.format.version":"2.8","retention.ms":"5"}}"#,
    );
    let (key, entity) = ("message.format.version", "orders: message.format.version");
    let newer = Pair::equal(&znodes, TO_4_3);
    assert_eq!(
        said(&newer.compare(), entity),
        ["missing-in-kraft config-dropped"]
    );
    let other = said_after(&newer, entity, |records| {
        records.push(config(ConfigResource::Topic, "orders", key));
    });
    assert_eq!(other, ["value !"]);
    let older = Pair::equal(&znodes, TO_3_9);
    assert_eq!(
        said_after(&older, entity, |records| removed(records, key)),
        ["missing-in-kraft !"]
    );
    let beside = said_after(&newer, "orders: retention.ms", |records| {
        removed(records, "retention.ms")
    });
    assert_eq!(beside, ["missing-in-kraft !"]);
}

#[test]
fn configs_of_no_topic_stay_behind_and_must_not_appear_in_kraft() {
    let znodes = with(
        "/config/topics/gone",
        r#"{"version":1,"config":{"retention.ms":"5"}}"#,
    );
    let pair = Pair::equal(&znodes, TO_3_9);
    let entity = "gone: retention.ms";
    assert_eq!(
        said(&pair.compare(), entity),
        ["missing-in-kraft config-without-topic"]
    );
    let kept = |topic: &'static str, key: &'static str| {
        said_after(&pair, &format!("{topic}: {key}"), |records| {
            records.push(config(ConfigResource::Topic, topic, key));
        })
    };
    assert_eq!(kept("gone", "retention.ms"), ["value !"]);
    assert_eq!(kept("never", "retention.ms"), ["only-in-kraft !"]);
    assert_eq!(kept("doomed", "retention.ms"), ["only-in-kraft !"]);
}

#[test]
fn min_insync_replicas_leaves_single_brokers_with_eligible_leaders_only() {
    let znodes = with(
        "/config/brokers/2",
        r#"{"version":1,"config":{"min.insync.replicas":"2","max.connections":"9"}}"#,
    );
    let entity = "broker 2: min.insync.replicas";
    let newer = Pair::equal(&znodes, TO_4_3);
    assert_eq!(
        said(&newer.compare(), entity),
        ["missing-in-kraft min-insync-replicas"]
    );
    let older = Pair::equal(&znodes, TO_3_9);
    let lost = said_after(&older, entity, |records| {
        records.retain(
            |record| !matches!(record, MetadataRecord::Config(config) if config.resource_name == "2"),
        );
    });
    assert_eq!(lost, ["missing-in-kraft !"]);
    let beside = said_after(&newer, "broker 2: max.connections", |records| {
        records.retain(
            |record| !matches!(record, MetadataRecord::Config(config) if config.resource_name == "2"),
        );
    });
    assert_eq!(beside, ["missing-in-kraft !"]);
}

#[test]
fn configs_under_a_number_that_no_broker_has_are_no_brokers() {
    let pair = Pair::equal(&cluster(), TO_3_9);
    let renamed = said_after(&pair, "broker 1: max.connections", |records| {
        for record in records {
            if let MetadataRecord::Config(config) = record
                && config.resource_name == "1"
            {
                config.resource_name = "01".to_owned();
            }
        }
    });
    assert_eq!(renamed, ["missing-in-kraft !"]);
}

#[test]
fn a_token_is_missed_until_it_has_expired() {
    let token = |expiry: i64| {
        format!(
            r#"{{"version":3,"owner":"User%3Aalice","tokenRequester":"User%3Aalice","renewers":[],"tokenId":"old","issueTimestamp":1,"maxTimestamp":1800000000000,"expiryTimestamp":{expiry}}}"#
        )
    };
    let lost = |expiry| {
        let pair = Pair::equal(&with("/delegation_token/tokens/old", &token(expiry)), TO_3_9);
        said_after(&pair, "old", |records| {
            records.retain(
                |record| !matches!(record, MetadataRecord::DelegationToken(token) if token.token_id == "old"),
            );
        })
    };
    assert_eq!(lost(NOW.0 - 1), ["missing-in-kraft token-expired"]);
    assert_eq!(lost(NOW.0), ["missing-in-kraft !"]);
    let pair = Pair::equal(&with("/delegation_token/tokens/old", &token(NOW.0 - 1)), TO_3_9);
    let other = said_after(&pair, "old", |records| {
        for record in records {
            if let MetadataRecord::DelegationToken(token) = record {
                token.owner = "User:mallory".to_owned();
            }
        }
    });
    assert_eq!(other, ["owner !"]);
}

#[test]
fn producer_ids_move_on_in_kraft_alone() {
    let next = |side, next| {
        said_after(&Pair::equal(&cluster(), side), "next producer id", |records| {
            for record in records {
                if let MetadataRecord::ProducerIds(record) = record {
                    record.next_producer_id = ProducerId(next);
                }
            }
        })
    };
    assert_eq!(next(TO_3_9, 19_000), ["next id producer-ids-moved-on"]);
    assert_eq!(next(TO_3_9, 17_000), ["next id !"]);
    assert_eq!(next(Side::DualWrite, 19_000), ["next id !"]);
    // The block that Kafka keeps in ZooKeeper begins where KRaft goes on.
    assert_eq!(next(Side::DualWrite, 17_000), ["next id producer-ids-ahead"]);
    assert_eq!(next(Side::DualWrite, 16_000), ["next id !"]);
}

#[test]
fn what_zookeeper_mode_does_not_have_is_kraft_only() {
    let pair = Pair::equal(&cluster(), TO_3_9);
    let metrics = said_after(&pair, "client-metrics probe: interval.ms", |records| {
        records.push(config(ConfigResource::ClientMetrics, "probe", "interval.ms"));
    });
    assert_eq!(metrics, ["only-in-kraft kraft-only"]);
    let feature = said_after(&pair, "group.version", |records| {
        records.push(
            FeatureLevelRecord {
                name: "group.version".to_owned(),
                feature_level: 1,
                ..Default::default()
            }
            .into(),
        );
    });
    assert_eq!(feature, ["only-in-kraft kraft-only"]);
    let topic = said_after(&pair, "orders: flush.ms", |records| {
        records.push(config(ConfigResource::Topic, "orders", "flush.ms"));
    });
    assert_eq!(topic, ["only-in-kraft !"]);
}

#[test]
fn brokers_come_and_go_apart_from_those_in_zookeeper_mode() {
    assert_eq!(
        said(&Pair::equal(&cluster(), TO_3_9).compare(), "broker 1"),
        ["missing-in-kraft broker-registration"]
    );
    let registered = |migrating, fenced| {
        said_after(
            &Pair::equal(&cluster(), Side::DualWrite),
            "broker 9",
            move |records| {
                records.push(
                    RegisterBrokerRecord {
                        broker_id: NodeId(9),
                        is_migrating_zk_broker: migrating,
                        fenced,
                        ..Default::default()
                    }
                    .into(),
                );
            },
        )
    };
    assert_eq!(registered(false, false), ["only-in-kraft broker-registration"]);
    assert_eq!(registered(true, true), ["only-in-kraft broker-registration"]);
    assert_eq!(registered(true, false), ["only-in-kraft !"]);
}

#[test]
fn a_topic_without_an_id_gets_the_derived_one_and_no_other() {
    let pair = Pair::equal(&cluster(), TO_3_9);
    assert_eq!(said(&pair.compare(), "audit"), ["id derived-topic-id"]);
    let other = said_after(&pair, "audit", |records| {
        let mut derived = Uuid::ZERO;
        for record in records {
            match record {
                MetadataRecord::Topic(topic) if topic.name == "audit" => {
                    derived = std::mem::replace(&mut topic.topic_id, Uuid([9; 16]));
                }
                MetadataRecord::Partition(record) if record.topic_id == derived => {
                    record.topic_id = Uuid([9; 16]);
                }
                _ => {}
            }
        }
    });
    assert_eq!(other, ["id !"]);
}

#[test]
fn a_state_without_assignment_stays_behind_and_a_partition_assigned_to_nobody_is_missed() {
    let stray = with(
        "/brokers/topics/orders/partitions/9/state",
        r#"{"version":1,"leader":1,"leader_epoch":9,"isr":[1]}"#,
    );
    let report = Pair::equal(&stray, TO_3_9).compare();
    assert_eq!(said(&report, "orders-9"), ["missing-in-kraft no-assignment"]);
    let nobody = with("/brokers/topics/empty", r#"{"version":1,"partitions":{"0":[]}}"#);
    let report = Pair::equal(&nobody, TO_3_9).compare();
    assert_eq!(said(&report, "empty-0"), ["missing-in-kraft !"]);
}

#[test]
fn a_topic_pending_deletion_stays_behind() {
    let report = Pair::equal(&cluster(), TO_3_9).compare();
    assert_eq!(said(&report, "doomed"), ["missing-in-kraft pending-deletion"]);
    assert_eq!(report.verdict, Verdict::Equal);
}
