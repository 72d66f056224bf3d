//! How the log grows, becomes durable, and shrinks.

use std::sync::Arc;

use kraft_bridge_protocol::batch::{BATCH_BYTES_MAX, Batch, BatchBuilder, BatchError, BatchHeader};
use kraft_bridge_protocol::{Epoch, Offset, OffsetAndEpoch, Timestamp};

use super::error::{LogError, Unsound};
use super::io::DiskFile;
use super::segment::{Segment, continuing};
use super::{EpochHistory, Log};
use crate::durable::FileError;

/// What was appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Offset of the first record.
    pub base_offset: Offset,
    /// Offset behind the last one.
    pub end_offset: Offset,
    /// Bytes, of whole batches.
    pub bytes: usize,
}

/// The part of a flush that waits for the disk; may be done by another thread while the log goes on.
#[derive(Debug)]
pub struct Flush {
    file: Arc<dyn DiskFile>,
    end: Offset,
    truncations: u64,
}

/// A flush that was done, for [`Log::finish_flush`].
#[derive(Debug)]
pub struct Flushed {
    end: Offset,
    truncations: u64,
    outcome: Result<(), FileError>,
}

impl Flush {
    /// Waits until the disk has what was appended before the flush began.
    pub fn perform(self) -> Flushed {
        Flushed {
            end: self.end,
            truncations: self.truncations,
            outcome: self.file.sync(),
        }
    }
}

impl Log {
    /// Appends one batch as leader: the records pushed so far, at the log's end, stamped with the epoch.
    ///
    /// The epoch must be in the election state on disk before.
    ///
    /// # Errors
    ///
    /// [`LogError::Refused`] when the batch is longer than the quorum carries, or its epoch out of order:
    /// nothing was written then. [`LogError::File`], [`LogError::Broken`].
    pub fn append(
        &mut self,
        records: &mut BatchBuilder,
        epoch: Epoch,
        timestamp: Timestamp,
        control: bool,
    ) -> Result<Appended, LogError> {
        let bytes = records.finish(BatchHeader {
            base_offset: self.end_offset(),
            epoch,
            timestamp,
            control,
        });
        self.append_fetched(&bytes)
    }

    /// Appends batches as a leader sent them, offsets and epochs as they are. A last batch that is cut off is
    /// left out.
    ///
    /// # Errors
    ///
    /// [`LogError::Refused`] when a batch is unsound or does not continue the log: nothing was written then.
    /// [`LogError::File`], [`LogError::Broken`].
    pub fn append_fetched(&mut self, bytes: &[u8]) -> Result<Appended, LogError> {
        let base_offset = self.end_offset();
        let batches = self.check(bytes)?;
        let length = batches.iter().map(Batch::length).sum();
        self.change(|log| {
            log.write_rolling(&bytes[..length], &batches)
                .inspect_err(|_| log.give_up_tail())?;
            Ok(Appended {
                base_offset,
                end_offset: log.end_offset(),
                bytes: length,
            })
        })
    }

    /// Writes batches, which lie back to back in `bytes`, into as many segments as they take.
    fn write_rolling(&mut self, mut bytes: &[u8], mut batches: &[Batch<'_>]) -> Result<(), FileError> {
        while let [first, ..] = batches {
            if self.needs_roll(first) {
                self.roll()?;
            }
            let (run, later) = batches.split_at(self.fitting(batches));
            let length = run.iter().map(Batch::length).sum();
            self.write(&bytes[..length], run)?;
            (bytes, batches) = (&bytes[length..], later);
        }
        Ok(())
    }

    /// The whole batches in `bytes`, each continuing what comes before.
    fn check<'a>(&self, bytes: &'a [u8]) -> Result<Vec<Batch<'a>>, LogError> {
        let mut batches = Vec::new();
        let OffsetAndEpoch {
            epoch: mut least,
            offset: mut expected,
        } = self.end();
        let most = self.epoch_max();
        let mut rest = bytes;
        while !rest.is_empty() {
            let batch = match continuing(rest, expected, least, most) {
                Err(Unsound::Batch(BatchError::Truncated { .. })) if !batches.is_empty() => break,
                checked => checked,
            };
            let refused = |problem| LogError::Refused {
                offset: expected,
                problem,
            };
            let batch = batch.map_err(refused)?;
            if batch.length() > BATCH_BYTES_MAX {
                return Err(refused(Unsound::TooLong(batch.length())));
            }
            rest = &rest[batch.length()..];
            (expected, least) = (batch.end_offset(), batch.header.epoch);
            batches.push(batch);
        }
        Ok(batches)
    }

    /// The epoch that the node has reached: no batch can be of a later one.
    fn epoch_max(&self) -> Epoch {
        self.epoch().unwrap_or(Epoch(i32::MAX))
    }

    /// Whether the active segment holds something already and does not take this batch.
    fn needs_roll(&self, batch: &Batch<'_>) -> bool {
        let active = self.active();
        let Some(first) = active.first_timestamp else {
            return false;
        };
        !self.fits(active.length + batch.length() as u64, first, batch)
    }

    /// How many of the batches, the first of which the active segment takes, go there with one write.
    fn fitting(&self, batches: &[Batch<'_>]) -> usize {
        let mut length = self.active().length;
        let first = self
            .active()
            .first_timestamp
            .unwrap_or(batches[0].header.timestamp);
        let fits = |batch: &&Batch<'_>| {
            length += batch.length() as u64;
            self.fits(length, first, batch)
        };
        batches.iter().take_while(fits).count().max(1)
    }

    /// Whether the active segment may be so long, with this batch as its last.
    fn fits(&self, length: u64, first: Timestamp, last: &Batch<'_>) -> bool {
        let age = last.header.timestamp.0.saturating_sub(first.0);
        // The indexes hold offsets relative to the base in 32 bits.
        let reach = last.end_offset().0 - self.active().base.0;
        length <= u64::from(self.config.segment_bytes)
            && age <= self.config.segment_ms
            && reach <= i64::from(i32::MAX)
    }

    fn write(&mut self, bytes: &[u8], batches: &[Batch<'_>]) -> Result<(), FileError> {
        let active = self.segments.last_mut().expect("there is always a segment");
        active.append(bytes, batches)?;
        let mut new_epoch = false;
        for batch in batches {
            new_epoch |= self.epochs.add(batch.header.epoch, batch.header.base_offset);
        }
        if new_epoch { self.write_epochs() } else { Ok(()) }
    }

    /// Ends the active segment, durably, and begins the next.
    fn roll(&mut self) -> Result<(), FileError> {
        self.active().cut_tail()?;
        self.durable_end = self.end_offset();
        self.record_durable_end()?;
        self.active().write_indexes(&*self.disk)?;
        let next = Segment::create(&*self.disk, self.end_offset())?;
        self.segments.push(next);
        Ok(())
    }

    /// Begins to make everything appended so far durable: one wait for as many batches as have gathered.
    pub fn begin_flush(&self) -> Flush {
        Flush {
            file: self.active().file(),
            end: self.end_offset(),
            truncations: self.truncations,
        }
    }

    /// Takes note of a flush; returns what is durable now.
    ///
    /// # Errors
    ///
    /// [`LogError::File`] when the disk failed: the log takes nothing more then. [`LogError::Broken`] if it
    /// did before.
    pub fn finish_flush(&mut self, flushed: Flushed) -> Result<Offset, LogError> {
        self.change(|log| {
            flushed.outcome.inspect_err(|_| log.give_up_tail())?;
            if flushed.truncations == log.truncations {
                log.durable_end = log.durable_end.max(flushed.end);
                log.record_durable_end()?;
            }
            Ok(log.durable_end)
        })
    }

    /// Cuts off what is not durable after a write or sync failed, so that a restart does not take it for what
    /// is on disk: the system may go on showing bytes that it failed to write.
    fn give_up_tail(&self) {
        if let Err(error) = self.active().cut(self.durable_end) {
            tracing::warn!(%error, "records that nobody was told of are left behind the failed write");
        }
    }

    /// Makes everything appended so far durable.
    ///
    /// # Errors
    ///
    /// As [`Log::finish_flush`].
    pub fn flush(&mut self) -> Result<Offset, LogError> {
        let flushed = self.begin_flush().perform();
        self.finish_flush(flushed)
    }

    /// Cuts the log so that it ends at or before `end`, durably: a batch that holds `end` goes as a whole.
    /// Returns the new end.
    ///
    /// # Errors
    ///
    /// [`LogError::BelowHighWatermark`] when committed records would go, [`LogError::OutOfRange`] when the
    /// log starts later: nothing was cut then. [`LogError::File`], [`LogError::Broken`].
    pub fn truncate(&mut self, end: Offset) -> Result<Offset, LogError> {
        if end >= self.end_offset() {
            return Ok(self.end_offset());
        }
        self.check_range(end)?;
        let kept = self.segment_of(end);
        let offset = self.segments[kept].end_if_cut(end)?;
        let high_watermark = self.high_watermark;
        if offset < high_watermark && !mutant!(CutsCommitted) {
            return Err(LogError::BelowHighWatermark {
                offset,
                high_watermark,
            });
        }
        self.change(|log| {
            log.truncations += 1;
            log.lower_durable_end(offset)?;
            // Newest first and each durably: what is left is a prefix whenever this stops.
            while log.segments.len() > kept + 1 {
                log.active().remove(&*log.disk)?;
                log.segments.pop();
            }
            log.segments[kept].truncate(&*log.disk, end)?;
            log.epochs.truncate(log.end_offset());
            log.write_epochs()?;
            Ok(log.end_offset())
        })
    }

    /// Throws the whole log away, durably, because a checkpoint in service stands for more: it goes on at the
    /// checkpoint's end.
    ///
    /// # Errors
    ///
    /// [`LogError::Checkpoint`] when there is no such checkpoint, or the log reaches it: nothing was removed
    /// then. [`LogError::File`], [`LogError::Broken`].
    pub fn truncate_to_checkpoint(&mut self, id: OffsetAndEpoch) -> Result<(), LogError> {
        let refused = |problem| Err(LogError::Checkpoint { id, problem });
        if self.checkpoints.get(id).is_none() {
            return refused("there is none of this id");
        }
        if !is_ahead(id, &self.epochs, self.end_offset()) {
            return refused("the log reaches beyond it");
        }
        self.change(|log| {
            log.truncations += 1;
            log.lower_durable_end(id.offset)?;
            for segment in log.segments.iter().rev() {
                segment.remove(&*log.disk)?;
            }
            log.segments = vec![Segment::create(&*log.disk, id.offset)?];
            log.epochs = EpochHistory::default();
            log.write_epochs()?;
            log.checkpoints.remove_below(&*log.disk, id.offset)?;
            log.disk.sync()?;
            log.start_offset = id.offset;
            log.durable_end = id.offset;
            log.high_watermark = log.high_watermark.max(id.offset);
            Ok(())
        })
    }

    /// Gives up that records from `end` on are durable, before they are cut off.
    fn lower_durable_end(&mut self, end: Offset) -> Result<(), FileError> {
        if end < self.durable_end {
            self.durable_end = end;
            self.durable_end_file.replace(end, self.epoch())?;
        }
        Ok(())
    }

    /// Ends the log as a JVM would find it after a clean stop: flushed, with the indexes of the last segment too.
    ///
    /// # Errors
    ///
    /// [`LogError::File`], [`LogError::Broken`].
    pub fn close(mut self) -> Result<(), LogError> {
        self.flush()?;
        self.change(|log| {
            log.active().cut_tail()?;
            Ok(log.active().write_indexes(&*log.disk)?)
        })?;
        Ok(self.disk.sync()?)
    }
}

/// Whether a checkpoint stands for more than a log with these epochs and this end.
pub(super) fn is_ahead(checkpoint: OffsetAndEpoch, epochs: &EpochHistory, end: Offset) -> bool {
    let epoch = epochs.last().unwrap_or(Epoch(0));
    checkpoint > OffsetAndEpoch { epoch, offset: end }
}
