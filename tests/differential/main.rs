//! The active controller, ours and Kafka's, asked the same: a generated sequence of requests, good and bad, goes to both,
//! and after each the error codes are the same, and the metadata but for what is random.
//!
//! `cargo test --test differential_long` asks more, of more seeds.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "what was asked is told with --nocapture")]

mod administration;
mod asking;
mod brokers;
mod comparison;
mod metadata;
mod outcome;
mod partitions;
mod rights;
mod side;

const PROGRAM: &str = env!("CARGO_BIN_EXE_kraft-bridge");
const REQUESTS: u32 = 400;

#[test]
fn a_controller_of_3_9_decides_the_same() {
    comparison::compare(&side::V3_9, 1, REQUESTS);
}

#[test]
fn a_controller_of_4_3_decides_the_same() {
    comparison::compare(&side::V4_3, 2, REQUESTS);
}

#[test]
fn a_controller_of_3_9_refuses_the_same_to_who_has_no_rights() {
    rights::compare(&side::V3_9);
}

#[test]
fn a_controller_of_4_3_refuses_the_same_to_who_has_no_rights() {
    rights::compare(&side::V4_3);
}
