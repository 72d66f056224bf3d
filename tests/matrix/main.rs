//! Every pair of releases and form of quorum that a migration promises; takes long, so it has a command of its own:
//!
//! ```text
//! cargo test --test matrix
//! ```

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "measured times are shown with --nocapture")]

#[path = "../one_shot/administration.rs"]
mod administration;
#[path = "../one_shot/checks.rs"]
mod checks;
#[path = "../one_shot/migration.rs"]
mod migration;
#[path = "../one_shot/scenarios.rs"]
mod scenarios;

use kraft_bridge_harness::Shutdown;
use kraft_bridge_harness::kraft::Voters;

use migration::Case;

/// Brokers that leave one after the other, so that each ISR is the last one alone.
fn one_by_one(from: &'static str, to: &'static str) -> Case {
    Case {
        shutdown: Shutdown::Controlled,
        ..Case::new(from, to)
    }
}

#[test]
fn from_3_9_to_3_9_with_three_controllers() {
    scenarios::everything_goes_on(&Case {
        controllers: 3,
        ..Case::new("3.9.2", "3.9.2")
    });
}

#[test]
fn from_3_9_to_4_3_with_one_controller() {
    scenarios::everything_goes_on(&Case::new("3.9.2", "4.3.1"));
}

#[test]
fn from_3_9_to_4_3_with_three_dynamic_voters() {
    scenarios::everything_goes_on(&Case {
        controllers: 3,
        voters: Voters::Dynamic,
        ..Case::new("3.9.2", "4.3.1")
    });
}

#[test]
fn from_3_9_to_4_3_after_brokers_left_one_by_one() {
    scenarios::everything_goes_on(&one_by_one("3.9.2", "4.3.1"));
}

#[test]
fn from_2_8_to_4_3() {
    scenarios::everything_goes_on(&one_by_one("2.8.2", "4.3.1"));
}

#[test]
fn from_1_1_to_4_3() {
    scenarios::everything_goes_on(&one_by_one("1.1.1", "4.3.1"));
}

#[test]
fn from_0_11_to_3_9() {
    scenarios::everything_goes_on(&one_by_one("0.11.0.3", "3.9.2"));
}

#[test]
fn from_3_9_to_3_9_although_one_broker_never_returns() {
    scenarios::one_broker_never_returns(&Case::new("3.9.2", "3.9.2"));
}

#[test]
fn from_2_8_to_4_3_although_one_broker_never_returns() {
    scenarios::one_broker_never_returns(&Case::new("2.8.2", "4.3.1"));
}

#[test]
fn every_source_of_a_cluster_of_1_1_gives_the_same_records() {
    scenarios::every_source_gives_the_same_records("1.1.1");
}
