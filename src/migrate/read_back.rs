//! Reads what was written back from the disk: nothing is believed that was not read again.

use std::path::{Path, PathBuf};

use kraft_bridge_metadata::image::{Replay, ReplayError};
use kraft_bridge_metadata::records::MetadataRecord;
use kraft_bridge_protocol::Offset;
use kraft_bridge_protocol::wire::WireError;
use kraft_bridge_raft::reader::{BatchFile, Entry, ReadError};

use super::Tally;

/// Why what lies on the disk is not what was to be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadBackError {
    /// The checkpoint cannot be read.
    #[error("what was just written cannot be read back: {0}; remove the directory and check the disk")]
    Read(#[from] ReadError),
    /// A record is not one.
    #[error("{}, offset {offset}: what was just written is no metadata record: {error}", path.display())]
    Record {
        /// The checkpoint.
        path: PathBuf,
        /// Position of the record in it.
        offset: Offset,
        /// What is wrong.
        error: WireError,
    },
    /// A record contradicts those before it.
    #[error("{}, offset {offset}: what was just written is no metadata log: {error}", path.display())]
    Replay {
        /// The checkpoint.
        path: PathBuf,
        /// Position of the record in it.
        offset: Offset,
        /// What is wrong.
        error: ReplayError,
    },
    /// The records differ from those that were to be written.
    #[error(
        "{}: {found} records with digest {found_digest} were read back, {expected} with digest {expected_digest} \
         were written; remove the directory and check the disk",
        path.display()
    )]
    Different {
        /// The checkpoint.
        path: PathBuf,
        /// Records on the disk.
        found: u64,
        /// Their digest.
        found_digest: String,
        /// Records that should be there.
        expected: u64,
        /// Their digest.
        expected_digest: String,
    },
}

/// What the checkpoint says, if it holds exactly the records that were tallied.
///
/// # Errors
///
/// [`ReadBackError`].
pub(crate) fn read_back(checkpoint: &Path, expected: &Tally) -> Result<Replay, ReadBackError> {
    let mut found = Tally::default();
    let mut replay = Replay::default();
    BatchFile::open(checkpoint)?.for_each_of_checkpoint(|place, entry| {
        let Entry::Data(bytes) = entry else { return Ok(()) };
        let (path, offset) = (|| checkpoint.to_owned(), place.offset);
        let (record, _) = MetadataRecord::decode(bytes).map_err(|error| ReadBackError::Record {
            path: path(),
            offset,
            error,
        })?;
        found.count(&record, bytes);
        replay
            .push(offset, record)
            .map_err(|error| ReadBackError::Replay {
                path: path(),
                offset,
                error,
            })
    })?;
    if found == *expected {
        return Ok(replay);
    }
    Err(ReadBackError::Different {
        path: checkpoint.to_owned(),
        found: found.records(),
        found_digest: found.digest(),
        expected: expected.records(),
        expected_digest: expected.digest(),
    })
}
