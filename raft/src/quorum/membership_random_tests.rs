//! Voters that come and go while nodes crash and the network is cut, in any order that a seed gives.

use std::collections::BTreeMap;
use std::time::Duration;

use kraft_bridge_protocol::rpc::{AnyRequest, AnyResponse, ErrorCode};
use kraft_bridge_protocol::{Epoch, NodeId, Offset};

use super::testing::{Cluster, add_voter, remove_voter};
use super::{CallId, RoleName};
use crate::random::Random;

const NODES: i32 = 5;
const STEPS: u32 = 120;
/// 18 crashes a leader before its own removal reaches the only voter that is left.
const SEEDS: [u64; 6] = [1, 2, 3, 4, 5, 18];

/// A quorum and what must stay true of it.
struct Play {
    cluster: Cluster,
    random: Random,
    down: Vec<i32>,
    asked: Vec<CallId>,
    leaders: BTreeMap<Epoch, i32>,
    /// What some node said was committed, as far as the longest of them.
    committed: Vec<u8>,
    committed_end: Offset,
}

impl Play {
    fn new(seed: u64) -> Play {
        Play {
            cluster: Cluster::dynamic(&[1, 2, 3], &[4, 5]),
            random: Random::new(seed),
            down: Vec::new(),
            asked: Vec::new(),
            leaders: BTreeMap::new(),
            committed: Vec::new(),
            committed_end: Offset(0),
        }
    }

    fn any_node(&mut self) -> i32 {
        i32::try_from(self.random.below(NODES.unsigned_abs().into())).unwrap() + 1
    }

    fn any_time(&mut self) -> Duration {
        self.random.up_to(Duration::from_millis(1500))
    }

    fn act(&mut self) {
        let id = self.any_node();
        let leader = self.cluster.leader();
        match (self.random.below(8), leader) {
            (0, Some(leader)) => self.ask(leader, AnyRequest::AddRaftVoter(add_voter(id))),
            (1, Some(leader)) => self.ask(leader, AnyRequest::RemoveRaftVoter(remove_voter(id))),
            (2, _) if self.down.is_empty() => {
                self.cluster.crash(id);
                self.down.push(id);
            }
            (3, _) => {
                for id in std::mem::take(&mut self.down) {
                    self.cluster.start(id);
                }
            }
            (4, _) if self.cluster.cut.is_empty() => {
                self.cluster.cut.insert(id);
            }
            (5, _) => self.cluster.cut.clear(),
            (_, Some(leader)) => {
                let epoch = self.cluster.node(leader).raft().epoch();
                self.cluster
                    .append(leader, epoch, &format!("{}", self.random.number()));
            }
            _ => {}
        }
        let time = self.any_time();
        self.cluster.run(time);
    }

    fn ask(&mut self, leader: i32, request: AnyRequest) {
        let call = self.cluster.ask(leader, request);
        self.asked.push(call);
    }

    /// How many changes of the voters were answered with success.
    fn changed(&mut self) -> usize {
        let answers = self.asked.iter().filter_map(|call| self.cluster.answer(*call));
        let errors = answers.map(|answer| match answer {
            AnyResponse::AddRaftVoter(response) => response.error_code,
            AnyResponse::RemoveRaftVoter(response) => response.error_code,
            other => panic!("{other:?}"),
        });
        errors.filter(|error| *error == ErrorCode::None).count()
    }

    fn alive(&self) -> Vec<i32> {
        (1..=NODES).filter(|id| !self.down.contains(id)).collect()
    }

    /// One leader an epoch, and nothing that was committed is ever lost or changed.
    fn check(&mut self) {
        for (id, told) in self.cluster.led.drain(..) {
            if let Some(leader) = told.leader.filter(|leader| *leader == NodeId(id)) {
                let known = *self.leaders.entry(told.epoch).or_insert(leader.0);
                assert_eq!(known, leader.0, "leaders of epoch {}", told.epoch);
            }
        }
        for id in self.alive() {
            let node = self.cluster.node(id);
            let (start, end) = (node.log().start_offset(), node.raft().high_watermark());
            let bytes = node.log().read(start, end, usize::MAX).unwrap();
            let shared = bytes.len().min(self.committed.len());
            assert_eq!(bytes[..shared], self.committed[..shared], "node {id}");
            if end > self.committed_end {
                (self.committed, self.committed_end) = (bytes, end);
            }
        }
    }

    /// With all nodes up and reached, a leader appears and all logs become its.
    fn settle(&mut self) {
        self.cluster.cut.clear();
        for id in std::mem::take(&mut self.down) {
            self.cluster.start(id);
        }
        self.cluster.run(Duration::from_secs(20));
        self.check();
        let leader = self.cluster.leader().expect("somebody leads");
        let raft = self.cluster.node(leader).raft();
        assert!(raft.is_voter());
        assert_eq!(raft.high_watermark(), raft.log().end);
        for id in self.alive() {
            assert_eq!(self.cluster.bytes(id), self.cluster.bytes(leader), "node {id}");
            let raft = self.cluster.node(id).raft();
            assert_eq!(raft.role() == RoleName::Leader, id == leader, "node {id}");
        }
    }
}

#[test]
fn whatever_happens_each_epoch_has_one_leader_and_what_was_committed_stays() {
    let mut changed = 0;
    for seed in SEEDS {
        println!("seed {seed}");
        let mut play = Play::new(seed);
        for _ in 0..STEPS {
            play.act();
            play.check();
        }
        play.settle();
        changed += play.changed();
    }
    assert!(changed > 10, "voters did come and go: {changed}");
}
