//! Reads a capture file back, from front to end.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::frame::{HEAD_BYTES, Head, Kind};
use super::seal::Seal;
use super::{Event, FORMAT_VERSION, HEADER_BYTES, MAGIC, SecretsKind, Trailer, bincode_config};
use crate::capture::{Capture, CaptureError, SinkError, Summary, ZnodeSink};
use crate::znode::Znode;

/// A capture file as a source.
pub struct CaptureFile {
    path: PathBuf,
    secrets: SecretsKind,
    seal: Option<Seal>,
}

impl std::fmt::Debug for CaptureFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CaptureFile")
            .field("path", &self.path)
            .field("secrets", &self.secrets)
            .finish()
    }
}

impl CaptureFile {
    /// Opens a capture; `passphrase` only matters if it is sealed.
    ///
    /// # Errors
    ///
    /// [`CaptureError::Io`], [`CaptureError::Damaged`], and [`CaptureError::Secrets`] if the capture is sealed
    /// and the passphrase is missing or wrong.
    pub fn open(path: &Path, passphrase: Option<&str>) -> Result<CaptureFile, CaptureError> {
        let mut input = Input::open(path)?;
        let header = input.header()?;
        let secrets = match header[12] {
            0 => SecretsKind::Included,
            1 => SecretsKind::LeftOut,
            2 => SecretsKind::Sealed,
            other => return Err(input.damaged(12, format!("{other} is no way to treat secrets"))),
        };
        let seal = match (secrets, passphrase) {
            (SecretsKind::Included | SecretsKind::LeftOut, _) => None,
            (SecretsKind::Sealed, None) => {
                return Err(CaptureError::Secrets(format!(
                    "{}: this capture is sealed: give its passphrase",
                    path.display()
                )));
            }
            (SecretsKind::Sealed, Some(passphrase)) => Some(open_seal(path, &header, passphrase)?),
        };
        Ok(CaptureFile {
            path: path.to_owned(),
            secrets,
            seal,
        })
    }

    /// Whether the file at `path` begins as a capture does.
    ///
    /// # Errors
    ///
    /// [`CaptureError::Io`] if there is such a file, but it cannot be read.
    pub fn is_one(path: &Path) -> Result<bool, CaptureError> {
        let io = |source| CaptureError::Io {
            path: path.to_owned(),
            source,
        };
        let file = match File::open(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
            file => file.map_err(io)?,
        };
        let mut start = Vec::new();
        file.take(MAGIC.len() as u64)
            .read_to_end(&mut start)
            .map_err(io)?;
        Ok(start == MAGIC)
    }

    /// Whether the secrets were left out when it was made.
    pub fn lacks_secrets(&self) -> bool {
        self.secrets == SecretsKind::LeftOut
    }
}

impl Capture for CaptureFile {
    fn read(&mut self, sink: &mut dyn ZnodeSink) -> Result<Summary, CaptureError> {
        let mut input = Input::open(&self.path)?;
        input.header()?;
        for frame in 0.. {
            let start = input.position;
            let before: [u8; 32] = input.sha256.clone().finalize().into();
            let (head, events) = input.frame(frame, self.seal.as_ref())?;
            if head.kind != Kind::Trailer {
                deliver(&events, sink, |problem| input.damaged(start, problem))?;
                continue;
            }
            let (trailer, length): (Trailer<'_>, usize) =
                bincode::borrow_decode_from_slice(&events, bincode_config())
                    .map_err(|_| input.damaged(start, "the trailer can't be decoded"))?;
            if trailer.sha256 != before || length != events.len() {
                return Err(input.damaged(
                    start,
                    "the digest of the whole file is wrong: frames were changed",
                ));
            }
            if !input.is_at_end()? {
                return Err(input.damaged(input.position, "bytes after the trailer"));
            }
            return Ok(trailer.summary());
        }
        Err(input.damaged(input.position, "more frames than a file can hold"))
    }
}

fn open_seal(path: &Path, header: &[u8; HEADER_BYTES], passphrase: &str) -> Result<Seal, CaptureError> {
    let mut salt = [0; 16];
    salt.copy_from_slice(&header[13..29]);
    let seal = Seal::new(passphrase, &salt);
    if seal.key_check() != header[29..45] {
        let problem = format!("{}: the passphrase is wrong", path.display());
        return Err(CaptureError::Secrets(problem));
    }
    Ok(seal)
}

/// Hands the events to `sink`. They borrow from the frame: no length makes us allocate.
fn deliver(
    mut events: &[u8],
    sink: &mut dyn ZnodeSink,
    damaged: impl Fn(String) -> CaptureError,
) -> Result<(), CaptureError> {
    while !events.is_empty() {
        let (event, length): (Event<'_>, usize) = bincode::borrow_decode_from_slice(events, bincode_config())
            .map_err(|error| damaged(format!("an event of this frame can't be decoded: {error}")))?;
        deliver_one(event, sink)?;
        events = &events[length..];
    }
    Ok(())
}

fn deliver_one(event: Event<'_>, sink: &mut dyn ZnodeSink) -> Result<(), SinkError> {
    match event {
        Event::Znode { path, data, stat } => sink.znode(&Znode {
            path,
            data,
            stat: stat.into(),
        }),
        Event::Gone { path } => sink.gone(path),
        Event::Unreadable { path, reason } => sink.unreadable(path, reason),
    }
}

/// The file, read forward.
struct Input {
    path: PathBuf,
    file: BufReader<File>,
    /// As it was opened: no length in it can be right beyond that.
    file_length: u64,
    position: u64,
    sha256: Sha256,
}

impl Input {
    fn open(path: &Path) -> Result<Input, CaptureError> {
        let io = |source| CaptureError::Io {
            path: path.to_owned(),
            source,
        };
        let file = File::open(path).map_err(io)?;
        let file_length = file.metadata().map_err(io)?.len();
        Ok(Input {
            path: path.to_owned(),
            file: BufReader::new(file),
            file_length,
            position: 0,
            sha256: Sha256::new(),
        })
    }

    fn header(&mut self) -> Result<[u8; HEADER_BYTES], CaptureError> {
        let bytes = self.read(HEADER_BYTES)?;
        if !bytes.starts_with(&MAGIC) {
            return Err(self.damaged(0, "this is no capture: it does not begin with KBCAPTUR"));
        }
        let Ok(header) = <[u8; HEADER_BYTES]>::try_from(bytes) else {
            return Err(self.cut_off());
        };
        let version = u32::from_be_bytes([header[8], header[9], header[10], header[11]]);
        if version != FORMAT_VERSION {
            let problem =
                format!("capture format {version} is unknown (1 is known): a newer kraft-bridge made it");
            return Err(self.damaged(8, problem));
        }
        if crc32fast::hash(&header[..45]).to_be_bytes() != header[45..] {
            return Err(self.damaged(45, "the checksum of the header is wrong: the file is damaged"));
        }
        Ok(header)
    }

    fn frame(&mut self, frame: u64, seal: Option<&Seal>) -> Result<(Head, Vec<u8>), CaptureError> {
        let start = self.position;
        let Ok(head) = <[u8; HEAD_BYTES]>::try_from(self.read(HEAD_BYTES)?) else {
            return Err(self.cut_off());
        };
        let head = Head::decode(head).map_err(|problem| self.damaged(start, problem))?;
        let body = self.read(head.body_length)?;
        if body.len() < head.body_length {
            return Err(self.cut_off());
        }
        let events = head
            .open(frame, body, seal)
            .map_err(|problem| self.damaged(start, problem))?;
        Ok((head, events))
    }

    /// Reads `length` bytes, or what is left.
    fn read(&mut self, length: usize) -> Result<Vec<u8>, CaptureError> {
        let left = self.file_length.saturating_sub(self.position);
        let reserved = usize::try_from(left).unwrap_or(usize::MAX).min(length);
        let mut bytes = Vec::with_capacity(reserved);
        let read = (&mut self.file).take(length as u64).read_to_end(&mut bytes);
        read.map_err(|source| CaptureError::Io {
            path: self.path.clone(),
            source,
        })?;
        self.sha256.update(&bytes);
        self.position += bytes.len() as u64;
        Ok(bytes)
    }

    fn is_at_end(&mut self) -> Result<bool, CaptureError> {
        Ok(self.read(1)?.is_empty())
    }

    fn cut_off(&self) -> CaptureError {
        self.damaged(
            self.position,
            "the file is cut off here: the capture was not completed, or not copied whole",
        )
    }

    fn damaged(&self, offset: u64, problem: impl Into<String>) -> CaptureError {
        CaptureError::Damaged {
            path: self.path.clone(),
            offset,
            problem: problem.into(),
        }
    }
}
