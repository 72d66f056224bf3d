//! Kafka's bytes: primitives, ids, message tables and record batches.
//!
//! This crate knows how things are written on disk and on the wire, never what a record means.

mod ids;
mod uuid;

pub use ids::*;
pub use uuid::{ParseUuidError, Uuid};
