//! Whom a leader counts, and how a follower finds it.

use std::time::Duration;

use kraft_bridge_protocol::rpc::{
    AnyRequest, AnyResponse, DescribeQuorumPartition, DescribeQuorumRequest, DescribeQuorumTopic, ErrorCode,
    FetchPartition, FetchRequest, FetchTopic, QuorumTopic,
};
use kraft_bridge_protocol::{Epoch, NodeId, Uuid};

use super::testing::{Cluster, config, endpoint, voters};
use super::{Listener, RaftConfig, ReplicaKey, RoleName, VoterSet};
use crate::log::MemoryDisk;

const A_SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_replica_in_place_of_the_voter_that_lost_its_directory_commits_nothing() {
    let mut cluster = Cluster::dynamic(&[1, 2, 3], &[]);
    let leader = cluster.elect();
    cluster.run(A_SECOND);
    let (replaced, gone) = (leader % 3 + 1, (leader + 1) % 3 + 1);
    cluster.crash(replaced);
    let config = RaftConfig {
        replica: ReplicaKey {
            id: NodeId(replaced),
            directory: Uuid([99; 16]),
        },
        bootstrap_servers: vec![endpoint(leader)],
        ..config(replaced, &[])
    };
    cluster.add(config, MemoryDisk::default());
    cluster.run(A_SECOND);
    cluster.cut.insert(gone);
    let committed = cluster.node(leader).raft().high_watermark();
    let epoch = cluster.node(leader).raft().epoch();
    cluster.append(leader, epoch, "a");
    cluster.run(A_SECOND);

    assert_eq!(
        cluster.bytes(replaced),
        cluster.bytes(leader),
        "it does replicate"
    );
    assert_eq!(cluster.node(leader).raft().high_watermark(), committed);
    cluster.run(3 * A_SECOND);
    assert_ne!(
        cluster.node(leader).raft().role(),
        RoleName::Leader,
        "nor is it one of those that keep the leader in office"
    );
}

/// Static voters, of which all but node 3 are looked for in the wrong place.
fn misplaced() -> VoterSet {
    let mut set = voters(&[1, 2, 3]);
    for id in [1, 2] {
        let mut voter = set.get(NodeId(id)).unwrap().clone();
        voter.listeners[0] = Listener {
            name: "CONTROLLER".to_owned(),
            endpoint: endpoint(9),
        };
        set = set.with(NodeId(id), voter);
    }
    set
}

#[test]
fn a_follower_that_restarts_finds_a_leader_that_has_moved_by_what_the_leader_says() {
    let mut cluster = Cluster::new(&[1, 2, 3], &[]);
    cluster.cut.insert(3);
    let leader = cluster.elect();
    cluster.cut.clear();
    cluster.run(3 * A_SECOND);
    let epoch = cluster.node(leader).raft().epoch();
    cluster.crash(3);
    cluster.configs.get_mut(&3).unwrap().voters = misplaced();
    cluster.start(3);
    cluster.append(leader, epoch, "a");
    cluster.run(3 * A_SECOND);

    assert_eq!(cluster.node(3).raft().leader(), Some(NodeId(leader)));
    assert_eq!(cluster.bytes(3), cluster.bytes(leader));
    assert_eq!(cluster.node(leader).raft().epoch(), epoch);
}

#[test]
fn whoever_reads_along_under_a_negative_id_is_no_observer() {
    let mut cluster = Cluster::new(&[1], &[]);
    let leader = cluster.elect();
    let partition = FetchPartition {
        current_leader_epoch: cluster.node(leader).raft().epoch(),
        last_fetched_epoch: Epoch(0),
        ..Default::default()
    };
    let fetch = FetchRequest {
        replica_id: Some(NodeId(-2)),
        topics: FetchTopic::metadata_log(partition),
        max_bytes: 1024,
        ..Default::default()
    };
    let call = cluster.ask(leader, AnyRequest::Fetch(fetch));
    let Some(AnyResponse::Fetch(fetched)) = cluster.answer(call) else {
        panic!("no answer")
    };
    assert_eq!(fetched.responses[0].partitions[0].error_code, ErrorCode::None);

    let describe = DescribeQuorumRequest {
        topics: DescribeQuorumTopic::metadata_log(DescribeQuorumPartition::default()),
        ..Default::default()
    };
    let call = cluster.ask(leader, AnyRequest::DescribeQuorum(describe));
    let Some(AnyResponse::DescribeQuorum(described)) = cluster.answer(call) else {
        panic!("no answer")
    };
    assert_eq!(described.topics[0].partitions[0].observers, []);
}
