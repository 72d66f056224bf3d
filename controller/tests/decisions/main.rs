//! What the active controller decides, as a specification.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bed;
mod brokers;
mod configs;
mod histories;
mod partitions;
mod topics;
