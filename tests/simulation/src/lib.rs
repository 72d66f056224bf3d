//! Whole quorums, played out deterministically: virtual clocks, networks and disks around the very node that serves.
//!
//! ```text
//!  seed ─▶ Scenario ─▶ World ─▶ Outcome: digest, statistics, violation
//!                        │
//!     faults, workload ──┴── invariants, ledger
//! ```
//!
//! The quorum keeps keys and values, or metadata: then the very controller that serves decides, for models of brokers and
//! clients ([`cluster`]).
//!
//! One seed gives one history. Faults of every kind go on for a while; what must always be so is checked after every
//! event; then everything is mended, and the quorum has to come right. The nodes share nothing with the world but their
//! inputs and what they say: votes, fetches and answers go as encoded frames, logs are written to disks that forget what
//! was not synced.

pub mod batches;
pub mod checkpoints;
pub mod clock;
pub mod cluster;
pub mod command;
mod delivery;
pub mod digest;
pub mod faults;
pub mod history;
pub mod host;
pub mod invariants;
pub mod kept;
pub mod ledger;
mod life;
#[cfg(feature = "mutants")]
pub mod mutants;
pub mod network;
mod operators;
pub mod random;
pub mod release;
pub mod replica;
pub mod run;
pub mod scenario;
mod words;
pub mod workload;
pub mod world;
