//! What `differential` shows, with more requests and more seeds. Takes long, so it has a command of its own:
//!
//! ```text
//! cargo test --test differential_long
//! DIFFERENTIAL_SEED=7 cargo test --test differential_long    one seed
//! ```

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "what was asked is told with --nocapture")]

#[path = "../differential/administration.rs"]
mod administration;
#[path = "../differential/asking.rs"]
mod asking;
#[path = "../differential/brokers.rs"]
mod brokers;
#[path = "../differential/comparison.rs"]
mod comparison;
#[path = "../differential/metadata.rs"]
mod metadata;
#[path = "../differential/outcome.rs"]
mod outcome;
#[path = "../differential/partitions.rs"]
mod partitions;
#[path = "../differential/rights.rs"]
mod rights;
#[path = "../differential/side.rs"]
mod side;

const PROGRAM: &str = env!("CARGO_BIN_EXE_kraft-bridge");
const REQUESTS: u32 = 2500;

fn seeds() -> Vec<u64> {
    let one = std::env::var("DIFFERENTIAL_SEED");
    one.map_or_else(|_| (10..14).collect(), |seed| vec![seed.parse().unwrap()])
}

#[test]
fn a_controller_of_3_9_decides_the_same() {
    for seed in seeds() {
        comparison::compare(&side::V3_9, seed, REQUESTS);
    }
}

#[test]
fn a_controller_of_4_3_decides_the_same() {
    for seed in seeds() {
        comparison::compare(&side::V4_3, seed, REQUESTS);
    }
}

#[test]
fn both_refuse_the_same_to_who_has_no_rights() {
    for release in [&side::V3_9, &side::V4_3] {
        rights::compare(release);
    }
}
