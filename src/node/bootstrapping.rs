//! `bootstrap.checkpoint`: the first records of a log that has none, written by the first node that leads it.
//!
//! Source: KIP-778; what stock controllers of 3.9 and 4.3 do with the file, and without it.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use kraft_bridge_metadata::image::{METADATA_VERSION, MetadataImage};
use kraft_bridge_metadata::records::{FeatureLevelRecord, MetadataRecord};
use kraft_bridge_metadata::release::{MetadataVersion, Release};
use kraft_bridge_raft::names;
use kraft_bridge_raft::reader::{BatchFile, Entry, ReadError};

/// Why the file is of no use.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BootstrapError {
    /// It cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// It holds what no log can begin with.
    #[error("{}: {problem}: restore it from another controller, or format the directory anew", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
}

/// The records that the file in a metadata log directory holds; without a file the newest level alone, as 4.x has it.
///
/// # Errors
///
/// [`BootstrapError`].
pub(super) fn read(dir: &Path) -> Result<Vec<MetadataRecord>, BootstrapError> {
    let path = dir.join(names::BOOTSTRAP_CHECKPOINT);
    let mut file = match BatchFile::open(&path) {
        Err(ReadError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => {
            return Ok(vec![newest_level()]);
        }
        opened => opened?,
    };
    let wrong = |problem: String| BootstrapError::Content {
        path: path.clone(),
        problem,
    };
    let mut records = Vec::new();
    let mut image = MetadataImage::default();
    file.for_each_of_checkpoint(|place, entry| {
        let Entry::Data(bytes) = entry else {
            return Ok(());
        };
        let at = |problem: String| wrong(format!("offset {}: {problem}", place.offset));
        let (record, _) = MetadataRecord::decode(bytes).map_err(|error| at(error.to_string()))?;
        image
            .replay(record.clone())
            .map_err(|error| at(error.to_string()))?;
        let level = image
            .features
            .metadata_version()
            .unwrap_or(MetadataVersion::UNTOLD);
        level.encode(&record).map_err(|error| at(error.to_string()))?;
        records.push(record);
        Ok::<_, BootstrapError>(())
    })?;
    match image.features.metadata_version() {
        Some(_) => Ok(records),
        None => Err(wrong(format!("it tells no {METADATA_VERSION}"))),
    }
}

fn newest_level() -> MetadataRecord {
    let record = FeatureLevelRecord {
        name: METADATA_VERSION.to_owned(),
        feature_level: Release::NEWEST.metadata_version().0,
        ..Default::default()
    };
    record.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_the_file_a_log_begins_at_the_newest_level() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(read(dir.path()).unwrap(), [newest_level()]);
    }

    #[test]
    fn a_file_that_is_none_is_named() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(names::BOOTSTRAP_CHECKPOINT), "not a checkpoint").unwrap();
        let error = read(dir.path()).unwrap_err().to_string();
        assert!(error.contains("bootstrap.checkpoint"), "{error}");
    }
}
