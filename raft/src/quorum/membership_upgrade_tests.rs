//! Static voters that become dynamic ones while the quorum runs.

use std::time::Duration;

use kraft_bridge_protocol::batch::Batch;
use kraft_bridge_protocol::control::ControlRecord;
use kraft_bridge_protocol::rpc::{AnyRequest, AnyResponse, ErrorCode};
use kraft_bridge_protocol::{Epoch, NodeId, Offset};

use super::testing::{Cluster, add_voter, dynamic_voters};
use super::{AppendId, Input, Lack, NotUpgraded};
use crate::quorum_state::Form;

const A_SECOND: Duration = Duration::from_secs(1);

/// A static quorum whose voters had time to say what they are.
fn settled() -> (Cluster, i32, Epoch) {
    let mut cluster = Cluster::new(&[1, 2, 3], &[4]);
    let leader = cluster.elect();
    cluster.run(5 * A_SECOND);
    let epoch = cluster.node(leader).raft().epoch();
    (cluster, leader, epoch)
}

fn upgrade(
    cluster: &mut Cluster,
    id: i32,
    epoch: Epoch,
    version: i16,
) -> Result<(Offset, Offset), NotUpgraded> {
    let input = Input::UpgradeKRaftVersion {
        id: AppendId(0),
        epoch,
        version,
        validate_only: false,
    };
    cluster.step(id, input);
    cluster.upgraded.pop().expect("an outcome")
}

/// The control records of a node's log with their offsets, batch by batch.
fn controls(cluster: &Cluster, id: i32) -> Vec<Vec<(Offset, ControlRecord)>> {
    let bytes = cluster.bytes(id);
    let mut rest = &bytes[..];
    let mut batches = Vec::new();
    while !rest.is_empty() {
        let (batch, length) = Batch::decode(rest).unwrap();
        if batch.header.control {
            let records = batch.records().map(Result::unwrap);
            let decoded = records.map(|record| {
                (
                    record.offset,
                    ControlRecord::decode(record.key.unwrap(), record.value).unwrap(),
                )
            });
            batches.push(decoded.collect());
        }
        rest = &rest[length..];
    }
    batches
}

#[test]
fn the_version_and_the_voters_with_their_directories_are_written_as_one_batch() {
    let (mut cluster, leader, epoch) = settled();

    assert_eq!(
        upgrade(&mut cluster, leader, epoch, 1),
        Ok((Offset(1), Offset(3)))
    );
    cluster.run(A_SECOND);

    for id in 1..=4 {
        let batches = controls(&cluster, id);
        let [_, upgrade] = &batches[..] else {
            panic!("{batches:?}")
        };
        let [
            (Offset(1), ControlRecord::KRaftVersion(version)),
            (Offset(2), voters),
        ] = &upgrade[..]
        else {
            panic!("{upgrade:?}")
        };
        assert_eq!(version.kraft_version, 1);
        assert_eq!(*voters, dynamic_voters(&[1, 2, 3]).record());
        let state = cluster.node(id).log().quorum_state().unwrap();
        assert!(
            matches!(state.form, Form::DynamicVoters { .. }),
            "node {id}: {state:?}"
        );
        assert_eq!(cluster.node(id).raft().high_watermark(), Offset(3), "node {id}");
    }
}

#[test]
fn after_the_upgrade_voters_come_and_go_and_restarts_keep_them() {
    let (mut cluster, leader, epoch) = settled();
    upgrade(&mut cluster, leader, epoch, 1).unwrap();
    cluster.run(A_SECOND);
    let call = cluster.ask(leader, AnyRequest::AddRaftVoter(add_voter(4)));
    cluster.run(A_SECOND);
    let Some(AnyResponse::AddRaftVoter(response)) = cluster.answer(call) else {
        panic!("no answer")
    };
    assert_eq!(response.error_code, ErrorCode::None);

    for id in 1..=4 {
        cluster.crash(id);
        cluster.start(id);
    }
    cluster.elect();
    cluster.run(5 * A_SECOND);
    for id in 1..=4 {
        assert_eq!(
            *cluster.node(id).raft().voters().current(),
            dynamic_voters(&[1, 2, 3, 4]),
            "node {id}"
        );
    }
}

#[test]
fn a_voter_that_did_not_say_what_it_is_holds_the_upgrade_up_and_is_named() {
    let mut cluster = Cluster::new(&[1, 2, 3], &[]);
    let leader = cluster.elect();
    let silent = leader % 3 + 1;
    cluster.crash(silent);
    cluster.run(5 * A_SECOND);
    let epoch = cluster.node(leader).raft().epoch();

    let refused = upgrade(&mut cluster, leader, epoch, 1).unwrap_err();

    let lacking = vec![(NodeId(silent), Lack::NotReported)];
    assert_eq!(refused, NotUpgraded::VotersLack { version: 1, lacking });
    assert!(
        refused
            .to_string()
            .contains(&format!("voter {silent} has not reported")),
        "{refused}"
    );
    cluster.start(silent);
    cluster.run(5 * A_SECOND);
    assert!(upgrade(&mut cluster, leader, epoch, 1).is_ok());
}

#[test]
fn only_the_leader_raises_the_version_to_one_that_there_is_and_never_lowers_it() {
    let (mut cluster, leader, epoch) = settled();
    let follower = leader % 3 + 1;
    let end = cluster.node(leader).raft().log().end;

    assert_eq!(
        upgrade(&mut cluster, follower, epoch, 1),
        Err(NotUpgraded::NotLeader)
    );
    assert_eq!(
        upgrade(&mut cluster, leader, Epoch(0), 1),
        Err(NotUpgraded::NotLeader)
    );
    assert_eq!(
        upgrade(&mut cluster, leader, epoch, 2),
        Err(NotUpgraded::Unknown { version: 2 })
    );
    assert_eq!(
        upgrade(&mut cluster, leader, epoch, 0),
        Ok((end, end)),
        "it is so already"
    );
    upgrade(&mut cluster, leader, epoch, 1).unwrap();
    let lower = NotUpgraded::Lower {
        current: 1,
        version: 0,
    };
    assert_eq!(upgrade(&mut cluster, leader, epoch, 0), Err(lower));
}

#[test]
fn an_upgrade_that_is_only_judged_writes_nothing() {
    let (mut cluster, leader, epoch) = settled();
    let end = cluster.node(leader).raft().log().end;
    let input = Input::UpgradeKRaftVersion {
        id: AppendId(0),
        epoch,
        version: 1,
        validate_only: true,
    };
    cluster.step(leader, input);

    assert_eq!(cluster.upgraded, [Ok((end, end))]);
    assert_eq!(cluster.node(leader).raft().log().end, end);
}

#[test]
fn an_upgrade_that_was_not_committed_is_taken_back() {
    let (mut cluster, first, epoch) = settled();
    cluster.cut.insert(first);
    upgrade(&mut cluster, first, epoch, 1).unwrap();
    assert_eq!(cluster.node(first).raft().voters().kraft_version(), 1);
    cluster.elect();
    cluster.run(5 * A_SECOND);
    cluster.cut.clear();
    cluster.run(5 * A_SECOND);

    let raft = cluster.node(first).raft();
    assert_eq!((raft.voters().kraft_version(), raft.is_voter()), (0, true));
    let state = cluster.node(first).log().quorum_state().unwrap();
    assert!(matches!(state.form, Form::StaticVoters(_)), "{state:?}");
}

/// As Kafka 4.3 begins the log of a quorum that was formatted with its voters.
#[test]
fn the_first_epoch_of_formatted_voters_begins_with_leader_version_and_voters_at_offsets_0_to_2() {
    let mut cluster = Cluster::dynamic(&[1], &[]);
    cluster.run(A_SECOND);

    let batches = controls(&cluster, 1);
    let [first] = &batches[..] else {
        panic!("{batches:?}")
    };
    let [
        (Offset(0), ControlRecord::LeaderChange(change)),
        (Offset(1), ControlRecord::KRaftVersion(version)),
        (Offset(2), voters),
    ] = &first[..]
    else {
        panic!("{first:?}")
    };
    assert_eq!((change.version, change.leader_id), (0, NodeId(1)));
    assert_eq!(version.kraft_version, 1);
    assert_eq!(*voters, dynamic_voters(&[1]).record());
    assert_eq!(cluster.node(1).raft().high_watermark(), Offset(3));
}
