//! What a migration aims at.

use std::collections::BTreeMap;

use kraft_bridge_metadata::release::{ELR_FEATURE, MetadataVersion, Release};

/// Topic configs that 4.0 removed, and drops when it reads the log.
pub const REMOVED_TOPIC_CONFIGS: [&str; 3] = [
    "message.format.version",
    "message.downconversion.enable",
    "message.timestamp.difference.max.ms",
];

/// The release that shall run on the log, and what only the brokers' configuration knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The oldest release that will read the log.
    pub release: Release,
    /// The brokers' static `min.insync.replicas`, if their configuration was given.
    pub min_insync_replicas: Option<u32>,
}

impl Target {
    /// The level of `metadata.version`.
    pub fn metadata_version(&self) -> MetadataVersion {
        self.release.metadata_version()
    }

    /// Whether in-sync replicas are written as eligible leader replicas.
    ///
    /// Controllers of 4.0 and newer take each broker out of every ISR at its first registration. An ISR written as it
    /// is would leave partitions without leader until all of its brokers are back; as eligible leader replicas
    /// each of them may lead as soon as it returns (KIP-966). 3.9 leaves the ISRs alone and does not know the feature.
    pub fn eligible_leader_replicas(&self) -> bool {
        self.metadata_version() >= MetadataVersion::ELIGIBLE_LEADER_REPLICAS
    }

    /// Levels of the features besides `metadata.version`.
    pub fn features(&self) -> BTreeMap<&'static str, i16> {
        let mut features = self.release.default_features();
        if self.eligible_leader_replicas() {
            features.insert(ELR_FEATURE, 1);
        }
        features
    }

    /// Whether the release knows the topic config.
    pub fn knows_topic_config(&self, name: &str) -> bool {
        !(self.release.is_at_least_4() && REMOVED_TOPIC_CONFIGS.contains(&name))
    }
}
