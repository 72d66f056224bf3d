//! The main promise, on real Kafka: stop a ZooKeeper-mode cluster, run our commands, start stock Kafka in KRaft mode on
//! the same data directories, and everything is there.
//!
//! The old clusters (three brokers, two disks each, 200 partitions, all that `kraft_bridge_harness::fill` knows) are made
//! once and every case works on a copy. `cargo test --test matrix` runs more releases and forms of quorum.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "measured times are shown with --nocapture")]

mod administration;
mod checks;
mod migration;
mod scenarios;

use kraft_bridge_harness::Shutdown;

use migration::Case;

#[test]
fn a_cluster_of_3_9_goes_on_in_kraft_mode_with_kafka_3_9() {
    scenarios::everything_goes_on(&Case::new("3.9.2", "3.9.2"));
}

#[test]
fn a_cluster_of_3_9_goes_on_with_three_controllers_of_kafka_4_3() {
    scenarios::everything_goes_on(&Case {
        controllers: 3,
        ..Case::new("3.9.2", "4.3.1")
    });
}

#[test]
fn a_cluster_of_0_11_goes_on_with_kafka_4_3() {
    scenarios::everything_goes_on(&Case {
        shutdown: Shutdown::Controlled,
        ..Case::new("0.11.0.3", "4.3.1")
    });
}

#[test]
fn a_cluster_of_3_9_goes_on_with_three_controllers_of_ours_and_kafka_3_9() {
    scenarios::everything_goes_on(&Case {
        controllers: 3,
        ours: true,
        ..Case::new("3.9.2", "3.9.2")
    });
}

#[test]
fn a_cluster_of_3_9_goes_on_with_a_controller_of_ours_and_kafka_4_3() {
    scenarios::everything_goes_on(&Case {
        ours: true,
        ..Case::new("3.9.2", "4.3.1")
    });
}

#[test]
fn every_partition_that_another_broker_holds_is_led_although_one_never_returns() {
    scenarios::one_broker_never_returns(&Case::new("3.9.2", "4.3.1"));
}

#[test]
fn every_source_of_the_same_cluster_gives_the_same_records() {
    scenarios::every_source_gives_the_same_records("3.9.2");
}
