//! One file of ZooKeeper's transaction log.
//!
//! ```text
//!  "ZKLG" version:4 dbid:8
//!  (adler:8 length:4 transaction 'B')*     adler is the checksum of the transaction
//!  0 0 0 …                                 preallocated
//! ```
//!
//! The file ends, as for ZooKeeper itself, at its last byte, at a length of zero, or at an entry whose `B` is
//! not there: that one was being written when the server died. Anything else that is wrong is damage.
//!
//! Source: ZooKeeper's `FileTxnLog` and `Util`, 3.4 to 3.9.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use super::txn::{self, Txn, TxnHeader};
use crate::capture::CaptureError;

/// How a transaction log begins.
pub(crate) const MAGIC: [u8; 4] = *b"ZKLG";

/// No transaction is longer, whatever its length field says.
const TXN_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Reads a log file from front to end.
#[derive(Debug)]
pub struct TxnLogReader {
    path: PathBuf,
    file: BufReader<io::Take<File>>,
    /// As it was opened, `end_offset` at most: no length in it can be right beyond that.
    file_length: u64,
    position: u64,
    entry: Vec<u8>,
    torn: bool,
}

impl TxnLogReader {
    /// Opens a log file, to be read up to `end_offset` at most.
    ///
    /// # Errors
    ///
    /// [`CaptureError::Io`] if it can't be read, [`CaptureError::Damaged`] if it is no transaction log.
    pub fn open(path: &Path, end_offset: u64) -> Result<TxnLogReader, CaptureError> {
        let io = |source| CaptureError::Io {
            path: path.to_owned(),
            source,
        };
        let file = File::open(path).map_err(io)?;
        let file_length = file.metadata().map_err(io)?.len().min(end_offset);
        let mut reader = TxnLogReader {
            path: path.to_owned(),
            file: BufReader::new(file.take(end_offset)),
            file_length,
            position: 0,
            entry: Vec::new(),
            torn: false,
        };
        reader.read_header()?;
        Ok(reader)
    }

    /// Where the next transaction begins.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Whether something that is no whole transaction follows the last one.
    pub fn is_torn(&self) -> bool {
        self.torn
    }

    /// The next transaction; `None` at the end.
    ///
    /// # Errors
    ///
    /// [`CaptureError::Damaged`] with the position, [`CaptureError::Io`].
    pub fn next_txn(&mut self) -> Result<Option<(TxnHeader, Txn<'_>)>, CaptureError> {
        let mut head = [0; 12];
        if self.fill(&mut head)? < head.len() {
            self.torn = self.torn || head.iter().any(|byte| *byte != 0);
            return Ok(None);
        }
        let [checksum @ .., l0, l1, l2, l3] = head;
        let length = match i32::from_be_bytes([l0, l1, l2, l3]) {
            0 => {
                self.torn = self.torn || self.goes_on()?;
                return Ok(None);
            }
            length => match u64::try_from(length) {
                Ok(length) if length <= TXN_BYTES_MAX => length,
                _ => return Err(self.damaged(8, format!("a length of {length} can't be right"))),
            },
        };
        if !self.read_entry(length)? {
            self.torn = true;
            return Ok(None);
        }
        let computed = i64::from(simd_adler32::adler32(&self.entry.as_slice()));
        if computed != i64::from_be_bytes(checksum) {
            return Err(self.damaged(
                0,
                format!(
                    "the checksum of this transaction is wrong ({computed:#x} computed): this file is damaged; \
                     take the data directory of another server of the ensemble"
                ),
            ));
        }
        let decoded = txn::decode(&self.entry).map_err(|(at, problem)| self.damaged(12 + at, problem))?;
        self.position += 12 + length + 1;
        Ok(Some(decoded))
    }

    /// The error for what stands `at` bytes after the last transaction read.
    pub(crate) fn damaged(&self, at: usize, problem: impl Into<String>) -> CaptureError {
        CaptureError::Damaged {
            path: self.path.clone(),
            offset: self.position + at as u64,
            problem: problem.into(),
        }
    }

    fn read_header(&mut self) -> Result<(), CaptureError> {
        let mut header = [0; 16];
        // The server died before it had written as much: no transaction is in it.
        if self.fill(&mut header)? < header.len() {
            return Ok(());
        }
        if header[..4] != MAGIC {
            return Err(self.damaged(
                0,
                "this is no ZooKeeper transaction log: it does not begin with ZKLG",
            ));
        }
        if header[4..8] != [0, 0, 0, 2] {
            return Err(self.damaged(4, "this transaction log's format is unknown: only 2 is"));
        }
        self.position = 16;
        Ok(())
    }

    /// Reads `length` bytes and the `B` after them; `false` if it is not there.
    fn read_entry(&mut self, length: u64) -> Result<bool, CaptureError> {
        self.entry.clear();
        let left = self.file_length.saturating_sub(self.position).min(length);
        self.entry.reserve_exact(usize::try_from(left).unwrap_or(0));
        let read = (&mut self.file)
            .take(length)
            .read_to_end(&mut self.entry)
            .map_err(|error| self.io(error))?;
        let mut end = [0];
        Ok(read as u64 == length && self.fill(&mut end)? == 1 && end == *b"B")
    }

    /// Whether anything but preallocated zeros follows.
    fn goes_on(&mut self) -> Result<bool, CaptureError> {
        let mut chunk = [0; 4096];
        loop {
            match self.fill(&mut chunk)? {
                0 => return Ok(false),
                count if chunk[..count].iter().any(|byte| *byte != 0) => return Ok(true),
                _ => {}
            }
        }
    }

    /// Reads until `into` is full or the file ends.
    fn fill(&mut self, into: &mut [u8]) -> Result<usize, CaptureError> {
        let mut filled = 0;
        while filled < into.len() {
            match self.file.read(&mut into[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.io(error)),
            }
        }
        Ok(filled)
    }

    fn io(&self, source: io::Error) -> CaptureError {
        CaptureError::Io {
            path: self.path.clone(),
            source,
        }
    }
}
