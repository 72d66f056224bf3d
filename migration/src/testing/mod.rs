//! What tests of several crates share: clusters as znodes, generated or written down, and both sides of a migration.
//!
//! Compiled for this crate's own tests, and with the feature `testing` for others'.

mod any_cluster;
mod pair;
mod znodes;

pub use any_cluster::any_legacy_cluster;
pub use pair::{NOW, Pair, Side};
pub use znodes::Znodes;
