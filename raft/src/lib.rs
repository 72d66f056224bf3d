//! The KRaft log directory (checkpoints, segments, identity files, and how a node's directories are made), a node of the
//! quorum that replicates it, and an observer that reads it.
//!
//! Payloads are bytes here: this crate cannot name a metadata record.

#[macro_use(mutant)]
extern crate kraft_bridge_protocol;

pub mod checkpoint;
pub mod durable;
pub mod endpoint;
pub mod format;
pub mod log;
pub mod log_dir;
pub mod meta_properties;
#[cfg(feature = "mutants")]
pub mod mutants;
pub mod names;
pub mod node;
pub mod observer;
pub mod properties;
pub mod quorum;
pub mod quorum_state;
pub mod random;
pub mod reader;
pub mod stream;
