//! The outline of a log, without its records: what an election compares, and where two logs part.
//!
//! [`Log`](super::Log) gives it out and the quorum's machine carries it on, so that both judge alike.
//!
//! Source: KIP-595, KIP-630.

use kraft_bridge_protocol::{Epoch, Offset, OffsetAndEpoch};

use super::EpochHistory;

/// What a leader makes of the position that a replica fetches from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FetchPosition {
    /// The replica's log is a prefix of this one.
    Valid,
    /// It is not: this is where the largest epoch they may share ends here.
    Diverging(OffsetAndEpoch),
    /// It lies before this log: the replica has to fetch this checkpoint.
    Checkpoint(OffsetAndEpoch),
}

/// The outline of a log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct LogOutline {
    /// Where the log starts: nothing before it can be read.
    pub start: Offset,
    /// Offset that the next record gets.
    pub end: Offset,
    /// Which epoch began where.
    pub epochs: EpochHistory,
    /// The checkpoint that stands for least.
    pub oldest_checkpoint: Option<OffsetAndEpoch>,
    /// The checkpoint that stands for most.
    pub newest_checkpoint: Option<OffsetAndEpoch>,
}

impl LogOutline {
    /// Offset that the next record gets, with the epoch of the last one; the newest checkpoint's if the log
    /// is empty behind it.
    pub fn end(&self) -> OffsetAndEpoch {
        let behind_checkpoint = self.newest_checkpoint.filter(|newest| newest.offset == self.end);
        let checkpoint_epoch = behind_checkpoint.map(|newest| newest.epoch);
        OffsetAndEpoch {
            epoch: self.epochs.last().or(checkpoint_epoch).unwrap_or(Epoch(0)),
            offset: self.end,
        }
    }

    /// Judges a fetch from `offset` by a replica whose last record is of `last_fetched_epoch`.
    pub fn fetch_position(&self, offset: Offset, last_fetched_epoch: Epoch) -> FetchPosition {
        if let (Some(oldest), Some(newest)) = (self.oldest_checkpoint, self.newest_checkpoint) {
            let from_nothing = offset == Offset(0) && newest.offset > Offset(0);
            let at_start = offset == self.start;
            let before = offset < self.start
                || (at_start && offset > Offset(0) && last_fetched_epoch != oldest.epoch)
                || (offset > Offset(0) && last_fetched_epoch < oldest.epoch);
            if from_nothing || before {
                return FetchPosition::Checkpoint(newest);
            }
        }
        if offset == Offset(0) && self.start == Offset(0) {
            return FetchPosition::Valid;
        }
        let shared = self.end_of_epoch(last_fetched_epoch);
        if shared.epoch != last_fetched_epoch || shared.offset < offset {
            return FetchPosition::Diverging(shared);
        }
        FetchPosition::Valid
    }

    /// Where a follower cuts its log when the leader says that they diverge at `leader`: the end of what both
    /// may share.
    pub fn diverging_end(&self, leader: OffsetAndEpoch) -> Offset {
        let own = self.end_of_epoch(leader.epoch);
        if own.epoch == leader.epoch {
            own.offset.min(leader.offset)
        } else {
            own.offset
        }
    }

    /// The largest epoch that is not above `epoch`, with the offset where it ends.
    fn end_of_epoch(&self, epoch: Epoch) -> OffsetAndEpoch {
        let Some(end) = self.epochs.end_of(epoch, self.end) else {
            return self.end();
        };
        // Of an epoch older than all in the log only the checkpoint before it can tell the name.
        self.oldest_checkpoint
            .filter(|id| end.epoch == epoch && id.offset == end.offset)
            .unwrap_or(end)
    }
}
