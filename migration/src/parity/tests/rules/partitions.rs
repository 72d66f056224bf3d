//! Rules for partitions: leadership, ISR, reassignment.

use kraft_bridge_metadata::records::{MetadataRecord, MigrationState, PartitionRecord};
use kraft_bridge_protocol::{LeaderEpoch, NodeId, PartitionEpoch, PartitionId};

use super::{TO_3_9, TO_4_3, cluster, said_after, with};
use crate::testing::{Pair, Side};

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
            "partition epoch partition-epoch-counted"
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
    assert_eq!(drifted, ["partition epoch partition-epoch-counted"]);
    let lost = partition(Side::DualWrite, "orders-0", |record| {
        record.partition_epoch = PartitionEpoch(54);
        record.isr = ids(&[1, 2]);
    });
    assert_eq!(lost, ["isr !", "partition epoch partition-epoch-counted"]);
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
    assert_eq!(drifted, ["partition epoch partition-epoch-counted"]);
    let elected = partition_of(&pair, "orders-0", |record| {
        moved(record, Some(2), 10, 55, &[2, 1])
    });
    assert_eq!(elected, ["leadership leadership-moved-on"]);
    let lower = partition_of(&pair, "orders-0", |record| {
        moved(record, Some(1), 8, 54, &[1, 2, 3])
    });
    assert_eq!(
        lower,
        ["leader epoch !", "partition epoch partition-epoch-counted"]
    );
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
