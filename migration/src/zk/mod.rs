//! The live ensemble: how to reach it.

mod options;

pub use options::{
    ConnectOptions, DigestCredentials, JUTE_MAXBUFFER, KeyMaterial, KeyMaterialKind, TlsOptions,
};
