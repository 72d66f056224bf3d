//! All that goes when ZooKeeper goes: capturing znodes, the legacy model, and its translation to records.
//!
//! ```text
//! znodes ─capture─▶ ZnodeSink ─legacy::Decoder─▶ LegacyCluster ─translate─▶ records
//! ```

pub mod capture;
pub mod diff;
pub mod finding;
pub mod key_material;
pub mod legacy;
pub mod parity;
pub mod password_encoder;
pub mod preflight;
pub mod project;
pub mod sanitizer;
pub mod secrets;
pub mod target;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod translate;
pub mod zk;
pub mod znode;
