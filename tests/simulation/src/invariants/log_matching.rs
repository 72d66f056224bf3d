//! Log matching: two logs that have a batch of one epoch at one offset are the same up to there.
//!
//! Epochs never go back within a log, offsets have no gaps, and each epoch begins with its leader's LeaderChange.
//!
//! Source: KIP-595; KAFKA-12331 (where the LeaderChange stands).

use std::collections::BTreeMap;

use kraft_bridge_protocol::control::ControlRecord;
use kraft_bridge_protocol::{Epoch, Offset, OffsetAndEpoch};

use super::{Invariant, Seen, View};
use crate::batches::{self, Stored, StoredBatch};

/// Every batch that any log ever had.
#[derive(Debug, Default)]
pub(super) struct LogMatching {
    /// By where it ends and its epoch: its bytes, and the batch before.
    batches: BTreeMap<(Offset, Epoch), (u64, Option<OffsetAndEpoch>)>,
    /// How far each host's log was looked at.
    seen: BTreeMap<usize, OffsetAndEpoch>,
}

impl Invariant for LogMatching {
    fn sentence(&self) -> &'static str {
        "logs with the same epoch at the same offset are the same up to there"
    }

    fn see(&mut self, view: &View<'_>, seen: &Seen<'_>) -> Result<(), String> {
        match seen {
            Seen::Started => {
                self.seen.remove(&view.at);
                self.look(view)
            }
            Seen::Stepped => self.look(view),
            _ => Ok(()),
        }
    }
}

impl LogMatching {
    /// Looks at what is new in a log.
    fn look(&mut self, view: &View<'_>) -> Result<(), String> {
        let outline = view.raft().log();
        let end = outline.end();
        let known = self.seen.get(&view.at).copied().filter(|known| {
            let last = Offset(known.offset.0 - 1);
            known.offset > outline.start
                && known.offset <= outline.end
                && outline.epochs.at(last) == Some(known.epoch)
        });
        if known == Some(end) {
            return Ok(());
        }
        let log = view.running().node.log();
        if log.end() != end {
            return Err(format!(
                "the node takes its log to end at {end:?}, and it does at {:?}",
                log.end()
            ));
        }
        let start = known.map_or(outline.start, |known| known.offset);
        let mut before = known;
        for batch in batches::read(log, start, outline.end)? {
            self.check(&batch, before)?;
            before = Some(OffsetAndEpoch {
                epoch: batch.epoch,
                offset: batch.end,
            });
        }
        self.seen.insert(view.at, end);
        Ok(())
    }

    fn check(&mut self, batch: &StoredBatch, before: Option<OffsetAndEpoch>) -> Result<(), String> {
        let StoredBatch { base, end, epoch, .. } = *batch;
        if before.is_some_and(|before| before.epoch > epoch) {
            return Err(format!("epoch {epoch} at {base} follows {before:?}"));
        }
        let is_first = before.map_or(base == Offset(0), |before| before.epoch < epoch);
        let begins = matches!(
            batch.records.first(),
            Some(Stored::Control(ControlRecord::LeaderChange(_)))
        );
        if is_first != begins && (before.is_some() || base == Offset(0)) {
            return Err(format!(
                "the batch at {base} of epoch {epoch}, after {before:?}, is {:?}",
                batch.records
            ));
        }
        let (digest, known) = self.batches.entry((end, epoch)).or_insert((batch.digest, before));
        if *digest != batch.digest {
            return Err(format!("two batches of epoch {epoch} end at {end}"));
        }
        match (*known, before) {
            (Some(known), Some(before)) if known != before => Err(format!(
                "the batch of epoch {epoch} at {base} follows {before:?} here, {known:?} elsewhere"
            )),
            (None, Some(_)) => {
                *known = before;
                Ok(())
            }
            _ => Ok(()),
        }
    }
}
