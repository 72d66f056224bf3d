//! What was once so and must stay so, and what was broken of it.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};

use kraft_bridge_protocol::{Epoch, Offset};
use kraft_bridge_raft::quorum::{Raft, RoleName};

use crate::disk::{Batches, Disk};
use crate::member::{Member, Said};

/// What must always be so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Law {
    /// An epoch has one leader, once.
    OneLeader,
    /// A node's epoch and vote never go back, whatever happens to it.
    VotesStay,
    /// Logs with a batch of one epoch at one offset are the same up to there.
    LogsMatch,
    /// What any node called committed every later leader has, and every other log that is committed so far.
    CommittedStays,
    /// What a leader calls committed is durable on a majority.
    CommittedIsDurable,
    /// What a client was told to be appended every later leader has.
    AcknowledgedStays,
    /// The high watermark of a running node never goes back, nor lies behind its log.
    HighWatermarkRises,
    /// No node finds itself unable to go on.
    NobodyFails,
}

/// What happened.
#[derive(Clone, Debug, Default, Hash)]
pub struct History {
    /// Who led which epoch.
    pub leaders: BTreeMap<Epoch, usize>,
    /// The longest log that any node called committed.
    pub committed: Batches,
    /// Ends of the batches of clients whose leader told them that they are committed.
    pub acknowledged: BTreeSet<(Offset, Epoch)>,
    /// Laws that were broken.
    pub broken: BTreeSet<Law>,
}

/// The step of a node.
#[derive(Debug)]
pub struct Step<'a> {
    /// Which.
    pub at: usize,
    /// As it was.
    pub before: &'a Member,
    /// As it is.
    pub after: &'a Member,
    /// Whether it crashed and was started in between.
    pub restarted: bool,
    /// What it said.
    pub said: &'a [Said],
    /// The files of all nodes, its own as they are now.
    pub disks: &'a [&'a Disk],
}

impl History {
    /// Takes note of a step.
    pub fn note(&mut self, step: &Step<'_>) {
        let (before, after) = (&step.before.raft, &step.after.raft);
        self.hold(Law::VotesStay, keeps_vote(before, after));
        self.hold(
            Law::HighWatermarkRises,
            step.restarted || before.high_watermark() <= after.high_watermark(),
        );
        self.hold(Law::HighWatermarkRises, after.high_watermark() <= after.log().end);
        self.hold(
            Law::LogsMatch,
            step.disks
                .iter()
                .all(|disk| matches(&disk.log, &step.after.disk.log)),
        );
        let leads = |raft: &Raft| (raft.role() == RoleName::Leader).then_some(raft.epoch());
        if let Some(epoch) = leads(after)
            && (step.restarted || leads(before) != Some(epoch))
        {
            self.note_leader(step, epoch);
        }
        for said in step.said {
            match said {
                Said::Committed(end) => self.note_committed(step, *end),
                Said::Failed(_) => self.hold(Law::NobodyFails, false),
                Said::Send { .. } | Said::Answer { .. } => {}
            }
        }
    }

    fn hold(&mut self, law: Law, holds: bool) {
        if !holds {
            self.broken.insert(law);
        }
    }

    fn note_leader(&mut self, step: &Step<'_>, epoch: Epoch) {
        let log = &step.after.disk.log;
        let is_first = self.leaders.insert(epoch, step.at).is_none();
        self.hold(Law::OneLeader, is_first);
        // Votes that come late may elect a leader of an epoch that is over; it commits nothing.
        let is_late = self.committed.last().is_some_and(|last| last.epoch >= epoch);
        self.hold(Law::CommittedStays, is_late || log.starts_with(&self.committed));
        let mut earlier = self
            .acknowledged
            .iter()
            .filter(|(_, acknowledged)| *acknowledged < epoch);
        let has = |(end, epoch): &(Offset, Epoch)| {
            log.iter().any(|batch| (batch.end, batch.epoch) == (*end, *epoch))
        };
        let keeps = earlier.all(has);
        self.hold(Law::AcknowledgedStays, keeps);
    }

    fn note_committed(&mut self, step: &Step<'_>, end: Offset) {
        let log = below(&step.after.disk.log, end);
        let agrees = log.starts_with(&self.committed) || self.committed.starts_with(log);
        self.hold(Law::CommittedStays, agrees);
        if log.len() > self.committed.len() {
            self.committed = log.to_vec();
        }
        let raft = &step.after.raft;
        if raft.role() != RoleName::Leader {
            return;
        }
        let has = |disk: &&&Disk| disk.synced >= end && disk.log.starts_with(log);
        let holders = step.disks.iter().filter(has).count();
        self.hold(
            Law::CommittedIsDurable,
            holders >= raft.voters().current().majority(),
        );
        let own = log
            .iter()
            .filter(|batch| !batch.is_control && batch.epoch == raft.epoch());
        self.acknowledged
            .extend(own.map(|batch| (batch.end, batch.epoch)));
    }

    /// Whether another node led after a client's record was committed.
    pub fn led_after_append(&self) -> bool {
        let newest = self.leaders.keys().next_back();
        self.acknowledged.iter().any(|(_, epoch)| newest > Some(epoch))
    }

    /// A number that tells it from others.
    pub fn digest(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        hasher.finish()
    }
}

/// A leader's vote for itself is what it leads by, and not written down besides.
fn keeps_vote(before: &Raft, after: &Raft) -> bool {
    let votes_for =
        |raft: &Raft, id| raft.voted().is_some_and(|voted| voted.id == id) || raft.leader() == Some(id);
    let is_kept = before.voted().is_none_or(|voted| votes_for(after, voted.id));
    before.epoch() < after.epoch() || before.epoch() == after.epoch() && is_kept
}

/// Whether two logs are the same up to the last batch that they have of one epoch at one offset.
fn matches(one: &Batches, other: &Batches) -> bool {
    let is_shared = |(one, other): (&_, &_)| names(one) == names(other);
    let shared = one.iter().zip(other).rposition(is_shared);
    let end = shared.map_or(0, |last| last + 1);
    one[..end] == other[..end]
}

fn names(batch: &std::sync::Arc<crate::disk::Batch>) -> (Offset, Epoch) {
    (batch.base, batch.epoch)
}

/// The batches of a log that end by `end`.
fn below(log: &Batches, end: Offset) -> &[std::sync::Arc<crate::disk::Batch>] {
    &log[..log.partition_point(|batch| batch.end <= end)]
}
