//! A cluster that was migrated and is led by three controllers of ours, under load for ten minutes: records are produced
//! with acks=all, everything that metadata holds is changed, every controller is killed in turn (SIGKILL) and every broker
//! restarted. Nothing acknowledged is lost, and no broker is fenced that was not stopped.
//!
//! ```text
//! cargo test --test native_quorum_long
//! NATIVE_QUORUM_MINUTES=3 cargo test --test native_quorum_long
//! ```

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "what was done is told with --nocapture")]

#[path = "../one_shot/administration.rs"]
mod administration;
mod load;
#[path = "../one_shot/migration.rs"]
mod migration;

use std::time::Duration;

use migration::Case;

fn duration() -> Duration {
    let minutes = std::env::var("NATIVE_QUORUM_MINUTES");
    let minutes = minutes.map_or(10, |minutes| {
        minutes.parse().expect("NATIVE_QUORUM_MINUTES is a number")
    });
    Duration::from_mins(minutes)
}

#[test]
fn nothing_acknowledged_is_lost_by_brokers_of_3_9() {
    load::nothing_acknowledged_is_lost(
        &Case {
            controllers: 3,
            ours: true,
            ..Case::new("3.9.2", "3.9.2")
        },
        duration(),
    );
}

#[test]
fn nothing_acknowledged_is_lost_by_brokers_of_4_3() {
    load::nothing_acknowledged_is_lost(
        &Case {
            controllers: 3,
            ours: true,
            ..Case::new("3.9.2", "4.3.1")
        },
        duration(),
    );
}
