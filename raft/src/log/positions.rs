//! Where a replica's log and this one part: what a leader answers to a fetch, and what a follower cuts.
//!
//! Source: KIP-595, KIP-630.

use kraft_bridge_protocol::{Epoch, Offset, OffsetAndEpoch};

use super::Log;

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

impl Log {
    /// Judges a fetch from `offset` by a replica whose last record is of `last_fetched_epoch`.
    pub fn fetch_position(&self, offset: Offset, last_fetched_epoch: Epoch) -> FetchPosition {
        if let (Some(oldest), Some(newest)) = (self.checkpoints.oldest(), self.checkpoints.newest()) {
            let (oldest, newest) = (oldest.id, newest.id);
            let from_nothing = offset == Offset(0) && newest.offset > Offset(0);
            let at_start = offset == self.start_offset;
            let before = offset < self.start_offset
                || (at_start && offset > Offset(0) && last_fetched_epoch != oldest.epoch)
                || (offset > Offset(0) && last_fetched_epoch < oldest.epoch);
            if from_nothing || before {
                return FetchPosition::Checkpoint(newest);
            }
        }
        if offset == Offset(0) && self.start_offset == Offset(0) {
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
        let Some(end) = self.epochs.end_of(epoch, self.end_offset()) else {
            return self.end();
        };
        // Of an epoch older than all in the log only the checkpoint before it can tell the name.
        let before = self.checkpoints.oldest().map(|oldest| oldest.id);
        before
            .filter(|id| end.epoch == epoch && id.offset == end.offset)
            .unwrap_or(end)
    }
}
