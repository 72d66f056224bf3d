//! Quorums of our nodes and real Kafka's on loopback: what ours says on the wire and leaves on the disk is taken by
//! controllers and brokers of 3.9 and 4.3, and the reverse.
//!
//! Each test ends with the logs of all voters compared byte by byte, and with what the JVMs have logged. All of it for
//! both releases and both kinds of voters: `cargo test --test mixed_quorum_long`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod broker;
mod complaints;
mod ending;
mod exchange;
mod faults;
mod keeping;
mod leaders;
mod logs;
mod member;
mod membership;
mod quorum;
mod security;
mod snapshots;
mod watch;

use quorum::{Case, V3_9, V4_3, Voters};

/// The program.
const PROGRAM: &str = env!("CARGO_BIN_EXE_kraft-bridge");

#[test]
fn one_of_ours_beside_two_static_voters_of_3_9() {
    faults::every_node_survives_every_fault(Case::new(V3_9, Voters::Static, 1));
}

#[test]
fn two_of_ours_beside_one_dynamic_voter_of_4_3() {
    faults::every_node_survives_every_fault(Case::new(V4_3, Voters::Dynamic, 2));
}

#[test]
fn leadership_goes_to_one_of_ours_and_to_two_of_4_3() {
    leaders::leadership_goes_to_everybody(V4_3, Voters::Dynamic, 1);
}

#[test]
fn kafkas_nodes_of_3_9_with_dynamic_voters_follow_a_leader_of_ours() {
    keeping::a_leader_of_ours_is_followed_and_described(V3_9, Voters::Dynamic);
}

#[test]
fn directories_change_hands_between_ours_and_4_3() {
    exchange::directories_change_hands(V4_3, Voters::Dynamic);
}

#[test]
fn ours_and_3_9_give_each_other_checkpoints() {
    snapshots::each_gets_the_others_checkpoint(V3_9, Voters::Static);
}

#[test]
fn voters_come_and_go_beside_3_9() {
    membership::voters_come_and_go(V3_9);
}

#[test]
fn voters_join_by_themselves_beside_4_3() {
    membership::voters_join_by_themselves();
}

#[test]
fn static_voters_of_ours_and_of_4_3_become_dynamic() {
    membership::static_voters_become_dynamic(1);
}

#[test]
fn controllers_of_ours_and_of_4_3_know_each_other_by_certificates() {
    security::certificates_are_shown(V4_3, Voters::Static);
}

#[test]
fn controllers_of_ours_and_of_3_9_log_in_with_passwords_from_the_log() {
    security::passwords_come_from_the_log(V3_9, Voters::Dynamic);
}
