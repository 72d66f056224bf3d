//! What can be wrong with a node's configuration file. Each names the file, the key and the remedy.

use std::io;
use std::path::PathBuf;

/// Why a configuration file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// The file cannot be opened or read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The configuration file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file is not in the format of Java properties.
    #[error("{}: not a properties file: {problem}", path.display())]
    NotProperties {
        /// The configuration file.
        path: PathBuf,
        /// What is wrong, and in which line where that is known.
        problem: String,
    },
    /// A key that is needed is not there.
    #[error("{}: {prefix}{key} is missing: {remedy}", path.display())]
    Missing {
        /// The configuration file.
        path: PathBuf,
        /// What stands before the key where it is a listener's own, else empty.
        prefix: String,
        /// The key.
        key: &'static str,
        /// What to write there.
        remedy: String,
    },
    /// A value is malformed, or contradicts another.
    #[error("{}: {prefix}{key}={value}: {problem}", path.display())]
    Invalid {
        /// The configuration file.
        path: PathBuf,
        /// What stands before the key where it is a listener's own, else empty.
        prefix: String,
        /// The key.
        key: &'static str,
        /// Its value, or `[redacted]`.
        value: String,
        /// What is wrong and how to mend it.
        problem: String,
    },
}
