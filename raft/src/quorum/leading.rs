//! What a leader does: begins its epoch, appends, and steps down when no majority fetches.
//!
//! An append is on its way to the followers before it is on the leader's own disk; it counts for the leader itself once
//! it is. One flush is under way at a time and takes along all that was appended before it began, so that appends share
//! the wait for the disk without anybody waiting for more of them.
//!
//! Source: KIP-595, KIP-853.

use std::collections::BTreeSet;
use std::time::Duration;

use kraft_bridge_protocol::batch::{BATCH_BYTES_MAX, Batch, BatchBuilder, BatchHeader};
use kraft_bridge_protocol::control::{ControlRecord, KRaftVersion, LeaderChange, LeaderChangeVoter};
use kraft_bridge_protocol::{Epoch, NodeId, Offset};

use super::Raft;
use super::effects::{AppendId, Effect, NotAppended};
use super::roles::{Leader, Role};

/// Lowest and highest `kraft.version` that this node supports, which it must say to who asks with ApiVersions.
pub const KRAFT_VERSIONS: (i16, i16) = (0, 1);

impl Raft {
    /// The first batch of an epoch: who leads it, and with dynamic voters who they are unless the log says so already.
    pub(super) fn begin_epoch(&mut self, granting: &BTreeSet<NodeId>) {
        let named = |ids: &mut dyn Iterator<Item = NodeId>| {
            ids.map(|voter_id| LeaderChangeVoter {
                voter_id,
                ..Default::default()
            })
            .collect()
        };
        let mut records = vec![ControlRecord::LeaderChange(LeaderChange {
            leader_id: self.own_id(),
            voters: named(&mut self.voters.current().ids()),
            granting_voters: named(&mut granting.iter().copied()),
            ..Default::default()
        })];
        records.extend(self.voters_to_write());
        self.append_control(&records);
    }

    /// Voters as the log should say and does not: those of the checkpoint that the quorum was formatted with, or with
    /// this node's entry as it is now.
    fn voters_to_write(&self) -> Vec<ControlRecord> {
        let kraft_version = self.voters.kraft_version();
        if kraft_version == 0 {
            return Vec::new();
        }
        let voters = self.voters.current();
        let is_out_of_date = self.is_entry_out_of_date();
        let is_in_log = self
            .voters
            .newest_offset()
            .is_some_and(|offset| offset >= Offset(0));
        if is_in_log && !is_out_of_date {
            return Vec::new();
        }
        let voters = match is_out_of_date {
            true => voters.with(self.own_id(), self.own_entry()),
            false => voters.clone(),
        };
        let version = KRaftVersion {
            kraft_version,
            ..Default::default()
        };
        vec![ControlRecord::KRaftVersion(version), voters.record()]
    }

    /// Appends control records as one batch.
    pub(super) fn append_control(&mut self, records: &[ControlRecord]) {
        let mut batch = BatchBuilder::default();
        for record in records {
            let (key, value) = record.encode();
            batch.push(Some(&key), &value);
        }
        let bytes = self.finish(&mut batch, true);
        self.append(bytes);
    }

    fn finish(&self, batch: &mut BatchBuilder, control: bool) -> Vec<u8> {
        batch.finish(BatchHeader {
            base_offset: self.log.end,
            epoch: self.epoch,
            timestamp: self.now.wall,
            control,
        })
    }

    fn append(&mut self, bytes: Vec<u8>) {
        let length = bytes.len();
        self.extend_outline(&bytes);
        if let Role::Leader(leader) = &mut self.role {
            leader.uncommitted.insert(self.log.end, length);
        }
        self.emit(Effect::Append(bytes));
        self.answer_parked();
    }

    /// Carries the outline on over whole batches, which are known to be sound and to continue the log.
    pub(super) fn extend_outline(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let (batch, length) = Batch::decode(rest).expect("checked, or made here");
            let header = batch.header;
            self.log.epochs.add(header.epoch, header.base_offset);
            self.log.end = batch.end_offset();
            if header.control {
                self.read_controls(&batch);
            }
            rest = &rest[length..];
        }
    }

    fn read_controls(&mut self, batch: &Batch<'_>) {
        for record in batch.records().filter_map(Result::ok) {
            let Some(key) = record.key else { continue };
            match ControlRecord::decode(key, record.value) {
                Ok(control) => self.replay_control(record.offset, &control),
                Err(error) => {
                    tracing::warn!(offset = %record.offset, %error, "an unknown control record is left alone")
                }
            }
        }
    }

    fn replay_control(&mut self, offset: Offset, control: &ControlRecord) {
        self.voters.replay(offset, control);
        if matches!(control, ControlRecord::Voters(_)) {
            self.voters_changed();
        }
    }

    /// A node that stands from now on needs an election timer; one that does not needs none.
    pub(super) fn voters_changed(&mut self) {
        let may_stand = self.may_stand();
        let election = may_stand.then(|| self.election_deadline());
        let others = self.other_voters();
        match &mut self.role {
            Role::Prospective(_) if !may_stand => self.give_up_standing(),
            Role::Candidate(_) if !may_stand => self.become_unattached(self.epoch, None),
            Role::Unattached(unattached) if unattached.election.is_some() != election.is_some() => {
                unattached.election = election;
            }
            Role::Leader(_) => self.sort_replicas(),
            Role::Resigned(resigned) => resigned.unacknowledged.retain(|voter| others.contains(voter)),
            _ => {}
        }
        self.persist();
    }

    pub(super) fn handle_append(&mut self, id: AppendId, epoch: Epoch, records: &[Vec<u8>]) {
        let outcome = self.try_append(epoch, records);
        self.emit(Effect::Appended { id, outcome });
    }

    fn try_append(&mut self, epoch: Epoch, records: &[Vec<u8>]) -> Result<(Offset, Offset), NotAppended> {
        let Role::Leader(leader) = &self.role else {
            return Err(NotAppended::NotLeader);
        };
        if epoch != self.epoch || self.is_shutting_down {
            return Err(NotAppended::NotLeader);
        }
        if leader.uncommitted.values().sum::<usize>() >= self.config.uncommitted_bytes_max {
            return Err(NotAppended::Full);
        }
        let mut batch = BatchBuilder::default();
        for record in records {
            batch.push(None, record);
        }
        if batch.length() > BATCH_BYTES_MAX {
            return Err(NotAppended::TooLarge);
        }
        let base = self.log.end;
        if batch.count() > 0 {
            let bytes = self.finish(&mut batch, false);
            self.append(bytes);
        }
        Ok((base, self.log.end))
    }

    pub(super) fn handle_flushed(&mut self, durable_end: Offset) {
        self.is_flushing = false;
        self.durable_end = durable_end;
        self.advance_high_watermark();
    }

    /// Does what the role wants done and nothing stands against.
    pub(super) fn act(&mut self) {
        self.ask_for_votes();
        self.tell_voters();
        self.keep_own_entry();
        self.fetch();
        if !self.is_flushing && self.durable_end < self.log.end {
            self.is_flushing = true;
            self.emit(Effect::Flush);
        }
    }

    pub(super) fn leader_deadline(&self, leader: &Leader) -> Duration {
        let parked = leader.parked.iter().map(|parked| parked.deadline);
        let timers = [leader.announce, leader.check_quorum];
        let change = leader.change.as_ref().map(|change| change.deadline);
        parked.chain(timers).chain(change).min().expect("two at least")
    }

    pub(super) fn expire_leader(&mut self) {
        if self.was_removed() {
            self.resign();
            return;
        }
        self.expire_change();
        let others = self.other_voters();
        let now = self.now.elapsed;
        let timeouts = self.config.timeouts;
        let Role::Leader(leader) = &mut self.role else {
            return;
        };
        if leader.announce <= now {
            leader.announce = now + timeouts.fetch / 2;
            leader.unacknowledged = others.clone();
        }
        if others.is_empty() || mutant!(LeadsWithoutMajority) {
            // Nobody could fetch, nor be missed.
            leader.check_quorum = now + timeouts.fetch * 3 / 2;
        }
        if leader.check_quorum <= now {
            tracing::warn!(node = %self.own_id(), epoch = %self.epoch, "no majority fetched for too long");
            self.resign();
            return;
        }
        self.answer_late();
    }
}
