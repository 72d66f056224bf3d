//! Feature levels, and the state of Kafka's own migration.

use std::collections::BTreeMap;

use kraft_bridge_metadata::records::{
    FeatureLevelRecord, MetadataRecord, MigrationState, ZkMigrationStateRecord,
};
use kraft_bridge_metadata::release::MetadataVersion;

use super::Translation;

const METADATA_VERSION: &str = "metadata.version";

pub(super) fn records<'a>(translation: &'a Translation<'_>) -> impl Iterator<Item = MetadataRecord> + 'a {
    // "Came from ZooKeeper and is done with it"; 4.0 and newer neither write nor heed the record.
    let state = (!translation.target.release.is_at_least_4()).then(|| {
        let zk_migration_state = MigrationState::PostMigration;
        ZkMigrationStateRecord {
            zk_migration_state,
            ..Default::default()
        }
        .into()
    });
    let target = translation.target;
    levels(target.metadata_version(), target.features()).chain(state)
}

/// `metadata.version` first, the others by name: also what a bootstrap checkpoint holds.
pub fn levels(
    metadata_version: MetadataVersion,
    others: BTreeMap<&'static str, i16>,
) -> impl Iterator<Item = MetadataRecord> + use<> {
    std::iter::once((METADATA_VERSION, metadata_version.0))
        .chain(others)
        .map(|(name, feature_level)| {
            FeatureLevelRecord {
                name: name.to_owned(),
                feature_level,
                ..Default::default()
            }
            .into()
        })
}
