//! Snapshot bytes, whatever they are compressed with, read forward with a position and a checksum.
//!
//! ```text
//!  snapshot.1f          bytes as they are
//!  snapshot.1f.gz       gzip
//!  snapshot.1f.snappy   "\x82SNAPPY\0", version, compatible version, then blocks: length, raw snappy
//! ```
//!
//! All integers are big-endian. Source: ZooKeeper's `SnapStream`, snappy-java's stream format.
//! Checked against the snapshots in `fixtures/zookeeper/`.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::capture::CaptureError;

/// How a stream of snappy-java begins.
pub(crate) const SNAPPY_MAGIC: [u8; 8] = [0x82, b'S', b'N', b'A', b'P', b'P', b'Y', 0];
/// How a gzip stream begins.
pub(crate) const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

const BUFFER_BYTES: usize = 64 * 1024;
/// No string or payload is longer, whatever its length field says; ZooKeeper's own limit is 1 MiB unless raised.
const FIELD_BYTES_MAX: usize = 64 * 1024 * 1024;
/// No block of snappy-java is longer, compressed or not; ZooKeeper's hold 32 KiB.
const BLOCK_BYTES_MAX: usize = 256 * 1024;

/// A file read forward; knows its position and the Adler-32 of all that was consumed.
///
/// In a compressed file positions count uncompressed bytes.
pub(crate) struct Stream {
    path: PathBuf,
    source: Box<dyn Read>,
    buffer: Vec<u8>,
    /// What of `buffer` is consumed, what is filled, and from where on the checksum does not count yet.
    at: usize,
    end: usize,
    summed: usize,
    /// Bytes consumed before `buffer`.
    before: u64,
    adler: simd_adler32::Adler32,
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stream")
            .field("path", &self.path)
            .field("position", &self.position())
            .finish()
    }
}

impl Stream {
    /// Opens `path`; its first bytes say how it is compressed.
    pub(crate) fn open(path: &Path) -> Result<Stream, CaptureError> {
        let io = |source| CaptureError::Io {
            path: path.to_owned(),
            source,
        };
        let mut file = File::open(path).map_err(io)?;
        let mut magic = Vec::new();
        Read::by_ref(&mut file)
            .take(8)
            .read_to_end(&mut magic)
            .map_err(io)?;
        let whole = io::Cursor::new(magic.clone()).chain(file);
        let source: Box<dyn Read> = if magic.starts_with(&GZIP_MAGIC) {
            Box::new(flate2::read::MultiGzDecoder::new(whole))
        } else if magic == SNAPPY_MAGIC {
            Box::new(SnappyBlocks::new(whole))
        } else {
            Box::new(whole)
        };
        Ok(Stream::new(path, source))
    }

    /// Reads `source`, naming `path` in errors.
    pub(crate) fn new(path: &Path, source: Box<dyn Read>) -> Stream {
        Stream {
            path: path.to_owned(),
            source,
            buffer: vec![0; BUFFER_BYTES],
            at: 0,
            end: 0,
            summed: 0,
            before: 0,
            adler: simd_adler32::Adler32::new(),
        }
    }

    /// Bytes consumed so far.
    pub(crate) fn position(&self) -> u64 {
        self.before + self.at as u64
    }

    /// Adler-32 of everything consumed so far.
    pub(crate) fn checksum(&mut self) -> u32 {
        self.adler.write(&self.buffer[self.summed..self.at]);
        self.summed = self.at;
        self.adler.finish()
    }

    /// The error for what was just read at `offset`.
    pub(crate) fn damaged(&self, offset: u64, problem: impl Into<String>) -> CaptureError {
        CaptureError::Damaged {
            path: self.path.clone(),
            offset,
            problem: problem.into(),
        }
    }

    /// Whether nothing follows.
    pub(crate) fn is_at_end(&mut self) -> Result<bool, CaptureError> {
        if self.at == self.end {
            self.refill()?;
        }
        Ok(self.at == self.end)
    }

    pub(crate) fn read_i32(&mut self) -> Result<i32, CaptureError> {
        Ok(i32::from_be_bytes(self.array()?))
    }

    pub(crate) fn read_i64(&mut self) -> Result<i64, CaptureError> {
        Ok(i64::from_be_bytes(self.array()?))
    }

    /// Reads a length and that many bytes into `into`; -1 (null) leaves it empty.
    ///
    /// `into` grows with the bytes that are really there, never by what the length promises.
    pub(crate) fn read_bytes(&mut self, into: &mut Vec<u8>) -> Result<(), CaptureError> {
        into.clear();
        let start = self.position();
        let length = self.read_i32()?;
        if length == -1 {
            return Ok(());
        }
        let Some(length) = usize::try_from(length)
            .ok()
            .filter(|length| *length <= FIELD_BYTES_MAX)
        else {
            return Err(self.damaged(start, format!("a length of {length} can't be right")));
        };
        while into.len() < length {
            if self.is_at_end()? {
                return Err(self.cut_off());
            }
            let now = (length - into.len()).min(self.end - self.at);
            if into.capacity() - into.len() < now {
                // Twice as much as is there, but never more than the length.
                into.reserve_exact((length - into.len()).min(into.len().max(BUFFER_BYTES)));
            }
            into.extend_from_slice(&self.buffer[self.at..self.at + now]);
            self.at += now;
        }
        Ok(())
    }

    /// Reads a string into `into`.
    pub(crate) fn read_string(&mut self, into: &mut String) -> Result<(), CaptureError> {
        let start = self.position();
        let mut bytes = std::mem::take(into).into_bytes();
        self.read_bytes(&mut bytes)?;
        *into = String::from_utf8(bytes).map_err(|_| self.damaged(start, "a string that is not UTF-8"))?;
        Ok(())
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], CaptureError> {
        let mut array = [0; N];
        if let Some(bytes) = self.buffer[..self.end].get(self.at..self.at + N) {
            array.copy_from_slice(bytes);
            self.at += N;
            return Ok(array);
        }
        for byte in &mut array {
            if self.is_at_end()? {
                return Err(self.cut_off());
            }
            *byte = self.buffer[self.at];
            self.at += 1;
        }
        Ok(array)
    }

    fn cut_off(&self) -> CaptureError {
        self.damaged(self.position(), "the file ends in the middle of an entry")
    }

    /// Called with everything consumed: counts it, then reads on.
    fn refill(&mut self) -> Result<(), CaptureError> {
        self.checksum();
        self.before += self.end as u64;
        (self.at, self.end, self.summed) = (0, 0, 0);
        self.end = loop {
            match self.source.read(&mut self.buffer) {
                Ok(count) => break count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.unreadable(error)),
            }
        };
        Ok(())
    }

    fn unreadable(&self, error: io::Error) -> CaptureError {
        match error.kind() {
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof => {
                self.damaged(self.position(), format!("decompression fails here: {error}"))
            }
            _ => CaptureError::Io {
                path: self.path.clone(),
                source: error,
            },
        }
    }
}

/// Undoes snappy-java's stream of blocks.
struct SnappyBlocks<R> {
    source: R,
    /// Whether the header has been read.
    began: bool,
    compressed: Vec<u8>,
    block: Vec<u8>,
    at: usize,
}

impl<R: Read> SnappyBlocks<R> {
    fn new(source: R) -> SnappyBlocks<R> {
        SnappyBlocks {
            source,
            began: false,
            compressed: Vec::new(),
            block: Vec::new(),
            at: 0,
        }
    }

    /// Whether there was another block.
    fn next_block(&mut self) -> io::Result<bool> {
        if !self.began {
            self.source.read_exact(&mut [0; 16])?;
            self.began = true;
        }
        let mut length = Vec::new();
        self.source.by_ref().take(4).read_to_end(&mut length)?;
        let length = match <[u8; 4]>::try_from(length.as_slice()) {
            Ok(length) => u64::from(u32::from_be_bytes(length)),
            Err(_) if length.is_empty() => return Ok(false),
            Err(_) => return Err(io::ErrorKind::UnexpectedEof.into()),
        };
        let invalid = |problem: String| io::Error::new(io::ErrorKind::InvalidData, problem);
        if length > BLOCK_BYTES_MAX as u64 {
            return Err(invalid(format!("a block of {length} bytes is too long")));
        }
        self.compressed.clear();
        self.source
            .by_ref()
            .take(length)
            .read_to_end(&mut self.compressed)?;
        if self.compressed.len() as u64 != length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let promised =
            snap::raw::decompress_len(&self.compressed).map_err(|error| invalid(error.to_string()))?;
        if promised > BLOCK_BYTES_MAX {
            return Err(invalid(format!("a block of {promised} bytes is too long")));
        }
        self.block.resize(promised, 0);
        snap::raw::Decoder::new()
            .decompress(&self.compressed, &mut self.block)
            .map_err(|error| invalid(error.to_string()))?;
        self.at = 0;
        Ok(true)
    }
}

impl<R: Read> Read for SnappyBlocks<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.at == self.block.len() {
            if !self.next_block()? {
                return Ok(0);
            }
        }
        let count = into.len().min(self.block.len() - self.at);
        into[..count].copy_from_slice(&self.block[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}
