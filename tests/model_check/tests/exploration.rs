//! What a small quorum can do is explored to its end; and nodes with faults are found out.

#![expect(clippy::print_stdout, reason = "how many states there are is for the reader")]

use kraft_bridge_model_check::bounds::{Bounds, Flaw};
use kraft_bridge_model_check::exploration::Exploration;

/// Explores and holds the outcome to: no law broken, all seen, and no fewer states than there were once.
fn explore(bounds: Bounds, states_min: usize) -> Exploration {
    let described = format!("{bounds:?}");
    let exploration = Exploration::of(bounds, 1, None);
    println!("{described}\n{exploration}");
    assert!(
        exploration.broken.is_empty() && exploration.is_complete,
        "{exploration}"
    );
    assert!(exploration.states >= states_min, "{exploration}");
    exploration
}

/// Holds that nodes with a fault break this law.
fn assert_found(law: &'static str, bounds: Bounds) {
    let exploration = Exploration::until_broken(law, bounds, 2_000_000);
    let broken = exploration.broken.iter().map(|(law, _)| *law);
    assert!(broken.clone().any(|broken| broken == law), "{exploration}");
    println!(
        "{} states until broken: {:?}",
        exploration.states,
        broken.collect::<Vec<_>>()
    );
}

#[test]
fn two_voters_keep_the_laws_whenever_one_of_them_crashes() {
    let bounds = Bounds {
        voters: 2,
        stands: 2,
        crashes: 1,
        slow_flushes: true,
        ..Bounds::default()
    };
    let exploration = explore(bounds, 50_000);
    assert_eq!(exploration.missing, [""; 0]);
}

#[test]
fn two_voters_keep_the_laws_where_one_knows_no_pre_votes_and_requests_are_given_up() {
    let bounds = Bounds {
        voters: 2,
        stands: 2,
        losses: 1,
        older: 1,
        ..Bounds::default()
    };
    let exploration = explore(bounds, 20_000);
    assert_eq!(exploration.missing, [""; 0]);
}

#[test]
fn two_voters_keep_the_laws_where_requests_come_twice_and_leaders_resign() {
    let bounds = Bounds {
        voters: 2,
        stands: 2,
        duplicates: 1,
        resignations: 1,
        ..Bounds::default()
    };
    let exploration = explore(bounds, 23_000);
    assert_eq!(exploration.missing, [""; 0]);
}

#[test]
fn three_voters_elect_one_and_commit_a_record_in_whatever_order_messages_come() {
    let bounds = Bounds {
        epochs: 1,
        stands: 1,
        ..Bounds::default()
    };
    let exploration = explore(bounds, 45_000);
    assert_eq!(exploration.missing, ["another leader is elected after that"]);
}

#[test]
fn a_node_that_forgets_its_vote_makes_two_leaders_of_one_epoch() {
    let bounds = Bounds {
        epochs: 1,
        stands: 2,
        records: 0,
        crashes: 1,
        flaw: Some(Flaw::ForgetsVotes),
        ..Bounds::default()
    };
    assert_found("an epoch has one leader, once", bounds);
}

#[test]
fn nodes_that_count_what_they_have_not_flushed_lose_what_was_committed() {
    let bounds = Bounds {
        voters: 2,
        stands: 2,
        crashes: 2,
        flaw: Some(Flaw::CountsUnflushed),
        ..Bounds::default()
    };
    assert_found("what is committed is never lost or changed", bounds);
}
