//! Finalized features, and how far a migration from ZooKeeper has come.

use std::collections::BTreeMap;

use crate::records::{FeatureLevelRecord, MetadataRecord, MigrationState, ZkMigrationStateRecord};
use crate::release::MetadataVersion;

/// Feature whose level decides which records are written.
pub const METADATA_VERSION: &str = "metadata.version";

/// What the log says about levels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Features {
    /// Levels above 0 by feature, `metadata.version` among them.
    pub levels: BTreeMap<String, i16>,
    /// State of a migration from ZooKeeper, absent where no record tells (4.0 and newer write none).
    pub migration_state: Option<MigrationState>,
}

impl Features {
    /// Level of `metadata.version`, if the log tells it.
    pub fn metadata_version(&self) -> Option<MetadataVersion> {
        self.levels.get(METADATA_VERSION).copied().map(MetadataVersion)
    }

    /// `metadata.version` first, because what follows is read in its light, then the others by name.
    pub(super) fn records(&self) -> impl Iterator<Item = MetadataRecord> {
        let is_first = |name: &&str| **name == *METADATA_VERSION;
        let names = self.levels.keys().map(String::as_str);
        let names = names
            .clone()
            .filter(is_first)
            .chain(names.filter(move |name| !is_first(name)));
        let levels = names.map(|name| {
            FeatureLevelRecord {
                name: name.to_owned(),
                feature_level: self.levels[name],
                ..Default::default()
            }
            .into()
        });
        let state = self.migration_state.map(|zk_migration_state| {
            ZkMigrationStateRecord {
                zk_migration_state,
                ..Default::default()
            }
            .into()
        });
        levels.chain(state)
    }

    pub(super) fn set_level(&mut self, record: FeatureLevelRecord) {
        if record.feature_level == 0 {
            self.levels.remove(&record.name);
        } else {
            self.levels.insert(record.name, record.feature_level);
        }
    }
}
