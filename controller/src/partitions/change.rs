//! One change of one partition: whatever changes it goes through here.
//!
//! ```text
//! target ─▶ reassignment complete? ─▶ eligible leaders ─▶ election ─▶ leader epoch ─▶ directories ─▶ record, or nothing
//! ```
//!
//! Source: KIP-455 (reassignment), KIP-704 (recovery), KIP-858 (directories), KIP-966 (eligible leader replicas),
//! KAFKA-15021 (leader epochs).

use std::collections::BTreeMap;

use kraft_bridge_metadata::image::{BrokerRegistration, Partition};
use kraft_bridge_metadata::records::{LeaderRecovery, NewLeader, NewRecovery, PartitionChangeRecord};
use kraft_bridge_metadata::release::{ELR_FEATURE, MetadataVersion};
use kraft_bridge_protocol::{NodeId, PartitionId, Uuid};

use super::default_directory;
use super::directories::is_online;
use crate::draft::Draft;

/// 3.2-IV0: recovery after an unclean election is written down.
const RECOVERY: MetadataVersion = MetadataVersion(3);
/// 3.6-IV0: a smaller ISR alone does not raise the leader epoch any more.
const EPOCH_SURVIVES_SHRINKING: MetadataVersion = MetadataVersion(12);

/// 4.0-IV0: the first level that no controller of 3.9 reads.
const KAFKA_4: MetadataVersion = MetadataVersion(22);

/// Who may be elected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Election {
    /// The first replica, if it is in sync; else as `Online`.
    Preferred,
    /// Who leads already, else the first in sync.
    Online,
    /// The same; if there is none, any replica that is alive, although records are lost.
    Unclean,
}

/// A change while it is worked out. It begins as none: set what shall be different.
pub(crate) struct Change<'a> {
    topic_id: Uuid,
    partition_id: PartitionId,
    now: &'a Partition,
    brokers: &'a BTreeMap<NodeId, BrokerRegistration>,
    level: MetadataVersion,
    /// So many in-sync replicas make eligible leaders superfluous; `None` while that feature is off.
    elr_below: Option<usize>,
    election: Election,
    leaving: Option<NodeId>,
    lost: Option<NodeId>,
    replicas: Vec<NodeId>,
    isr: Vec<NodeId>,
    adding: Vec<NodeId>,
    removing: Vec<NodeId>,
    recovery: LeaderRecovery,
    eligible: Vec<NodeId>,
    last_known: Vec<NodeId>,
    directories: BTreeMap<NodeId, Uuid>,
}

impl<'a> Change<'a> {
    /// No change yet of a partition; `None` if there is none of that number.
    pub(crate) fn of(
        draft: &'a Draft<'_>,
        topic_id: Uuid,
        partition_id: PartitionId,
        election: Election,
    ) -> Option<Change<'a>> {
        let name = draft.image.topics.name(topic_id)?;
        let topic = draft.image.topics.get(name)?;
        let now = topic.partitions.get(&partition_id)?;
        let elr = draft.image.features.levels.contains_key(ELR_FEATURE);
        let elr_below = elr.then(|| {
            let first = topic.partitions.values().next().unwrap_or(now);
            draft.min_insync_replicas(name).min(first.replicas.len())
        });
        let reassignment = now.reassignment.as_deref();
        let eligible = now.eligible.as_deref();
        let directories = now.replicas.iter().copied().zip(now.directories.iter().copied());
        Some(Change {
            topic_id,
            partition_id,
            now,
            brokers: &draft.image.brokers,
            level: draft.level(),
            elr_below,
            election,
            leaving: None,
            lost: None,
            replicas: now.replicas.to_vec(),
            isr: now.isr.to_vec(),
            adding: reassignment.map_or_else(Vec::new, |lists| lists.adding.to_vec()),
            removing: reassignment.map_or_else(Vec::new, |lists| lists.removing.to_vec()),
            recovery: now.recovery,
            eligible: eligible.map_or_else(Vec::new, |lists| lists.replicas.to_vec()),
            last_known: eligible.map_or_else(Vec::new, |lists| lists.last_known.to_vec()),
            directories: directories.collect(),
        })
    }

    /// Whether a broker has a replica.
    pub(crate) fn has_replica(&self, broker: NodeId) -> bool {
        self.replicas.contains(&broker)
    }

    /// A broker leaves the ISR, and does not lead, whatever its registration says still.
    pub(crate) fn without(mut self, broker: NodeId) -> Change<'a> {
        self.isr.retain(|id| *id != broker);
        self.leaving = Some(broker);
        self
    }

    /// The same of a broker that may have lost records: it is not eligible either.
    pub(crate) fn without_lost(self, broker: NodeId) -> Change<'a> {
        let mut change = self.without(broker);
        if !mutant!(KeepsLostEligible) {
            change.lost = Some(broker);
        }
        change
    }

    /// Another ISR, and whether its leader recovers.
    pub(crate) fn with_isr(mut self, isr: Vec<NodeId>, recovery: LeaderRecovery) -> Change<'a> {
        (self.isr, self.recovery) = (isr, recovery);
        self
    }

    /// Other replicas, some of which come or go.
    pub(crate) fn with_replicas(
        mut self,
        replicas: Vec<NodeId>,
        adding: Vec<NodeId>,
        removing: Vec<NodeId>,
    ) -> Change<'a> {
        (self.replicas, self.adding, self.removing) = (replicas, adding, removing);
        self
    }

    /// A replica lies in another directory.
    pub(crate) fn with_directory(mut self, broker: NodeId, directory: Uuid) -> Change<'a> {
        self.directories.insert(broker, directory);
        self
    }

    /// The record that makes the change, `None` if nothing changes.
    pub(crate) fn record(mut self) -> Option<PartitionChangeRecord> {
        self.complete_reassignment();
        self.choose_eligible();
        let leader = self.elect();
        let mut record = PartitionChangeRecord {
            partition_id: self.partition_id,
            topic_id: self.topic_id,
            ..Default::default()
        };
        let untouched = record.clone();
        self.put_leader(leader, &mut record);
        self.put_lists(&mut record);
        self.put_eligible(leader, &mut record);
        self.put_directories(&mut record);
        (record != untouched).then_some(record)
    }

    /// Ends a reassignment once every replica that shall stay is in sync (KAFKA-15665). From 4.0 on one that was out of sync
    /// before need not be, as long as those that come are no fewer than those that go.
    fn complete_reassignment(&mut self) {
        if self.adding.is_empty() && self.removing.is_empty() {
            return;
        }
        let stay = |list: &[NodeId]| -> Vec<NodeId> {
            let stay = list.iter().filter(|id| !self.removing.contains(id));
            stay.copied().collect()
        };
        let (replicas, isr) = (stay(&self.replicas), stay(&self.isr));
        let mut coming = self.adding.iter().filter(|id| !self.removing.contains(id));
        let needs_all = self.level < KAFKA_4 || coming.clone().count() < self.removing.len();
        let are_in_sync = match needs_all {
            true => replicas.iter().all(|id| isr.contains(id)),
            false => coming.all(|id| isr.contains(id)),
        };
        if !replicas.is_empty() && !isr.is_empty() && (are_in_sync || mutant!(EndsReassignmentsEarly)) {
            (self.replicas, self.isr) = (replicas, isr);
            self.adding.clear();
            self.removing.clear();
        }
    }

    fn choose_eligible(&mut self) {
        let Some(below) = self.elr_below else {
            return;
        };
        if self.isr.len() >= below {
            self.eligible.clear();
            self.last_known.clear();
            return;
        }
        let left = self.now.isr.iter().filter(|id| !self.eligible.contains(id));
        let mut eligible: Vec<NodeId> = self.eligible.iter().chain(left).copied().collect();
        // A replica that is gone has no records any more, and has none either when it comes back (Kafka keeps it).
        eligible.retain(|id| {
            (self.replicas.contains(id) || mutant!(KeepsGoneEligible))
                && !self.isr.contains(id)
                && self.lost != Some(*id)
        });
        eligible.sort();
        self.eligible = eligible;
    }

    /// Chooses the leader, and what follows for the ISR.
    fn elect(&mut self) -> Option<NodeId> {
        if let Some(leader) = self.first_in_sync() {
            if !self.isr.contains(&leader) {
                self.isr = vec![leader];
                self.eligible.retain(|id| *id != leader);
            }
            return Some(leader);
        }
        let leader = self.last_known_leader().or_else(|| self.unclean_leader())?;
        self.isr = vec![leader];
        self.eligible.clear();
        if self.level >= RECOVERY {
            self.recovery = LeaderRecovery::Recovering;
        }
        Some(leader)
    }

    fn first_in_sync(&self) -> Option<NodeId> {
        let preferred = self
            .replicas
            .first()
            .filter(|_| self.election == Election::Preferred);
        let candidates = preferred
            .into_iter()
            .chain(&self.now.leader)
            .chain(&self.replicas);
        candidates.copied().find(|id| self.is_valid(*id))
    }

    /// Whether it has every committed record, and lives.
    fn is_valid(&self, id: NodeId) -> bool {
        let has_all = self.isr.contains(&id) || self.isr.is_empty() && self.eligible.contains(&id);
        (has_all || mutant!(ElectsOutOfSync)) && self.is_acceptable(id)
    }

    /// Whether it could lead at all.
    fn is_acceptable(&self, id: NodeId) -> bool {
        let Some(broker) = self.brokers.get(&id) else {
            return false;
        };
        let directory = self.directories.get(&id).copied().unwrap_or(Uuid::ZERO);
        self.leaving != Some(id)
            && (!broker.fenced || mutant!(ElectsFenced))
            && !broker.in_controlled_shutdown
            && is_online(&broker.log_dirs, directory)
    }

    /// The leader before there was none, if nobody else can be told to have every record (KIP-966).
    fn last_known_leader(&self) -> Option<NodeId> {
        self.elr_below?;
        let [last] = self.last_known[..] else {
            return None;
        };
        let nobody_else = self.isr.is_empty() && self.eligible.is_empty();
        let may_lead = self.replicas.contains(&last) && self.is_acceptable(last);
        (nobody_else && may_lead).then_some(last)
    }

    fn unclean_leader(&self) -> Option<NodeId> {
        let replicas = self.replicas.iter().copied();
        replicas
            .filter(|_| self.election == Election::Unclean)
            .find(|id| self.is_acceptable(*id))
    }

    /// Sets the leader if it is another, or if its epoch must grow without that.
    fn put_leader(&self, leader: Option<NodeId>, record: &mut PartitionChangeRecord) {
        let lost_replica = self.now.replicas.iter().any(|id| !self.replicas.contains(id));
        let lost_isr = self.now.isr.iter().any(|id| !self.isr.contains(id));
        let shrinks = lost_isr && self.isr_changes() && self.level < EPOCH_SURVIVES_SHRINKING;
        if leader != self.now.leader || lost_replica || shrinks {
            record.leader = NewLeader::Changed(leader);
        }
    }

    /// Without eligible leaders an ISR never empties: its last member stays.
    fn isr_changes(&self) -> bool {
        *self.isr != *self.now.isr
            && (!self.isr.is_empty() || self.elr_below.is_some() || mutant!(EmptiesIsrs))
    }

    fn put_lists(&self, record: &mut PartitionChangeRecord) {
        let reassignment = self.now.reassignment.as_deref();
        let changed = |list: &Vec<NodeId>, was: &[NodeId]| (**list != *was).then(|| list.clone());
        record.isr = self.isr_changes().then(|| self.isr.clone());
        record.replicas = changed(&self.replicas, &self.now.replicas);
        record.adding_replicas = changed(&self.adding, reassignment.map_or(&[], |lists| &lists.adding));
        record.removing_replicas = changed(&self.removing, reassignment.map_or(&[], |lists| &lists.removing));
        if self.recovery != self.now.recovery {
            record.leader_recovery_state = NewRecovery(Some(self.recovery));
        }
    }

    fn put_eligible(&mut self, leader: Option<NodeId>, record: &mut PartitionChangeRecord) {
        if self.elr_below.is_none() {
            return;
        }
        match (record.leader, leader) {
            (NewLeader::Changed(_), Some(_)) => self.last_known.clear(),
            (NewLeader::Changed(_), None) if self.last_known.is_empty() => {
                self.last_known = self.now.leader.into_iter().collect();
            }
            _ => {}
        }
        let was = self.now.eligible.as_deref();
        let changed = |list: &Vec<NodeId>, was: &[NodeId]| (**list != *was).then(|| list.clone());
        record.eligible_leader_replicas = changed(&self.eligible, was.map_or(&[], |lists| &lists.replicas));
        record.last_known_elr = changed(&self.last_known, was.map_or(&[], |lists| &lists.last_known));
    }

    fn put_directories(&self, record: &mut PartitionChangeRecord) {
        if self.level < MetadataVersion::DIRECTORIES {
            return;
        }
        let of = |id: &NodeId| {
            let known = self.directories.get(id).copied();
            known.unwrap_or_else(|| match self.now.replicas.contains(id) {
                true => Uuid::ZERO,
                false => default_directory(self.brokers.get(id)),
            })
        };
        let directories: Vec<Uuid> = self.replicas.iter().map(of).collect();
        let mut was = self.now.directories.to_vec();
        if was.is_empty() {
            was = vec![Uuid::ZERO; self.now.replicas.len()];
        }
        if directories != was {
            record.directories = Some(directories);
        }
    }
}
