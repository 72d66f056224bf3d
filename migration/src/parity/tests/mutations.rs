//! One change of one record, in any cluster: it is reported, and under the entity it is about.

use kraft_bridge_metadata::acls::{Acl, ResourcePattern};
use kraft_bridge_metadata::records::{AclPermission, ConfigResource, LeaderRecovery, MetadataRecord};
use kraft_bridge_protocol::{LeaderEpoch, NodeId, ProducerId, Timestamp, Uuid};
use proptest::prelude::*;
use proptest::sample::Index;

use super::equal_pairs::any_side;
use crate::diff::Entity;
use crate::testing::{Pair, any_legacy_cluster};

/// Changes the record, or removes it for `None`; says what it is about, and whether the digest must tell.
struct Mutation {
    record: Option<MetadataRecord>,
    entity: Entity,
    digested: bool,
}

fn changed(record: impl Into<MetadataRecord>, entity: Entity) -> Mutation {
    Mutation {
        record: Some(record.into()),
        entity,
        digested: true,
    }
}

/// What can happen to a record, picked by `choice`; `None` for records that have nothing to lose.
fn mutation(pair: &Pair, at: usize, choice: u8) -> Option<Mutation> {
    let records = &pair.records;
    let removed = |entity| Mutation {
        record: None,
        entity,
        digested: true,
    };
    Some(match &records[at] {
        MetadataRecord::Partition(record) => {
            let topic = records.iter().find_map(|other| match other {
                MetadataRecord::Topic(topic) if topic.topic_id == record.topic_id => Some(topic.name.clone()),
                _ => None,
            })?;
            let observed = &pair.cluster.topics[&topic].partitions[&record.partition_id];
            let entity = Entity::Partition(topic, record.partition_id);
            let mut record = record.clone();
            let stranger = NodeId(99);
            match choice % 8 {
                0 => return Some(removed(entity)),
                1 => record.replicas.rotate_left(1),
                2 if record.leader_epoch.0 > 0 => {
                    record.leader_epoch = LeaderEpoch(record.leader_epoch.0 - 1)
                }
                3 => record.leader_epoch = LeaderEpoch(record.leader_epoch.0 + 1),
                // As ZooKeeper has it, nobody is in sync: that is no difference.
                4 if observed.has_lost_its_only_replica() => return None,
                4 => match &mut record.eligible_leader_replicas {
                    Some(eligible) => drop(eligible.pop()),
                    None => drop(record.isr.pop()),
                },
                5 => record.leader_recovery_state = flipped(record.leader_recovery_state),
                6 => record.adding_replicas.push(stranger),
                _ => record.isr.push(stranger),
            }
            changed(record, entity)
        }
        MetadataRecord::Config(record) => {
            let entity = match record.resource_type {
                ConfigResource::Topic => {
                    Entity::TopicConfig(record.resource_name.clone(), record.name.clone())
                }
                // With eligible leader replicas this one is KRaft's own.
                _ if record.name == "min.insync.replicas" => return None,
                _ => Entity::BrokerConfig(record.resource_name.parse().ok(), record.name.clone()),
            };
            let digested = choice.is_multiple_of(2) || !record.name.ends_with("password");
            let mut record = record.clone();
            record.value = record.value.map(|value| value + "0");
            let record = (choice % 2 == 1).then_some(record.into());
            Mutation {
                record,
                entity,
                digested,
            }
        }
        MetadataRecord::ClientQuota(record) => {
            let mut record = record.clone();
            record.value += 0.5;
            let entity = quota(&record)?;
            let record = (choice % 2 == 1).then_some(record.into());
            Mutation {
                record,
                entity,
                digested: true,
            }
        }
        MetadataRecord::UserScramCredential(record) => {
            let entity = Entity::Scram(record.name.clone(), record.mechanism);
            let mut record = record.clone();
            match choice % 4 {
                0 => return Some(removed(entity)),
                1 => record.iterations += 1,
                2 => record.salt.0.push(1),
                _ => record.server_key.0[0] ^= 1,
            }
            Mutation {
                record: Some(record.into()),
                entity,
                digested: choice % 4 == 1,
            }
        }
        MetadataRecord::AccessControlEntry(record) => {
            let mut changed_record = record.clone();
            match choice % 3 {
                0 => return Some(removed(acl(record))),
                1 => changed_record.host.push('7'),
                _ => changed_record.permission_type = other(record.permission_type),
            }
            let twin = |other: &MetadataRecord| match other {
                MetadataRecord::AccessControlEntry(other) => acl(other) == acl(&changed_record),
                _ => false,
            };
            // Two entries that become one are one lost.
            if records.iter().any(twin) {
                return Some(removed(acl(record)));
            }
            changed(changed_record, acl(record))
        }
        MetadataRecord::DelegationToken(record) => {
            let entity = Entity::Token(record.token_id.clone());
            let mut record = record.clone();
            match choice % 4 {
                0 => return Some(removed(entity)),
                1 => record.owner.push('x'),
                2 => record.renewers.push("User:mallory".to_owned()),
                _ => record.expiration_timestamp = Timestamp(record.expiration_timestamp.0 + 1),
            }
            changed(record, entity)
        }
        MetadataRecord::ProducerIds(record) => {
            let mut record = record.clone();
            record.next_producer_id = ProducerId(record.next_producer_id.0 - 1);
            let record = (choice % 2 == 1).then_some(record.into());
            Mutation {
                record,
                entity: Entity::ProducerIds,
                digested: true,
            }
        }
        _ => return None,
    })
}

fn flipped(recovery: LeaderRecovery) -> LeaderRecovery {
    match recovery {
        LeaderRecovery::Recovered => LeaderRecovery::Recovering,
        LeaderRecovery::Recovering => LeaderRecovery::Recovered,
    }
}

fn other(permission: AclPermission) -> AclPermission {
    match permission {
        AclPermission::Allow => AclPermission::Deny,
        AclPermission::Deny => AclPermission::Allow,
    }
}

fn acl(record: &kraft_bridge_metadata::records::AccessControlEntryRecord) -> Entity {
    Entity::Acl(
        ResourcePattern {
            resource_type: record.resource_type,
            pattern_type: record.pattern_type,
            name: record.resource_name.clone(),
        },
        Acl {
            principal: record.principal.clone(),
            host: record.host.clone(),
            operation: record.operation,
            permission: record.permission_type,
        },
    )
}

fn quota(record: &kraft_bridge_metadata::records::ClientQuotaRecord) -> Option<Entity> {
    use crate::legacy::{QuotaEntity, QuotaName};
    let name = |kind: &str| {
        let part = record.entity.iter().find(|part| part.entity_type == kind)?;
        Some(
            part.entity_name
                .clone()
                .map_or(QuotaName::Default, QuotaName::Named),
        )
    };
    let entity = match (name("user"), name("client-id"), name("ip")) {
        (Some(user), Some(client), _) => QuotaEntity::UserClient(user, client),
        (Some(user), None, _) => QuotaEntity::User(user),
        (None, Some(client), _) => QuotaEntity::Client(client),
        (None, None, ip) => QuotaEntity::Ip(ip?),
    };
    Some(Entity::Quota(entity, record.key.clone()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn one_change_is_reported_under_its_entity(
        znodes in any_legacy_cluster(),
        side in any_side(),
        at: Index,
        choice: u8,
    ) {
        let mut pair = Pair::equal(&znodes, side);
        let before = pair.compare();
        let at = at.index(pair.records.len());
        let Some(mutation) = mutation(&pair, at, choice) else { return Ok(()) };
        let unchanged = mutation.record.as_ref() == Some(&pair.records[at]);
        match mutation.record {
            Some(record) => pair.records[at] = record,
            None => drop(pair.records.remove(at)),
        }
        let after = pair.compare();
        let name = mutation.entity.to_string();
        let named = after.differences.iter().filter(|difference| difference.entity == name).count();
        if unchanged {
            prop_assert_eq!(&after, &before);
            return Ok(());
        }
        prop_assert!(named >= 1, "{}: {:?}", name, after.differences);
        prop_assert_eq!(named, after.differences.len(), "{:?}", after.differences);
        prop_assert_eq!(&after.zookeeper.digest, &before.zookeeper.digest);
        prop_assert_eq!(after.kraft.digest != before.kraft.digest, mutation.digested);
    }

    #[test]
    fn a_lost_topic_and_a_changed_id_are_reported(znodes in any_legacy_cluster(), side in any_side(), at: Index, lost: bool) {
        let mut pair = Pair::equal(&znodes, side);
        let topics: Vec<(String, Uuid)> = pair.records.iter().filter_map(|record| match record {
            MetadataRecord::Topic(topic) => Some((topic.name.clone(), topic.topic_id)),
            _ => None,
        }).collect();
        if topics.is_empty() {
            return Ok(());
        }
        let (name, id) = &topics[at.index(topics.len())];
        pair.records.retain_mut(|record| match record {
            MetadataRecord::Topic(topic) if topic.topic_id == *id => { topic.topic_id = Uuid([3; 16]); !lost }
            MetadataRecord::Partition(partition) if partition.topic_id == *id => { partition.topic_id = Uuid([3; 16]); !lost }
            MetadataRecord::Config(config) => !(lost && config.resource_type == ConfigResource::Topic && config.resource_name == *name),
            _ => true,
        });
        let differences = pair.compare().differences;
        prop_assert_eq!(differences.len(), 1);
        prop_assert_eq!(&differences[0].entity, name);
    }
}
