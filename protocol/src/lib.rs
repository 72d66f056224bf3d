//! Kafka's bytes: primitives, ids, message tables, record batches and requests.
//!
//! This crate knows how things are written on disk and on the wire, never what a record means.

pub mod batch;
mod codes;
pub mod control;
mod ids;
pub mod messages;
mod mutants;
mod node_ids;
pub mod rpc;
mod uuid;
pub mod wire;

pub use ids::*;
pub use node_ids::NodeIds;
pub use uuid::{ParseUuidError, Uuid};
