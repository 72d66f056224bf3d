//! Key stores and trust stores, as the configuration files of nodes and clients name them.

#[cfg(feature = "live")]
mod open;

use std::path::PathBuf;

use crate::legacy::Secret;

#[cfg(feature = "live")]
pub use open::{KeyMaterialError, own, system_authorities, trusted};

/// A key store or trust store.
#[derive(Clone, Debug)]
pub struct KeyMaterial {
    /// The file.
    pub path: PathBuf,
    /// How it is written.
    pub kind: KeyMaterialKind,
    /// Opens it.
    pub password: Option<Secret<String>>,
}

/// Form of a key store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyMaterialKind {
    /// Certificates and a private key in PEM.
    Pem,
    /// PKCS#12.
    Pkcs12,
}
