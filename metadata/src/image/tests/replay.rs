//! What each record does to an image.

use kraft_bridge_protocol::{BrokerEpoch, LeaderEpoch, NodeId, Offset, PartitionEpoch, PartitionId, Uuid};

use crate::image::*;
use crate::records::*;

const ORDERS: Uuid = Uuid([7; 16]);

fn replayed(records: impl IntoIterator<Item = MetadataRecord>) -> Replay {
    let mut replay = Replay::default();
    for (offset, record) in (0..).zip(records) {
        replay.push(Offset(offset), record).unwrap();
    }
    replay
}

fn topic(name: &str, topic_id: Uuid) -> MetadataRecord {
    TopicRecord {
        name: name.to_owned(),
        topic_id,
        ..Default::default()
    }
    .into()
}

fn partition() -> PartitionRecord {
    PartitionRecord {
        partition_id: PartitionId(0),
        topic_id: ORDERS,
        replicas: vec![NodeId(1), NodeId(2)],
        isr: vec![NodeId(1), NodeId(2)],
        leader: Some(NodeId(1)),
        leader_epoch: LeaderEpoch(3),
        partition_epoch: PartitionEpoch(9),
        ..Default::default()
    }
}

fn change() -> PartitionChangeRecord {
    PartitionChangeRecord {
        partition_id: PartitionId(0),
        topic_id: ORDERS,
        ..Default::default()
    }
}

fn config(value: Option<&str>) -> MetadataRecord {
    ConfigRecord {
        resource_type: ConfigResource::Topic,
        resource_name: "orders".to_owned(),
        name: "retention.ms".to_owned(),
        value: value.map(str::to_owned),
        ..Default::default()
    }
    .into()
}

fn begin() -> MetadataRecord {
    BeginTransactionRecord {
        name: Some("copy".to_owned()),
        ..Default::default()
    }
    .into()
}

#[test]
fn every_change_moves_the_partition_epoch_and_a_new_leader_the_leader_epoch() {
    let shrunk = PartitionChangeRecord {
        isr: Some(vec![NodeId(2)]),
        ..change()
    };
    let led = PartitionChangeRecord {
        leader: NewLeader::Changed(Some(NodeId(2))),
        ..change()
    };
    let orphaned = PartitionChangeRecord {
        leader: NewLeader::Changed(None),
        ..change()
    };
    let replay = replayed([
        topic("orders", ORDERS),
        partition().into(),
        shrunk.into(),
        led.into(),
        orphaned.into(),
    ]);
    let partition = &replay.image().topics.get("orders").unwrap().partitions[&PartitionId(0)];
    assert_eq!(
        (
            partition.leader,
            partition.leader_epoch,
            partition.partition_epoch,
            &*partition.isr
        ),
        (None, LeaderEpoch(5), PartitionEpoch(12), &[NodeId(2)][..])
    );
}

#[test]
fn a_reassignment_is_over_when_both_lists_are_empty() {
    let begun = PartitionChangeRecord {
        adding_replicas: Some(vec![NodeId(3)]),
        ..change()
    };
    let ended = PartitionChangeRecord {
        adding_replicas: Some(Vec::new()),
        ..change()
    };
    let running = replayed([topic("orders", ORDERS), partition().into(), begun.clone().into()]);
    let over = replayed([
        topic("orders", ORDERS),
        partition().into(),
        begun.into(),
        ended.into(),
    ]);
    let lists = |replay: &Replay| {
        replay.image().topics.get("orders").unwrap().partitions[&PartitionId(0)]
            .reassignment
            .clone()
    };
    assert_eq!(&*lists(&running).unwrap().adding, [NodeId(3)]);
    assert_eq!(lists(&over), None);
}

#[test]
fn log_directories_that_nobody_knows_yet_are_like_none() {
    let unknown = PartitionRecord {
        directories: vec![Uuid::ZERO; 2],
        ..partition()
    };
    assert_eq!(
        replayed([topic("orders", ORDERS), unknown.into()]).image(),
        replayed([topic("orders", ORDERS), partition().into()]).image()
    );
}

#[test]
fn a_new_topic_does_not_get_the_configs_of_a_deleted_one() {
    let again = Uuid([8; 16]);
    let replay = replayed([
        topic("orders", ORDERS),
        config(Some("5000")),
        RemoveTopicRecord {
            topic_id: ORDERS,
            ..Default::default()
        }
        .into(),
        topic("orders", again),
    ]);
    assert_eq!(replay.image().topics.name(again), Some("orders"));
    assert_eq!(replay.image().configs, Configs::default());
}

#[test]
fn a_config_without_value_is_gone() {
    let replay = replayed([config(Some("5000")), config(None)]);
    assert_eq!(replay.image(), &MetadataImage::default());
}

#[test]
fn nothing_of_an_open_transaction_is_seen() {
    let replay = replayed([begin(), topic("orders", ORDERS)]);
    assert_eq!(replay.image(), &MetadataImage::default());
    let open = replay.open_transaction().unwrap();
    assert_eq!((open.begun_at, open.name.as_str()), (Offset(0), "copy"));
}

#[test]
fn a_transaction_that_ends_is_seen_whole_and_an_aborted_one_never_was() {
    let ended = replayed([
        begin(),
        topic("orders", ORDERS),
        EndTransactionRecord::default().into(),
    ]);
    assert_eq!(ended.image(), replayed([topic("orders", ORDERS)]).image());
    let aborted = replayed([
        begin(),
        topic("orders", ORDERS),
        AbortTransactionRecord::default().into(),
    ]);
    assert_eq!(
        (aborted.image(), aborted.open_transaction()),
        (&MetadataImage::default(), None)
    );
}

#[test]
fn a_brokers_change_holds_for_its_own_epoch_only() {
    let register = RegisterBrokerRecord {
        broker_id: NodeId(1),
        broker_epoch: BrokerEpoch(5),
        ..Default::default()
    };
    let unfence = |epoch| BrokerRegistrationChangeRecord {
        broker_id: NodeId(1),
        broker_epoch: BrokerEpoch(epoch),
        fenced: FencingChange::Unfence,
        ..Default::default()
    };
    let replay = replayed([register.clone().into(), unfence(5).into()]);
    assert!(!replay.image().brokers[&NodeId(1)].fenced);
    let mut stale = replayed([register.into()]);
    assert_eq!(
        stale.push(Offset(1), unfence(4).into()),
        Err(ReplayError::UnknownBroker {
            broker: NodeId(1),
            epoch: BrokerEpoch(4)
        })
    );
}

#[test]
fn parts_of_a_quotas_entity_have_no_order() {
    let part = |entity_type: &str, name: Option<&str>| QuotaEntityPart {
        entity_type: entity_type.to_owned(),
        entity_name: name.map(str::to_owned),
        ..Default::default()
    };
    let quota = |entity| {
        ClientQuotaRecord {
            entity,
            key: "producer_byte_rate".to_owned(),
            value: 1.0,
            ..Default::default()
        }
        .into()
    };
    assert_eq!(
        replayed([quota(vec![part("user", Some("alice")), part("client-id", None)])]).image(),
        replayed([quota(vec![part("client-id", None), part("user", Some("alice"))])]).image()
    );
}

#[test]
fn a_record_about_what_is_not_there_is_an_error_and_changes_nothing() {
    let mut image = MetadataImage::default();
    for record in [
        MetadataRecord::from(partition()),
        change().into(),
        RemoveTopicRecord {
            topic_id: ORDERS,
            ..Default::default()
        }
        .into(),
        RemoveAccessControlEntryRecord {
            id: ORDERS,
            ..Default::default()
        }
        .into(),
        UnregisterBrokerRecord::default().into(),
    ] {
        assert!(image.replay(record).is_err());
    }
    assert_eq!(image, MetadataImage::default());
}

#[test]
fn replicas_in_another_order_leave_the_directories_in_their_places() {
    let directories = [Uuid([1; 16]), Uuid([2; 16])];
    let with_directories = PartitionRecord {
        directories: directories.to_vec(),
        ..partition()
    };
    let replicas = |ids: &[i32]| PartitionChangeRecord {
        replicas: Some(ids.iter().copied().map(NodeId).collect()),
        ..change()
    };
    let after = |ids: &[i32]| {
        let records = [
            topic("orders", ORDERS),
            with_directories.clone().into(),
            replicas(ids).into(),
        ];
        let replay = replayed(records);
        let orders = replay.image().topics.get("orders").unwrap();
        orders.partitions[&PartitionId(0)].directories.to_vec()
    };
    assert_eq!(after(&[2, 1]), directories);
    assert_eq!(after(&[1]), [], "what is told no more is not known");
}

#[test]
fn eligible_leaders_that_are_cleared_are_a_change_of_the_partition() {
    let eligible = PartitionChangeRecord {
        eligible_leader_replicas: Some(vec![NodeId(2)]),
        ..change()
    };
    let clear = |topic_name: &str| ClearElrRecord {
        topic_name: topic_name.to_owned(),
        ..Default::default()
    };
    for name in ["orders", ""] {
        let records = [
            topic("orders", ORDERS),
            partition().into(),
            eligible.clone().into(),
            clear(name).into(),
            clear(name).into(),
        ];
        let replay = replayed(records);
        let orders = replay.image().topics.get("orders").unwrap();
        let partition = &orders.partitions[&PartitionId(0)];
        assert_eq!(partition.eligible, None);
        assert_eq!(
            partition.partition_epoch,
            PartitionEpoch(11),
            "once for what was there"
        );
    }
}
