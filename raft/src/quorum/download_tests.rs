//! When a checkpoint that is being fetched is gone on with, and when not: one machine, told what the others say.

use std::time::Duration;

use kraft_bridge_protocol::rpc::{
    AnyRequest, AnyResponse, BeginEpochPartition, BeginEpochTopic, BeginQuorumEpochRequest,
    FetchPartitionResponse, FetchResponse, FetchSnapshotResponse, FetchTopicResponse, LeaderIdAndEpoch,
    QuorumTopic, SnapshotPartitionResponse, SnapshotTopicResponse,
};
use kraft_bridge_protocol::wire::Blob;
use kraft_bridge_protocol::{Epoch, NodeId, Offset, OffsetAndEpoch, Timestamp};

use super::testing::config;
use super::{CallId, Effect, Found, Input, NoAnswer, Now, Raft, RequestId, VoterHistory};
use crate::log::LogOutline;

const ID: OffsetAndEpoch = OffsetAndEpoch {
    epoch: Epoch(1),
    offset: Offset(5),
};
const LEADER: i32 = 2;

/// An empty follower of node 2, and the time.
struct Follower {
    raft: Raft,
    elapsed: Duration,
}

impl Follower {
    fn new() -> Follower {
        let config = config(1, &[1, LEADER, 3]);
        let found = Found {
            log: LogOutline::default(),
            high_watermark: Offset(0),
            voters: VoterHistory::new(config.voters.clone()),
            quorum_state: None,
        };
        let (raft, _) = Raft::start(config, found, now(Duration::ZERO));
        let elapsed = Duration::ZERO;
        Follower { raft, elapsed }
    }

    /// What it asks when this happens, of those requests that replicate.
    fn asks(&mut self, input: Input) -> Option<(RequestId, AnyRequest)> {
        self.elapsed += Duration::from_millis(30);
        let effects = self.raft.step(now(self.elapsed), input);
        effects.into_iter().find_map(|effect| match effect {
            Effect::Send { id, request, .. } => {
                Some((id, request)).filter(|(_, request)| replicates(request))
            }
            _ => None,
        })
    }

    fn is_led(&mut self, epoch: i32) -> (RequestId, AnyRequest) {
        let partition = BeginEpochPartition {
            leader_id: NodeId(LEADER),
            leader_epoch: Epoch(epoch),
            ..Default::default()
        };
        let request = BeginQuorumEpochRequest {
            topics: BeginEpochTopic::metadata_log(partition),
            ..Default::default()
        };
        let (call, request) = (CallId(0), AnyRequest::BeginQuorumEpoch(request));
        self.asks(Input::Request { call, request }).unwrap()
    }

    /// Node 2 leads epoch 1, offers the checkpoint and sends its first ten bytes of a hundred; what is asked then.
    fn has_begun(&mut self) -> (RequestId, AnyRequest) {
        let (id, _) = self.is_led(1);
        let (id, request) = self.asks(answered(id, offer())).unwrap();
        assert_eq!(position(&request), Some(0));
        self.asks(answered(id, piece())).unwrap()
    }
}

fn now(elapsed: Duration) -> Now {
    Now {
        elapsed,
        wall: Timestamp(0),
    }
}

fn replicates(request: &AnyRequest) -> bool {
    matches!(request, AnyRequest::Fetch(_) | AnyRequest::FetchSnapshot(_))
}

/// From which byte a checkpoint is asked for, if it is.
fn position(request: &AnyRequest) -> Option<i64> {
    match request {
        AnyRequest::FetchSnapshot(request) => Some(request.topics[0].partitions[0].position),
        _ => None,
    }
}

fn answered(id: RequestId, response: AnyResponse) -> Input {
    Input::Response {
        id,
        outcome: Ok(response),
    }
}

fn leader() -> LeaderIdAndEpoch {
    LeaderIdAndEpoch {
        leader_id: Some(NodeId(LEADER)),
        leader_epoch: Epoch(1),
        ..Default::default()
    }
}

fn offer() -> AnyResponse {
    let partition = FetchPartitionResponse {
        current_leader: leader(),
        snapshot_id: ID.into(),
        ..Default::default()
    };
    AnyResponse::Fetch(FetchResponse {
        responses: FetchTopicResponse::metadata_log(partition),
        ..Default::default()
    })
}

fn piece() -> AnyResponse {
    let partition = SnapshotPartitionResponse {
        snapshot_id: ID.into(),
        current_leader: leader(),
        size: 100,
        unaligned_records: Blob(vec![0; 10]),
        ..Default::default()
    };
    AnyResponse::FetchSnapshot(FetchSnapshotResponse {
        topics: SnapshotTopicResponse::metadata_log(partition),
        ..Default::default()
    })
}

#[test]
fn a_checkpoint_is_gone_on_with_after_an_answer_was_lost() {
    let mut follower = Follower::new();
    let (id, request) = follower.has_begun();
    assert_eq!(position(&request), Some(10));

    let outcome = Err(NoAnswer::TimedOut);
    let mut asked = follower.asks(Input::Response { id, outcome });
    // Another server is asked once whether it knows of another leader.
    while asked
        .as_ref()
        .is_none_or(|(_, request)| position(request).is_none())
    {
        asked = match asked {
            Some((id, _)) => follower.asks(Input::Response {
                id,
                outcome: Err(NoAnswer::TimedOut),
            }),
            None => follower.asks(Input::Tick),
        };
    }

    assert_eq!(asked.and_then(|(_, request)| position(&request)), Some(10));
}

#[test]
fn a_checkpoint_is_not_gone_on_with_in_a_later_epoch_for_which_the_log_may_have_grown() {
    let mut follower = Follower::new();
    follower.has_begun();

    let (_, request) = follower.is_led(3);

    assert!(matches!(request, AnyRequest::Fetch(_)), "{request:?}");
}
