//! What a quorum does, on nodes that keep their logs in memory.

use std::time::Duration;

use kraft_bridge_protocol::rpc::{AnyRequest, QuorumTopic, VotePartition, VoteRequest, VoteTopic};
use kraft_bridge_protocol::{Epoch, NodeId, Offset};

use super::testing::Cluster;
use super::testing_setup::config;
use super::{Input, NotAppended, RaftConfig, RoleName, Timeouts};
use crate::log::MemoryDisk;

const A_SECOND: Duration = Duration::from_secs(1);

#[test]
fn one_voter_alone_leads_and_commits_at_once() {
    let mut cluster = Cluster::new(&[1], &[]);
    cluster.run(Duration::ZERO);

    assert_eq!(cluster.node(1).raft().role(), RoleName::Leader);
    assert_eq!(cluster.node(1).raft().high_watermark(), Offset(1));
    cluster.append(1, Epoch(1), "a");
    assert_eq!(cluster.node(1).raft().high_watermark(), Offset(2));
}

#[test]
fn three_voters_elect_one_and_hold_the_same_log() {
    let mut cluster = Cluster::new(&[1, 2, 3], &[4]);
    let leader = cluster.elect();
    let epoch = cluster.node(leader).raft().epoch();

    cluster.append(leader, epoch, "a");
    cluster.append(leader, epoch, "b");
    cluster.run(A_SECOND);

    for id in 1..=4 {
        assert_eq!(cluster.bytes(id), cluster.bytes(leader), "node {id}");
        assert_eq!(cluster.node(id).raft().high_watermark(), Offset(3), "node {id}");
    }
    assert_eq!(epoch, Epoch(1));
}

#[test]
fn when_a_leader_crashes_another_takes_over_within_half_a_second_and_keeps_what_was_committed() {
    let mut cluster = Cluster::new(&[1, 2, 3], &[]);
    let first = cluster.elect();
    cluster.append(first, Epoch(1), "a");
    cluster.run(A_SECOND);
    cluster.crash(first);

    cluster.run(A_SECOND / 2);
    let second = cluster.leader().expect("somebody leads");
    let epoch = cluster.node(second).raft().epoch();
    cluster.append(second, epoch, "b");
    cluster.run(A_SECOND);
    assert_eq!(cluster.node(second).raft().high_watermark(), Offset(4));

    cluster.start(first);
    cluster.run(A_SECOND);
    assert_eq!(cluster.bytes(first), cluster.bytes(second));
    assert_eq!(
        cluster.node(second).raft().epoch(),
        epoch,
        "a node that comes back deposes nobody"
    );
}

#[test]
fn what_a_leader_without_majority_appended_gives_way_to_what_the_majority_committed() {
    let mut cluster = Cluster::new(&[1, 2, 3], &[]);
    let first = cluster.elect();
    cluster.run(A_SECOND);
    cluster.cut.insert(first);
    cluster.append(first, Epoch(1), "lost");
    let second = cluster.elect();
    let epoch = cluster.node(second).raft().epoch();
    cluster.append(second, epoch, "kept");
    cluster.run(5 * A_SECOND);
    assert_ne!(
        cluster.node(first).raft().role(),
        RoleName::Leader,
        "it noticed that nobody fetches"
    );

    cluster.cut.clear();
    cluster.run(2 * A_SECOND);

    assert_eq!(cluster.bytes(first), cluster.bytes(second));
    assert_eq!(cluster.node(second).raft().epoch(), epoch);
}

#[test]
fn only_the_leader_appends_and_only_in_its_epoch() {
    let mut cluster = Cluster::new(&[1, 2, 3], &[]);
    let leader = cluster.elect();
    let follower = leader % 3 + 1;

    cluster.append(follower, Epoch(1), "a");
    cluster.append(leader, Epoch(0), "a");

    for outcome in &cluster.appended {
        assert_eq!(*outcome, Err(NotAppended::NotLeader));
    }
    assert_eq!(cluster.appended.len(), 2);
}

#[test]
fn a_leader_that_is_fetched_from_in_a_later_epoch_leads_beyond_it() {
    for voters in [&[1][..], &[1, 2, 3]] {
        let mut cluster = Cluster::new(voters, &[4]);
        let leader = cluster.elect();
        cluster.run(A_SECOND);
        // A voter no more, which does not know it: it asks only those that were voters with it.
        let partition = VotePartition {
            replica_epoch: Epoch(9),
            replica_id: NodeId(5),
            ..Default::default()
        };
        let vote = VoteRequest {
            topics: VoteTopic::metadata_log(partition),
            ..Default::default()
        };
        cluster.ask(4, AnyRequest::Vote(vote));
        assert_eq!(cluster.node(4).raft().epoch(), Epoch(9));

        cluster.run(A_SECOND);

        let leader = cluster.leader().unwrap_or(leader);
        let epoch = cluster.node(leader).raft().epoch();
        assert!(epoch > Epoch(9), "{epoch}");
        cluster.append(leader, epoch, "a");
        cluster.run(A_SECOND);
        assert_eq!(cluster.bytes(4), cluster.bytes(leader));
    }
}

#[test]
fn who_would_resign_in_turn_lets_another_succeed() {
    let mut cluster = Cluster::new(&[1, 2, 3], &[]);
    for id in [1, 2] {
        let timeouts = Timeouts {
            succession_delay: 2 * A_SECOND,
            ..Timeouts::default()
        };
        let config = RaftConfig {
            timeouts,
            ..config(id, &[1, 2, 3])
        };
        cluster.add(config, MemoryDisk::default());
    }
    for _ in 0..5 {
        cluster.crash(3);
        let leader = cluster.elect();
        cluster.start(3);
        cluster.run(A_SECOND);

        let epoch = cluster.node(leader).raft().epoch();
        cluster.step(leader, Input::Resign { epoch });
        cluster.run(A_SECOND);

        assert_eq!(cluster.leader(), Some(3));
    }
}
