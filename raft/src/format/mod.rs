//! Makes the directories of a node that has never run: identity, bootstrap records and, if given, its log.
//!
//! ```text
//! <log dir>/
//!   meta.properties                      identity, written last
//!   bootstrap.checkpoint                 feature levels
//!   __cluster_metadata-0/                in the metadata log directory only, if there is anything to put there
//!     <end offset>-<epoch>.checkpoint    the snapshot, or 0-0 with nothing but the voters
//!     <end offset>.log                   an empty segment: where the log goes on
//!     partition.metadata, quorum-state
//! ```
//!
//! A directory appears whole or not at all, see `staging.rs`.
//!
//! Source: what `kafka-storage format` writes (KIP-785, KIP-853), and what a JVM node leaves after it loaded a snapshot.

mod staging;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use kraft_bridge_protocol::control::Voter;
use kraft_bridge_protocol::{Epoch, NodeId, Offset, OffsetAndEpoch, Timestamp, Uuid};

use crate::checkpoint::{CheckpointHeader, CheckpointWriter};
use crate::durable::{FileError, write_new};
use crate::meta_properties::{MetaProperties, MetaPropertiesError};
use crate::names;
use crate::quorum_state::{Form, QuorumState};
use staging::Staged;

/// Epoch of a log that nobody has led yet: the first leader begins the next one.
const FIRST_EPOCH: Epoch = Epoch(1);

/// A node to be formatted.
#[derive(Clone, Debug)]
pub struct NodeFormat {
    /// Its id.
    pub node_id: NodeId,
    /// Its cluster's id.
    pub cluster_id: String,
    /// Directory that holds `__cluster_metadata-0`.
    pub metadata_log_dir: PathBuf,
    /// All log directories to format, that one included, each with its id.
    pub log_dirs: Vec<(PathBuf, Uuid)>,
    /// Whether the directories may hold a broker's topics already (a node that is broker and controller).
    pub beside_topics: bool,
    /// Who votes.
    pub voters: VoterSet,
    /// Timestamp of whatever is written.
    pub timestamp: Timestamp,
    /// Encoded bootstrap records.
    pub bootstrap: Vec<Vec<u8>>,
}

/// Where the voters of the quorum are listed.
#[derive(Clone, Debug, PartialEq)]
pub enum VoterSet {
    /// In each node's configuration (`kraft.version` 0).
    Static(Vec<NodeId>),
    /// In the log (`kraft.version` 1, KIP-853).
    Dynamic(Vec<Voter>),
    /// Nowhere yet: the node waits to be added to a quorum.
    Unknown,
}

/// What was written into the metadata partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// End offset and epoch.
    pub id: OffsetAndEpoch,
    /// Data records.
    pub records: u64,
}

/// Why a node could not be formatted.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// The target is in use, or something else is there.
    #[error("{}: {problem}; nothing was written", path.display())]
    Occupied {
        /// The directory.
        path: PathBuf,
        /// What is there and what to do.
        problem: String,
    },
    /// A file operation failed; what was begun is removed at the next attempt.
    #[error(transparent)]
    File(#[from] FileError),
    /// The identity file that is there already can't be read.
    #[error("{}: {error}", path.display())]
    Identity {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: MetaPropertiesError,
    },
    /// A snapshot must have at least one record.
    #[error("a snapshot without records would be taken for an empty cluster; nothing was written")]
    NoRecords,
}

/// Whether the node's directories could be formatted: for checking every node before the first one is written.
///
/// Removes what a killed attempt left.
///
/// # Errors
///
/// [`FormatError`] as [`format_with_snapshot`] would fail with.
pub fn check(node: &NodeFormat) -> Result<(), FormatError> {
    for (path, directory_id) in &node.log_dirs {
        Staged::prepare(node, path, *directory_id)?;
    }
    Ok(())
}

/// Formats a node with a snapshot of these encoded records.
///
/// # Errors
///
/// [`FormatError`]; the metadata log directory is as it was then.
pub fn format_with_snapshot(
    node: &NodeFormat,
    records: &mut dyn Iterator<Item = Vec<u8>>,
) -> Result<Snapshot, FormatError> {
    let mut snapshot = Err(FormatError::NoRecords);
    format_directories(node, |partition| {
        let written = write_snapshot(node, partition, records)?;
        let finished = (written.records > 0)
            .then_some(written)
            .ok_or(FormatError::NoRecords)?;
        write_partition_files(node, partition, finished.id)?;
        snapshot = Ok(finished);
        Ok(())
    })?;
    snapshot
}

/// Formats a node of a new cluster: no snapshot, but the voters if the log is to list them.
///
/// # Errors
///
/// As [`format_with_snapshot`].
pub fn format_empty(node: &NodeFormat) -> Result<(), FormatError> {
    let VoterSet::Dynamic(voters) = &node.voters else {
        return format_directories(node, |_| Ok(()));
    };
    format_directories(node, |partition| {
        create_directory(partition)?;
        let id = OffsetAndEpoch {
            offset: Offset(0),
            epoch: Epoch(0),
        };
        let path = partition.join(names::checkpoint(id));
        let header = CheckpointHeader {
            epoch: id.epoch,
            timestamp: node.timestamp,
            last_contained_log_timestamp: node.timestamp,
            voters: Some(voters.clone()),
        };
        write_checkpoint(&path, header, &mut std::iter::empty()).map(|_| ())
    })
}

/// Formats the directories one after the other, the metadata log directory last.
fn format_directories(
    node: &NodeFormat,
    mut fill_partition: impl FnMut(&Path) -> Result<(), FormatError>,
) -> Result<(), FormatError> {
    let mut staged = Vec::new();
    for (path, directory_id) in &node.log_dirs {
        staged.extend(Staged::prepare(node, path, *directory_id)?);
    }
    staged.sort_by_key(|directory| directory.path() == node.metadata_log_dir);
    for directory in staged {
        let is_metadata = directory.path() == node.metadata_log_dir;
        directory.write(|content| {
            write_bootstrap(node, content)?;
            if is_metadata {
                fill_partition(&content.join(names::METADATA_PARTITION))
            } else {
                Ok(())
            }
        })?;
    }
    Ok(())
}

fn identity(node: &NodeFormat, directory_id: Uuid) -> MetaProperties {
    MetaProperties {
        version: 1,
        node_id: Some(node.node_id),
        cluster_id: Some(node.cluster_id.clone()),
        directory_id: Some(directory_id),
    }
}

fn write_bootstrap(node: &NodeFormat, directory: &Path) -> Result<(), FormatError> {
    let header = CheckpointHeader {
        epoch: Epoch(0),
        timestamp: node.timestamp,
        last_contained_log_timestamp: Timestamp(0),
        voters: None,
    };
    let path = directory.join(names::BOOTSTRAP_CHECKPOINT);
    write_checkpoint(&path, header, &mut node.bootstrap.iter().cloned()).map(|_| ())
}

fn write_snapshot(
    node: &NodeFormat,
    partition: &Path,
    records: &mut dyn Iterator<Item = Vec<u8>>,
) -> Result<Snapshot, FormatError> {
    create_directory(partition)?;
    // The name holds the number of records, which only the writing tells.
    let unnamed = partition.join("snapshot");
    let header = CheckpointHeader {
        epoch: FIRST_EPOCH,
        timestamp: node.timestamp,
        last_contained_log_timestamp: node.timestamp,
        voters: match &node.voters {
            VoterSet::Dynamic(voters) => Some(voters.clone()),
            VoterSet::Static(_) | VoterSet::Unknown => None,
        },
    };
    let records = write_checkpoint(&unnamed, header, records)?;
    let offset = Offset(i64::try_from(records).expect("a file holds fewer than 2^63 records"));
    let id = OffsetAndEpoch {
        offset,
        epoch: FIRST_EPOCH,
    };
    crate::durable::rename(&unnamed, &partition.join(names::checkpoint(id)))?;
    Ok(Snapshot { id, records })
}

fn write_partition_files(node: &NodeFormat, partition: &Path, id: OffsetAndEpoch) -> Result<(), FormatError> {
    write_new(&partition.join(names::segment(id.offset)), b"")?;
    let metadata = format!("version: 0\ntopic_id: {}", Uuid::ONE);
    write_new(&partition.join(names::PARTITION_METADATA), metadata.as_bytes())?;
    let form = match &node.voters {
        VoterSet::Static(voters) => Form::StaticVoters(voters.clone()),
        VoterSet::Dynamic(_) | VoterSet::Unknown => Form::DynamicVoters {
            voted_directory: Uuid::ZERO,
        },
    };
    let state = QuorumState {
        leader_epoch: id.epoch,
        leader: None,
        voted: None,
        form,
    };
    write_new(&partition.join(names::QUORUM_STATE), state.encode().as_bytes())?;
    Ok(())
}

fn create_directory(path: &Path) -> Result<(), FormatError> {
    std::fs::create_dir(path).map_err(FileError::at(path, "create"))?;
    Ok(())
}

/// Writes and syncs a checkpoint; returns its number of data records.
fn write_checkpoint(
    path: &Path,
    header: CheckpointHeader,
    records: &mut dyn Iterator<Item = Vec<u8>>,
) -> Result<u64, FormatError> {
    let file = File::create_new(path).map_err(FileError::at(path, "create"))?;
    let write = || -> io::Result<u64> {
        let mut writer = CheckpointWriter::new(BufWriter::with_capacity(1 << 18, file), header)?;
        for record in records {
            writer.push(&record)?;
        }
        let (count, mut out) = writer.finish()?;
        out.flush()?;
        out.get_ref().sync_all()?;
        Ok(count)
    };
    Ok(write().map_err(FileError::at(path, "write"))?)
}

#[cfg(test)]
mod tests;
