//! Each rule explains what it is for, and hides no loss that stands beside it.
//!
//! What a report says of an entity is written as `field rule` where a rule explains it and `field !` where an operator
//! has to look; an entity that one side lacks is written by its `What`.

use kraft_bridge_metadata::records::{
    ConfigRecord, ConfigResource, FeatureLevelRecord, MetadataRecord, MigrationState, PartitionRecord,
    RegisterBrokerRecord,
};
use kraft_bridge_metadata::release::Release;
use kraft_bridge_protocol::{LeaderEpoch, NodeId, PartitionEpoch, PartitionId, ProducerId, Uuid};

use super::catalogue::cluster;
use crate::parity::{Report, Verdict};
use crate::testing::{NOW, Pair, Side, Znodes};

const TO_3_9: Side = Side::Copied(Release::V3_9);
const TO_4_3: Side = Side::Copied(Release::V4_3);

fn said(report: &Report, entity: &str) -> Vec<String> {
    let of_entity = |difference: &&crate::parity::Difference| difference.entity == entity;
    let all = report
        .differences
        .iter()
        .chain(&report.explained)
        .filter(of_entity);
    let mut said: Vec<String> = all
        .map(|difference| {
            let what = difference.field.as_deref().unwrap_or(difference.what.name());
            format!("{what} {}", difference.rule.as_deref().unwrap_or("!"))
        })
        .collect();
    said.sort();
    said
}

/// What is said of an entity once the records have been changed.
fn said_after(pair: &Pair, entity: &str, change: impl FnOnce(&mut Vec<MetadataRecord>)) -> Vec<String> {
    let mut pair = pair.clone();
    change(&mut pair.records);
    said(&pair.compare(), entity)
}

/// What is said of a partition of the catalogue's cluster once its record has been changed.
fn partition(side: Side, of: &str, change: impl Fn(&mut PartitionRecord)) -> Vec<String> {
    partition_of(&Pair::equal(&cluster(), side), of, change)
}

fn partition_of(pair: &Pair, of: &str, change: impl Fn(&mut PartitionRecord)) -> Vec<String> {
    let (topic, number) = of.rsplit_once('-').unwrap();
    let number = PartitionId(number.parse().unwrap());
    said_after(pair, of, |records| {
        let mut current = String::new();
        for record in records {
            match record {
                MetadataRecord::Topic(record) => current.clone_from(&record.name),
                MetadataRecord::Partition(record) if current == topic && record.partition_id == number => {
                    change(record);
                }
                _ => {}
            }
        }
    })
}

fn moved(
    record: &mut PartitionRecord,
    leader: Option<i32>,
    leader_epoch: i32,
    partition_epoch: i32,
    isr: &[i32],
) {
    record.leader = leader.map(NodeId);
    record.leader_epoch = LeaderEpoch(leader_epoch);
    record.partition_epoch = PartitionEpoch(partition_epoch);
    record.isr = ids(isr);
}

fn ids(ids: &[i32]) -> Vec<NodeId> {
    ids.iter().copied().map(NodeId).collect()
}

fn with(path: &str, data: &str) -> Znodes {
    let mut znodes = cluster();
    znodes.set(path, data, 1);
    znodes
}

#[test]
fn leadership_moved_on_when_kraft_elected_a_leader() {
    let elected = partition(TO_3_9, "orders-0", |record| {
        moved(record, Some(2), 10, 58, &[2, 1])
    });
    assert_eq!(elected, ["leadership leadership-moved-on"]);
    let shrunk = partition(TO_3_9, "orders-0", |record| moved(record, Some(1), 9, 58, &[1]));
    assert_eq!(shrunk, ["leadership leadership-moved-on"]);
}

#[test]
fn leadership_that_moved_on_explains_no_lower_leader_epoch() {
    let lower = partition(TO_3_9, "orders-0", |record| {
        moved(record, None, 8, 60, &[1, 2, 3])
    });
    assert_eq!(
        lower,
        ["leader epoch !", "leader leader-fenced", "partition epoch !"]
    );
}

#[test]
fn leadership_that_moved_on_explains_no_second_leader_of_the_same_epoch() {
    let second = partition(TO_3_9, "orders-0", |record| {
        moved(record, Some(2), 9, 60, &[1, 2, 3])
    });
    assert_eq!(second, ["leader !", "partition epoch !"]);
}

#[test]
fn leadership_that_moved_on_explains_no_leader_out_of_sync_and_no_stranger_in_the_isr() {
    let out_of_sync = partition(TO_3_9, "orders-0", |record| {
        moved(record, Some(2), 10, 60, &[1, 3])
    });
    assert!(out_of_sync.contains(&"leader !".to_owned()), "{out_of_sync:?}");
    let stranger = partition(TO_3_9, "orders-0", |record| {
        moved(record, Some(1), 10, 60, &[1, 77])
    });
    assert!(stranger.contains(&"isr !".to_owned()), "{stranger:?}");
}

#[test]
fn leadership_that_moved_on_explains_nothing_in_dual_write() {
    let elected = partition(Side::DualWrite, "orders-0", |record| {
        moved(record, Some(2), 10, 58, &[2, 1]);
    });
    assert_eq!(
        elected,
        [
            "isr !",
            "leader !",
            "leader epoch !",
            "partition epoch partition-epoch-drift"
        ]
    );
}

#[test]
fn leadership_that_moved_on_explains_no_other_replicas() {
    let replaced = partition(TO_3_9, "orders-0", |record| {
        moved(record, Some(2), 10, 58, &[2, 1]);
        record.replicas = ids(&[1, 2, 4]);
    });
    assert_eq!(replaced, ["leadership leadership-moved-on", "replicas !"]);
}

#[test]
fn partition_epochs_drift_in_dual_write_and_hide_no_lost_replica() {
    let drifted = partition(Side::DualWrite, "orders-0", |record| {
        record.partition_epoch = PartitionEpoch(54);
    });
    assert_eq!(drifted, ["partition epoch partition-epoch-drift"]);
    let lost = partition(Side::DualWrite, "orders-0", |record| {
        record.partition_epoch = PartitionEpoch(54);
        record.isr = ids(&[1, 2]);
    });
    assert_eq!(lost, ["isr !", "partition epoch partition-epoch-drift"]);
}

#[test]
fn after_dual_write_an_epoch_that_drifted_stays_explained_and_a_lower_leader_epoch_does_not() {
    let mut pair = Pair::equal(&cluster(), Side::DualWrite);
    for record in &mut pair.records {
        if let MetadataRecord::ZkMigrationState(record) = record {
            record.zk_migration_state = MigrationState::PostMigration;
        }
    }
    let drifted = partition_of(&pair, "orders-0", |record| {
        record.partition_epoch = PartitionEpoch(54)
    });
    assert_eq!(drifted, ["partition epoch partition-epoch-drift"]);
    let elected = partition_of(&pair, "orders-0", |record| {
        moved(record, Some(2), 10, 55, &[2, 1])
    });
    assert_eq!(elected, ["leadership leadership-moved-on"]);
    let lower = partition_of(&pair, "orders-0", |record| {
        moved(record, Some(1), 8, 54, &[1, 2, 3])
    });
    assert_eq!(lower, ["leader epoch !", "partition epoch partition-epoch-drift"]);
}

#[test]
fn a_partition_without_state_may_be_led_by_its_first_replica_and_no_other_until_zookeeper_is_written() {
    let znodes = with(
        "/brokers/topics/fresh",
        r#"{"version":1,"partitions":{"0":[2,1]}}"#,
    );
    let led_by = |side, leader| {
        partition_of(&Pair::equal(&znodes, side), "fresh-0", |record| {
            record.leader = Some(NodeId(leader));
        })
    };
    assert_eq!(led_by(TO_3_9, 2), ["leader no-state"]);
    assert_eq!(led_by(TO_3_9, 1), ["leader !"]);
    assert_eq!(led_by(Side::DualWrite, 2), ["leader !"]);
}

#[test]
fn an_isr_may_be_written_as_eligible_leaders_if_both_are_the_same() {
    let as_elr = partition(TO_4_3, "orders-1", |_| {});
    assert_eq!(as_elr, ["isr isr-as-elr", "leader leader-fenced"]);
    for eligible in [&[3][..], &[3, 1, 2], &[3, 2]] {
        let other = partition(TO_4_3, "orders-1", |record| {
            record.eligible_leader_replicas = Some(ids(eligible));
        });
        assert_eq!(other, ["isr !", "leader leader-fenced"], "{eligible:?}");
    }
}

#[test]
fn nobody_else_may_be_eligible_beside_the_same_isr() {
    let beside = partition(TO_4_3, "orders-1", |record| {
        record.isr = ids(&[3, 1]);
        record.eligible_leader_replicas = Some(ids(&[2]));
    });
    assert_eq!(beside, ["isr !", "leader leader-fenced"]);
}

#[test]
fn a_broker_twice_in_the_isr_does_not_stand_for_another() {
    let znodes = with(
        "/brokers/topics/orders/partitions/0/state",
        r#"{"version":1,"leader":1,"leader_epoch":9,"isr":[1,1,2]}"#,
    );
    let pair = Pair::equal(&znodes, TO_3_9);
    let lost = partition_of(&pair, "orders-0", |record| record.isr = ids(&[1, 2, 3]));
    assert_eq!(lost, ["isr !", "leader leader-fenced"]);
}

#[test]
fn an_isr_is_mended_of_brokers_without_a_replica_and_loses_no_other() {
    let znodes = with(
        "/brokers/topics/orders/partitions/0/state",
        r#"{"version":1,"leader":1,"leader_epoch":9,"isr":[1,2,77]}"#,
    );
    let pair = Pair::equal(&znodes, TO_3_9);
    let mended = partition_of(&pair, "orders-0", |_| {});
    assert_eq!(mended, ["isr isr-mended", "leader leader-fenced"]);
    let lost = partition_of(&pair, "orders-0", |record| record.isr = ids(&[1]));
    assert_eq!(lost, ["isr !", "leader leader-fenced"]);
}

#[test]
fn a_reassignment_is_completed_if_its_replicas_are_those_it_was_for() {
    let completed = |replicas: &'static [i32], leader_epoch, partition_epoch| {
        partition(TO_3_9, "payments-0", move |record| {
            moved(record, Some(2), leader_epoch, partition_epoch, &[3, 2]);
            record.replicas = ids(replicas);
            record.directories = Vec::new();
            record.adding_replicas = Vec::new();
            record.removing_replicas = Vec::new();
        })
    };
    assert_eq!(
        completed(&[3, 2], 3, 7),
        [
            "adding replicas reassignment-completed",
            "leadership leadership-moved-on",
            "removing replicas reassignment-completed",
            "replicas reassignment-completed",
        ]
    );
    for other in [&[2, 1][..], &[2, 3], &[3, 2, 1]] {
        let lines = completed(other, 3, 7);
        assert!(
            lines.contains(&"adding replicas !".to_owned()),
            "{other:?}: {lines:?}"
        );
    }
    assert!(completed(&[3, 2], 2, 5).contains(&"replicas !".to_owned()));
}

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
