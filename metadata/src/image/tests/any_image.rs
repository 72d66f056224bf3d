//! Any image that a log can add up to. Names and ids are few, so that records change what others made.

use kraft_bridge_protocol::wire::Blob;
use kraft_bridge_protocol::{
    BrokerEpoch, LeaderEpoch, NodeId, PartitionEpoch, PartitionId, ProducerId, Timestamp, Uuid,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::image::*;
use crate::records::*;
use crate::release::MetadataVersion;

/// The record that begins a log of that level.
pub(super) fn level(level: i16) -> MetadataRecord {
    feature(METADATA_VERSION, level)
}

fn feature(name: &str, feature_level: i16) -> MetadataRecord {
    FeatureLevelRecord {
        name: name.to_owned(),
        feature_level,
        ..Default::default()
    }
    .into()
}

fn name() -> impl Strategy<Value = String> {
    select(&["a", "b", "zebra"][..]).prop_map(str::to_owned)
}

fn id() -> impl Strategy<Value = Uuid> {
    (1..4u8).prop_map(|byte| Uuid([byte; 16]))
}

fn node() -> impl Strategy<Value = NodeId> {
    (1..4i32).prop_map(NodeId)
}

fn nodes() -> impl Strategy<Value = Vec<NodeId>> {
    vec(node(), 0..5)
}

fn directories(count: usize, level: MetadataVersion) -> impl Strategy<Value = Vec<Uuid>> {
    let known = level >= MetadataVersion::DIRECTORIES;
    vec(
        (0..3u8).prop_map(|byte| Uuid([byte; 16])),
        if known { count } else { 0 },
    )
}

fn any_feature() -> impl Strategy<Value = MetadataRecord> {
    let level = select(&["group.version", "a.first", "zz.last"][..]);
    prop_oneof![
        (level, 0..3i16).prop_map(|(name, level)| feature(name, level)),
        select(MigrationState::ALL).prop_map(|zk_migration_state| {
            ZkMigrationStateRecord {
                zk_migration_state,
                ..Default::default()
            }
            .into()
        }),
    ]
}

fn any_broker(level: MetadataVersion) -> impl Strategy<Value = MetadataRecord> {
    let flags = (any::<bool>(), any::<bool>(), any::<bool>());
    let cordoned = proptest::option::of(vec(id(), 0..2));
    (node(), 1..3i64, flags, directories(2, level), cordoned).prop_map(
        move |(broker_id, epoch, (fenced, stopping, change), log_dirs, cordoned)| {
            let broker_epoch = BrokerEpoch(epoch);
            let cordoned_log_dirs = cordoned.filter(|_| level >= MetadataVersion::CORDONED_DIRECTORIES);
            if !change {
                return RegisterBrokerRecord {
                    broker_id,
                    broker_epoch,
                    fenced,
                    in_controlled_shutdown: stopping,
                    log_dirs,
                    cordoned_log_dirs,
                    ..Default::default()
                }
                .into();
            }
            let changed = if stopping {
                ControlledShutdownChange::Begin
            } else {
                ControlledShutdownChange::None
            };
            BrokerRegistrationChangeRecord {
                broker_id,
                broker_epoch,
                fenced: if fenced {
                    FencingChange::Fence
                } else {
                    FencingChange::Unfence
                },
                in_controlled_shutdown: changed,
                log_dirs,
                cordoned_log_dirs,
                ..Default::default()
            }
            .into()
        },
    )
}

fn any_partition(level: MetadataVersion) -> impl Strategy<Value = MetadataRecord> {
    let lists = (nodes(), nodes(), nodes(), nodes(), nodes());
    (id(), 0..3i32, nodes(), lists, proptest::option::of(node())).prop_flat_map(
        move |(topic_id, partition, replicas, lists, leader)| {
            directories(replicas.len(), level).prop_map(move |directories| {
                let (isr, adding, removing, eligible, last_known) = lists.clone();
                let elr = level >= MetadataVersion::ELIGIBLE_LEADER_REPLICAS;
                PartitionRecord {
                    partition_id: PartitionId(partition),
                    topic_id,
                    replicas: replicas.clone(),
                    isr,
                    removing_replicas: removing,
                    adding_replicas: adding,
                    leader,
                    leader_recovery_state: LeaderRecovery::ALL[usize::from(leader.is_none())],
                    leader_epoch: LeaderEpoch(partition),
                    partition_epoch: PartitionEpoch(7),
                    directories,
                    eligible_leader_replicas: elr.then_some(eligible),
                    last_known_elr: elr.then_some(last_known),
                    ..Default::default()
                }
                .into()
            })
        },
    )
}

fn any_change() -> impl Strategy<Value = MetadataRecord> {
    let list = || proptest::option::of(nodes());
    let leader = proptest::option::of(proptest::option::of(node()));
    (id(), 0..3i32, list(), list(), leader).prop_map(|(topic_id, partition, isr, adding, leader)| {
        PartitionChangeRecord {
            partition_id: PartitionId(partition),
            topic_id,
            isr,
            adding_replicas: adding,
            leader: leader.map_or(NewLeader::Unchanged, NewLeader::Changed),
            ..Default::default()
        }
        .into()
    })
}

fn any_topic() -> impl Strategy<Value = MetadataRecord> {
    (name(), id(), 0..4u8).prop_map(|(name, topic_id, removed)| match removed {
        0 => RemoveTopicRecord {
            topic_id,
            ..Default::default()
        }
        .into(),
        _ => TopicRecord {
            name,
            topic_id,
            ..Default::default()
        }
        .into(),
    })
}

fn any_config() -> impl Strategy<Value = MetadataRecord> {
    let value = proptest::option::of(name());
    (select(ConfigResource::ALL), name(), name(), value).prop_map(
        |(resource_type, resource_name, name, value)| {
            ConfigRecord {
                resource_type,
                resource_name,
                name,
                value,
                ..Default::default()
            }
            .into()
        },
    )
}

fn any_quota() -> impl Strategy<Value = MetadataRecord> {
    let entities = [&["user"][..], &["client-id"], &["ip"], &["user", "client-id"]];
    let part_name = proptest::option::of(name());
    (
        select(entities.to_vec()),
        part_name,
        name(),
        0..9u32,
        any::<bool>(),
    )
        .prop_map(|(entity, entity_name, key, value, remove)| {
            let part = |entity_type: &&str| QuotaEntityPart {
                entity_type: (*entity_type).to_owned(),
                entity_name: entity_name.clone(),
                ..Default::default()
            };
            ClientQuotaRecord {
                entity: entity.iter().map(part).collect(),
                key,
                value: f64::from(value) / 4.0,
                remove,
                ..Default::default()
            }
            .into()
        })
}

/// Controllers, producer ids, ACLs, credentials and tokens, which each are one record.
fn any_whole() -> impl Strategy<Value = MetadataRecord> {
    prop_oneof![
        (node(), id()).prop_map(|(controller_id, incarnation_id)| {
            RegisterControllerRecord {
                controller_id,
                incarnation_id,
                ..Default::default()
            }
            .into()
        }),
        (node(), 0..9i64).prop_map(|(broker, next)| {
            ProducerIdsRecord {
                broker_id: Some(broker),
                broker_epoch: BrokerEpoch(next),
                next_producer_id: ProducerId(next),
                ..Default::default()
            }
            .into()
        }),
        (id(), name()).prop_map(|(id, resource_name)| {
            AccessControlEntryRecord {
                id,
                resource_name,
                ..Default::default()
            }
            .into()
        }),
        (name(), select(ScramMechanism::ALL), any::<u8>()).prop_map(|(name, mechanism, byte)| {
            UserScramCredentialRecord {
                name,
                mechanism,
                salt: Blob(vec![byte]),
                ..Default::default()
            }
            .into()
        }),
        (name(), 0..9i64).prop_map(|(token_id, at)| {
            DelegationTokenRecord {
                token_id,
                max_timestamp: Timestamp(at),
                ..Default::default()
            }
            .into()
        }),
    ]
}

/// What the records of a log of any level add up to; those that the image refuses are as if never written.
pub(super) fn any_image() -> impl Strategy<Value = MetadataImage> {
    select(&[7, 17, 23, 30][..]).prop_flat_map(|number| {
        let of = MetadataVersion(number);
        let record = prop_oneof![
            any_feature(),
            any_broker(of),
            any_topic(),
            any_partition(of),
            any_change(),
            any_config(),
            any_quota(),
            any_whole(),
        ];
        vec(record, 0..60).prop_map(move |records| {
            let mut image = MetadataImage::default();
            for record in std::iter::once(level(number)).chain(records) {
                let _refused = image.replay(record);
            }
            image
        })
    })
}
