//! Who votes: the voter set in force, and those before it that a truncation brings back.
//!
//! With static voters (kraft.version 0) the configuration says who; with dynamic ones (kraft.version 1) the newest
//! Voters record, which counts as soon as it is in the log, committed or not.
//!
//! Source: KIP-595, KIP-853.

use std::collections::BTreeMap;

use kraft_bridge_protocol::control::{
    ControlRecord, KRaftVersionRange, Voter as VoterRecord, VoterEndpoint, Voters,
};
use kraft_bridge_protocol::{NodeId, Offset, Uuid};

use crate::endpoint::Endpoint;

/// A node with the directory that its vote and its log are bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReplicaKey {
    /// The node.
    pub id: NodeId,
    /// Its directory; zero where nobody said.
    pub directory: Uuid,
}

/// A listener of a voter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Listener {
    /// Name, as configured.
    pub name: String,
    /// Where it is reached.
    pub endpoint: Endpoint,
}

/// One voter.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Voter {
    /// Its directory; zero matches any.
    pub directory: Uuid,
    /// Where it is reached, in no order.
    pub listeners: Vec<Listener>,
    /// Lowest and highest `kraft.version` that it supports.
    pub kraft_versions: (i16, i16),
}

impl Voter {
    /// Where it is reached at the listener of this name; at the first if none bears it.
    pub fn endpoint(&self, listener: &str) -> Option<&Endpoint> {
        let is_named = |candidate: &&Listener| candidate.name.eq_ignore_ascii_case(listener);
        let named = self.listeners.iter().find(is_named);
        Some(&named.or(self.listeners.first())?.endpoint)
    }

    /// Whether both entries mean the same: listeners have no order.
    pub fn says_the_same(&self, other: &Voter) -> bool {
        let sorted = |voter: &Voter| {
            let mut listeners = voter.listeners.clone();
            listeners.sort();
            listeners
        };
        (self.directory, self.kraft_versions) == (other.directory, other.kraft_versions)
            && sorted(self) == sorted(other)
    }
}

/// The voters, by node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct VoterSet {
    voters: BTreeMap<NodeId, Voter>,
}

impl VoterSet {
    /// A set of these voters.
    pub fn new(voters: impl IntoIterator<Item = (NodeId, Voter)>) -> VoterSet {
        VoterSet {
            voters: voters.into_iter().collect(),
        }
    }

    /// Ids, ascending.
    pub fn ids(&self) -> impl Iterator<Item = NodeId> {
        self.voters.keys().copied()
    }

    /// The voters with their ids, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (NodeId, &Voter)> {
        self.voters.iter().map(|(id, voter)| (*id, voter))
    }

    /// The voters with their directories, ascending.
    pub fn keys(&self) -> impl Iterator<Item = ReplicaKey> {
        self.iter().map(|(id, voter)| ReplicaKey {
            id,
            directory: voter.directory,
        })
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.voters.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.voters.is_empty()
    }

    /// Fewest voters that are more than half.
    pub fn majority(&self) -> usize {
        self.len() / 2 + 1
    }

    /// The voter with this id, whatever its directory.
    pub fn get(&self, id: NodeId) -> Option<&Voter> {
        self.voters.get(&id)
    }

    /// Whether this very replica votes: the directory must be the voter's unless that is zero.
    pub fn contains(&self, replica: ReplicaKey) -> bool {
        self.get(replica.id).is_some_and(|voter| {
            let is_any = voter.directory == Uuid::ZERO || mutant!(IgnoresDirectories);
            is_any || voter.directory == replica.directory
        })
    }

    /// The set with one voter more, or changed.
    #[must_use]
    pub fn with(&self, id: NodeId, voter: Voter) -> VoterSet {
        let mut set = self.clone();
        set.voters.insert(id, voter);
        set
    }

    /// The set with one voter less.
    #[must_use]
    pub fn without(&self, id: NodeId) -> VoterSet {
        let mut set = self.clone();
        set.voters.remove(&id);
        if mutant!(RemovesTwoVoters) {
            set.voters.pop_first();
        }
        set
    }

    /// The record that puts this set in force.
    pub fn record(&self) -> ControlRecord {
        let voters = self.iter().map(|(id, voter)| VoterRecord {
            voter_id: id,
            voter_directory_id: voter.directory,
            endpoints: voter.listeners.iter().map(Listener::on_wire).collect(),
            kraft_version_feature: KRaftVersionRange {
                min_supported_version: voter.kraft_versions.0,
                max_supported_version: voter.kraft_versions.1,
                ..Default::default()
            },
            ..Default::default()
        });
        ControlRecord::Voters(Voters {
            voters: voters.collect(),
            ..Default::default()
        })
    }
}

impl From<&Voters> for VoterSet {
    fn from(record: &Voters) -> VoterSet {
        VoterSet::new(record.voters.iter().map(|voter| {
            let range = &voter.kraft_version_feature;
            let set_up = Voter {
                directory: voter.voter_directory_id,
                listeners: voter.endpoints.iter().map(Listener::from).collect(),
                kraft_versions: (range.min_supported_version, range.max_supported_version),
            };
            (voter.voter_id, set_up)
        }))
    }
}

impl Listener {
    /// As records and requests name it.
    pub(super) fn on_wire(&self) -> VoterEndpoint {
        VoterEndpoint {
            name: self.name.clone(),
            host: self.endpoint.host.clone(),
            port: self.endpoint.port,
            ..Default::default()
        }
    }
}

impl From<&VoterEndpoint> for Listener {
    fn from(endpoint: &VoterEndpoint) -> Listener {
        Listener {
            name: endpoint.name.clone(),
            endpoint: Endpoint {
                host: endpoint.host.clone(),
                port: endpoint.port,
            },
        }
    }
}

/// A value that control records set, with the offsets of those records.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Timeline<T> {
    /// By the offset of the record, ascending.
    values: Vec<(Offset, T)>,
}

impl<T> Timeline<T> {
    fn set(&mut self, at: Offset, value: T) {
        self.values.push((at, value));
    }

    fn newest(&self) -> Option<&(Offset, T)> {
        self.values.last()
    }

    /// Forgets what was set at `end` or behind.
    fn truncate(&mut self, end: Offset) {
        self.values.retain(|(at, _)| *at < end);
    }

    /// What was in force just before `end`.
    fn before(&self, end: Offset) -> Option<&T> {
        let after = self.values.partition_point(|(at, _)| *at < end);
        Some(&self.values[after.checked_sub(1)?].1)
    }
}

/// Which voters were in force where in the log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct VoterHistory {
    /// As configured; empty with dynamic voters.
    configured: VoterSet,
    sets: Timeline<VoterSet>,
    versions: Timeline<i16>,
}

impl VoterHistory {
    /// A history that begins with the voters of the configuration, none if they are dynamic.
    pub fn new(configured: VoterSet) -> VoterHistory {
        VoterHistory {
            configured,
            ..VoterHistory::default()
        }
    }

    /// Takes note of a control record at `offset`; those of a checkpoint stand just before its end.
    pub fn replay(&mut self, offset: Offset, record: &ControlRecord) {
        match record {
            ControlRecord::Voters(voters) => self.sets.set(offset, VoterSet::from(voters)),
            ControlRecord::KRaftVersion(version) => self.versions.set(offset, version.kraft_version),
            _ => {}
        }
    }

    /// The set in force.
    pub fn current(&self) -> &VoterSet {
        self.sets.newest().map_or(&self.configured, |(_, set)| set)
    }

    /// Offset of the newest Voters record.
    pub fn newest_offset(&self) -> Option<Offset> {
        self.sets.newest().map(|(offset, _)| *offset)
    }

    /// `kraft.version` in force.
    pub fn kraft_version(&self) -> i16 {
        self.versions.newest().map_or(0, |(_, version)| *version)
    }

    /// Voters and `kraft.version` in force for a log that ends at `end`: what a checkpoint there has to tell.
    pub fn before(&self, end: Offset) -> (i16, &VoterSet) {
        let version = self.versions.before(end).copied().unwrap_or(0);
        (version, self.sets.before(end).unwrap_or(&self.configured))
    }

    /// The set in force for a log that ends at `end`, and those behind it.
    pub fn since(&self, end: Offset) -> impl Iterator<Item = &VoterSet> {
        let behind = self.sets.values.iter().filter(move |(at, _)| *at >= end);
        [self.before(end).1].into_iter().chain(behind.map(|(_, set)| set))
    }

    /// Forgets what was set at `end` or behind.
    pub fn truncate(&mut self, end: Offset) {
        self.sets.truncate(end);
        self.versions.truncate(end);
    }

    /// Forgets all that the log said.
    pub fn clear(&mut self) {
        self.truncate(Offset(i64::MIN));
    }
}
