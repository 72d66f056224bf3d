//! The KRaft log directory: checkpoints, segments, identity files, and how a node's directories are made.
//!
//! Payloads are bytes here: this crate cannot name a metadata record.

pub mod checkpoint;
pub mod durable;
pub mod format;
pub mod log;
pub mod log_dir;
pub mod meta_properties;
pub mod names;
pub mod node;
pub mod observer;
pub mod properties;
pub mod quorum;
pub mod quorum_state;
pub mod reader;
pub mod stream;
