//! The one diff of the two sides: for the parity report, and for whoever writes what is missing.
//!
//! ```text
//! LegacyCluster  (observed: what ZooKeeper holds) ─┐
//!                                                  ├─▶ diff ─▶ Sink: one Item for each difference
//! Projection     (wanted: what KRaft says)  ───────┘
//! ```
//!
//! Both sides are walked together in their common order; what is equal costs no allocation. An item knows by which
//! rule it is to be expected, if it is. Same noun, same file as in [`crate::legacy`].

mod acls;
mod brokers;
mod configs;
mod decisions;
mod entity;
mod features;
mod item;
mod producer_ids;
mod quotas;
mod rule;
mod scope;
mod scram;
mod sink;
mod tokens;
mod topics;
mod touched;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use kraft_bridge_metadata::image::MetadataImage;
use kraft_bridge_metadata::records::MigrationState;
use kraft_bridge_protocol::Timestamp;

use crate::legacy::LegacyCluster;
use crate::parity::decisions::DecisionOptions;
use crate::parity::{Kind, Relation};
use crate::project::Projection;

pub use entity::Entity;
pub(crate) use entity::quota_path;
pub use item::{Item, SecretDigest, Value};
pub use rule::Rule;
pub use scope::Scope;
pub use sink::Sink;
pub use touched::Touched;

/// Both sides, and what is known about how they stand to each other.
#[derive(Clone, Copy, Debug)]
pub struct Diff<'a> {
    /// What ZooKeeper holds, passwords opened.
    pub observed: &'a LegacyCluster,
    /// What KRaft says.
    pub wanted: &'a Projection<'a>,
    /// The KRaft side's cluster id, if it is known.
    pub kraft_cluster_id: Option<&'a str>,
    /// How the sides stand to each other.
    pub relation: Relation,
    /// The present, for what expires.
    pub now: Timestamp,
    /// Which requests the ACLs are asked.
    pub decisions: &'a DecisionOptions,
    /// Random bytes of this run, for the digests of secrets.
    pub salt: [u8; 32],
}

impl Diff<'_> {
    /// Reports every difference of one kind, and of those that are walked with it, to `sink`, with how many entities
    /// each side has.
    pub fn of(&self, kind: Kind, sink: &mut dyn Sink) {
        match kind {
            Kind::ClusterId => self.cluster_id(sink),
            Kind::Topics | Kind::Partitions | Kind::TopicConfigs => self.topics(sink),
            Kind::BrokerConfigs => self.broker_configs(sink),
            Kind::Quotas => self.quotas(sink),
            Kind::Scram => self.scram(sink),
            Kind::Acls => self.acls(sink),
            Kind::Tokens => self.tokens(sink),
            Kind::ProducerIds => self.producer_ids(sink),
            Kind::Features => self.features(sink),
            Kind::Brokers => self.brokers(sink),
            Kind::OtherConfigs => self.other_configs(sink),
            Kind::AclDecisions => self.decisions(sink),
        }
    }

    /// Reports every difference of these kinds to `sink`.
    pub fn all(&self, kinds: &BTreeSet<Kind>, sink: &mut dyn Sink) {
        let walked: BTreeSet<Kind> = kinds.iter().map(|kind| kind.walked_with()).collect();
        walked.into_iter().for_each(|kind| self.of(kind, sink));
    }

    /// Whether KRaft took ZooKeeper's state over once and has gone on since.
    fn copied(&self) -> bool {
        self.relation == Relation::Copied
    }
}

/// How the two sides stand to each other, as both of them tell it.
///
/// In dual write `/migration` names an offset that is in ZooKeeper, and the log says that the migration runs.
pub fn relation(observed: &LegacyCluster, wanted: &MetadataImage) -> Relation {
    if was_dual_written(observed) && wanted.features.migration_state == Some(MigrationState::Migration) {
        Relation::DualWrite
    } else {
        Relation::Copied
    }
}

/// Whether a migrating controller has written ZooKeeper: `/migration` names an offset that is there.
fn was_dual_written(observed: &LegacyCluster) -> bool {
    observed
        .migration
        .is_some_and(|migration| migration.kraft_metadata_offset >= 0)
}
