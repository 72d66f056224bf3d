//! A file seen through a buffer that moves forward: few reads, whatever lengths its content claims.

use kraft_bridge_protocol::batch::{LENGTH_OVERHEAD, batch_length};

use super::io::DiskFile;
use crate::durable::FileError;

/// A part of a file in memory.
#[derive(Debug)]
pub(super) struct Window<'a> {
    file: &'a dyn DiskFile,
    file_length: u64,
    /// Bytes read at once, or more if asked for.
    bytes: usize,
    /// Where the buffer begins in the file.
    start: u64,
    buffer: Vec<u8>,
}

impl<'a> Window<'a> {
    pub(super) fn open(file: &'a dyn DiskFile, bytes: usize) -> Result<Window<'a>, FileError> {
        Ok(Window {
            file,
            file_length: file.length()?,
            bytes,
            start: 0,
            buffer: Vec::new(),
        })
    }

    /// As it was when the window was opened.
    pub(super) fn file_length(&self) -> u64 {
        self.file_length
    }

    /// `count` bytes from `position` on, fewer where the file ends.
    pub(super) fn bytes(&mut self, position: u64, count: usize) -> Result<&[u8], FileError> {
        let left = usize::try_from(self.file_length.saturating_sub(position)).unwrap_or(usize::MAX);
        let count = count.min(left);
        let held = self.start + self.buffer.len() as u64;
        if position < self.start || position + count as u64 > held {
            self.buffer.resize(self.bytes.max(count).min(left), 0);
            self.start = position;
            self.file.read_at(position, &mut self.buffer)?;
        }
        let from = usize::try_from(position - self.start).expect("within the buffer");
        Ok(&self.buffer[from..from + count])
    }

    /// The batch at `position`, as long as it says; shorter where the file ends, and its start alone if no
    /// batch is that long.
    pub(super) fn batch(&mut self, position: u64) -> Result<&[u8], FileError> {
        let prefix = self.bytes(position, LENGTH_OVERHEAD)?.first_chunk();
        let length = prefix.and_then(|prefix| batch_length(prefix).ok());
        self.bytes(position, length.unwrap_or(LENGTH_OVERHEAD))
    }
}
