//! Kafka's bytes: primitives, ids, message tables and record batches.
//!
//! This crate knows how things are written on disk and on the wire, never what a record means.

pub mod batch;
mod codes;
pub mod control;
mod ids;
pub mod messages;
mod uuid;
pub mod wire;

pub use ids::*;
pub use uuid::{ParseUuidError, Uuid};
