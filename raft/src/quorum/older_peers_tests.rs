//! A follower of leaders that know less than it does.

use std::time::Duration;

use kraft_bridge_protocol::rpc::{
    AnyRequest, AnyResponse, ErrorCode, FetchPartitionResponse, FetchResponse, FetchTopicResponse,
    LeaderIdAndEpoch, QuorumTopic, UpdateRaftVoterResponse,
};
use kraft_bridge_protocol::{Epoch, NodeId, Offset, Timestamp};

use super::testing::config;
use super::{Effect, Found, Input, NoAnswer, Now, Raft, RequestId, VoterHistory};
use crate::log::LogOutline;
use crate::quorum_state::{Form, QuorumState};

const EPOCH: Epoch = Epoch(1);

/// A follower, and the answer that its leader gives to UpdateRaftVoter.
struct Follower {
    raft: Raft,
    update: Result<AnyResponse, NoAnswer>,
    updates: usize,
    /// The fetch that waits.
    fetch: Option<RequestId>,
}

impl Follower {
    /// Node 1, which follows node 2.
    fn start(update: Result<AnyResponse, NoAnswer>) -> Follower {
        let config = config(1, &[1, 2, 3]);
        let state = QuorumState {
            leader_epoch: EPOCH,
            leader: Some(NodeId(2)),
            voted: None,
            form: Form::StaticVoters(Vec::new()),
        };
        let found = Found {
            log: LogOutline::default(),
            high_watermark: Offset(0),
            voters: VoterHistory::new(config.voters.clone()),
            quorum_state: Some(state),
        };
        let (raft, effects) = Raft::start(config, found, at(0));
        let mut follower = Follower {
            raft,
            update,
            updates: 0,
            fetch: None,
        };
        follower.carry_out(0, effects);
        follower
    }

    fn step(&mut self, millis: u64, input: Input) {
        let effects = self.raft.step(at(millis), input);
        self.carry_out(millis, effects);
    }

    fn carry_out(&mut self, millis: u64, effects: Vec<Effect>) {
        for effect in effects {
            let Effect::Send { id, request, .. } = effect else {
                continue;
            };
            match request {
                AnyRequest::UpdateRaftVoter(_) => {
                    self.updates += 1;
                    let outcome = self.update.clone();
                    self.step(millis, Input::Response { id, outcome });
                }
                AnyRequest::Fetch(_) => self.fetch = Some(id),
                other => panic!("{other:?}"),
            }
        }
    }
}

fn at(millis: u64) -> Now {
    Now {
        elapsed: Duration::from_millis(millis),
        wall: Timestamp(0),
    }
}

/// No news, from the leader.
fn nothing_new() -> AnyResponse {
    let partition = FetchPartitionResponse {
        current_leader: LeaderIdAndEpoch {
            leader_id: Some(NodeId(2)),
            leader_epoch: EPOCH,
            ..Default::default()
        },
        ..Default::default()
    };
    AnyResponse::Fetch(FetchResponse {
        responses: FetchTopicResponse::metadata_log(partition),
        ..Default::default()
    })
}

#[test]
fn a_leader_that_has_no_use_for_what_a_static_voter_says_is_told_once() {
    let by_kafka_3_9 = AnyResponse::UpdateRaftVoter(UpdateRaftVoterResponse {
        error_code: ErrorCode::UnsupportedVersion,
        ..Default::default()
    });
    for update in [Ok(by_kafka_3_9), Err(NoAnswer::Unsupported)] {
        let mut follower = Follower::start(update.clone());
        for millis in (0..30_000).step_by(500) {
            let fetch = follower.fetch.take();
            follower.step(millis, Input::Tick);
            if let Some(id) = fetch {
                let outcome = Ok(nothing_new());
                follower.step(millis, Input::Response { id, outcome });
            }
        }
        assert_eq!(follower.updates, 1, "{update:?}");
        assert_eq!(follower.raft.leader(), Some(NodeId(2)));
    }
}
