//! What a vote binds its voter to, across restarts.

use std::time::Duration;

use kraft_bridge_protocol::rpc::{
    AnyRequest, AnyResponse, BeginEpochPartition, BeginEpochTopic, BeginQuorumEpochRequest, QuorumTopic,
    VotePartition, VoteRequest, VoteTopic,
};
use kraft_bridge_protocol::{Epoch, NodeId, Offset, Timestamp};

use super::testing::{config, replica, voters};
use super::{Answer, CallId, Effect, Found, Input, Now, Raft, RaftConfig, VoterHistory};
use crate::log::LogOutline;
use crate::quorum_state::QuorumState;

const START: Now = Now {
    elapsed: Duration::ZERO,
    wall: Timestamp(0),
};

fn start(config: RaftConfig, quorum_state: Option<QuorumState>) -> Raft {
    let found = Found {
        log: LogOutline::default(),
        high_watermark: Offset(0),
        voters: VoterHistory::new(config.voters.clone()),
        quorum_state,
    };
    Raft::start(config, found, START).0
}

fn request(raft: &mut Raft, elapsed: Duration, request: AnyRequest) -> Vec<Effect> {
    let call = CallId(1);
    raft.step(Now { elapsed, ..START }, Input::Request { call, request })
}

fn vote(candidate: i32, epoch: Epoch) -> AnyRequest {
    let partition = VotePartition {
        replica_epoch: epoch,
        replica_id: NodeId(candidate),
        replica_directory_id: replica(candidate).directory,
        ..Default::default()
    };
    AnyRequest::Vote(VoteRequest {
        topics: VoteTopic::metadata_log(partition),
        ..Default::default()
    })
}

fn begin(leader: i32, epoch: Epoch) -> AnyRequest {
    let partition = BeginEpochPartition {
        leader_id: NodeId(leader),
        leader_epoch: epoch,
        ..Default::default()
    };
    AnyRequest::BeginQuorumEpoch(BeginQuorumEpochRequest {
        topics: BeginEpochTopic::metadata_log(partition),
        ..Default::default()
    })
}

fn persisted(effects: &[Effect]) -> Option<QuorumState> {
    effects.iter().rev().find_map(|effect| match effect {
        Effect::PersistQuorumState(state) => Some(state.clone()),
        _ => None,
    })
}

fn is_granted(effects: &[Effect]) -> bool {
    effects.iter().any(|effect| match effect {
        Effect::Answer {
            answer: Answer::Whole(AnyResponse::Vote(response)),
            ..
        } => response.topics[0].partitions[0].vote_granted,
        _ => false,
    })
}

#[test]
fn a_vote_is_remembered_after_a_restart_even_where_the_leader_it_made_is_lost() {
    let epoch = Epoch(5);
    let mut raft = start(config(1, &[1, 2, 3]), None);
    assert!(is_granted(&request(&mut raft, Duration::ZERO, vote(2, epoch))));
    let state = persisted(&request(&mut raft, Duration::ZERO, begin(2, epoch)));

    // The record that made it a voter did not reach its log yet.
    let mut raft = start(config(1, &[2, 3]), state);
    let later = Duration::from_secs(10);
    raft.step(
        Now {
            elapsed: later,
            ..START
        },
        Input::Tick,
    );

    assert!(
        !is_granted(&request(&mut raft, later, vote(3, epoch))),
        "one vote an epoch"
    );
    assert!(is_granted(&request(&mut raft, later, vote(3, Epoch(6)))));
}

#[test]
fn a_static_voters_state_names_the_voters() {
    let mut raft = start(config(1, &[1, 2, 3]), None);
    let state = persisted(&request(&mut raft, Duration::ZERO, vote(2, Epoch(1)))).unwrap();

    assert_eq!(state.voted, Some(NodeId(2)));
    assert_eq!(
        state.form,
        crate::quorum_state::Form::StaticVoters(voters(&[1, 2, 3]).ids().collect())
    );
}
