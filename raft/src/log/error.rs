//! Why the log did not do what it was asked.

use std::path::PathBuf;

use kraft_bridge_protocol::batch::BatchError;
use kraft_bridge_protocol::{Epoch, Offset, OffsetAndEpoch};

use crate::durable::FileError;
use crate::quorum_state::QuorumStateError;

/// Why the log did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The system failed. After a failed write or sync the log takes nothing more: stop the node and start it
    /// again.
    #[error(transparent)]
    File(#[from] FileError),
    /// An earlier write or sync failed.
    #[error("{}: an earlier write failed, so that nothing more is written; restart the node", path.display())]
    Broken {
        /// The directory.
        path: PathBuf,
    },
    /// A part of the log that was durable once is damaged.
    #[error(
        "{}, byte {position}, offset {offset}: {problem}; sound records follow, so this is no interrupted write: \
         restore the directory, or empty it while a majority of the other voters runs, and the node fetches it anew",
        path.display()
    )]
    Damaged {
        /// The segment.
        path: PathBuf,
        /// Where in it.
        position: u64,
        /// Offset that should stand there.
        offset: Offset,
        /// What is wrong.
        problem: Unsound,
    },
    /// Records that were on disk once are missing at the end of the log.
    #[error(
        "{}, byte {position}, offset {offset}: the log ends here or is unsound, but was on disk up to offset \
         {durable_end}: restore the directory, or empty it while a majority of the other voters runs, and the node \
         fetches it anew",
        path.display()
    )]
    Lost {
        /// The last segment.
        path: PathBuf,
        /// Where its sound part ends.
        position: u64,
        /// Offset that should stand there.
        offset: Offset,
        /// All below it was on disk, as `durable-end` tells.
        durable_end: Offset,
    },
    /// Between two segments records are missing or doubled.
    #[error("{}: begins at offset {found}, but the segment before ends at {expected}; a file was removed or added", path.display())]
    Discontinuous {
        /// The later segment.
        path: PathBuf,
        /// Where the one before ends.
        expected: Offset,
        /// Its base offset.
        found: Offset,
    },
    /// What lies before the log is in no checkpoint.
    #[error("{}: the log begins at offset {start} and no checkpoint reaches it", path.display())]
    StartMissing {
        /// The directory.
        path: PathBuf,
        /// Base offset of the first segment.
        start: Offset,
    },
    /// A small file of the directory is not what it should be.
    #[error("{}: {problem}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: &'static str,
    },
    /// `quorum-state` cannot be read: without it the node could vote twice in an epoch.
    #[error("{}: {source}", path.display())]
    QuorumState {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: QuorumStateError,
    },
    /// A checkpoint cannot be read or must not be written.
    #[error("checkpoint {}-{}: {problem}", id.offset, id.epoch)]
    Checkpoint {
        /// Which.
        id: OffsetAndEpoch,
        /// What is wrong.
        problem: &'static str,
    },
    /// Batches that do not continue the log; nothing was written.
    #[error("batch at offset {offset} refused: {problem}")]
    Refused {
        /// Offset that the log expected.
        offset: Offset,
        /// What is wrong.
        problem: Unsound,
    },
    /// Committed records must stay.
    #[error("cutting the log at {offset} would drop records below the high watermark {high_watermark}")]
    BelowHighWatermark {
        /// Where the log would have ended.
        offset: Offset,
        /// All below it is committed.
        high_watermark: Offset,
    },
    /// The log does not hold this offset.
    #[error("offset {offset} is not in the log, which holds {start} to {end}")]
    OutOfRange {
        /// Asked for.
        offset: Offset,
        /// Where the log starts.
        start: Offset,
        /// Where it ends.
        end: Offset,
    },
}

/// Why bytes are not the next batch of the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsound {
    /// Not a sound batch.
    #[error(transparent)]
    Batch(#[from] BatchError),
    /// A batch of other offsets.
    #[error("the batch begins at offset {found}, expected {expected}")]
    Offset {
        /// End of what comes before.
        expected: Offset,
        /// As found.
        found: Offset,
    },
    /// Epochs never decrease, and none is above the node's own.
    #[error("the batch is of epoch {found}, which is not from {least} to {most}")]
    Epoch {
        /// Epoch of the batch before.
        least: Epoch,
        /// Epoch that the node has reached.
        most: Epoch,
        /// As found.
        found: Epoch,
    },
    /// Longer than a JVM would take it.
    #[error("the batch has {0} bytes, more than the 8 MiB that the quorum carries")]
    TooLong(usize),
}
