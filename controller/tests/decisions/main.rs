//! What the active controller decides, as a specification.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod acls;
mod agreements;
mod bed;
mod brokers;
mod configs;
mod elections;
mod features;
mod histories;
mod partitions;
mod quotas;
mod scram;
mod takeover;
mod tokens;
mod topics;
