//! Voters that move, and nodes that join by themselves.

use std::time::Duration;

use kraft_bridge_protocol::control::KRaftVersionRange;
use kraft_bridge_protocol::rpc::{AnyRequest, AnyResponse, ErrorCode, UpdateRaftVoterRequest};
use kraft_bridge_protocol::{Epoch, NodeId, Uuid};

use super::testing::{Cluster, config, endpoint, replica, voter};
use super::{Listener, RaftConfig, ReplicaKey, RoleName};
use crate::endpoint::Endpoint;
use crate::log::MemoryDisk;
use crate::quorum_state::Form;

const A_SECOND: Duration = Duration::from_secs(1);

fn update(id: i32, epoch: Epoch) -> UpdateRaftVoterRequest {
    UpdateRaftVoterRequest {
        cluster_id: Some("cluster".to_owned()),
        current_leader_epoch: epoch,
        voter_id: NodeId(id),
        voter_directory_id: replica(id).directory,
        listeners: voter(id).listeners.iter().map(Listener::on_wire).collect(),
        kraft_version_feature: KRaftVersionRange {
            max_supported_version: 1,
            ..Default::default()
        },
        ..Default::default()
    }
}

fn try_update(cluster: &mut Cluster, leader: i32, request: UpdateRaftVoterRequest) -> ErrorCode {
    let call = cluster.ask(leader, AnyRequest::UpdateRaftVoter(request));
    match cluster.answer(call) {
        Some(AnyResponse::UpdateRaftVoter(response)) => {
            let named = response.current_leader;
            assert_eq!(named.leader_id, cluster.node(leader).raft().leader());
            assert_eq!(named.host.is_empty(), named.leader_id.is_none());
            response.error_code
        }
        other => panic!("{other:?}"),
    }
}

fn a_second_listener() -> Listener {
    Listener {
        name: "EXTERNAL".to_owned(),
        endpoint: Endpoint {
            host: "outside".to_owned(),
            port: 9094,
        },
    }
}

/// A node that joins by itself.
fn joining(id: i32, asks: i32) -> RaftConfig {
    RaftConfig {
        auto_join: true,
        bootstrap_servers: vec![endpoint(asks)],
        ..config(id, &[])
    }
}

#[test]
fn a_voter_that_comes_back_with_another_listener_has_it_written_into_the_log() {
    let mut cluster = Cluster::dynamic(&[1, 2, 3], &[]);
    let leader = cluster.elect();
    cluster.run(A_SECOND);
    let moved = leader % 3 + 1;
    cluster.crash(moved);
    let listeners = &mut cluster.configs.get_mut(&moved).unwrap().listeners;
    listeners.push(a_second_listener());
    let wanted = listeners.clone();
    cluster.start(moved);

    cluster.run(4 * A_SECOND);
    let end = cluster.node(leader).raft().log().end;
    cluster.run(20 * A_SECOND);

    for id in 1..=3 {
        let voters = cluster.node(id).raft().voters().current();
        assert_eq!(voters.get(NodeId(moved)).unwrap().listeners, wanted, "node {id}");
    }
    assert_eq!(cluster.leader(), Some(leader));
    assert_eq!(cluster.node(leader).raft().log().end, end, "once is enough");
}

#[test]
fn a_leader_that_comes_back_with_another_listener_writes_it_with_its_epoch() {
    let mut cluster = Cluster::dynamic(&[1], &[]);
    cluster.run(A_SECOND);
    cluster.crash(1);
    cluster
        .configs
        .get_mut(&1)
        .unwrap()
        .listeners
        .insert(0, a_second_listener());
    cluster.start(1);
    cluster.run(5 * A_SECOND);

    let voters = cluster.node(1).raft().voters().current();
    assert_eq!(voters.get(NodeId(1)).unwrap().listeners.len(), 2);
}

#[test]
fn listeners_that_a_leader_wrote_in_another_order_are_the_same() {
    let (mut one, mut other) = (voter(1), voter(1));
    one.listeners.push(a_second_listener());
    other.listeners.insert(0, a_second_listener());

    assert!(one.says_the_same(&other));
    assert_eq!(one.endpoint("CONTROLLER"), Some(&endpoint(1)));
    assert_eq!(other.endpoint("controller"), Some(&endpoint(1)));
    assert!(!one.says_the_same(&voter(1)));
}

#[test]
fn an_update_of_a_voter_is_judged_before_it_is_written() {
    let mut cluster = Cluster::dynamic(&[1, 2, 3], &[4]);
    let leader = cluster.elect();
    cluster.run(A_SECOND);
    let epoch = cluster.node(leader).raft().epoch();
    let follower = leader % 3 + 1;
    let range = |min, max| UpdateRaftVoterRequest {
        kraft_version_feature: KRaftVersionRange {
            min_supported_version: min,
            max_supported_version: max,
            ..Default::default()
        },
        ..update(follower, epoch)
    };
    let nowhere = UpdateRaftVoterRequest {
        listeners: Vec::new(),
        ..update(follower, epoch)
    };
    for (request, error) in [
        (update(follower, Epoch(epoch.0 - 1)), ErrorCode::FencedLeaderEpoch),
        (
            update(follower, Epoch(epoch.0 + 1)),
            ErrorCode::UnknownLeaderEpoch,
        ),
        (nowhere, ErrorCode::InvalidRequest),
        (range(-1, 1), ErrorCode::InvalidRequest),
        (range(1, 0), ErrorCode::InvalidRequest),
        (range(0, 0), ErrorCode::InvalidRequest),
        (update(4, epoch), ErrorCode::VoterNotFound),
        (update(follower, epoch), ErrorCode::None),
    ] {
        assert_eq!(
            try_update(&mut cluster, leader, request.clone()),
            error,
            "{request:?}"
        );
    }
    assert_eq!(
        try_update(&mut cluster, follower, update(follower, epoch)),
        ErrorCode::NotLeaderOrFollower
    );
}

#[test]
fn a_static_voter_tells_each_leader_once_what_it_is_and_nothing_is_written() {
    let mut cluster = Cluster::new(&[1, 2, 3], &[]);
    let leader = cluster.elect();
    let end = cluster.node(leader).raft().log().end;
    cluster.run(30 * A_SECOND);

    let told = |request: &AnyRequest| matches!(request, AnyRequest::UpdateRaftVoter(_));
    assert_eq!(cluster.sent.iter().filter(|request| told(request)).count(), 2);
    assert_eq!(cluster.node(leader).raft().log().end, end);
}

#[test]
fn a_controller_that_may_join_makes_itself_a_voter() {
    let mut cluster = Cluster::dynamic(&[1], &[]);
    cluster.elect();
    cluster.add(joining(2, 1), MemoryDisk::default());
    cluster.run(5 * A_SECOND);

    assert!(cluster.node(2).raft().is_voter());
    let joins = |request: &&AnyRequest| matches!(request, AnyRequest::AddRaftVoter(_));
    assert_eq!(cluster.sent.iter().filter(joins).count(), 1);
    assert!(
        !cluster
            .sent
            .iter()
            .any(|request| matches!(request, AnyRequest::AddRaftVoter(add) if add.ack_when_committed))
    );
}

#[test]
fn a_controller_that_comes_back_without_its_directory_votes_again_only_under_its_new_one() {
    let mut cluster = Cluster::dynamic(&[1, 2, 3], &[]);
    let leader = cluster.elect();
    cluster.run(A_SECOND);
    let lost = leader % 3 + 1;
    cluster.crash(lost);
    let new = ReplicaKey {
        id: NodeId(lost),
        directory: Uuid([99; 16]),
    };
    let config = RaftConfig {
        replica: new,
        ..joining(lost, leader)
    };
    cluster.add(config, MemoryDisk::default());
    assert!(!cluster.node(lost).raft().is_voter());
    cluster.run(10 * A_SECOND);

    let voters = cluster.node(leader).raft().voters().current();
    assert_eq!(voters.len(), 3);
    assert!(voters.contains(new) && !voters.contains(replica(lost)));
    assert!(cluster.node(lost).raft().is_voter());
}

#[test]
fn whoever_may_not_join_stays_an_observer() {
    let mut cluster = Cluster::dynamic(&[1], &[2]);
    cluster.run(10 * A_SECOND);

    assert!(!cluster.node(2).raft().is_voter());
    assert_eq!(cluster.node(2).raft().role(), RoleName::Follower);
}

#[test]
fn the_election_state_is_written_in_the_form_of_the_kraft_version() {
    let mut cluster = Cluster::dynamic(&[1], &[]);
    cluster.elect();
    cluster.add(joining(2, 1), MemoryDisk::default());
    cluster.run(10 * A_SECOND);

    for id in [1, 2] {
        let state = cluster.node(id).log().quorum_state().unwrap();
        assert!(
            matches!(state.form, Form::DynamicVoters { .. }),
            "node {id}: {state:?}"
        );
    }
}

#[test]
fn a_replica_in_place_of_the_voter_that_lost_its_directory_is_asked_for_its_vote_no_oftener_than_others() {
    let mut cluster = Cluster::dynamic(&[1, 2, 3], &[]);
    cluster.elect();
    cluster.run(A_SECOND);
    cluster.crash(3);
    let config = RaftConfig {
        replica: ReplicaKey {
            id: NodeId(3),
            directory: Uuid([99; 16]),
        },
        bootstrap_servers: vec![endpoint(1), endpoint(2)],
        ..config(3, &[])
    };
    cluster.add(config, MemoryDisk::default());
    cluster.crash(1);
    let before = cluster.sent.len();
    cluster.run(10 * A_SECOND);

    let is_vote = |request: &&AnyRequest| matches!(request, AnyRequest::Vote(_));
    let votes = cluster.sent[before..].iter().filter(is_vote).count();
    assert!((1..=1000).contains(&votes), "{votes}");
    assert_eq!(cluster.leader(), None, "whose vote would not be bound to its log");
}
