//! `verify` along the whole of Kafka's own migration, on real servers: changes for a minute in dual write, brokers that
//! move to KRaft mode one by one, the end of the migration. Takes long, so it has a command of its own:
//!
//! ```text
//! cargo test --test verify_dual_write_long
//! ```

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../verify_dual_write/by_hand.rs"]
mod by_hand;
#[path = "../verify_dual_write/by_tools.rs"]
mod by_tools;
#[path = "../verify_dual_write/support.rs"]
mod support;
#[path = "../verify_dual_write/watching.rs"]
mod watching;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kraft_bridge_harness::DualWrite;

use support::{DUAL_WRITE, ensemble, fresh_dir, report, verify, verify_finds_equal};

/// Waits until no other cluster runs.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn verify_finds_no_difference_from_dual_write_to_the_end_of_kafka_s_own_migration() {
    let _turn = turn();
    let mut cluster = DualWrite::start(&fresh_dir("cluster")).unwrap();
    by_tools::no_change_is_taken_for_a_difference(&cluster, Duration::from_secs(60), 1);
    by_tools::zookeeper_has_what_the_command_line_tools_changed(&cluster);

    for (seed, broker) in (2..).zip(cluster.legacy.brokers.members.clone()) {
        cluster.move_broker(&broker).unwrap();
        verify_finds_equal(&cluster, DUAL_WRITE);
        by_tools::no_change_is_taken_for_a_difference(&cluster, Duration::from_secs(20), seed);
    }

    // Brokers in KRaft mode know nothing of ZooKeeper any more; the controller still writes to it.
    by_hand::each_change_is_found_in_one_pass_and_named(&cluster);
    by_hand::what_cannot_be_decoded_is_named_and_establishes_nothing(&cluster);
    by_hand::a_quota_that_kafka_loses_is_found(&cluster);

    cluster.finalize().unwrap();
    verify_finds_equal(&cluster, "copied");
}

#[test]
fn verify_says_that_a_migration_was_rolled_back_and_where_zookeeper_has_moved_on() {
    let _turn = turn();
    let cluster = DualWrite::start(&fresh_dir("rolled-back")).unwrap();
    let directory = cluster.controller_dir().display().to_string();
    let mut verify = verify(&cluster, &ensemble(&cluster), &directory);

    let legacy = cluster.roll_back().unwrap();
    let output = verify.output().unwrap();

    let report = report(&output);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(report["verdict"], "different");
    let notices = report["notices"].as_array().unwrap();
    let is_told = notices
        .iter()
        .any(|notice| notice["code"] == "migration-rolled-back");
    assert!(is_told, "{notices:#?}");
    for difference in report["differences"].as_array().unwrap() {
        assert_eq!(difference["kind"], "partitions", "{difference}");
    }
    drop(legacy);
}
