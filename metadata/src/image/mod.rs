//! The metadata image: what all records of a log together say.
//!
//! ```text
//! record ─▶ Replay ─▶ MetadataImage ─ records ─▶ checkpoint
//!             └─ transactions: what an open one holds is kept apart until it ends
//! ```
//!
//! The log, the parity check and the controller all use this one type. However records are cut into batches, they give
//! the same image. Same noun, same file as in [`crate::records`].
//!
//! Source: KIP-500 for the idea; the records' own descriptions for what each does.

mod brokers;
mod configs;
mod error;
mod features;
mod quotas;
mod replay;
mod scram;
mod tokens;
mod topics;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use kraft_bridge_protocol::messages::EncodeError;
use kraft_bridge_protocol::{NodeId, Uuid};

use crate::acls::{Acl, ResourcePattern};
use crate::records::{AccessControlEntryRecord, MetadataRecord, ProducerIdsRecord, RegisterControllerRecord};
use crate::release::MetadataVersion;

pub use brokers::BrokerRegistration;
pub use configs::Configs;
pub use error::ReplayError;
pub use features::{Features, METADATA_VERSION};
pub use quotas::{ClientQuotas, QuotaEntity};
pub use replay::{OpenTransaction, Replay};
pub use scram::{ScramCredential, ScramCredentials};
pub use tokens::DelegationToken;
pub use topics::{EligibleLeaders, Partition, Reassignment, Topic, Topics};

/// The state of a cluster's metadata at one offset of its log.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MetadataImage {
    /// Finalized features and the state of a migration from ZooKeeper.
    pub features: Features,
    /// Registered brokers.
    pub brokers: BTreeMap<NodeId, BrokerRegistration>,
    /// Registered controllers (KIP-919).
    pub controllers: BTreeMap<NodeId, RegisterControllerRecord>,
    /// Topics with their partitions.
    pub topics: Topics,
    /// Dynamic configs of every resource.
    pub configs: Configs,
    /// Client quotas.
    pub client_quotas: ClientQuotas,
    /// Where producer ids go on, absent until one was ever handed out. Who asked for the last block is not kept.
    pub producer_ids: Option<ProducerIdsRecord>,
    /// Access control entries by id.
    pub acls: BTreeMap<Uuid, AccessControlEntryRecord>,
    /// SCRAM credentials.
    pub scram: ScramCredentials,
    /// Delegation tokens by token id.
    pub tokens: BTreeMap<String, DelegationToken>,
}

impl MetadataImage {
    /// Takes one record in. Transaction markers say nothing here: [`Replay`] heeds them.
    ///
    /// # Errors
    ///
    /// [`ReplayError`] when the record speaks of something that is not there; the image has not changed then.
    pub fn replay(&mut self, record: MetadataRecord) -> Result<(), ReplayError> {
        match record {
            MetadataRecord::RegisterBroker(record) => brokers::register(&mut self.brokers, record),
            MetadataRecord::UnregisterBroker(record) => brokers::unregister(&mut self.brokers, &record)?,
            MetadataRecord::FenceBroker(record) => {
                brokers::fence(&mut self.brokers, record.id, record.epoch, true)?
            }
            MetadataRecord::UnfenceBroker(record) => {
                brokers::fence(&mut self.brokers, record.id, record.epoch, false)?
            }
            MetadataRecord::BrokerRegistrationChange(record) => brokers::change(&mut self.brokers, record)?,
            MetadataRecord::RegisterController(record) => {
                self.controllers.insert(record.controller_id, record);
            }
            MetadataRecord::Topic(record) => self.topics.create(record)?,
            MetadataRecord::Partition(record) => self.topics.set_partition(record)?,
            MetadataRecord::PartitionChange(record) => self.topics.change_partition(record)?,
            MetadataRecord::RemoveTopic(record) => {
                let name = self.topics.remove(record.topic_id)?;
                self.configs.remove_topic(&name);
            }
            MetadataRecord::ClearElr(record) => self.topics.clear_elr(&record.topic_name)?,
            MetadataRecord::Config(record) => self.configs.replay(record),
            MetadataRecord::ClientQuota(record) => self.client_quotas.replay(record)?,
            MetadataRecord::ProducerIds(record) => {
                self.producer_ids = Some(ProducerIdsRecord {
                    next_producer_id: record.next_producer_id,
                    ..Default::default()
                });
            }
            MetadataRecord::AccessControlEntry(record) => {
                self.acls.insert(record.id, record);
            }
            MetadataRecord::RemoveAccessControlEntry(record) => {
                self.acls
                    .remove(&record.id)
                    .ok_or(ReplayError::UnknownAcl { id: record.id })?;
            }
            MetadataRecord::UserScramCredential(record) => self.scram.set(record),
            MetadataRecord::RemoveUserScramCredential(record) => {
                self.scram.remove(&record.name, record.mechanism)
            }
            MetadataRecord::DelegationToken(record) => tokens::set(&mut self.tokens, record),
            MetadataRecord::RemoveDelegationToken(record) => {
                self.tokens.remove(&record.token_id);
            }
            MetadataRecord::FeatureLevel(record) => self.features.set_level(record),
            MetadataRecord::ZkMigrationState(record) => {
                self.features.migration_state = Some(record.zk_migration_state)
            }
            MetadataRecord::NoOp(_)
            | MetadataRecord::BeginTransaction(_)
            | MetadataRecord::EndTransaction(_)
            | MetadataRecord::AbortTransaction(_) => {}
        }
        Ok(())
    }

    /// The access control entries, each with the resources that it is about.
    pub fn acls_by_pattern(&self) -> impl Iterator<Item = (ResourcePattern, Acl)> {
        self.acls.values().map(|record| {
            let pattern = ResourcePattern {
                resource_type: record.resource_type,
                pattern_type: record.pattern_type,
                name: record.resource_name.clone(),
            };
            let acl = Acl {
                principal: record.principal.clone(),
                host: record.host.clone(),
                operation: record.operation,
                permission: record.permission_type,
            };
            (pattern, acl)
        })
    }

    /// The records that say the same as this image: those of a checkpoint, in the order that a JVM's has.
    ///
    /// ```text
    /// features ▸ brokers ▸ controllers ▸ topics (each: topic, its partitions) ▸ configs ▸ quotas ▸ producer ids ▸ ACLs
    /// ▸ SCRAM ▸ tokens
    /// ```
    ///
    /// Within a kind they are sorted, so that nodes with the same image write the same records.
    pub fn records(&self) -> impl Iterator<Item = MetadataRecord> {
        let brokers = self.brokers.values().cloned().map(MetadataRecord::from);
        let controllers = self.controllers.values().cloned().map(MetadataRecord::from);
        let producer_ids = self.producer_ids.iter().cloned().map(MetadataRecord::from);
        let acls = self.acls.values().cloned().map(MetadataRecord::from);
        let tokens = self.tokens.values().cloned().map(MetadataRecord::from);
        self.features
            .records()
            .chain(brokers)
            .chain(controllers)
            .chain(self.topics.records(self.level()))
            .chain(self.configs.records())
            .chain(self.client_quotas.records())
            .chain(producer_ids)
            .chain(acls)
            .chain(self.scram.records())
            .chain(tokens)
    }

    /// The records as a checkpoint holds them, at the versions that the image's own level writes.
    ///
    /// An item is an error when its record has a field that the level lacks: a log that tells such things of a
    /// level too low was not written by Kafka, and a checkpoint without them would lose what it stands for.
    pub fn encoded_records(&self) -> impl Iterator<Item = Result<Vec<u8>, EncodeError>> {
        let level = self.level();
        self.records().map(move |record| level.encode(&record))
    }

    /// The level that the log is of.
    fn level(&self) -> MetadataVersion {
        self.features
            .metadata_version()
            .unwrap_or(MetadataVersion::UNTOLD)
    }
}
