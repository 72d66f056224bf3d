//! What brokers do for partitions: leaders take records, followers fetch them, leaders tell who is in sync.
//!
//! ```text
//!  producer ─▶ leader's log ─▶ follower's log       all in the ISR have it ─▶ high watermark ─▶ acknowledged
//!                   └── a follower has caught up, or lags ─▶ AlterPartition ─▶ controller
//! ```
//!
//! Source: KIP-101 (logs that part), KIP-497 (the larger ISR counts while a change is under way), KIP-966 (no high
//! watermark below `min.insync.replicas`).

use std::collections::BTreeMap;
use std::time::Duration;

use kraft_bridge_metadata::image::Partition;
use kraft_bridge_metadata::records::LeaderRecovery;
use kraft_bridge_protocol::rpc::{
    AlterPartition, AlterPartitionRequest, AlterPartitionTopic, AlteredPartition, AnyRequest, AnyResponse,
    ErrorCode, InSyncReplica,
};
use kraft_bridge_protocol::{BrokerEpoch, LeaderEpoch, NodeId, PartitionEpoch};

use super::acked::{Entry, common_prefix};
use super::brokers::{Asked, Broker};
use super::{Cluster, Key, index, partitions};
use crate::invariants::Violation;
use crate::world::World;

/// How long a follower may lag and stay in the ISR.
const LAG_MAX: Duration = Duration::from_millis(600);
/// Records that a fetch brings at most.
const FETCHED_MAX: u64 = 5;

/// A replica on a broker's disk.
#[derive(Clone, Debug, Default)]
pub(super) struct Replica {
    pub(super) log: Vec<Entry>,
    pub(super) high_watermark: usize,
}

/// What a broker knows of a partition that it leads.
#[derive(Debug)]
pub(super) struct Leadership {
    epoch: LeaderEpoch,
    partition_epoch: PartitionEpoch,
    isr: Vec<NodeId>,
    recovery: LeaderRecovery,
    /// Where its log ended when it began to lead.
    since: usize,
    /// The ISR that it has asked for and does not know the outcome of, and the run of each member that it means.
    wanted: Option<Vec<(NodeId, BrokerEpoch)>>,
    /// How often it has asked for that.
    attempts: u32,
    followers: BTreeMap<NodeId, Follower>,
}

/// How far a follower has come.
#[derive(Clone, Copy, Debug)]
struct Follower {
    end: usize,
    /// Its run.
    epoch: BrokerEpoch,
    /// When it had everything last.
    caught_up: Duration,
}

impl Leadership {
    fn begin(partition: &Partition, end: usize, time: Duration) -> Leadership {
        let unseen = Follower {
            end: 0,
            epoch: BrokerEpoch(-1),
            caught_up: time,
        };
        Leadership {
            epoch: partition.leader_epoch,
            partition_epoch: partition.partition_epoch,
            isr: partition.isr.to_vec(),
            recovery: partition.recovery,
            since: end,
            wanted: None,
            attempts: 0,
            followers: partition.replicas.iter().map(|id| (*id, unseen)).collect(),
        }
    }

    /// Takes over what a newer record says.
    fn follow(&mut self, partition: &Partition) {
        if partition.partition_epoch > self.partition_epoch {
            self.partition_epoch = partition.partition_epoch;
            self.isr = partition.isr.to_vec();
            self.recovery = partition.recovery;
            self.wanted = None;
        }
    }

    /// Whom it waits for before it acknowledges.
    fn counted(&self) -> impl Iterator<Item = NodeId> {
        let wanted = self.wanted.iter().flatten().map(|(id, _)| *id);
        self.isr.iter().copied().chain(wanted)
    }
}

impl Broker {
    /// The request for the ISR that it wants, if it leads.
    pub(super) fn isr_request(&self, key: Key, broker_epoch: BrokerEpoch) -> Option<AnyRequest> {
        let leadership = self.leads.get(&key)?;
        let wanted = leadership.wanted.as_ref()?.iter();
        let members = wanted.map(|(broker_id, broker_epoch)| InSyncReplica {
            broker_id: *broker_id,
            broker_epoch: *broker_epoch,
            ..Default::default()
        });
        let partition = AlterPartition {
            partition_index: key.1,
            leader_epoch: leadership.epoch,
            new_isr_with_epochs: members.collect(),
            leader_recovery_state: LeaderRecovery::Recovered.code(),
            partition_epoch: leadership.partition_epoch,
            ..Default::default()
        };
        Some(AnyRequest::AlterPartition(AlterPartitionRequest {
            broker_id: self.id,
            broker_epoch,
            topics: vec![AlterPartitionTopic {
                topic_id: key.0,
                partitions: vec![partition],
                ..Default::default()
            }],
            ..Default::default()
        }))
    }

    /// What came of it. What it does not know the outcome of it asks for again.
    pub(super) fn take_isr(&mut self, key: Key, answer: Option<AnyResponse>) {
        let Some(leadership) = self.leads.get_mut(&key) else {
            return;
        };
        let Some(AnyResponse::AlterPartition(answer)) = answer else {
            return;
        };
        let altered = answer.topics.first().and_then(|topic| topic.partitions.first());
        match altered {
            Some(AlteredPartition {
                error_code: ErrorCode::None,
                leader_epoch,
                partition_epoch,
                isr,
                leader_recovery_state,
                ..
            }) if *leader_epoch == leadership.epoch && *partition_epoch > leadership.partition_epoch => {
                leadership.isr.clone_from(isr);
                leadership.partition_epoch = *partition_epoch;
                let recovery = LeaderRecovery::from_code(*leader_recovery_state);
                leadership.recovery = recovery.expect("it is one of two");
                leadership.wanted = None;
            }
            // An earlier attempt may still arrive.
            Some(refused)
                if refused.error_code == ErrorCode::IneligibleReplica && leadership.attempts == 1 =>
            {
                leadership.wanted = None;
            }
            _ => {}
        }
    }

    /// Begins to lead, and ceases, as its view says; returns what it begins to lead.
    fn assume_roles(&mut self, time: Duration) -> Vec<Key> {
        let mut begun = Vec::new();
        let mut leads = std::mem::take(&mut self.leads);
        let mut replicas = std::mem::take(&mut self.replicas);
        let own = |partition: &Partition| partition.replicas.contains(&self.id);
        let view = partitions(self.view.image()).filter(|(_, partition)| own(partition));
        for (key, partition) in view {
            let replica = replicas.remove(&key).unwrap_or_default();
            let led = leads
                .remove(&key)
                .filter(|led| led.epoch >= partition.leader_epoch);
            let leadership = match led {
                Some(mut led) if led.epoch == partition.leader_epoch => {
                    led.follow(partition);
                    Some(led)
                }
                Some(led) => Some(led),
                None if partition.leader == Some(self.id) => {
                    begun.push(key);
                    Some(Leadership::begin(partition, replica.log.len(), time))
                }
                None => None,
            };
            if let Some(leadership) = leadership.filter(|_| partition.leader == Some(self.id)) {
                self.leads.insert(key, leadership);
            }
            self.replicas.insert(key, replica);
        }
        begun
    }

    /// Moves the high watermark; returns what is acknowledged by then.
    fn advance(&mut self, key: Key, needed: usize) -> Option<(LeaderEpoch, &[Entry])> {
        let leadership = self.leads.get(&key)?;
        let replica = self.replicas.get_mut(&key)?;
        if leadership.isr.len() < needed {
            return None;
        }
        let end_of = |id: NodeId| match id == self.id {
            true => replica.log.len(),
            false => leadership.followers.get(&id).map_or(0, |follower| follower.end),
        };
        let common = leadership.counted().map(end_of).min()?;
        // What earlier leaders wrote counts once something of this one would (KIP-101).
        replica.high_watermark = replica.high_watermark.max(common);
        Some((leadership.epoch, &replica.log[..replica.high_watermark]))
    }
}

impl Cluster {
    /// Whoever begins to lead has everything that was acknowledged, unless it has been replaced by then.
    fn check_leader(&self, at: usize, key: Key) -> Result<(), Violation> {
        let broker = &self.brokers[at];
        let now = super::partition(self.log.image(), key);
        let is_current = now.is_some_and(|now| now.leader_epoch == broker.leads[&key].epoch);
        match !is_current || self.acked.is_in(key, broker.records(key)) {
            true => Ok(()),
            false => {
                let problem = format!("broker {at} begins to lead {key:?}, and lacks some");
                Err(Violation::new(
                    "a leader has everything that was acknowledged",
                    problem,
                ))
            }
        }
    }
}

impl World {
    /// A broker does what its view says it has to.
    pub(super) fn serve_partitions(&mut self, cluster: &mut Cluster, at: usize) -> Result<(), Violation> {
        let broker = &mut cluster.brokers[at];
        if broker.epoch_in_view().is_none() {
            return Ok(());
        }
        let begun = broker.assume_roles(self.time);
        for key in begun {
            cluster.check_leader(at, key)?;
        }
        let broker = &cluster.brokers[at];
        let keys: Vec<Key> = broker.replicas.keys().copied().collect();
        for key in keys {
            match cluster.brokers[at].leads.contains_key(&key) {
                true => self.lead(cluster, at, key)?,
                false => self.fetch(cluster, at, key),
            }
        }
        Ok(())
    }

    fn lead(&mut self, cluster: &mut Cluster, at: usize, key: Key) -> Result<(), Violation> {
        let broker = &mut cluster.brokers[at];
        let leadership = broker.leads.get_mut(&key).expect("it leads");
        let replica = broker.replicas.get_mut(&key).expect("it has one");
        let is_taken = leadership.isr.len() >= cluster.plan.min_isr && replica.log.len() < 200;
        if is_taken && !self.is_healed && self.random.chance(300) {
            let entry = (leadership.epoch, self.random.number());
            replica.log.push(entry);
        }
        let needed = if cluster.plan.has_elr {
            cluster.plan.min_isr
        } else {
            1
        };
        if let Some((epoch, log)) = broker.advance(key, needed) {
            let taken = cluster.acked.extend(key, epoch, log);
            let wrong = |problem| Violation::new("what is acknowledged never changes", problem);
            taken.map_err(|problem| wrong(format!("broker {at}: {problem}")))?;
        }
        self.look_after_isr(cluster, at, key);
        Ok(())
    }

    /// Asks for another ISR, if it should be another.
    fn look_after_isr(&mut self, cluster: &mut Cluster, at: usize, key: Key) {
        let broker = &mut cluster.brokers[at];
        if broker.waits_for(Asked::Isr(key), self.time) {
            return;
        }
        let (own, Some(epoch)) = (broker.id, broker.epoch_in_view()) else {
            return;
        };
        let (end, high_watermark) = {
            let replica = &broker.replicas[&key];
            (replica.log.len(), replica.high_watermark)
        };
        let image = broker.view.image();
        let leadership = broker.leads.get_mut(&key).expect("it leads");
        let is_run = |(id, epoch): &(NodeId, BrokerEpoch)| {
            let known = image.brokers.get(id);
            known.is_some_and(|known| known.broker_epoch == *epoch)
        };
        // Of an ISR with a run that is over nothing can come any more.
        leadership.wanted.take_if(|wanted| !wanted.iter().all(is_run));
        if leadership.wanted.is_none() {
            leadership.attempts = 0;
            let wanted = wanted_isr(leadership, own, self.time, |id, follower| {
                let serves = image
                    .brokers
                    .get(&id)
                    .is_some_and(|known| !known.fenced && known.broker_epoch == follower.epoch);
                serves
                    && follower.end >= high_watermark
                    && follower.end >= leadership.since
                    && follower.end <= end
            });
            let run_of = |id: NodeId| match leadership.followers.get(&id) {
                Some(follower) if id != own => follower.epoch,
                _ => epoch,
            };
            leadership.wanted = wanted.map(|isr| isr.into_iter().map(|id| (id, run_of(id))).collect());
        }
        if leadership.wanted.is_some() {
            leadership.attempts += 1;
            self.broker_asks(cluster, at, Asked::Isr(key));
        }
    }

    /// A follower fetches from whoever it takes for the leader, if that one leads the same epoch.
    fn fetch(&mut self, cluster: &mut Cluster, at: usize, key: Key) {
        let follower = &cluster.brokers[at];
        let (own, Some(epoch)) = (follower.id, follower.epoch_in_view()) else {
            return;
        };
        let Some(known) = super::partition(follower.view.image(), key) else {
            return;
        };
        let (leader_epoch, Some(leader)) = (known.leader_epoch, known.leader) else {
            return;
        };
        let from = &cluster.brokers[index(leader)];
        let leads = from.leads.get(&key).is_some_and(|led| led.epoch == leader_epoch);
        if !leads || !from.acts(self.time) || self.random.chance(self.network.quality.lost) {
            return;
        }
        let Some(source) = from.replicas.get(&key).cloned() else {
            return;
        };
        let replica = cluster.brokers[at].replicas.get_mut(&key).expect("it has one");
        let common = common_prefix(&replica.log, &source.log);
        replica.log.truncate(common);
        let fetched = usize::try_from(self.random.between(0, FETCHED_MAX)).expect("few");
        replica.log.extend(source.log[common..].iter().take(fetched));
        replica.high_watermark = source.high_watermark.min(replica.log.len());
        let leadership = cluster.brokers[index(leader)]
            .leads
            .get_mut(&key)
            .expect("it leads");
        let earlier = leadership.followers.get(&own).map(|known| known.caught_up);
        let is_level = common == source.log.len();
        let caught_up = if is_level {
            self.time
        } else {
            earlier.unwrap_or_default()
        };
        let known = Follower {
            end: common,
            epoch,
            caught_up,
        };
        leadership.followers.insert(own, known);
    }
}

/// The ISR as it should be, if that is another: recovered leaders first, then who has caught up, then who lags.
fn wanted_isr(
    leadership: &Leadership,
    own: NodeId,
    time: Duration,
    may_join: impl Fn(NodeId, &Follower) -> bool,
) -> Option<Vec<NodeId>> {
    if leadership.recovery == LeaderRecovery::Recovering {
        return Some(vec![own]);
    }
    let mut others = leadership.followers.iter().filter(|(id, _)| **id != own);
    let is_in = |id: &NodeId| leadership.isr.contains(id);
    let joins = others
        .clone()
        .find(|(id, follower)| !is_in(id) && may_join(**id, follower));
    if let Some((id, _)) = joins {
        return Some(leadership.isr.iter().copied().chain([*id]).collect());
    }
    let (lags, _) = others.find(|(id, follower)| is_in(id) && follower.caught_up + LAG_MAX < time)?;
    let stay = leadership.isr.iter().copied().filter(|id| id != lags);
    Some(stay.collect())
}
