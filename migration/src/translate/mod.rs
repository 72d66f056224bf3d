//! Translation: the legacy model becomes metadata records, in the order that a JVM's snapshot has.
//!
//! ```text
//! features ▸ brokers ▸ topics (each: topic, its partitions) ▸ configs ▸ quotas ▸ producer ids ▸ ACLs ▸ SCRAM ▸ tokens
//! ```
//!
//! Everything is sorted, so the same cluster gives the same records. Nothing is decided here that an operator
//! has not read before: what is left out or changed, `preflight` has listed.
//!
//! Source: KIP-866 for what corresponds to what; KIP-966 for eligible leader replicas.

mod acls;
mod brokers;
mod configs;
mod features;
pub mod ids;
mod producer_ids;
mod quotas;
mod scram;
mod tokens;
mod topics;

use kraft_bridge_metadata::records::MetadataRecord;
use kraft_bridge_metadata::release::MetadataVersion;

use crate::legacy::{LegacyCluster, Topic};
use crate::target::Target;

pub(crate) use configs::MIN_INSYNC_REPLICAS;
pub use features::levels as feature_levels;

/// A cluster on its way to records.
#[derive(Debug)]
pub struct Translation<'a> {
    cluster: &'a LegacyCluster,
    cluster_id: &'a str,
    target: &'a Target,
}

impl<'a> Translation<'a> {
    /// Prepares the translation of a cluster that passed `preflight` for this target.
    pub fn new(cluster: &'a LegacyCluster, cluster_id: &'a str, target: &'a Target) -> Translation<'a> {
        Translation {
            cluster,
            cluster_id,
            target,
        }
    }

    /// The records, in order. Each call gives the same ones.
    pub fn records(&self) -> impl Iterator<Item = MetadataRecord> + '_ {
        features::records(self)
            .chain(brokers::records(self))
            .chain(topics::records(self))
            .chain(configs::records(self))
            .chain(quotas::records(self))
            .chain(producer_ids::records(self))
            .chain(acls::records(self))
            .chain(scram::records(self))
            .chain(tokens::records(self))
    }

    /// The records as a snapshot holds them: encoded at the versions that the target writes.
    ///
    /// # Panics
    ///
    /// Never for records of [`Translation::records`]: they use no field that the target's versions lack.
    pub fn encoded_records(&self) -> impl Iterator<Item = Vec<u8>> + '_ {
        let metadata_version = self.target.metadata_version();
        self.records()
            .map(move |record| encode(metadata_version, &record))
    }

    /// Topics that live on, by name: all but those pending deletion.
    pub fn topics(&self) -> impl Iterator<Item = (&'a str, &'a Topic)> + '_ {
        self.cluster.live_topics()
    }
}

/// A record at the version that a writer of this level uses.
///
/// # Panics
///
/// If a field is set that this version lacks: translation looks at the level before it sets such fields.
pub fn encode(metadata_version: MetadataVersion, record: &MetadataRecord) -> Vec<u8> {
    metadata_version
        .encode(record)
        .expect("fields are set according to the level")
}

#[cfg(test)]
mod tests;
