//! Why a node does not start, or stopped.

use std::io;
use std::path::PathBuf;

use kraft_bridge_raft::durable::FileError;
use kraft_bridge_raft::meta_properties::MetaPropertiesError;
use kraft_bridge_raft::node::NodeError;

use super::bootstrapping::BootstrapError;
use super::replaying::ReplayingError;
use crate::client::QuorumError;
use crate::config::ConfigError;
use crate::metrics::MetricsError;
use crate::server::ServerError;

/// Why a node does not start, or stopped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServeError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Another process has the directory.
    #[error("{}: another process uses it: stop it first", path.display())]
    InUse {
        /// The metadata log directory.
        path: PathBuf,
    },
    /// The directory was never formatted.
    #[error(
        "{} is missing: format the directory first (kraft-bridge format or migrate, or kafka-storage format)",
        path.display()
    )]
    NotFormatted {
        /// `meta.properties`.
        path: PathBuf,
    },
    /// The directory's identity cannot be read.
    #[error("{}: {source}", path.display())]
    Identity {
        /// `meta.properties`.
        path: PathBuf,
        /// What is wrong.
        source: MetaPropertiesError,
    },
    /// The directory is of another node, or of ZooKeeper mode.
    #[error("{}: {problem}", path.display())]
    Foreign {
        /// `meta.properties`.
        path: PathBuf,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// What an empty log is to begin with cannot be told.
    #[error(transparent)]
    Bootstrap(#[from] BootstrapError),
    /// Metrics cannot be served.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    /// The node cannot go on.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// The metadata cannot be replayed.
    #[error("the metadata log cannot be replayed: {0}")]
    Replaying(#[from] ReplayingError),
    /// The other nodes cannot be reached as configured.
    #[error(transparent)]
    Peers(#[from] QuorumError),
    /// A listener cannot be opened.
    #[error(transparent)]
    Listener(#[from] ServerError),
    /// The system gives no thread, no random number, or no signal.
    #[error("the system: {0}")]
    System(#[from] io::Error),
    /// A defect of this program.
    #[error("a part of the node ended for no known reason: this is a defect, and the log above says more")]
    Defect,
}
