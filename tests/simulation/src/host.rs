//! A host: a disk, clocks, and the node that runs on it, if it runs.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use kraft_bridge_protocol::control::VoterEndpoint;
use kraft_bridge_protocol::rpc::AnyRequest;
use kraft_bridge_protocol::{Epoch, NodeId, Offset, Uuid};
use kraft_bridge_raft::endpoint::Endpoint;
use kraft_bridge_raft::log::{Fault, LogOutline, MemoryDisk};
use kraft_bridge_raft::node::{Node, NodeError, Outgoing};
use kraft_bridge_raft::quorum::{
    CallId, LeaderAndEpoch, Listener, RaftConfig, ReplicaKey, RequestId, RoleName, Voter, VoterSet,
};

use crate::clock::Clock;
use crate::cluster::Seat;
use crate::release::Release;
use crate::replica::Replica;
use crate::scenario::Scenario;

/// The cluster that all belong to.
pub const CLUSTER: &str = "simulated";
/// The port of every host.
const PORT: u16 = 9093;

/// A host.
#[derive(Debug)]
pub struct Host {
    /// Which.
    pub index: usize,
    /// The directory on its disk.
    pub directory: Uuid,
    /// The release that it passes for.
    pub release: Release,
    /// What time it is there.
    pub clock: Clock,
    /// Its disk.
    pub disk: MemoryDisk,
    /// Until when it stands still.
    pub paused_until: Duration,
    /// How often it was started; a message to an earlier process does not reach a later one.
    pub incarnation: u32,
    /// The process, while there is one.
    pub running: Option<Running>,
    /// What is on the disk for sure; as the process said last, or found when it started.
    pub kept: Kept,
    /// What was on disks that were wiped: it did count when it was acknowledged.
    pub wiped: Vec<Kept>,
    armed: Option<u64>,
}

/// What a disk holds durably.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Whose it is.
    pub key: ReplicaKey,
    /// The log; what is behind `durable_end` may be lost.
    pub log: LogOutline,
    /// All below it is durable.
    pub durable_end: Offset,
}

/// A process.
#[derive(Debug)]
pub struct Running {
    /// The node.
    pub node: Node,
    /// The state machine above it.
    pub replica: Replica,
    /// Requests that it has not answered.
    pub calls: BTreeMap<CallId, Caller>,
    /// Requests that were not answered to it.
    pub outstanding: BTreeMap<RequestId, Outstanding>,
    /// Requests that it forgot: an answer may come all the same.
    pub forgotten: BTreeMap<RequestId, Outstanding>,
    /// Who leads, as it said last.
    pub told: Option<LeaderAndEpoch>,
    /// Appends that it accepted and that wait for the high watermark: append, epoch, and where it stands.
    pub accepted: Vec<(u64, Epoch, Offset, Offset)>,
    /// The controller, while it decides for brokers.
    pub(crate) seat: Option<Seat>,
    /// Whether it is writing a checkpoint of its own.
    pub is_taking_checkpoint: bool,
    /// Whether it was told to stop.
    pub is_shutting_down: bool,
}

/// Who waits for an answer.
#[derive(Clone, Debug)]
pub struct Caller {
    /// What it asked.
    pub request: AnyRequest,
    /// The node that asked; `None` for an operator.
    pub peer: Option<Peer>,
}

/// A node that waits for an answer.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    /// Its host.
    pub from: usize,
    /// Its process.
    pub incarnation: u32,
    /// How it names the request.
    pub id: RequestId,
    /// Version of the request.
    pub version: i16,
    /// The connection that the request came by.
    pub connection: u32,
}

/// A request that waits for its answer.
#[derive(Clone, Debug)]
pub struct Outstanding {
    /// The host that is asked.
    pub to: usize,
    /// What it is asked.
    pub request: AnyRequest,
}

impl Running {
    /// What it asked another host and was not answered.
    pub fn asked_of(&self, to: usize) -> impl Iterator<Item = RequestId> {
        let asked = self.outstanding.iter();
        asked.filter(move |(_, asked)| asked.to == to).map(|(id, _)| *id)
    }

    /// What another host asked it, and it did not answer.
    pub fn called_by(&self, from: usize) -> impl Iterator<Item = CallId> {
        let calls = self.calls.iter();
        calls
            .filter(move |(_, caller)| caller.peer.is_some_and(|peer| peer.from == from))
            .map(|(call, _)| *call)
    }
}

impl Host {
    /// One with an empty disk.
    pub fn new(index: usize, release: Release) -> Host {
        let directory = directory(index, 0);
        Host {
            index,
            directory,
            release,
            clock: Clock::default(),
            disk: MemoryDisk::default(),
            paused_until: Duration::ZERO,
            incarnation: 0,
            running: None,
            kept: Kept {
                key: ReplicaKey {
                    id: id(index),
                    directory,
                },
                log: LogOutline::default(),
                durable_end: Offset(0),
            },
            wiped: Vec::new(),
            armed: None,
        }
    }

    /// The node's id and directory.
    pub fn key(&self) -> ReplicaKey {
        ReplicaKey {
            id: id(self.index),
            directory: self.directory,
        }
    }

    /// The node, while it runs.
    pub fn node(&self) -> Option<&Node> {
        Some(&self.running.as_ref()?.node)
    }

    /// Whether it leads, as it believes.
    pub fn leads(&self) -> bool {
        self.node()
            .is_some_and(|node| node.raft().role() == RoleName::Leader)
    }

    /// Starts a process on the disk as it is; it must not run.
    ///
    /// # Errors
    ///
    /// [`NodeError`].
    pub fn start(
        &mut self,
        scenario: &Scenario,
        world: Duration,
        seed: u64,
    ) -> Result<Vec<Outgoing>, NodeError> {
        self.incarnation += 1;
        let config = self.config(scenario, seed);
        let now = self.clock.now(world);
        let (node, outgoing) = Node::start(config, Arc::new(self.disk.clone()), scenario.log, now)?;
        self.running = Some(Running {
            node,
            replica: Replica::default(),
            calls: BTreeMap::new(),
            outstanding: BTreeMap::new(),
            forgotten: BTreeMap::new(),
            told: None,
            accepted: Vec::new(),
            seat: None,
            is_taking_checkpoint: false,
            is_shutting_down: false,
        });
        Ok(outgoing)
    }

    fn config(&self, scenario: &Scenario, seed: u64) -> RaftConfig {
        let hosts = 0..scenario.releases.len();
        RaftConfig {
            cluster_id: CLUSTER.to_owned(),
            replica: self.key(),
            listeners: listeners(self.index),
            voters: match scenario.is_dynamic {
                true => VoterSet::default(),
                false => {
                    VoterSet::new((0..scenario.voters).map(|index| (id(index), voter(index, Uuid::ZERO))))
                }
            },
            bootstrap_servers: match scenario.is_dynamic || scenario.upgrades {
                true => hosts.map(endpoint).collect(),
                false => Vec::new(),
            },
            timeouts: scenario.timeouts,
            fetch_bytes_max: scenario.fetch_bytes_max,
            snapshot_bytes_max: scenario.snapshot_bytes_max,
            uncommitted_bytes_max: scenario.uncommitted_bytes_max,
            auto_join: scenario.auto_join,
            seed,
        }
    }

    /// Remembers what is durable.
    pub fn keep(&mut self) {
        let key = self.key();
        if let Some(running) = &self.running {
            let raft = running.node.raft();
            self.kept = Kept {
                key,
                log: raft.log().clone(),
                durable_end: raft.durable_end(),
            };
        }
    }

    /// Lets the disk fail so many steps from now, unless it has failed already.
    pub fn arm(&mut self, steps: u64, fault: Fault) {
        if self.has_failed() {
            return;
        }
        let at = self.disk.steps() + steps;
        self.disk.fail_at(at, fault);
        self.armed = Some(at);
    }

    /// Lets the disk be well again.
    pub fn disarm(&mut self) {
        self.disk.fail_at(u64::MAX, Fault::Full);
        self.armed = None;
    }

    /// Whether the disk has failed, so that the node has reason to stop.
    pub fn has_failed(&self) -> bool {
        self.armed.is_some_and(|at| self.disk.steps() > at)
    }

    /// Replaces the disk by an empty one, which gets a directory of its own.
    pub fn wipe(&mut self) {
        self.keep();
        self.wiped.push(self.kept.clone());
        self.disk = MemoryDisk::default();
        self.armed = None;
        self.directory = directory(self.index, self.wiped.len());
        self.kept = Kept {
            key: self.key(),
            log: LogOutline::default(),
            durable_end: Offset(0),
        };
    }

    /// When its node wants to be told the time, by the world's.
    pub fn wakes(&self) -> Option<Duration> {
        let running = self.running.as_ref()?;
        let seat = running.seat.as_ref().map(Seat::deadline);
        let deadline = running.node.raft().deadline().into_iter().chain(seat).min()?;
        Some(self.clock.when(deadline).max(self.paused_until))
    }
}

/// A node's id.
pub fn id(index: usize) -> NodeId {
    NodeId(i32::try_from(index + 1).expect("few hosts"))
}

fn directory(index: usize, wiped: usize) -> Uuid {
    let [index, wiped] = [index + 1, wiped + 1].map(|number| u8::try_from(number).expect("few"));
    let mut bytes = [0x40; 16];
    (bytes[0], bytes[15]) = (index, wiped);
    Uuid(bytes)
}

/// Where a host is reached.
pub fn endpoint(index: usize) -> Endpoint {
    Endpoint {
        host: format!("host{index}"),
        port: PORT,
    }
}

/// The host that is reached there.
pub fn host_at(endpoint: &Endpoint) -> usize {
    let index = endpoint
        .host
        .strip_prefix("host")
        .and_then(|index| index.parse().ok());
    index.expect("nobody else was ever named")
}

fn listeners(index: usize) -> Vec<Listener> {
    vec![Listener {
        name: "CONTROLLER".to_owned(),
        endpoint: endpoint(index),
    }]
}

/// The same, as requests name it.
pub fn endpoints(index: usize) -> Vec<VoterEndpoint> {
    let named = listeners(index).into_iter().map(|listener| VoterEndpoint {
        name: listener.name,
        host: listener.endpoint.host,
        port: listener.endpoint.port,
        ..Default::default()
    });
    named.collect()
}

/// A host as a voter.
pub fn voter(index: usize, directory: Uuid) -> Voter {
    Voter {
        directory,
        listeners: listeners(index),
        kraft_versions: match directory {
            Uuid::ZERO => (0, 0),
            _ => (0, 1),
        },
    }
}
