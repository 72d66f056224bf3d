//! What a leader knows of those that fetch from it, and what is committed by it.
//!
//! A fetch from an offset says that all below it is on that replica's disk. What more than half of the voters have is
//! committed, provided that the epoch's own first record is among it. A leader that is no voter does not count itself.
//!
//! Source: KIP-595, KIP-836, KIP-853.

use kraft_bridge_protocol::Offset;

use super::effects::Effect;
use super::roles::{Progress, Role};
use super::{Raft, ReplicaKey};

impl Raft {
    /// The name under which a replica's progress is kept: a voter's is that of the voter set, so that a static voter
    /// with a new directory replaces the old one.
    fn progress_key(&self, replica: ReplicaKey) -> ReplicaKey {
        match self.voters.current().get(replica.id) {
            Some(voter) if self.voters.current().contains(replica) => ReplicaKey {
                id: replica.id,
                directory: voter.directory,
            },
            _ => replica,
        }
    }

    /// Takes note of a valid fetch.
    pub(super) fn replica_fetched(&mut self, replica: ReplicaKey, from: Offset) {
        let key = self.progress_key(replica);
        let (now, end) = (self.now, self.log.end);
        let Role::Leader(leader) = &mut self.role else {
            return;
        };
        let progress = leader.replicas.entry(key).or_default();
        let previous = progress.fetched;
        if from >= end {
            progress.caught_up = Some(now.wall);
        } else if progress.leader_end > Offset(0) && from >= progress.leader_end {
            progress.caught_up = progress.caught_up.max(previous);
        }
        *progress = Progress {
            directory: replica.directory,
            end: Some(from),
            fetched: Some(now.wall),
            fetched_elapsed: now.elapsed,
            caught_up: progress.caught_up,
            leader_end: end,
        };
        self.voter_is_there(key);
        self.advance_high_watermark();
    }

    /// Counts for the check that a majority still fetches; a checkpoint's bytes count like records.
    pub(super) fn voter_is_there(&mut self, replica: ReplicaKey) {
        if !self.voters.current().contains(replica) {
            return;
        }
        let own = usize::from(self.is_voter());
        let needed = self.voters.current().majority() - own;
        let deadline = self.after(self.config.timeouts.fetch * 3 / 2);
        let Role::Leader(leader) = &mut self.role else {
            return;
        };
        leader.unacknowledged.remove(&replica.id);
        leader.fetched.insert(replica.id);
        // Whoever slept past the time has been given up, and must not count who fetched before.
        if leader.fetched.len() >= needed && leader.check_quorum > self.now.elapsed {
            leader.fetched.clear();
            leader.check_quorum = deadline;
        }
    }

    /// Commits what a majority has.
    pub(super) fn advance_high_watermark(&mut self) {
        let Role::Leader(leader) = &self.role else { return };
        let own = self.config.replica;
        let counts_itself = self.is_voter();
        let reached = |voter: ReplicaKey| match voter.id == own.id && counts_itself {
            true if mutant!(LeaderCountsUndurable) => Some(self.log.end),
            true => Some(self.durable_end),
            false => leader.replicas.get(&voter).and_then(|progress| progress.end),
        };
        let voters = match self.voters.newest_offset() {
            Some(newest) if mutant!(CountsByOldVoters) => self.voters.before(newest).1,
            _ => self.voters.current(),
        };
        let mut ends: Vec<Option<Offset>> = voters.keys().map(reached).collect();
        if mutant!(CountsObservers) {
            let observers = leader
                .replicas
                .iter()
                .filter(|(replica, _)| !voters.contains(**replica));
            ends.extend(observers.map(|(_, progress)| progress.end));
        }
        ends.sort_by(|one, other| other.cmp(one));
        let needed = (voters.len() / 2).saturating_sub(usize::from(mutant!(CommitsByMinority)));
        let Some(Some(committed)) = ends.get(needed).copied() else {
            return;
        };
        // What earlier epochs left counts only once something of this one does.
        let is_own_epoch = committed > leader.epoch_start || mutant!(CommitsOldEpochs);
        if is_own_epoch && leader.high_watermark.is_none_or(|known| known < committed) {
            self.commit(committed);
        }
    }

    fn commit(&mut self, end: Offset) {
        let Role::Leader(leader) = &mut self.role else {
            return;
        };
        leader.high_watermark = Some(end);
        leader.uncommitted = leader.uncommitted.split_off(&Offset(end.0 + 1));
        self.raise_high_watermark(end);
        self.answer_parked();
        self.finish_change();
    }

    /// The high watermark never goes back.
    pub(super) fn raise_high_watermark(&mut self, to: Offset) {
        if to > self.high_watermark {
            self.high_watermark = to;
            self.emit(Effect::HighWatermark(to));
        }
    }
}
