//! The commands, as a user types them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod canaries;
mod crash;
mod crash_capture;
mod dump;
mod format;
mod full_disk;
mod migrate;
mod preflight;
mod prepare_broker;
mod serve;
mod support;
mod verify;
mod verify_report;
