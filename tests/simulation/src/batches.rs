//! Batches as they stand in a log.

use kraft_bridge_protocol::batch::Batch;
use kraft_bridge_protocol::control::ControlRecord;
use kraft_bridge_protocol::{Epoch, Offset, Timestamp};
use kraft_bridge_raft::log::Log;

use crate::digest::Digest;

/// One batch.
#[derive(Clone, Debug)]
pub struct StoredBatch {
    /// Offset of its first record.
    pub base: Offset,
    /// Behind its last record.
    pub end: Offset,
    /// Epoch of the leader that wrote it.
    pub epoch: Epoch,
    /// When it was appended.
    pub timestamp: Timestamp,
    /// Of all its bytes.
    pub digest: u64,
    /// What it holds.
    pub records: Vec<Stored>,
}

/// One record.
#[derive(Clone, Debug)]
pub enum Stored {
    /// Of the quorum.
    Control(ControlRecord),
    /// Of the state machine.
    Data(Vec<u8>),
}

/// The batches from `from`, where one begins, to `end`, where one ends.
///
/// # Errors
///
/// A sentence, when the log does not hold exactly that.
pub fn read(log: &Log, from: Offset, end: Offset) -> Result<Vec<StoredBatch>, String> {
    let mut batches = Vec::new();
    let mut next = from;
    while next < end {
        let bytes = log.read(next, end, 1 << 20).map_err(|error| error.to_string())?;
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let (batch, length) = Batch::decode(rest).map_err(|error| error.to_string())?;
            if batch.header.base_offset != next {
                let base = batch.header.base_offset;
                return Err(format!("a batch begins at {base} where {next} is expected"));
            }
            next = batch.end_offset();
            batches.push(stored(&batch, &rest[..length])?);
            rest = &rest[length..];
        }
    }
    match next == end {
        true => Ok(batches),
        false => Err(format!("no batch ends at {end}: one reaches to {next}")),
    }
}

/// A batch with its bytes.
///
/// # Errors
///
/// A sentence, when a record is malformed.
pub fn stored(batch: &Batch<'_>, bytes: &[u8]) -> Result<StoredBatch, String> {
    let mut records = Vec::new();
    for record in batch.records() {
        let record = record.map_err(|error| error.to_string())?;
        records.push(match record.key.filter(|_| batch.header.control) {
            Some(key) => {
                let control = ControlRecord::decode(key, record.value);
                Stored::Control(control.map_err(|error| error.to_string())?)
            }
            None => Stored::Data(record.value.to_vec()),
        });
    }
    Ok(StoredBatch {
        base: batch.header.base_offset,
        end: batch.end_offset(),
        epoch: batch.header.epoch,
        timestamp: batch.header.timestamp,
        digest: Digest::of(bytes),
        records,
    })
}
