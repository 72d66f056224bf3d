//! Which epoch began at which offset: how two logs find out where they part.
//!
//! `leader-epoch-checkpoint` holds the same as text, for a JVM; it is made anew from the log at every start:
//!
//! ```text
//! 0        format
//! 2        entries
//! 1 0      epoch, start offset
//! 4 17
//! ```
//!
//! Source: KIP-101, KIP-595.

use std::fmt::Write as _;

use kraft_bridge_protocol::{Epoch, Offset, OffsetAndEpoch};

/// Start offsets by epoch; both ascend.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct EpochHistory {
    entries: Vec<(Epoch, Offset)>,
}

impl EpochHistory {
    /// Takes the epoch of a batch that begins at `start`; returns whether the epoch is new.
    pub(crate) fn add(&mut self, epoch: Epoch, start: Offset) -> bool {
        let new = self.last().is_none_or(|last| last < epoch);
        if new {
            self.entries.push((epoch, start));
        }
        new
    }

    /// Epoch of the last record.
    pub fn last(&self) -> Option<Epoch> {
        self.entries.last().map(|(epoch, _)| *epoch)
    }

    /// Epoch of the record at `offset`, which must not be behind the end of the log.
    pub fn at(&self, offset: Offset) -> Option<Epoch> {
        let after = self.entries.partition_point(|(_, start)| *start <= offset);
        Some(self.entries[after.checked_sub(1)?].0)
    }

    /// The largest epoch that is not above `epoch`, with the offset where it ends in a log that ends at `log_end`.
    ///
    /// An epoch older than all of them ends where the first begins, under its own name. `None` if there is no
    /// record.
    pub fn end_of(&self, epoch: Epoch, log_end: Offset) -> Option<OffsetAndEpoch> {
        let (_, first) = *self.entries.first()?;
        let after = self.entries.partition_point(|(begun, _)| *begun <= epoch);
        let end = self.entries.get(after).map_or(log_end, |(_, start)| *start);
        Some(match after.checked_sub(1) {
            Some(found) => OffsetAndEpoch {
                epoch: self.entries[found].0,
                offset: end,
            },
            None => OffsetAndEpoch { epoch, offset: first },
        })
    }

    /// Forgets what lies at `end` or behind.
    pub(crate) fn truncate(&mut self, end: Offset) {
        self.entries.retain(|(_, start)| *start < end);
    }

    /// Forgets what lies wholly before `start`; the epoch that goes on there begins there now.
    pub(crate) fn advance_start(&mut self, start: Offset) {
        let after = self.entries.partition_point(|(_, begun)| *begun <= start);
        if let Some(kept) = after.checked_sub(1) {
            self.entries.drain(..kept);
            self.entries[0].1 = start;
        }
    }

    /// Content of `leader-epoch-checkpoint`.
    pub(super) fn encode(&self) -> String {
        let mut text = format!("0\n{}\n", self.entries.len());
        for (epoch, start) in &self.entries {
            writeln!(text, "{epoch} {start}").expect("a string takes all");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(entries: &[(i32, i64)]) -> EpochHistory {
        let mut history = EpochHistory::default();
        for (epoch, start) in entries {
            history.add(Epoch(*epoch), Offset(*start));
        }
        history
    }

    #[test]
    fn an_epoch_ends_where_the_next_begins_and_the_last_one_with_the_log() {
        let history = history(&[(2, 5), (4, 17)]);
        for (asked, epoch, offset) in [(1, 1, 5), (2, 2, 17), (3, 2, 17), (4, 4, 20), (9, 4, 20)] {
            let end = history.end_of(Epoch(asked), Offset(20)).unwrap();
            assert_eq!(
                (end.epoch, end.offset),
                (Epoch(epoch), Offset(offset)),
                "epoch {asked}"
            );
        }
        assert_eq!(EpochHistory::default().end_of(Epoch(1), Offset(0)), None);
    }

    #[test]
    fn truncation_forgets_epochs_that_have_no_record_left() {
        let mut cut = history(&[(2, 5), (4, 17)]);
        cut.truncate(Offset(17));
        assert_eq!(cut, history(&[(2, 5)]));
    }

    #[test]
    fn a_log_that_starts_later_remembers_the_epoch_that_goes_on_there() {
        let mut moved = history(&[(2, 5), (4, 17), (5, 30)]);
        moved.advance_start(Offset(20));
        assert_eq!(moved, history(&[(4, 20), (5, 30)]));
    }

    #[test]
    fn the_file_is_the_text_a_jvm_reads() {
        assert_eq!(history(&[(1, 0), (4, 17)]).encode(), "0\n2\n1 0\n4 17\n");
    }
}
