//! The commands, as a user types them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod crash;
mod dump;
mod format;
mod migrate;
mod preflight;
mod prepare_broker;
mod support;
