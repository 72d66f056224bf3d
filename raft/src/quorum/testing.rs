//! A few nodes on disks in memory, with a network that delivers at once unless a test cuts it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use kraft_bridge_protocol::rpc::{AnyRequest, AnyResponse, ApiVersionsResponse};
use kraft_bridge_protocol::{Epoch, Offset, Timestamp};

use super::testing_setup::formatted;
pub(super) use super::testing_setup::{
    add_voter, config, dynamic_voters, endpoint, remove_voter, replica, speaks_kraft_version, voter, voters,
};
use super::{
    AppendId, CallId, Input, LeaderAndEpoch, NoAnswer, NotAppended, NotUpgraded, Now, Raft, RaftConfig,
    RequestId, RoleName,
};
use crate::log::{LogConfig, MemoryDisk, Survivors};
use crate::node::{Node, Outgoing};

enum Message {
    Request {
        from: i32,
        id: RequestId,
        request: AnyRequest,
    },
    Response {
        id: RequestId,
        outcome: Result<AnyResponse, NoAnswer>,
    },
}

/// Nodes by id.
pub(super) struct Cluster {
    pub(super) configs: BTreeMap<i32, RaftConfig>,
    disks: BTreeMap<i32, MemoryDisk>,
    nodes: BTreeMap<i32, Node>,
    network: VecDeque<(i32, Message)>,
    calls: BTreeMap<(i32, CallId), (i32, RequestId)>,
    /// What [`Cluster::ask`] was answered.
    answers: BTreeMap<CallId, AnyResponse>,
    next_call: u64,
    /// Every request that arrived.
    pub(super) sent: Vec<AnyRequest>,
    /// What every node says that it speaks.
    pub(super) versions: ApiVersionsResponse,
    /// Nodes that nobody reaches and that reach nobody.
    pub(super) cut: BTreeSet<i32>,
    elapsed: Duration,
    pub(super) led: Vec<(i32, LeaderAndEpoch)>,
    pub(super) appended: Vec<Result<(Offset, Offset), NotAppended>>,
    pub(super) upgraded: Vec<Result<(Offset, Offset), NotUpgraded>>,
}

impl Cluster {
    /// These voters, and observers besides.
    pub(super) fn new(voter_ids: &[i32], observer_ids: &[i32]) -> Cluster {
        let mut cluster = Cluster::empty();
        for id in voter_ids.iter().chain(observer_ids) {
            cluster.add(config(*id, voter_ids), MemoryDisk::default());
        }
        cluster
    }

    /// The same with voters that the log lists.
    pub(super) fn dynamic(voter_ids: &[i32], observer_ids: &[i32]) -> Cluster {
        let mut cluster = Cluster::empty();
        for id in voter_ids.iter().chain(observer_ids) {
            let disk = match voter_ids.contains(id) {
                true => formatted(voter_ids),
                false => MemoryDisk::default(),
            };
            let bootstrap_servers = voter_ids.iter().map(|id| endpoint(*id)).collect();
            let config = RaftConfig {
                bootstrap_servers,
                ..config(*id, &[])
            };
            cluster.add(config, disk);
        }
        cluster
    }

    /// One node more.
    pub(super) fn add(&mut self, config: RaftConfig, disk: MemoryDisk) {
        let id = config.replica.id.0;
        self.configs.insert(id, config);
        self.disks.insert(id, disk);
        self.start(id);
    }

    fn empty() -> Cluster {
        Cluster {
            configs: BTreeMap::new(),
            disks: BTreeMap::new(),
            nodes: BTreeMap::new(),
            network: VecDeque::new(),
            calls: BTreeMap::new(),
            answers: BTreeMap::new(),
            next_call: 0,
            sent: Vec::new(),
            versions: speaks_kraft_version(0, 1),
            cut: BTreeSet::new(),
            elapsed: Duration::ZERO,
            led: Vec::new(),
            appended: Vec::new(),
            upgraded: Vec::new(),
        }
    }

    fn now(&self) -> Now {
        Now {
            elapsed: self.elapsed,
            wall: Timestamp(1_700_000_000_000 + i64::try_from(self.elapsed.as_millis()).unwrap()),
        }
    }

    pub(super) fn start(&mut self, id: i32) {
        let disk = Arc::new(self.disks[&id].clone());
        let config = self.configs[&id].clone();
        let (node, outgoing) = Node::start(config, disk, LogConfig::default(), self.now()).unwrap();
        self.nodes.insert(id, node);
        self.take(id, outgoing);
    }

    /// Stops a node as a power cut does.
    pub(super) fn crash(&mut self, id: i32) {
        self.nodes.remove(&id);
        let disk = self.disks[&id].after_crash(Survivors::Nothing);
        self.disks.insert(id, disk);
        let of_it = |(at, _): &(i32, CallId)| *at == id;
        let broken: Vec<_> = self.calls.keys().copied().filter(of_it).collect();
        for call in broken {
            let (from, id) = self.calls.remove(&call).unwrap();
            let outcome = Err(NoAnswer::Disconnected);
            self.network.push_back((from, Message::Response { id, outcome }));
        }
    }

    pub(super) fn node(&self, id: i32) -> &Node {
        &self.nodes[&id]
    }

    pub(super) fn step(&mut self, id: i32, input: Input) {
        let now = self.now();
        let Some(node) = self.nodes.get_mut(&id) else {
            return;
        };
        let outgoing = node.step(now, input).unwrap();
        self.take(id, outgoing);
    }

    fn take(&mut self, id: i32, outgoing: Vec<Outgoing>) {
        for one in outgoing {
            match one {
                Outgoing::Flush(flush) => {
                    let flushed = flush.perform();
                    let now = self.now();
                    let outgoing = self.nodes.get_mut(&id).unwrap().flushed(now, flushed).unwrap();
                    self.take(id, outgoing);
                }
                Outgoing::Send {
                    id: request_id,
                    to,
                    request,
                } => {
                    let to: i32 = to.host.strip_prefix("node").unwrap().parse().unwrap();
                    let message = Message::Request {
                        from: id,
                        id: request_id,
                        request,
                    };
                    self.network.push_back((to, message));
                }
                Outgoing::Answer { call, response } => {
                    let Some((to, request_id)) = self.calls.remove(&(id, call)) else {
                        self.answers.insert(call, response);
                        continue;
                    };
                    // Whoever is cut off itself notices; whoever waits for a node that is cut off does not.
                    let outcome = match self.cut.contains(&to) {
                        true => Err(NoAnswer::Disconnected),
                        false => Ok(response),
                    };
                    if !self.cut.contains(&id) {
                        let id = request_id;
                        self.network.push_back((to, Message::Response { id, outcome }));
                    }
                }
                Outgoing::LeaderChanged(leader) => self.led.push((id, leader)),
                Outgoing::Appended { outcome, .. } => self.appended.push(outcome),
                Outgoing::KRaftVersionUpgraded { outcome, .. } => self.upgraded.push(outcome),
                Outgoing::Forget(_) | Outgoing::HighWatermark(_) | Outgoing::Reset(_) => {}
            }
        }
    }

    /// Delivers everything that is under way, and what comes of it.
    fn deliver(&mut self) {
        while let Some((to, message)) = self.network.pop_front() {
            match message {
                Message::Request { from, id, request } => {
                    if self.cut.contains(&to) || self.cut.contains(&from) || !self.nodes.contains_key(&to) {
                        let message = Message::Response {
                            id,
                            outcome: Err(NoAnswer::Disconnected),
                        };
                        self.network.push_back((from, message));
                        continue;
                    }
                    if matches!(request, AnyRequest::ApiVersions(_)) {
                        let outcome = Ok(AnyResponse::ApiVersions(self.versions.clone()));
                        self.network.push_back((from, Message::Response { id, outcome }));
                        continue;
                    }
                    assert!(Raft::serves(&request), "{request:?}");
                    self.sent.push(request.clone());
                    self.next_call += 1;
                    let call = CallId(self.next_call);
                    self.calls.insert((to, call), (from, id));
                    self.step(to, Input::Request { call, request });
                }
                Message::Response { id, outcome } => self.step(to, Input::Response { id, outcome }),
            }
        }
    }

    /// Lets so much time go by.
    pub(super) fn run(&mut self, duration: Duration) {
        let end = self.elapsed + duration;
        loop {
            self.deliver();
            let next = self
                .nodes
                .values()
                .filter_map(|node| node.raft().deadline())
                .min();
            let Some(next) = next.filter(|next| *next <= end) else {
                break;
            };
            self.elapsed = self.elapsed.max(next);
            for id in self.nodes.keys().copied().collect::<Vec<_>>() {
                self.step(id, Input::Tick);
            }
        }
        self.elapsed = end;
    }

    /// Lets time go by until somebody leads who is not cut off.
    pub(super) fn elect(&mut self) -> i32 {
        for _ in 0..200 {
            self.run(Duration::from_millis(50));
            if let Some(leader) = self.leader() {
                return leader;
            }
        }
        panic!("nobody was elected");
    }

    pub(super) fn leader(&self) -> Option<i32> {
        let leads = |(id, node): (&i32, &Node)| {
            let is_leader = node.raft().role() == RoleName::Leader && !self.cut.contains(id);
            is_leader.then_some((node.raft().epoch(), *id))
        };
        self.nodes.iter().filter_map(leads).max().map(|(_, id)| id)
    }

    pub(super) fn append(&mut self, id: i32, epoch: Epoch, payload: &str) {
        let input = Input::Append {
            id: AppendId(0),
            epoch,
            records: vec![payload.as_bytes().to_vec()],
        };
        self.step(id, input);
    }

    /// Sends a request as a tool does; [`Cluster::answer`] has the answer.
    pub(super) fn ask(&mut self, id: i32, request: AnyRequest) -> CallId {
        self.next_call += 1;
        let call = CallId(self.next_call);
        self.step(id, Input::Request { call, request });
        call
    }

    /// The answer, if it has come.
    pub(super) fn answer(&mut self, call: CallId) -> Option<AnyResponse> {
        self.answers.remove(&call)
    }

    /// All bytes of a node's log.
    pub(super) fn bytes(&self, id: i32) -> Vec<u8> {
        let log = self.nodes[&id].log();
        log.read(log.start_offset(), log.end().offset, usize::MAX)
            .unwrap()
    }
}
