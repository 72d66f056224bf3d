//! All that `mixed_quorum` shows, for both releases, both kinds of quorum, and one or two nodes of ours; and followers
//! that fall behind the beginning of the leader's log. Takes long, so it has a command of its own:
//!
//! ```text
//! cargo test --test mixed_quorum_long
//! ```

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "what has been shown is told with --nocapture")]

#[path = "../mixed_quorum/broker.rs"]
mod broker;
#[path = "../mixed_quorum/complaints.rs"]
mod complaints;
#[path = "../mixed_quorum/ending.rs"]
mod ending;
#[path = "../mixed_quorum/exchange.rs"]
mod exchange;
mod fallen_behind;
#[path = "../mixed_quorum/faults.rs"]
mod faults;
#[path = "../mixed_quorum/keeping.rs"]
mod keeping;
#[path = "../mixed_quorum/leaders.rs"]
mod leaders;
#[path = "../mixed_quorum/logs.rs"]
mod logs;
#[path = "../mixed_quorum/member.rs"]
mod member;
#[path = "../mixed_quorum/membership.rs"]
mod membership;
mod passing;
#[path = "../mixed_quorum/quorum.rs"]
mod quorum;
#[path = "../mixed_quorum/security.rs"]
mod security;
#[path = "../mixed_quorum/snapshots.rs"]
mod snapshots;
#[path = "../mixed_quorum/watch.rs"]
mod watch;

use member::Kind;
use quorum::{Case, Release, V3_9, V4_3, Voters};

/// The program.
const PROGRAM: &str = env!("CARGO_BIN_EXE_kraft-bridge");

/// Both releases with both kinds of quorum.
fn everywhere(what: &str, show: impl Fn(Release, Voters)) {
    for release in [V3_9, V4_3] {
        for voters in [Voters::Static, Voters::Dynamic] {
            show(release, voters);
            println!("{what}: {} {voters:?}", release.version);
        }
    }
}

#[test]
fn every_node_survives_every_fault() {
    for ours in [1, 2] {
        everywhere(&format!("faults, {ours} of ours"), |release, voters| {
            faults::every_node_survives_every_fault(Case::new(release, voters, ours));
        });
    }
}

#[test]
fn every_node_survives_every_fault_beside_two_releases() {
    for voters in [Voters::Static, Voters::Dynamic] {
        let mut case = Case::new(V3_9, voters, 1);
        case.kinds[2] = Kind::Kafka(V4_3.version);
        faults::every_node_survives_every_fault(case);
        println!("faults, one of ours, of 3.9.2 and of 4.3.1: {voters:?}");
    }
}

#[test]
fn leadership_goes_to_everybody() {
    for ours in [1, 2] {
        everywhere(&format!("leadership, {ours} of ours"), |release, voters| {
            leaders::leadership_goes_to_everybody(release, voters, ours);
        });
    }
}

#[test]
fn a_leader_of_ours_is_followed_and_described() {
    everywhere(
        "a leader of ours",
        keeping::a_leader_of_ours_is_followed_and_described,
    );
}

#[test]
fn directories_change_hands() {
    everywhere("directories", exchange::directories_change_hands);
}

#[test]
fn each_gets_the_others_checkpoint() {
    everywhere("checkpoints", snapshots::each_gets_the_others_checkpoint);
}

#[test]
fn who_falls_behind_the_log_gets_the_leaders_checkpoint() {
    everywhere("fallen behind", fallen_behind::each_gets_the_others_checkpoint);
}

#[test]
fn voters_come_and_go() {
    for release in [V3_9, V4_3] {
        membership::voters_come_and_go(release);
    }
    membership::voters_join_by_themselves();
    for leader in [1, 2] {
        membership::static_voters_become_dynamic(leader);
    }
}

#[test]
fn controllers_know_each_other() {
    everywhere("certificates", security::certificates_are_shown);
    everywhere("passwords", security::passwords_come_from_the_log);
}

#[test]
fn leadership_passes_between_ours_and_kafkas_under_load() {
    for ours in [1, 2] {
        for release in [V3_9, V4_3] {
            passing::leadership_passes_under_load(release, Voters::Dynamic, ours);
        }
    }
}
