//! Reads what consists of record batches: segments and checkpoints, from files or as a leader sends them.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use kraft_bridge_protocol::batch::{Batch, BatchError, BatchHeader, LENGTH_OVERHEAD, batch_length};
use kraft_bridge_protocol::control::ControlRecord;
use kraft_bridge_protocol::wire::WireError;
use kraft_bridge_protocol::{Epoch, Offset};

/// Why a file of batches cannot be read on.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The system failed to read it.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A batch is damaged, cut off, or not one of the metadata log.
    #[error("{}, byte {position}: {error}", path.display())]
    Batch {
        /// The file, or the server that sent it.
        path: PathBuf,
        /// Where the batch begins.
        position: u64,
        /// What is wrong with it.
        error: BatchError,
    },
    /// A control record is not what its type says.
    #[error("{}, offset {offset}: control record {error}", path.display())]
    Control {
        /// The file.
        path: PathBuf,
        /// Offset of the record.
        offset: Offset,
        /// What is wrong with it.
        error: WireError,
    },
    /// The batches are sound, but together they are not what the file should be.
    #[error("{}, byte {position}: {problem}", path.display())]
    Structure {
        /// The file.
        path: PathBuf,
        /// Where.
        position: u64,
        /// What is wrong.
        problem: &'static str,
    },
}

/// One record.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry<'a> {
    /// A control record.
    Control(ControlRecord),
    /// A data record's payload.
    Data(&'a [u8]),
}

/// Where an entry was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Where its batch begins in the file, or among the bytes that a leader sent.
    pub position: u64,
    /// Its offset.
    pub offset: Offset,
    /// Epoch of its batch.
    pub epoch: Epoch,
    /// Its batch.
    pub batch: BatchSummary,
}

/// What a batch is, apart from its records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchSummary {
    /// What its header says.
    pub header: BatchHeader,
    /// Number of records.
    pub count: i32,
    /// Bytes, header included.
    pub length: u64,
    /// Stored checksum, found right.
    pub crc: u32,
}

/// Reads a file batch by batch; memory stays at the longest batch.
#[derive(Debug)]
pub struct BatchFile {
    path: PathBuf,
    input: BufReader<File>,
    left: u64,
    position: u64,
    buffer: Vec<u8>,
}

impl BatchFile {
    /// Opens a segment or checkpoint.
    ///
    /// # Errors
    ///
    /// [`ReadError::Io`].
    pub fn open(path: &Path) -> Result<BatchFile, ReadError> {
        let io = |source| ReadError::Io {
            path: path.to_owned(),
            source,
        };
        let file = File::open(path).map_err(io)?;
        let left = file.metadata().map_err(io)?.len();
        let input = BufReader::with_capacity(1 << 18, file);
        Ok(BatchFile {
            path: path.to_owned(),
            input,
            left,
            position: 0,
            buffer: Vec::new(),
        })
    }

    /// The next batch with the position where it begins; `None` at the end of the file.
    ///
    /// # Errors
    ///
    /// [`ReadError`] when the file cannot be read or the batch is unsound; reading can't go on then.
    pub fn next_batch(&mut self) -> Result<Option<(u64, Batch<'_>)>, ReadError> {
        if self.left == 0 {
            return Ok(None);
        }
        let position = self.position;
        let damaged = |path: &Path, error| ReadError::Batch {
            path: path.to_owned(),
            position,
            error,
        };
        self.fill(LENGTH_OVERHEAD)
            .map_err(|error| error.at(&self.path, position))?;
        let prefix = self.buffer.first_chunk().expect("as long as it was just filled");
        let length = batch_length(prefix).map_err(|error| damaged(&self.path, error))?;
        self.fill(length)
            .map_err(|error| error.at(&self.path, position))?;
        self.position += length as u64;
        self.left -= length as u64;
        let decoded = Batch::decode(&self.buffer);
        let (batch, _) = decoded.map_err(|error| damaged(&self.path, error))?;
        Ok(Some((position, batch)))
    }

    /// Makes the buffer hold the first `length` bytes of the current batch.
    fn fill(&mut self, length: usize) -> Result<(), FillError> {
        // The first part of the batch, its length, is in the buffer already when the rest is asked for.
        let have = if length == LENGTH_OVERHEAD {
            0
        } else {
            LENGTH_OVERHEAD
        };
        if length as u64 > self.left {
            return Err(FillError::Truncated {
                needed: length as u64,
                left: self.left,
            });
        }
        self.buffer.resize(length, 0);
        self.input
            .read_exact(&mut self.buffer[have..])
            .map_err(FillError::Io)
    }

    /// Gives each record to `each`, in order, until the end of the file.
    ///
    /// # Errors
    ///
    /// [`ReadError`] as soon as something is unsound, or whatever `each` fails with.
    pub fn for_each<E: From<ReadError>>(
        &mut self,
        mut each: impl FnMut(Place, Entry<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let path = self.path.clone();
        while let Some((position, batch)) = self.next_batch()? {
            for_each_of_batch(&path, position, &batch, &mut each)?;
        }
        Ok(())
    }

    /// As [`BatchFile::for_each`], for a checkpoint: its first record must be the header and its last the footer.
    ///
    /// # Errors
    ///
    /// As [`BatchFile::for_each`]; [`ReadError::Structure`] when header or footer are not where they must be.
    pub fn for_each_of_checkpoint<E: From<ReadError>>(
        &mut self,
        mut each: impl FnMut(Place, Entry<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut order = CheckpointOrder::new(&self.path);
        self.for_each(|place, entry| {
            order.check(place, &entry)?;
            each(place, entry)
        })?;
        Ok(order.finish(self.position)?)
    }
}

/// Gives each record of a batch to `each`.
///
/// # Errors
///
/// [`ReadError`] that names `source` when a record is unsound, or whatever `each` fails with.
pub(crate) fn for_each_of_batch<E: From<ReadError>>(
    source: &Path,
    position: u64,
    batch: &Batch<'_>,
    each: &mut impl FnMut(Place, Entry<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let summary = BatchSummary {
        header: batch.header,
        count: batch.count,
        length: batch.length() as u64,
        crc: batch.crc,
    };
    for record in batch.records() {
        let record = record.map_err(|error| ReadError::Batch {
            path: source.to_owned(),
            position,
            error,
        })?;
        let place = Place {
            position,
            offset: record.offset,
            epoch: batch.header.epoch,
            batch: summary,
        };
        let control = |key| {
            ControlRecord::decode(key, record.value).map_err(|error| ReadError::Control {
                path: source.to_owned(),
                offset: record.offset,
                error,
            })
        };
        let entry = match record.key {
            None => Entry::Data(record.value),
            Some(key) => Entry::Control(control(key)?),
        };
        each(place, entry)?;
    }
    Ok(())
}

/// That a checkpoint's records begin with the header, end with the footer, and count from 0.
#[derive(Debug)]
pub(crate) struct CheckpointOrder {
    source: PathBuf,
    seen: i64,
    ended: bool,
}

impl CheckpointOrder {
    /// Nothing seen yet; errors will name `source`.
    pub(crate) fn new(source: &Path) -> CheckpointOrder {
        CheckpointOrder {
            source: source.to_owned(),
            seen: 0,
            ended: false,
        }
    }

    /// Takes the next record.
    ///
    /// # Errors
    ///
    /// [`ReadError::Structure`] if it may not stand here.
    pub(crate) fn check(&mut self, place: Place, entry: &Entry<'_>) -> Result<(), ReadError> {
        let is_header = matches!(entry, Entry::Control(ControlRecord::SnapshotHeader(_)));
        if self.ended {
            return Err(self.structure(place.position, "records follow the footer"));
        }
        if is_header != (self.seen == 0) {
            let problem = "the header is not the first record, and only there";
            return Err(self.structure(place.position, problem));
        }
        if place.offset != Offset(self.seen) {
            return Err(self.structure(place.position, "offsets do not count from 0 without gaps"));
        }
        self.seen += 1;
        self.ended = matches!(entry, Entry::Control(ControlRecord::SnapshotFooter(_)));
        Ok(())
    }

    /// Says that nothing follows; `position` is the end.
    ///
    /// # Errors
    ///
    /// [`ReadError::Structure`] if the footer was not there.
    pub(crate) fn finish(&self, position: u64) -> Result<(), ReadError> {
        let problem =
            "the footer is missing: the checkpoint is cut off; take it from another node or make it anew";
        if self.ended {
            Ok(())
        } else {
            Err(self.structure(position, problem))
        }
    }

    fn structure(&self, position: u64, problem: &'static str) -> ReadError {
        ReadError::Structure {
            path: self.source.clone(),
            position,
            problem,
        }
    }
}

enum FillError {
    Io(io::Error),
    Truncated { needed: u64, left: u64 },
}

impl FillError {
    fn at(self, path: &Path, position: u64) -> ReadError {
        let path = path.to_owned();
        match self {
            FillError::Io(source) => ReadError::Io { path, source },
            FillError::Truncated { needed, left } => ReadError::Batch {
                path,
                position,
                error: BatchError::Truncated { needed, left },
            },
        }
    }
}
