//! Writes a capture file: beside its place, and put there when it is complete.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::frame::{self, EVENTS_BYTES_MAX, EVENTS_BYTES_TARGET, Kind};
use super::seal::Seal;
use super::{Event, FORMAT_VERSION, MAGIC, Secrets, SecretsKind, Trailer, bincode_config};
use crate::capture::redact::redact;
use crate::capture::{SinkError, Summary, ZnodeSink};
use crate::znode::Znode;

/// Why a capture file was not written.
#[derive(Debug, thiserror::Error)]
pub enum CaptureFileError {
    /// Nothing is ever overwritten.
    #[error("{path} exists: name a file that does not")]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The temporary file is locked.
    #[error("{path} is being written by another capture: wait for it, or name another file")]
    Busy {
        /// The temporary file.
        path: PathBuf,
    },
    /// The system refused.
    #[error("{path}: {source}")]
    Io {
        /// The file, temporary or final.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A znode is larger than ZooKeeper can serve.
    #[error("{path}: {length} bytes are more than a znode can hold")]
    TooLarge {
        /// The znode.
        path: String,
        /// Its payload's length.
        length: usize,
    },
}

/// Receives a capture and writes it to a file.
///
/// Until [`CaptureFileWriter::finish`] the file does not exist; one that is dropped leaves nothing.
pub struct CaptureFileWriter {
    path: PathBuf,
    temporary: PathBuf,
    file: BufWriter<File>,
    sha256: Sha256,
    events: Vec<u8>,
    frames: u64,
    leaves_out: bool,
    seal: Option<Seal>,
    finished: bool,
}

impl std::fmt::Debug for CaptureFileWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CaptureFileWriter")
            .field("path", &self.path)
            .field("frames", &self.frames)
            .finish()
    }
}

impl CaptureFileWriter {
    /// Starts a capture that will stand at `path`.
    ///
    /// # Errors
    ///
    /// [`CaptureFileError::Exists`], [`CaptureFileError::Busy`], [`CaptureFileError::Io`].
    pub fn create(path: &Path, secrets: Secrets<'_>) -> Result<CaptureFileWriter, CaptureFileError> {
        refuse_existing(path)?;
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".partial");
        let temporary = path.with_file_name(name);
        let file = lock(&temporary)?;
        let seal = match secrets {
            Secrets::Sealed { passphrase, salt } => Some((Seal::new(passphrase, &salt), salt)),
            Secrets::Included | Secrets::LeftOut => None,
        };
        let header = header(secrets, seal.as_ref());
        let mut writer = CaptureFileWriter {
            path: path.to_owned(),
            temporary,
            file: BufWriter::new(file),
            sha256: Sha256::new(),
            events: Vec::new(),
            frames: 0,
            leaves_out: matches!(secrets, Secrets::LeftOut),
            seal: seal.map(|(seal, _)| seal),
            finished: false,
        };
        writer.write(&header)?;
        Ok(writer)
    }

    /// Completes the file and puts it in its place.
    ///
    /// # Errors
    ///
    /// [`CaptureFileError::Io`], and [`CaptureFileError::Exists`] if somebody else put a file there meanwhile.
    pub fn finish(mut self, summary: &Summary) -> Result<(), CaptureFileError> {
        self.write_frame()?;
        let trailer = Trailer::new(summary, self.sha256.clone().finalize().into());
        encode_into(&trailer, &mut self.events);
        let bytes = frame::encode(Kind::Trailer, self.frames, &self.events, self.seal.as_ref())
            .map_err(|source| self.io(source))?;
        self.write(&bytes)?;
        self.file
            .flush()
            .and_then(|()| self.file.get_ref().sync_all())
            .map_err(|source| self.io(source))?;
        refuse_existing(&self.path)?;
        fs::rename(&self.temporary, &self.path).map_err(|source| self.io(source))?;
        self.finished = true;
        sync_parent(&self.path).map_err(|source| self.io(source))
    }

    fn push(&mut self, event: &Event<'_>) -> Result<(), CaptureFileError> {
        encode_into(event, &mut self.events);
        if self.events.len() >= EVENTS_BYTES_TARGET {
            self.write_frame()?;
        }
        Ok(())
    }

    fn write_frame(&mut self) -> Result<(), CaptureFileError> {
        if self.events.is_empty() {
            return Ok(());
        }
        let bytes = frame::encode(Kind::Events, self.frames, &self.events, self.seal.as_ref())
            .map_err(|source| self.io(source))?;
        self.write(&bytes)?;
        self.frames += 1;
        self.events.clear();
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), CaptureFileError> {
        self.sha256.update(bytes);
        self.file.write_all(bytes).map_err(|source| self.io(source))
    }

    fn io(&self, source: io::Error) -> CaptureFileError {
        CaptureFileError::Io {
            path: self.temporary.clone(),
            source,
        }
    }
}

impl ZnodeSink for CaptureFileWriter {
    fn znode(&mut self, znode: &Znode<'_>) -> Result<(), SinkError> {
        let Znode { path, data, stat } = *znode;
        // Room for the path, the stat and lengths in the same frame.
        if data.len() > EVENTS_BYTES_MAX - 1024 * 1024 {
            return Err(sink(CaptureFileError::TooLarge {
                path: path.to_owned(),
                length: data.len(),
            }));
        }
        let kept = if self.leaves_out {
            redact(path, data)
        } else {
            data.into()
        };
        self.push(&Event::Znode {
            path,
            data: &kept,
            stat: (&stat).into(),
        })
        .map_err(sink)
    }

    fn gone(&mut self, path: &str) -> Result<(), SinkError> {
        self.push(&Event::Gone { path }).map_err(sink)
    }

    fn unreadable(&mut self, path: &str, reason: &str) -> Result<(), SinkError> {
        self.push(&Event::Unreadable { path, reason }).map_err(sink)
    }
}

impl Drop for CaptureFileWriter {
    fn drop(&mut self) {
        if !self.finished {
            // Whatever is left then is replaced by the next capture to this place.
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

fn sink(error: CaptureFileError) -> SinkError {
    SinkError(Box::new(error))
}

fn encode_into(value: &impl bincode::Encode, into: &mut Vec<u8>) {
    bincode::encode_into_std_write(value, into, bincode_config()).expect("encoding to memory does not fail");
}

fn header(secrets: Secrets<'_>, seal: Option<&(Seal, [u8; 16])>) -> Vec<u8> {
    let kind = match secrets {
        Secrets::Included => SecretsKind::Included,
        Secrets::LeftOut => SecretsKind::LeftOut,
        Secrets::Sealed { .. } => SecretsKind::Sealed,
    };
    let (salt, key_check) = seal.map_or(([0; 16], [0; 16]), |(seal, salt)| (*salt, seal.key_check()));
    let mut header = MAGIC.to_vec();
    header.extend(FORMAT_VERSION.to_be_bytes());
    header.push(kind as u8);
    header.extend(salt);
    header.extend(key_check);
    header.extend(crc32fast::hash(&header).to_be_bytes());
    header
}

fn refuse_existing(path: &Path) -> Result<(), CaptureFileError> {
    if path.symlink_metadata().is_ok() {
        return Err(CaptureFileError::Exists {
            path: path.to_owned(),
        });
    }
    Ok(())
}

/// Opens the temporary file, which a killed capture may have left, for this writer alone.
fn lock(path: &Path) -> Result<File, CaptureFileError> {
    let io = |source| CaptureFileError::Io {
        path: path.to_owned(),
        source,
    };
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(io)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(fs::TryLockError::WouldBlock) => {
            return Err(CaptureFileError::Busy {
                path: path.to_owned(),
            });
        }
        Err(fs::TryLockError::Error(source)) => return Err(io(source)),
    }
    file.set_len(0).map_err(io)?;
    Ok(file)
}

fn sync_parent(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}
