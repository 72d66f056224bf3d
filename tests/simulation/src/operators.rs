//! What operators do: they add voters, remove them, and make static voters dynamic.
//!
//! They look before they leap: no set is asked for whose majority could not be reached any more, because directories that
//! were wiped never come back.

use kraft_bridge_protocol::rpc::{AddRaftVoterRequest, AnyRequest, RemoveRaftVoterRequest};
use kraft_bridge_protocol::{Epoch, Uuid};
use kraft_bridge_raft::quorum::{AppendId, Input, ReplicaKey, VoterSet};

use crate::host::{self, CLUSTER, Host};
use crate::invariants::Violation;
use crate::world::{Event, World};

/// How long an operator waits for an answer.
const PATIENCE_MILLIS: i32 = 5000;

impl World {
    /// Does something to the voters, and again after a while.
    pub(crate) fn operate(&mut self) -> Result<(), Violation> {
        if self.is_healed {
            return Ok(());
        }
        let mean = self.scenario.operate_millis;
        let delay = self.random.millis(mean / 2, mean * 2);
        self.after(delay, Event::Operate);
        let leaders: Vec<usize> = self.leading().collect();
        if leaders.is_empty() {
            return Ok(());
        }
        let at = self.random.pick(&leaders);
        let Some(raft) = self.hosts[at].node().map(|node| node.raft()) else {
            return Ok(());
        };
        if self.hosts[at].paused_until > self.time {
            return Ok(());
        }
        let (voters, version, epoch) = (
            raft.voters().current().clone(),
            raft.voters().kraft_version(),
            raft.epoch(),
        );
        match (version, self.random.chance(500)) {
            (0, _) => self.upgrade(at, epoch),
            (_, true) => self.add_voter(at, &voters),
            (_, false) => self.remove_voter(at, &voters),
        }
    }

    fn upgrade(&mut self, at: usize, epoch: Epoch) -> Result<(), Violation> {
        if !self.scenario.upgrades {
            return Ok(());
        }
        self.note(at, "upgrade", || "is to make its voters dynamic".to_owned());
        let id = AppendId(self.next_append());
        let (version, validate_only) = (1, self.random.chance(100));
        self.step(
            at,
            Input::UpgradeKRaftVersion {
                id,
                epoch,
                version,
                validate_only,
            },
        )
    }

    fn add_voter(&mut self, at: usize, voters: &VoterSet) -> Result<(), Violation> {
        let joiner = self.random.index(self.hosts.len());
        if voters.get(host::id(joiner)).is_some() && self.random.chance(900) {
            return Ok(());
        }
        let key = self.hosts[joiner].key();
        let request = AnyRequest::AddRaftVoter(AddRaftVoterRequest {
            cluster_id: Some(CLUSTER.to_owned()),
            timeout_ms: PATIENCE_MILLIS,
            voter_id: key.id,
            voter_directory_id: key.directory,
            listeners: host::endpoints(joiner),
            ack_when_committed: self.random.chance(500),
            ..Default::default()
        });
        self.note(at, "add", || format!("is to add host{joiner} to the voters"));
        self.call(at, request, None)
    }

    fn remove_voter(&mut self, at: usize, voters: &VoterSet) -> Result<(), Violation> {
        let keys: Vec<ReplicaKey> = voters.keys().collect();
        let removed = self.random.pick(&keys);
        let left = voters.without(removed.id);
        let is_known = !self.random.chance(50);
        if left.is_empty() || is_known && !self.can_decide(&left, None) {
            return Ok(());
        }
        let directory = if is_known {
            removed.directory
        } else {
            Uuid([0xff; 16])
        };
        let request = AnyRequest::RemoveRaftVoter(RemoveRaftVoterRequest {
            cluster_id: Some(CLUSTER.to_owned()),
            voter_id: removed.id,
            voter_directory_id: directory,
            ..Default::default()
        });
        self.note(at, "remove", || {
            format!("is to remove {} from the voters", removed.id)
        });
        self.call(at, request, None)
    }

    /// Whether a majority of these voters have their directories, if one host's is lost.
    pub(crate) fn can_decide(&self, voters: &VoterSet, lost: Option<usize>) -> bool {
        let is_there = |host: &&Host| Some(host.index) != lost && voters.contains(host.key());
        self.hosts.iter().filter(is_there).count() >= voters.majority()
    }

    /// Empties a directory where the quorum can afford it.
    pub(crate) fn wipe_if_safe(&mut self, at: usize) {
        if self.can_be_wiped(at) {
            self.note(at, "wipe", || "loses its directory".to_owned());
            self.hosts[at].wipe();
            self.end(at, crate::life::End::Killed);
        }
    }

    /// A dynamic voter is none any more with another directory: every set that anybody takes to be in force must go on
    /// without it. A static voter stays one and forgets its vote and its log: only while all others agree on a leader and
    /// have all.
    fn can_be_wiped(&self, at: usize) -> bool {
        let id = host::id(at);
        let mut nodes = self.hosts.iter().map(|host| host.node());
        let is_voter_somewhere =
            nodes.any(|node| node.is_none_or(|node| node.raft().voters().current().get(id).is_some()));
        if !is_voter_somewhere {
            return true;
        }
        if !self.scenario.is_dynamic && !self.all_others_have_all(at) {
            return false;
        }
        let has_one_gone = self.hosts.iter().any(|host| !host.wiped.is_empty());
        if self.scenario.upgrades && has_one_gone {
            return false;
        }
        let mut nodes = self.hosts.iter().map(|host| host.node());
        nodes.all(|node| node.is_some_and(|node| self.can_decide(node.raft().voters().current(), Some(at))))
    }

    fn all_others_have_all(&self, at: usize) -> bool {
        let leader = self.hosts.iter().find(|host| host.leads() && host.index != at);
        let Some(leader) = leader.and_then(Host::node) else {
            return false;
        };
        let (epoch, end) = (leader.raft().epoch(), leader.raft().log().end);
        let own = self.hosts[at]
            .node()
            .is_some_and(|node| node.raft().log().end <= end);
        let mut others = self.hosts[..self.scenario.voters]
            .iter()
            .filter(|host| host.index != at);
        own && others.all(|other| {
            other.node().is_some_and(|node| {
                let raft = node.raft();
                let is_settled = raft.leader().is_some() && raft.epoch() == epoch;
                is_settled && raft.durable_end() == end
            })
        })
    }
}
