//! What a log and its newest checkpoint say of the voters, read when a node starts.

use std::path::Path;

use kraft_bridge_protocol::Offset;
use kraft_bridge_protocol::batch::Batch;
use kraft_bridge_protocol::control::ControlRecord;

use super::NodeError;
use crate::log::{DiskFile, Log};
use crate::names;
use crate::quorum::VoterHistory;
use crate::reader::Entry;
use crate::stream::for_each_of_checkpoint;

/// Bytes that are looked at at once.
const PIECE_BYTES: usize = 1024 * 1024;

/// What the newest checkpoint and the log behind it say of the voters.
pub(super) fn read_voters(log: &Log, mut voters: VoterHistory) -> Result<VoterHistory, NodeError> {
    if let Some(checkpoint) = log.newest_checkpoint() {
        let name = names::checkpoint(checkpoint.id);
        let path = log.path().join(name);
        for control in read_controls(&*log.open_checkpoint(checkpoint.id)?, &path)? {
            voters.replay(Offset(checkpoint.id.offset.0 - 1), &control);
        }
    }
    let end = log.end().offset;
    let from_checkpoint = log
        .newest_checkpoint()
        .map_or(Offset(0), |newest| newest.id.offset);
    let mut next = from_checkpoint.max(log.start_offset());
    while next < end {
        let bytes = log.read(next, end, PIECE_BYTES)?;
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let (batch, length) = Batch::decode(rest).expect("checked when the log was opened");
            replay_controls(&batch, from_checkpoint, &mut voters);
            next = batch.end_offset();
            rest = &rest[length..];
        }
    }
    Ok(voters)
}

fn replay_controls(batch: &Batch<'_>, from: Offset, voters: &mut VoterHistory) {
    if !batch.header.control {
        return;
    }
    for record in batch
        .records()
        .filter_map(Result::ok)
        .filter(|record| record.offset >= from)
    {
        if let Some(Ok(control)) = record.key.map(|key| ControlRecord::decode(key, record.value)) {
            voters.replay(record.offset, &control);
        }
    }
}

/// Reads a whole checkpoint and returns its control records.
pub(super) fn read_controls(file: &dyn DiskFile, path: &Path) -> Result<Vec<ControlRecord>, NodeError> {
    let mut controls = Vec::new();
    for_each_of_checkpoint(file, path, |_, entry| -> Result<(), NodeError> {
        if let Entry::Control(control) = entry {
            controls.push(control);
        }
        Ok(())
    })?;
    Ok(controls)
}
