//! A node: the machine that serves, on a disk that the model makes up.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::time::Duration;

use kraft_bridge_protocol::rpc::{AnyRequest, AnyResponse};
use kraft_bridge_protocol::wire::Blob;
use kraft_bridge_protocol::{NodeId, Offset, Timestamp, Uuid};
use kraft_bridge_raft::endpoint::Endpoint;
use kraft_bridge_raft::quorum::{
    Answer, CallId, Effect, Fault, Found, Input, Listener, Now, Raft, RaftConfig, ReplicaKey, RequestId,
    Timeouts, Voter, VoterHistory, VoterSet,
};

use crate::bounds::{Bounds, Flaw};
use crate::disk::Disk;

/// The one moment at which everything happens.
const NOW: Now = Now {
    elapsed: Duration::from_secs(1),
    wall: Timestamp(0),
};

/// What a node says to the world.
#[derive(Debug)]
pub enum Said {
    /// It asks another node.
    Send {
        /// Names the answer.
        id: RequestId,
        /// The other node.
        to: usize,
        /// What it asks.
        request: AnyRequest,
    },
    /// It answers.
    Answer {
        /// Whom.
        call: CallId,
        /// What.
        response: AnyResponse,
    },
    /// It knows all below to be committed.
    Committed(Offset),
    /// It cannot go on.
    Failed(Fault),
}

/// A node.
#[derive(Clone, Debug)]
pub struct Member {
    /// The machine.
    pub raft: Raft,
    /// Its files.
    pub disk: Disk,
}

impl Member {
    /// Starts a node on its files.
    pub fn start(bounds: &Bounds, at: usize, disk: Disk) -> (Member, Vec<Said>) {
        let config = config(bounds, at);
        let found = Found {
            log: disk.outline(),
            high_watermark: Offset(0),
            voters: VoterHistory::new(config.voters.clone()),
            quorum_state: disk.quorum_state.clone(),
        };
        let (raft, effects) = Raft::start(config, found, NOW);
        let mut member = Member { raft, disk };
        let said = member.carry_out(bounds, effects);
        (member, said)
    }

    /// Advances it by one input.
    pub fn step(&mut self, bounds: &Bounds, input: Input) -> Vec<Said> {
        let effects = self.raft.step(NOW, input);
        self.carry_out(bounds, effects)
    }

    fn carry_out(&mut self, bounds: &Bounds, effects: Vec<Effect>) -> Vec<Said> {
        let mut said = Vec::new();
        for effect in effects {
            self.carry_out_one(bounds, effect, &mut said);
        }
        if !bounds.slow_flushes
            && let Some(durable_end) = self.disk.finish_flush()
        {
            said.extend(self.step(bounds, Input::Flushed { durable_end }));
        }
        said
    }

    fn carry_out_one(&mut self, bounds: &Bounds, effect: Effect, said: &mut Vec<Said>) {
        match effect {
            Effect::PersistQuorumState(mut state) => {
                if bounds.flaw == Some(Flaw::ForgetsVotes) {
                    state.voted = None;
                }
                self.disk.quorum_state = Some(state);
            }
            Effect::Append(bytes) => self.disk.append(&bytes),
            Effect::Flush if bounds.flaw == Some(Flaw::CountsUnflushed) => {
                let durable_end = self.disk.end();
                said.extend(self.step(bounds, Input::Flushed { durable_end }));
            }
            Effect::Flush => self.disk.flushing = Some(self.disk.end()),
            Effect::Truncate(end) => {
                let end = self.disk.truncate(end);
                said.extend(self.step(bounds, Input::Truncated { end }));
            }
            Effect::Send { id, to, request } => said.push(Said::Send {
                id,
                to: index(&to),
                request,
            }),
            Effect::Answer { call, answer } => {
                let response = self.complete(answer);
                said.push(Said::Answer { call, response });
            }
            Effect::HighWatermark(end) => said.push(Said::Committed(end)),
            Effect::Fail(fault) => said.push(Said::Failed(fault)),
            Effect::Forget(_) | Effect::LeaderChanged(_) | Effect::Appended { .. } => {}
            Effect::BeginCheckpoint(_)
            | Effect::WriteCheckpoint(_)
            | Effect::InstallCheckpoint(_)
            | Effect::KRaftVersionUpgraded { .. } => {
                unreachable!("logs without checkpoints, and static voters")
            }
        }
    }

    fn complete(&self, answer: Answer) -> AnyResponse {
        match answer {
            Answer::Whole(response) => response,
            Answer::Fetch(mut response, range) => {
                if let Some(range) = range {
                    let records = self.disk.read(range.from, range.end);
                    response.responses[0].partitions[0].records = Some(Blob(records));
                }
                AnyResponse::Fetch(response)
            }
            Answer::FetchSnapshot(..) => unreachable!("logs without checkpoints"),
        }
    }

    /// A number that tells it from others.
    pub fn digest(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.raft.hash(&mut hasher);
        self.disk.hash(&mut hasher);
        hasher.finish()
    }
}

/// Which node is reached there.
///
/// # Panics
///
/// When none is: nodes know no others.
pub fn index(endpoint: &Endpoint) -> usize {
    usize::from(endpoint.port)
}

/// Where a node is reached.
///
/// # Panics
///
/// When there are more nodes than ports.
pub fn endpoint(at: usize) -> Endpoint {
    Endpoint {
        host: String::new(),
        port: u16::try_from(at).expect("a few nodes"),
    }
}

/// Its id.
///
/// # Panics
///
/// When there are more nodes than ids.
pub fn node_id(at: usize) -> NodeId {
    NodeId(i32::try_from(at).expect("a few nodes"))
}

fn config(bounds: &Bounds, at: usize) -> RaftConfig {
    let listeners = |at| {
        vec![Listener {
            name: "CONTROLLER".to_owned(),
            endpoint: endpoint(at),
        }]
    };
    let voter = |at| Voter {
        directory: Uuid::ZERO,
        listeners: listeners(at),
        kraft_versions: (0, 0),
    };
    RaftConfig {
        cluster_id: "c".to_owned(),
        replica: ReplicaKey {
            id: node_id(at),
            directory: Uuid([u8::try_from(at + 1).expect("a few nodes"); 16]),
        },
        listeners: listeners(at),
        voters: VoterSet::new((0..bounds.voters).map(|at| (node_id(at), voter(at)))),
        bootstrap_servers: Vec::new(),
        timeouts: Timeouts::default(),
        fetch_bytes_max: 1 << 20,
        snapshot_bytes_max: 1 << 20,
        uncommitted_bytes_max: 1 << 20,
        auto_join: false,
        seed: 0,
    }
}
