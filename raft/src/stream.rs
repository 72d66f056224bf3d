//! Record batches that arrive in pieces: a checkpoint, as a leader sends it, is cut anywhere.

use std::path::{Path, PathBuf};

use kraft_bridge_protocol::batch::{Batch, BatchError};

use crate::durable::FileError;
use crate::log::DiskFile;
use crate::reader::{CheckpointOrder, Entry, Place, ReadError, for_each_of_batch};

/// Bytes of a file that are read at once.
const PIECE_BYTES: usize = 1024 * 1024;

/// A checkpoint on its way; memory stays at the longest batch and the latest piece.
#[derive(Debug)]
pub struct CheckpointStream {
    source: PathBuf,
    /// Bytes from the start of a batch on.
    buffer: Vec<u8>,
    /// Position of the buffer's first byte in the checkpoint.
    position: u64,
    order: CheckpointOrder,
}

impl CheckpointStream {
    /// At its start; `source` names it in errors.
    pub fn new(source: &Path) -> CheckpointStream {
        CheckpointStream {
            source: source.to_owned(),
            buffer: Vec::new(),
            position: 0,
            order: CheckpointOrder::new(source),
        }
    }

    /// Bytes that have arrived.
    pub fn arrived(&self) -> u64 {
        self.position + self.buffer.len() as u64
    }

    /// Takes the next piece and gives each record that is whole now to `each`.
    ///
    /// # Errors
    ///
    /// [`ReadError`] as soon as something is unsound, or whatever `each` fails with.
    pub fn push<E: From<ReadError>>(
        &mut self,
        piece: &[u8],
        mut each: impl FnMut(Place, Entry<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.buffer.extend_from_slice(piece);
        let order = &mut self.order;
        let taken = for_each_whole_batch(
            &self.source,
            self.position,
            &self.buffer,
            |_| true,
            &mut |place, entry| {
                order.check(place, &entry)?;
                each(place, entry)
            },
        )?;
        self.buffer.drain(..taken);
        self.position += taken as u64;
        Ok(())
    }

    /// Says that no piece follows.
    ///
    /// # Errors
    ///
    /// [`ReadError`] if the last batch or the footer is not there.
    pub fn finish(&self) -> Result<(), ReadError> {
        if self.buffer.is_empty() {
            return self.order.finish(self.position);
        }
        let left = self.buffer.len() as u64;
        let error = BatchError::Truncated {
            needed: left + 1,
            left,
        };
        Err(unsound(&self.source, self.position, error))
    }
}

/// Reads a whole checkpoint, from its header to its footer, and gives each record to `each`; `source` names it in errors.
///
/// # Errors
///
/// [`ReadError`] when it is unsound, [`FileError`] when it cannot be read, or whatever `each` fails with.
pub fn for_each_of_checkpoint<E: From<ReadError> + From<FileError>>(
    file: &dyn DiskFile,
    source: &Path,
    mut each: impl FnMut(Place, Entry<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let mut stream = CheckpointStream::new(source);
    let length = file.length()?;
    while stream.arrived() < length {
        let left = usize::try_from(length - stream.arrived()).unwrap_or(usize::MAX);
        let mut piece = vec![0; left.min(PIECE_BYTES)];
        file.read_at(stream.arrived(), &mut piece)?;
        stream.push(&piece, &mut each)?;
    }
    Ok(stream.finish()?)
}

/// Gives each record of the whole batches at the start of `bytes` to `each`, until `wanted` refuses a batch; returns
/// how many bytes those are. `position` is where `bytes` begin, for errors and places.
///
/// # Errors
///
/// [`ReadError`] when a batch is unsound rather than cut off, or whatever `each` fails with.
pub(crate) fn for_each_whole_batch<E: From<ReadError>>(
    source: &Path,
    position: u64,
    bytes: &[u8],
    mut wanted: impl FnMut(&Batch<'_>) -> bool,
    each: &mut impl FnMut(Place, Entry<'_>) -> Result<(), E>,
) -> Result<usize, E> {
    let mut taken = 0;
    while taken < bytes.len() {
        let at = position + taken as u64;
        let (batch, length) = match Batch::decode(&bytes[taken..]) {
            Ok(found) => found,
            Err(BatchError::Truncated { .. }) => break,
            Err(error) => return Err(unsound(source, at, error).into()),
        };
        if !wanted(&batch) {
            break;
        }
        for_each_of_batch(source, at, &batch, each)?;
        taken += length;
    }
    Ok(taken)
}

fn unsound(source: &Path, position: u64, error: BatchError) -> ReadError {
    ReadError::Batch {
        path: source.to_owned(),
        position,
        error,
    }
}
