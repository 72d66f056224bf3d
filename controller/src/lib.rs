//! Decisions of the active controller: a machine over the metadata image, for as long as this node leads.
//!
//! ```text
//!                      ┌────────────────── Controller ──────────────────┐
//!  request ── handle ─▶│ Draft: the image, which each record changes     │─▶ records ─▶ log
//!  time ───── tick ───▶│ as soon as it is decided upon                   │─▶ answer, once they are committed
//!                      └─────────────────────────────────────────────────┘
//! ```
//!
//! It has no clock, socket, log or chance: it is told the time, and chooses by a seed. Whoever drives it appends the
//! records of each decision in order, each batch as one, and gives an answer once everything decided before it is
//! committed. When the node loses its leadership the machine is dropped: what it decided is in the log or nowhere.
//!
//! Same noun, same file as in the records: `brokers`, `partitions`, `topics`, `configs`.
//!
//! Source: KIP-631 (the quorum controller), and what stock controllers of 3.9 and 4.3 do.

#[macro_use(mutant)]
extern crate kraft_bridge_protocol;

mod acls;
mod brokers;
mod configs;
mod controllers;
mod decision;
mod distinct;
mod draft;
mod effective;
mod features;
mod machine;
#[cfg(feature = "mutants")]
pub mod mutants;
mod mutations;
mod partitions;
mod producer_ids;
mod quotas;
mod registrations;
mod requester;
mod schedule;
mod scram;
mod settings;
mod takeover;
mod tokens;
mod topics;

pub use acls::describe_acls;
pub use decision::Decision;
pub use effective::inherited_keys;
pub use machine::Controller;
pub use partitions::list_reassignments;
pub use requester::Requester;
pub use settings::{Settings, TokenSecret};
pub use takeover::{Begun, NotBegun};
