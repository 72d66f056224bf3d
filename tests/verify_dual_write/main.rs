//! Kafka's own migration (3.9 in dual-write mode) on real servers: `verify` finds no difference while Kafka's tools change
//! the cluster, every one that is made behind Kafka's back, and gives a clear answer where it can compare nothing.
//!
//! The servers are started once, for all of it. `cargo test --test verify_dual_write_long` goes on to the end of the
//! migration, with changes for a minute.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bad_input;
mod by_hand;
mod by_tools;
mod support;
mod watching;

use std::time::Duration;

use kraft_bridge_harness::DualWrite;
use support::{DUAL_WRITE, fresh_dir, verify_finds_equal};

#[test]
fn verify_tells_the_truth_about_kafka_s_own_migration() {
    let mut cluster = DualWrite::start(&fresh_dir("cluster")).unwrap();

    verify_finds_equal(&cluster, DUAL_WRITE);
    by_tools::no_change_is_taken_for_a_difference(&cluster, Duration::from_secs(20), 1);
    by_tools::zookeeper_has_what_the_command_line_tools_changed(&cluster);
    by_hand::each_change_is_found_in_one_pass_and_named(&cluster);
    by_hand::what_cannot_be_decoded_is_named_and_establishes_nothing(&cluster);
    by_hand::a_quota_that_kafka_loses_is_found(&cluster);
    verify_finds_equal(&cluster, DUAL_WRITE);

    bad_input::another_cluster_s_quorum_is_refused(&cluster);
    bad_input::a_copy_of_the_log_is_said_to_be_behind(&cluster);
    bad_input::lost_connections_and_an_expired_session_are_survived(&cluster);
    bad_input::an_ensemble_that_goes_in_mid_pass_ends_it(&cluster);
    bad_input::a_quorum_without_a_leader_ends_in_bounded_time(&mut cluster);
    verify_finds_equal(&cluster, DUAL_WRITE);
}
