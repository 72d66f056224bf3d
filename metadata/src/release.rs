//! Releases of Kafka and the feature levels that each of them reads and writes.
//!
//! Source: the `MetadataVersion` and `Feature` enumerations of the released jars, 3.6 to 4.3.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use kraft_bridge_protocol::messages::EncodeError;

use crate::image::METADATA_VERSION;
use crate::records::MetadataRecord;

/// A level of the feature `metadata.version`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct MetadataVersion(pub i16);

/// Names of the levels, from level 1 on.
const NAMES: [&str; 30] = [
    "3.0-IV1", "3.1-IV0", "3.2-IV0", "3.3-IV0", "3.3-IV1", "3.3-IV2", "3.3-IV3", "3.4-IV0", "3.5-IV0",
    "3.5-IV1", "3.5-IV2", "3.6-IV0", "3.6-IV1", "3.6-IV2", "3.7-IV0", "3.7-IV1", "3.7-IV2", "3.7-IV3",
    "3.7-IV4", "3.8-IV0", "3.9-IV0", "4.0-IV0", "4.0-IV1", "4.0-IV2", "4.0-IV3", "4.1-IV0", "4.1-IV1",
    "4.2-IV0", "4.2-IV1", "4.3-IV0",
];

impl MetadataVersion {
    /// 3.0-IV1: what a log is of that tells no level.
    pub const UNTOLD: MetadataVersion = MetadataVersion(1);
    /// 3.6-IV2: delegation tokens.
    pub const DELEGATION_TOKENS: MetadataVersion = MetadataVersion(14);
    /// 3.7-IV2: log directories in records, several log directories per broker.
    pub const DIRECTORIES: MetadataVersion = MetadataVersion(17);
    /// 3.9-IV0: voters that the log lists (`kraft.version` 1, KIP-853).
    pub const DYNAMIC_VOTERS: MetadataVersion = MetadataVersion(21);
    /// 4.0-IV1: eligible leader replicas in records.
    pub const ELIGIBLE_LEADER_REPLICAS: MetadataVersion = MetadataVersion(23);
    /// 4.3-IV0: cordoned log directories.
    pub const CORDONED_DIRECTORIES: MetadataVersion = MetadataVersion(30);

    /// The level's name, `3.9-IV0`.
    pub fn name(self) -> &'static str {
        usize::try_from(self.0)
            .ok()
            .and_then(|level| NAMES.get(level.checked_sub(1)?))
            .copied()
            .unwrap_or("unknown")
    }

    /// Version at which a writer of this level writes `record`.
    pub fn record_version(self, record: &MetadataRecord) -> i16 {
        let since = |levels: &[i16]| {
            levels
                .iter()
                .filter(|level| self.0 >= **level)
                .count()
                .try_into()
                .unwrap_or(i16::MAX)
        };
        match record {
            MetadataRecord::RegisterBroker(_) => since(&[7, 8, 17, 30]),
            MetadataRecord::Partition(_) => since(&[17, 23]),
            MetadataRecord::PartitionChange(_) => since(&[17, 23]),
            MetadataRecord::BrokerRegistrationChange(change) => {
                // As low as the fields that are set allow, whatever the level.
                if change.cordoned_log_dirs.is_some() {
                    3
                } else if !change.log_dirs.is_empty() {
                    2
                } else {
                    i16::from(change.in_controlled_shutdown != crate::records::ControlledShutdownChange::None)
                }
            }
            _ => 0,
        }
    }

    /// The bytes of `record`, frame included, as a writer of this level writes them.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] when a field is set that the level's version of the record lacks.
    pub fn encode(self, record: &MetadataRecord) -> Result<Vec<u8>, EncodeError> {
        let mut bytes = Vec::with_capacity(128);
        record.encode(self.record_version(record), &mut bytes)?;
        Ok(bytes)
    }
}

impl fmt::Display for MetadataVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A release line of Kafka that a migrated cluster can run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names are the release numbers")]
pub enum Release {
    V3_6,
    V3_7,
    V3_8,
    V3_9,
    V4_0,
    V4_1,
    V4_2,
    V4_3,
}

/// Feature that keeps replicas eligible for leadership after they left the ISR (KIP-966).
pub const ELR_FEATURE: &str = "eligible.leader.replicas.version";

impl Release {
    /// Every release line, oldest first.
    pub const ALL: [Release; 8] = [
        Release::V3_6,
        Release::V3_7,
        Release::V3_8,
        Release::V3_9,
        Release::V4_0,
        Release::V4_1,
        Release::V4_2,
        Release::V4_3,
    ];
    /// The newest one.
    pub const NEWEST: Release = Release::V4_3;

    /// The release's number, `4.3`.
    pub fn name(self) -> &'static str {
        match self {
            Release::V3_6 => "3.6",
            Release::V3_7 => "3.7",
            Release::V3_8 => "3.8",
            Release::V3_9 => "3.9",
            Release::V4_0 => "4.0",
            Release::V4_1 => "4.1",
            Release::V4_2 => "4.2",
            Release::V4_3 => "4.3",
        }
    }

    /// The level that the release writes in production.
    pub fn metadata_version(self) -> MetadataVersion {
        MetadataVersion(match self {
            Release::V3_6 => 14,
            Release::V3_7 => 19,
            Release::V3_8 => 20,
            Release::V3_9 => 21,
            Release::V4_0 => 25,
            Release::V4_1 => 27,
            Release::V4_2 => 29,
            Release::V4_3 => 30,
        })
    }

    /// Levels of `metadata.version` that the release accepts in a log, both inclusive.
    pub fn accepted_metadata_versions(self) -> (MetadataVersion, MetadataVersion) {
        let lowest = if self.is_at_least_4() { 7 } else { 1 };
        (MetadataVersion(lowest), self.metadata_version())
    }

    /// Whether it is 4.0 or newer.
    pub fn is_at_least_4(self) -> bool {
        self >= Release::V4_0
    }

    /// Levels of each feature that the release supports, from the lowest to the highest, but for `kraft.version`, which
    /// is the quorum's.
    pub fn supported_features(self) -> BTreeMap<&'static str, (i16, i16)> {
        let (lowest, highest) = self.accepted_metadata_versions();
        let others = self.default_features().into_iter();
        others
            .map(|(name, level)| (name, (0, level)))
            .chain([(METADATA_VERSION, (lowest.0, highest.0))])
            .collect()
    }

    /// Features besides `metadata.version` that the release gives a new cluster, with their levels.
    pub fn default_features(self) -> BTreeMap<&'static str, i16> {
        const FIRST_DEFAULT: [(&str, i16, Release); 5] = [
            ("transaction.version", 2, Release::V4_0),
            ("group.version", 1, Release::V4_0),
            (ELR_FEATURE, 1, Release::V4_1),
            ("share.version", 1, Release::V4_2),
            ("streams.version", 1, Release::V4_2),
        ];
        FIRST_DEFAULT
            .into_iter()
            .filter(|(_, _, since)| self >= *since)
            .map(|(name, level, _)| (name, level))
            .collect()
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text names no release that a migrated cluster can run on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no release that can be migrated to: give 3.6, 3.7, 3.8, 3.9, 4.0, 4.1, 4.2 or 4.3")]
pub struct ParseReleaseError {
    /// What was given.
    pub text: String,
}

impl FromStr for Release {
    type Err = ParseReleaseError;

    /// Takes `4.3`, a patch release `4.3.1`, or the production level's name `4.3-IV0`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Release::ALL
            .into_iter()
            .find(|release| {
                text == release.metadata_version().name()
                    || text.strip_prefix(release.name()).is_some_and(is_patch_number)
            })
            .ok_or_else(|| ParseReleaseError {
                text: text.to_owned(),
            })
    }
}

fn is_patch_number(rest: &str) -> bool {
    rest.is_empty()
        || rest
            .strip_prefix('.')
            .is_some_and(|patch| patch.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_named_by_line_patch_or_level() {
        for text in ["4.3", "4.3.1", "4.3-IV0"] {
            assert_eq!(text.parse(), Ok(Release::V4_3), "{text}");
        }
        for text in ["", "4", "4.4", "4.31", "3.5", "4.3-IV1", "4.3."] {
            assert!(text.parse::<Release>().is_err(), "{text}");
        }
    }

    #[test]
    fn every_production_level_bears_its_releases_number() {
        for release in Release::ALL {
            let name = release.metadata_version().name();
            assert!(name.starts_with(release.name()), "{release}: {name}");
        }
    }

    #[test]
    fn new_clusters_get_the_features_that_kafkas_own_formatter_gives() {
        assert!(Release::V3_9.default_features().is_empty());
        let features: Vec<_> = Release::V4_3.default_features().into_iter().collect();
        assert_eq!(
            features,
            [
                ("eligible.leader.replicas.version", 1),
                ("group.version", 1),
                ("share.version", 1),
                ("streams.version", 1),
                ("transaction.version", 2),
            ]
        );
    }
}
