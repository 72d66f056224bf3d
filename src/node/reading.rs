//! What the node's log gives to whoever replays it, piece by piece, so that the node is never kept waiting.

use std::sync::Arc;

use kraft_bridge_protocol::control::{ControlRecord, Voter};
use kraft_bridge_protocol::{Offset, OffsetAndEpoch};
use kraft_bridge_raft::log::{CheckpointFile, DiskFile, LogError};
use kraft_bridge_raft::node::Node;

/// Most bytes of the log that are given out at once.
const PIECE_BYTES: usize = 1024 * 1024;

/// What comes next of what is committed.
#[derive(Debug)]
pub(super) enum Committed {
    /// Whole batches, from the one that holds the offset asked for; those that end behind the given one are not committed.
    Batches(Vec<u8>, Offset),
    /// A checkpoint stands for everything up to its end: what was replayed is void.
    Checkpoint(OffsetAndEpoch, Arc<dyn DiskFile>),
    /// Nothing as yet.
    Nothing,
}

/// A checkpoint that is to be written.
#[derive(Debug)]
pub(super) struct NewCheckpoint {
    /// Where to.
    pub(super) file: CheckpointFile,
    /// The voters, if the log tells them.
    pub(super) voters: Option<Vec<Voter>>,
}

/// What is committed from an offset on; from the newest checkpoint on if nothing was read yet.
pub(super) fn committed(node: &Node, from: Option<Offset>) -> Result<Committed, LogError> {
    let log = node.log();
    let newest = log
        .newest_checkpoint()
        .filter(|newest| newest.id.offset > Offset(0));
    if let Some(newest) = newest
        && from.is_none_or(|from| from < log.start_offset())
    {
        return Ok(Committed::Checkpoint(newest.id, log.open_checkpoint(newest.id)?));
    }
    let from = from.unwrap_or(Offset(0));
    let end = log.high_watermark();
    if from >= end {
        return Ok(Committed::Nothing);
    }
    Ok(Committed::Batches(log.read(from, end, PIECE_BYTES)?, end))
}

/// Begins a checkpoint; `None` if the log has one of this id, or of more, already.
pub(super) fn new_checkpoint(node: &mut Node, id: OffsetAndEpoch) -> Result<Option<NewCheckpoint>, LogError> {
    let is_there = node
        .log()
        .newest_checkpoint()
        .is_some_and(|newest| newest.id.offset >= id.offset);
    if is_there {
        return Ok(None);
    }
    let (kraft_version, voters) = node.raft().voters().before(id.offset);
    let voters = match voters.record() {
        ControlRecord::Voters(record) if kraft_version > 0 => Some(record.voters),
        _ => None,
    };
    let file = node.begin_checkpoint(id)?;
    Ok(Some(NewCheckpoint { file, voters }))
}
