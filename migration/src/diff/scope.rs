//! What a change touches: the part of the diff that has to be looked at again.

use std::collections::BTreeSet;

use kraft_bridge_metadata::image::MetadataImage;
use kraft_bridge_metadata::records::{ConfigResource, MetadataRecord};

use super::{Diff, Entity, Sink};
use crate::parity::Kind;

/// A part of the diff that can be looked at on its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Everything, because how the sides stand to each other may have changed.
    All,
    /// Everything of one kind.
    Kind(Kind),
    /// A topic with its partitions and configs.
    Topic(String),
}

impl Scope {
    /// The smallest scope that the entity is in.
    pub fn of_entity(entity: &Entity) -> Scope {
        match entity {
            Entity::Topic(name) | Entity::Partition(name, _) | Entity::TopicConfig(name, _) => {
                Scope::Topic(name.clone())
            }
            other => Scope::Kind(other.kind()),
        }
    }

    /// Adds what a changed znode touches.
    pub fn add_path(path: &str, scopes: &mut BTreeSet<Scope>) {
        let mut segments = path.split('/').skip(1);
        let mut next = || segments.next().unwrap_or_default();
        let (first, second, third) = (next(), next(), next());
        let kinds: &[Kind] = match (first, second) {
            ("brokers" | "config", "topics") | ("admin", "delete_topics") if !third.is_empty() => {
                scopes.insert(Scope::Topic(third.to_owned()));
                return;
            }
            ("brokers", "ids") => &[Kind::Brokers],
            ("config", "brokers") => &[Kind::BrokerConfigs],
            ("config", "users") => &[Kind::Quotas, Kind::Scram],
            ("config", "clients" | "ips") => &[Kind::Quotas],
            ("kafka-acl" | "kafka-acl-extended", _) => &[Kind::Acls, Kind::AclDecisions],
            ("delegation_token", _) => &[Kind::Tokens],
            ("latest_producer_id_block", _) => &[Kind::ProducerIds],
            ("feature", _) => &[Kind::Features],
            ("cluster", _) => &[Kind::ClusterId],
            _ => &[],
        };
        scopes.extend(kinds.iter().map(|kind| Scope::Kind(*kind)));
    }

    /// Adds what a record touches that is about to be replayed on `image`.
    pub fn add_record(record: &MetadataRecord, image: &MetadataImage, scopes: &mut BTreeSet<Scope>) {
        let topic = |id| image.topics.name(id).map(|name| Scope::Topic(name.to_owned()));
        let touched = match record {
            MetadataRecord::Topic(record) => Some(Scope::Topic(record.name.clone())),
            MetadataRecord::Partition(record) => topic(record.topic_id),
            MetadataRecord::PartitionChange(record) => topic(record.topic_id),
            MetadataRecord::RemoveTopic(record) => topic(record.topic_id),
            MetadataRecord::Config(record) => Some(match record.resource_type {
                ConfigResource::Topic => Scope::Topic(record.resource_name.clone()),
                ConfigResource::Broker => Scope::Kind(Kind::BrokerConfigs),
                _ => Scope::Kind(Kind::OtherConfigs),
            }),
            MetadataRecord::ClientQuota(_) => Some(Scope::Kind(Kind::Quotas)),
            MetadataRecord::ProducerIds(_) => Some(Scope::Kind(Kind::ProducerIds)),
            MetadataRecord::AccessControlEntry(_) | MetadataRecord::RemoveAccessControlEntry(_) => {
                scopes.insert(Scope::Kind(Kind::AclDecisions));
                Some(Scope::Kind(Kind::Acls))
            }
            MetadataRecord::UserScramCredential(_) | MetadataRecord::RemoveUserScramCredential(_) => {
                Some(Scope::Kind(Kind::Scram))
            }
            MetadataRecord::DelegationToken(_) | MetadataRecord::RemoveDelegationToken(_) => {
                Some(Scope::Kind(Kind::Tokens))
            }
            MetadataRecord::RegisterBroker(_)
            | MetadataRecord::UnregisterBroker(_)
            | MetadataRecord::FenceBroker(_)
            | MetadataRecord::UnfenceBroker(_)
            | MetadataRecord::BrokerRegistrationChange(_) => Some(Scope::Kind(Kind::Brokers)),
            // Levels and the migration's state decide what may differ; a transaction may hold anything.
            MetadataRecord::FeatureLevel(_)
            | MetadataRecord::ZkMigrationState(_)
            | MetadataRecord::RegisterController(_)
            | MetadataRecord::ClearElr(_)
            | MetadataRecord::BeginTransaction(_)
            | MetadataRecord::EndTransaction(_)
            | MetadataRecord::AbortTransaction(_) => Some(Scope::All),
            MetadataRecord::NoOp(_) => None,
        };
        scopes.extend(touched);
    }
}

impl Diff<'_> {
    /// Reports every difference of these kinds in one scope to `sink`, and maybe some of other kinds.
    pub fn within(&self, scope: &Scope, kinds: &BTreeSet<Kind>, sink: &mut dyn Sink) {
        match scope {
            Scope::All => self.all(kinds, sink),
            Scope::Kind(kind) if !kinds.contains(kind) => {}
            Scope::Kind(kind) => self.of(*kind, sink),
            Scope::Topic(name) => {
                let zookeeper = self.observed.topics.get(name);
                let kraft = self.wanted.image.topics.get(name);
                if zookeeper.is_none() && kraft.is_none() {
                    self.configs_of_no_topic(name, sink);
                } else {
                    self.topic(name, zookeeper, kraft, sink);
                }
            }
        }
    }
}
