//! Voters that come and go while the quorum runs.

use std::time::Duration;

use kraft_bridge_protocol::Uuid;
use kraft_bridge_protocol::control::VoterEndpoint;
use kraft_bridge_protocol::rpc::{
    AddRaftVoterRequest, AnyRequest, AnyResponse, ErrorCode, RemoveRaftVoterRequest,
};

use super::testing::{Cluster, add_voter, remove_voter, speaks_kraft_version};
use super::{CallId, RoleName, VoterSet};

const A_SECOND: Duration = Duration::from_secs(1);

/// What the leader made of a request to add or remove; `None` while it has not said.
fn outcome(cluster: &mut Cluster, call: CallId) -> Option<ErrorCode> {
    match cluster.answer(call)? {
        AnyResponse::AddRaftVoter(response) => Some(response.error_code),
        AnyResponse::RemoveRaftVoter(response) => Some(response.error_code),
        other => panic!("{other:?}"),
    }
}

fn try_add(cluster: &mut Cluster, leader: i32, request: AddRaftVoterRequest) -> Option<ErrorCode> {
    let call = cluster.ask(leader, AnyRequest::AddRaftVoter(request));
    cluster.run(A_SECOND);
    outcome(cluster, call)
}

fn try_remove(cluster: &mut Cluster, leader: i32, request: RemoveRaftVoterRequest) -> Option<ErrorCode> {
    let call = cluster.ask(leader, AnyRequest::RemoveRaftVoter(request));
    cluster.run(A_SECOND);
    outcome(cluster, call)
}

fn voters_at(cluster: &Cluster, id: i32) -> Vec<i32> {
    let voters: &VoterSet = cluster.node(id).raft().voters().current();
    voters.ids().map(|id| id.0).collect()
}

/// A quorum whose leader has committed.
fn led(voter_ids: &[i32], observer_ids: &[i32]) -> (Cluster, i32) {
    let mut cluster = Cluster::dynamic(voter_ids, observer_ids);
    let leader = cluster.elect();
    cluster.run(A_SECOND);
    (cluster, leader)
}

#[test]
fn a_quorum_that_was_formatted_with_its_voters_writes_them_into_the_log_for_those_that_join_later() {
    let (cluster, _) = led(&[1, 2, 3], &[4]);

    assert_eq!(voters_at(&cluster, 4), [1, 2, 3]);
    assert!(!cluster.node(4).raft().is_voter());
}

#[test]
fn an_observer_that_has_caught_up_becomes_a_voter_whose_word_counts() {
    let (mut cluster, leader) = led(&[1], &[2]);

    assert_eq!(try_add(&mut cluster, leader, add_voter(2)), Some(ErrorCode::None));

    assert!(cluster.node(2).raft().is_voter());
    assert_eq!(voters_at(&cluster, 1), [1, 2]);
    let before = cluster.node(1).raft().high_watermark();
    cluster.cut.insert(2);
    let epoch = cluster.node(1).raft().epoch();
    cluster.append(1, epoch, "a");
    cluster.run(A_SECOND);
    assert_eq!(
        cluster.node(1).raft().high_watermark(),
        before,
        "one of two is no majority"
    );
}

#[test]
fn a_voter_that_was_removed_follows_on_and_stands_no_more() {
    let (mut cluster, leader) = led(&[1, 2, 3], &[]);
    let removed = leader % 3 + 1;

    assert_eq!(
        try_remove(&mut cluster, leader, remove_voter(removed)),
        Some(ErrorCode::None)
    );
    let epoch = cluster.node(leader).raft().epoch();
    cluster.append(leader, epoch, "a");
    cluster.run(A_SECOND);
    assert_eq!(cluster.bytes(removed), cluster.bytes(leader));

    let rest: Vec<i32> = (1..=3).filter(|id| *id != removed).collect();
    cluster.cut.extend(rest);
    cluster.run(10 * A_SECOND);
    assert_eq!(cluster.node(removed).raft().role(), RoleName::Unattached);
    assert_eq!(cluster.node(removed).raft().epoch(), epoch);
}

#[test]
fn a_leader_that_is_removed_leads_until_that_is_committed_and_hands_over_without_a_gap() {
    let (mut cluster, first) = led(&[1, 2, 3], &[]);
    let epoch = cluster.node(first).raft().epoch();

    let call = cluster.ask(first, AnyRequest::RemoveRaftVoter(remove_voter(first)));
    assert_eq!(cluster.node(first).raft().role(), RoleName::Leader);
    cluster.run(A_SECOND / 4);

    assert_eq!(outcome(&mut cluster, call), Some(ErrorCode::None));
    let second = cluster.leader().expect("somebody leads at once");
    assert_ne!(second, first);
    assert_eq!(cluster.node(second).raft().epoch().0, epoch.0 + 1);
    cluster.run(3 * A_SECOND);
    assert_eq!(cluster.leader(), Some(second), "who was removed disturbs nobody");
    assert_eq!(cluster.bytes(first), cluster.bytes(second), "and follows");
}

#[test]
fn a_leader_that_crashes_before_its_removal_is_committed_brings_it_to_an_end_when_it_is_back() {
    let (mut cluster, first) = led(&[1, 2], &[]);
    let second = 3 - first;
    cluster.cut.insert(second);
    cluster.ask(first, AnyRequest::RemoveRaftVoter(remove_voter(first)));
    cluster.run(A_SECOND / 10);

    cluster.crash(first);
    cluster.cut.clear();
    cluster.start(first);
    cluster.run(10 * A_SECOND);

    assert_eq!(
        cluster.leader(),
        Some(second),
        "it alone votes, but only the other one had the record"
    );
    assert_eq!(voters_at(&cluster, second), [second]);
    assert_eq!(cluster.bytes(first), cluster.bytes(second));
}

#[test]
fn a_leader_that_is_removed_does_not_count_itself() {
    let (mut cluster, leader) = led(&[1, 2, 3], &[]);
    let others: Vec<i32> = (1..=3).filter(|id| *id != leader).collect();
    cluster.cut.insert(others[0]);

    let call = cluster.ask(leader, AnyRequest::RemoveRaftVoter(remove_voter(leader)));
    cluster.run(A_SECOND);

    assert_eq!(
        outcome(&mut cluster, call),
        None,
        "one of the two that are left is no majority"
    );
    assert_eq!(cluster.node(leader).raft().role(), RoleName::Leader);
    cluster.cut.clear();
    cluster.run(A_SECOND / 2);
    assert_eq!(outcome(&mut cluster, call), Some(ErrorCode::None));
}

#[test]
fn only_a_leader_that_committed_changes_the_voters_and_says_why_it_does_not() {
    let (mut cluster, leader) = led(&[1, 2, 3], &[4]);
    let follower = leader % 3 + 1;
    let zero = AddRaftVoterRequest {
        voter_directory_id: Uuid::ZERO,
        ..add_voter(4)
    };
    let elsewhere = AddRaftVoterRequest {
        listeners: vec![VoterEndpoint {
            name: "EXTERNAL".to_owned(),
            host: "node4".to_owned(),
            port: 9094,
            ..Default::default()
        }],
        ..add_voter(4)
    };
    let foreign = AddRaftVoterRequest {
        cluster_id: Some("another".to_owned()),
        ..add_voter(4)
    };
    for (asked, request, error) in [
        (leader, foreign, ErrorCode::InconsistentClusterId),
        (follower, add_voter(4), ErrorCode::NotLeaderOrFollower),
        (leader, zero, ErrorCode::InvalidRequest),
        (leader, elsewhere, ErrorCode::InvalidRequest),
        (leader, add_voter(follower), ErrorCode::DuplicateVoter),
        (leader, add_voter(5), ErrorCode::RequestTimedOut),
    ] {
        assert_eq!(
            try_add(&mut cluster, asked, request.clone()),
            Some(error),
            "{request:?}"
        );
    }
    let other_directory = RemoveRaftVoterRequest {
        voter_directory_id: Uuid([9; 16]),
        ..remove_voter(follower)
    };
    for request in [remove_voter(4), other_directory] {
        assert_eq!(
            try_remove(&mut cluster, leader, request.clone()),
            Some(ErrorCode::VoterNotFound),
            "{request:?}"
        );
    }
    assert_eq!(voters_at(&cluster, leader), [1, 2, 3]);
}

#[test]
fn the_last_voter_is_not_removed() {
    let (mut cluster, leader) = led(&[1], &[]);

    assert_eq!(
        try_remove(&mut cluster, leader, remove_voter(1)),
        Some(ErrorCode::VoterNotFound)
    );
}

#[test]
fn with_static_voters_nobody_is_added_or_removed() {
    let mut cluster = Cluster::new(&[1, 2, 3], &[4]);
    let leader = cluster.elect();
    cluster.run(A_SECOND);

    assert_eq!(
        try_add(&mut cluster, leader, add_voter(4)),
        Some(ErrorCode::UnsupportedVersion)
    );
    assert_eq!(
        try_remove(&mut cluster, leader, remove_voter(2)),
        Some(ErrorCode::UnsupportedVersion)
    );
}

#[test]
fn one_voter_is_added_at_a_time() {
    let (mut cluster, leader) = led(&[1, 2, 3], &[4, 5]);
    let others: Vec<i32> = (1..=3).filter(|id| *id != leader).collect();
    cluster.cut.extend(others);
    let first = cluster.ask(leader, AnyRequest::AddRaftVoter(add_voter(4)));

    let second = cluster.ask(leader, AnyRequest::AddRaftVoter(add_voter(5)));
    assert_eq!(outcome(&mut cluster, second), Some(ErrorCode::RequestTimedOut));
    cluster.run(5 * A_SECOND / 2);
    assert_eq!(
        outcome(&mut cluster, first),
        Some(ErrorCode::RequestTimedOut),
        "it cannot be committed"
    );
    let third = cluster.ask(leader, AnyRequest::AddRaftVoter(add_voter(5)));
    assert_eq!(
        outcome(&mut cluster, third),
        Some(ErrorCode::RequestTimedOut),
        "and is still in the log"
    );
}

#[test]
fn whoever_does_not_want_to_wait_is_answered_as_soon_as_the_set_is_written() {
    let (mut cluster, leader) = led(&[1, 2, 3], &[4]);
    let others: Vec<i32> = (1..=3).filter(|id| *id != leader).collect();
    cluster.cut.extend(others);
    let request = AddRaftVoterRequest {
        ack_when_committed: false,
        ..add_voter(4)
    };

    let call = cluster.ask(leader, AnyRequest::AddRaftVoter(request));
    cluster.run(A_SECOND / 10);

    assert_eq!(outcome(&mut cluster, call), Some(ErrorCode::None));
    assert_eq!(
        voters_at(&cluster, 4),
        [1, 2, 3, 4],
        "in force before it is committed"
    );
    assert!(cluster.node(4).raft().is_voter());
}

#[test]
fn a_set_that_was_not_committed_is_taken_back_with_the_log_that_held_it() {
    let (mut cluster, first) = led(&[1, 2, 3], &[4]);
    let others: Vec<i32> = (1..=3).filter(|id| *id != first).collect();
    cluster.cut.extend(&others);
    let call = cluster.ask(first, AnyRequest::AddRaftVoter(add_voter(4)));
    cluster.run(A_SECOND);
    assert!(cluster.node(4).raft().is_voter());

    cluster.cut = [first, 4].into();
    let second = cluster.elect();
    cluster.run(A_SECOND);
    cluster.cut.clear();
    cluster.run(3 * A_SECOND);

    assert_ne!(outcome(&mut cluster, call), Some(ErrorCode::None));
    assert_eq!(cluster.leader(), Some(second));
    for id in 1..=4 {
        assert_eq!(voters_at(&cluster, id), [1, 2, 3], "node {id}");
        assert_eq!(cluster.bytes(id), cluster.bytes(second), "node {id}");
    }
    assert_eq!(cluster.node(4).raft().role(), RoleName::Follower);
}

#[test]
fn whoever_loses_the_leadership_cannot_say_what_becomes_of_the_change() {
    let (mut cluster, leader) = led(&[1, 2, 3], &[4]);
    let others: Vec<i32> = (1..=3).filter(|id| *id != leader).collect();
    cluster.cut.extend(others);
    let call = cluster.ask(leader, AnyRequest::RemoveRaftVoter(remove_voter(leader % 3 + 1)));

    cluster.step(leader, super::Input::ShutDown);

    assert_eq!(outcome(&mut cluster, call), Some(ErrorCode::NotLeaderOrFollower));
}

#[test]
fn a_node_that_does_not_know_the_kraft_version_in_force_is_no_voter() {
    let (mut cluster, leader) = led(&[1], &[2]);
    for range in [(0, 0), (2, 3)] {
        cluster.versions = speaks_kraft_version(range.0, range.1);
        assert_eq!(
            try_add(&mut cluster, leader, add_voter(2)),
            Some(ErrorCode::InvalidRequest),
            "{range:?}"
        );
    }
    cluster.versions.supported_features.clear();
    assert_eq!(
        try_add(&mut cluster, leader, add_voter(2)),
        Some(ErrorCode::InvalidRequest)
    );
    cluster.versions = speaks_kraft_version(0, 1);
    cluster.versions.error_code = ErrorCode::UnsupportedVersion;
    assert_eq!(
        try_add(&mut cluster, leader, add_voter(2)),
        Some(ErrorCode::RequestTimedOut)
    );
}
