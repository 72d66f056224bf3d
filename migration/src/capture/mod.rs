//! A capture: one reading of everything below Kafka's chroot, whatever it is read from.
//!
//! ```text
//!  live ensemble ─┐
//!  data directory ├─▶ Capture::read ─▶ ZnodeSink   (decoder, capture file writer, counter)
//!  capture file  ─┘
//! ```
//!
//! Znodes arrive in subtree order, parents before children, each once; a source that saw something change
//! underneath delivers the znode again or says that it is gone. Nothing downstream can tell the sources apart.

pub mod acl_store;
pub mod chroot;
pub mod data_dir;
pub mod file;
pub mod redact;

pub use acl_store::{Part, WithAclStore};
pub use data_dir::DataDir;
pub use file::{CaptureFile, CaptureFileWriter};

use crate::znode::{Znode, Zxid};

/// A source of znodes: a live ensemble, a ZooKeeper data directory or a capture file.
pub trait Capture {
    /// Delivers every znode below the chroot to `sink` and says what was read.
    ///
    /// # Errors
    ///
    /// [`CaptureError`] when the source cannot be read to its end; what the sink got so far is no capture.
    fn read(&mut self, sink: &mut dyn ZnodeSink) -> Result<Summary, CaptureError>;
}

/// Receives what a [`Capture`] reads.
pub trait ZnodeSink {
    /// A znode, for the first time or anew after it changed (the later one counts).
    ///
    /// # Errors
    ///
    /// Only when the sink itself can't go on (a full disk, say); an odd payload is a finding, not an error.
    fn znode(&mut self, znode: &Znode<'_>) -> Result<(), SinkError>;

    /// A znode delivered earlier, and all below it, has been deleted since.
    ///
    /// # Errors
    ///
    /// As [`ZnodeSink::znode`].
    fn gone(&mut self, path: &str) -> Result<(), SinkError>;

    /// About so many znodes will come, as far as the source can know beforehand; for progress only.
    fn expect(&mut self, _znodes: u64) {}

    /// A znode exists but could not be read; `reason` says why and what the operator can do.
    ///
    /// # Errors
    ///
    /// As [`ZnodeSink::znode`].
    fn unreadable(&mut self, path: &str, reason: &str) -> Result<(), SinkError>;
}

/// What a finished reading was.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// What was read, as a person would name it. Never holds a password.
    pub source: String,
    /// Chroot inside the ensemble, `/` for none.
    pub chroot: String,
    /// Transactions at or before this one are in the capture.
    pub first_zxid: Zxid,
    /// No transaction after this one is in the capture.
    pub last_zxid: Zxid,
    /// Whether the znodes are the state of the ensemble at one moment (`last_zxid`).
    pub consistent_cut: bool,
    /// Znodes delivered, re-read ones counted once.
    pub znodes: u64,
    /// Znodes that changed underneath and were read again.
    pub reread: u64,
    /// Sum of the payloads' lengths, in bytes.
    pub data_bytes: u64,
}

/// The sink cannot take any more.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SinkError(#[from] pub Box<dyn std::error::Error + Send + Sync>);

/// Why a source could not be read to its end.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// A file of the source could not be opened or read.
    #[error("{path}: {source}")]
    Io {
        /// The file or directory.
        path: std::path::PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file of the source is damaged, cut off, or not what it should be.
    #[error("{path}, offset {offset}: {problem}")]
    Damaged {
        /// The file.
        path: std::path::PathBuf,
        /// Byte position of the damage.
        offset: u64,
        /// What is wrong and what to do.
        problem: String,
    },
    /// The source holds several Kafka clusters, or none, and the chroot was not given.
    #[error("{problem}")]
    Chroot {
        /// What was found and how to choose.
        problem: String,
    },
    /// The ensemble could not be reached, refused us, or left us in the middle.
    #[error("{servers}: {problem}")]
    Ensemble {
        /// Connect string, without credentials.
        servers: String,
        /// What happened and what to do.
        problem: String,
    },
    /// Secrets are needed and were left out, or the passphrase is wrong.
    #[error("{0}")]
    Secrets(String),
    /// The receiver failed.
    #[error(transparent)]
    Sink(#[from] SinkError),
}
