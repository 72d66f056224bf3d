//! The log of a KRaft node, on disk: segments, checkpoints, and the election state beside them. Payloads are bytes.
//!
//! ```text
//!          append ─▶ active segment ─ Flush::perform ─▶ durable: may be acknowledged
//!                        │ full or old
//!                        ▼
//! <base>.log  <base>.log  <base>.log   <end>-<epoch>.checkpoint   quorum-state  leader-epoch-checkpoint  durable-end
//! └ clean ─▶ removed, once a newer checkpoint stands for them ┘
//! ```
//!
//! | what | durable when it returns |
//! |---|---|
//! | appending | no: [`Log::begin_flush`] and [`Flush::perform`], one for as many batches as have gathered |
//! | everything else: rolling, truncating, a checkpoint taken into service, the election state | yes |
//!
//! Only the active segment ever holds bytes that are not durable, so that a crash leaves a prefix of what was
//! appended. After a failed write or sync the log takes nothing more, because what a sync that failed has
//! lost no later sync brings back; starting again shows what is there.
//!
//! Room is allocated ahead of the appends without changing the file's length, so that a JVM sees nothing of it: an
//! append of 4 KiB and its sync took 0.74 to 0.87 of the time on ext4, one of 300 bytes 0.94 to 1. Zeros written
//! ahead, which a JVM would have to cut off, were no better than that.
//!
//! A JVM can take the directory over and hand it back: the files are Kafka's, and what it would make anew (indexes,
//! `leader-epoch-checkpoint`) this log makes anew too. Two things are there for this log alone: `durable-end`, and the
//! second line of `quorum-state`, from which damage is told. Source: KIP-595, KIP-630.

mod append;
mod checkpoints;
mod durable_end;
mod epochs;
mod error;
mod index;
mod io;
mod memory;
mod outline;
mod recover;
mod retention;
mod segment;
mod synced;
mod window;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

use kraft_bridge_protocol::{Epoch, Offset, OffsetAndEpoch, Timestamp};

use crate::durable::FileError;
use crate::names;
use crate::quorum_state::QuorumState;
use checkpoints::Checkpoints;
use durable_end::DurableEnd;
use segment::Segment;

pub use append::{Appended, Flush, Flushed};
pub use checkpoints::{Checkpoint, CheckpointFile};
pub use epochs::EpochHistory;
pub use error::{LogError, Unsound};
pub use io::{Directory, Disk, DiskFile};
pub use memory::{Fault, MemoryDisk, Survivors};
pub use outline::{FetchPosition, LogOutline};

/// How large and old the parts of the log become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogConfig {
    /// `metadata.log.segment.bytes`: a segment is never longer, unless one batch is.
    pub segment_bytes: u32,
    /// `metadata.log.segment.ms`: a segment gets no batch that is younger than its first by more than this.
    pub segment_ms: i64,
    /// `metadata.max.retention.bytes`, of segments and checkpoints together.
    pub retention_bytes: u64,
    /// `metadata.max.retention.ms`, of checkpoints.
    pub retention_ms: i64,
}

impl Default for LogConfig {
    /// Kafka's defaults.
    fn default() -> Self {
        const DAY_MS: i64 = 24 * 60 * 60 * 1000;
        LogConfig {
            segment_bytes: 1024 * 1024 * 1024,
            segment_ms: 7 * DAY_MS,
            retention_bytes: 100 * 1024 * 1024,
            retention_ms: 7 * DAY_MS,
        }
    }
}

/// The log of one node; whoever has it is alone in the directory.
#[derive(Debug)]
pub struct Log {
    disk: Arc<dyn Disk>,
    config: LogConfig,
    /// By base offset, without gaps; never empty. The last one is active.
    segments: Vec<Segment>,
    epochs: EpochHistory,
    checkpoints: Checkpoints,
    quorum_state: Option<QuorumState>,
    start_offset: Offset,
    /// All below it is on disk.
    durable_end: Offset,
    /// Where that is kept.
    durable_end_file: DurableEnd,
    high_watermark: Offset,
    /// How often the end went back: a flush that began before says nothing about what was appended since.
    truncations: u64,
    /// Checkpoints begun since the start.
    checkpoints_begun: u64,
    broken: bool,
}

impl Log {
    /// Opens the log and mends what a crash left, see `recover.rs`; makes an empty one if there is none.
    ///
    /// # Errors
    ///
    /// [`LogError`] when the system fails, or something that was durable once is damaged or missing; nothing
    /// of the log was changed then.
    pub fn open(disk: Arc<dyn Disk>, config: LogConfig) -> Result<Log, LogError> {
        recover::open(disk, config)
    }

    /// Its directory, for errors.
    pub fn path(&self) -> &Path {
        self.disk.path()
    }

    /// Where the log starts: nothing before it can be read.
    pub fn start_offset(&self) -> Offset {
        self.start_offset
    }

    /// Offset that the next record gets, with the epoch of the last one; the newest checkpoint's if the log
    /// is empty behind it.
    pub fn end(&self) -> OffsetAndEpoch {
        self.outline().end()
    }

    /// What the log looks like, without its records.
    pub fn outline(&self) -> LogOutline {
        LogOutline {
            start: self.start_offset,
            end: self.end_offset(),
            epochs: self.epochs.clone(),
            oldest_checkpoint: self.checkpoints.oldest().map(|oldest| oldest.id),
            newest_checkpoint: self.checkpoints.newest().map(|newest| newest.id),
        }
    }

    /// All below it is on disk and may be acknowledged.
    pub fn durable_end(&self) -> Offset {
        self.durable_end
    }

    /// All below it is committed, as far as this log was told.
    pub fn high_watermark(&self) -> Offset {
        self.high_watermark
    }

    /// Takes a new high watermark: it never goes back, and never behind the log's end.
    pub fn advance_high_watermark(&mut self, to: Offset) {
        self.high_watermark = self.high_watermark.max(to.min(self.end_offset()));
    }

    /// Batches as stored, from the one that holds `from` up to `end` (exclusive): as many whole ones as fit
    /// into `bytes_max` bytes, but at least one. They come from one segment, so there may be more behind
    /// them. Empty where nothing is.
    ///
    /// # Errors
    ///
    /// [`LogError::OutOfRange`] when the log does not reach there; [`LogError::File`].
    pub fn read(&self, from: Offset, end: Offset, bytes_max: usize) -> Result<Vec<u8>, LogError> {
        self.check_range(from)?;
        Ok(self.segments[self.segment_of(from)].read(from, end, bytes_max)?)
    }

    /// The election state, if there ever was one.
    pub fn quorum_state(&self) -> Option<&QuorumState> {
        self.quorum_state.as_ref()
    }

    /// Replaces the election state; it is on disk when this returns, so that a vote may be answered.
    ///
    /// # Errors
    ///
    /// [`LogError::File`], [`LogError::Broken`].
    ///
    /// # Panics
    ///
    /// If the epoch goes back.
    pub fn write_quorum_state(&mut self, state: QuorumState) -> Result<(), LogError> {
        let known = self.quorum_state.as_ref().map(|known| known.leader_epoch);
        assert!(
            known.is_none_or(|known| known <= state.leader_epoch),
            "epochs never go back"
        );
        self.change(|log| {
            if mutant!(ForgetsElectionState) {
                log.quorum_state = Some(state);
                return Ok(());
            }
            io::replace(&*log.disk, names::QUORUM_STATE, state.encode_twice().as_bytes())?;
            log.quorum_state = Some(state);
            Ok(())
        })
    }

    /// The checkpoint that stands for most.
    pub fn newest_checkpoint(&self) -> Option<&Checkpoint> {
        self.checkpoints.newest()
    }

    /// All checkpoints, oldest first.
    pub fn checkpoints(&self) -> impl Iterator<Item = &Checkpoint> {
        self.checkpoints.iter()
    }

    /// Opens a checkpoint for reading; it stays readable when the log removes it meanwhile.
    ///
    /// # Errors
    ///
    /// [`LogError::Checkpoint`] when there is none of this id; [`LogError::File`].
    pub fn open_checkpoint(&self, id: OffsetAndEpoch) -> Result<Arc<dyn DiskFile>, LogError> {
        let problem = "there is none of this id";
        self.checkpoints
            .get(id)
            .ok_or(LogError::Checkpoint { id, problem })?;
        Ok(self.disk.open(&names::checkpoint(id))?)
    }

    /// Begins a checkpoint of this node's own state, which must have replayed exactly the committed batches
    /// up to the id's offset.
    ///
    /// # Errors
    ///
    /// [`LogError::Checkpoint`] when the id does not name an end of a committed batch, or there is one
    /// already; [`LogError::File`], [`LogError::Broken`].
    pub fn create_checkpoint(&mut self, id: OffsetAndEpoch) -> Result<CheckpointFile, LogError> {
        let refused = |problem| Err(LogError::Checkpoint { id, problem });
        if self.checkpoints.get(id).is_some() {
            return refused("it is there already");
        }
        if id.offset > self.high_watermark || id.offset <= self.start_offset {
            return refused("it does not end between the start of the log and the high watermark");
        }
        if self.epochs.at(Offset(id.offset.0 - 1)) != Some(id.epoch) {
            return refused("the record before its end is of another epoch");
        }
        if self.segments[self.segment_of(id.offset)].end_if_cut(id.offset)? != id.offset {
            return refused("it would end within a batch");
        }
        self.receive_checkpoint(id)
    }

    /// Begins a checkpoint that another node sends.
    ///
    /// # Errors
    ///
    /// [`LogError::File`], [`LogError::Broken`].
    pub fn receive_checkpoint(&mut self, id: OffsetAndEpoch) -> Result<CheckpointFile, LogError> {
        self.change(|log| {
            log.checkpoints_begun += 1;
            Ok(CheckpointFile::create(&*log.disk, id, log.checkpoints_begun)?)
        })
    }

    /// Takes a checkpoint into service. That it is whole, down to its footer, is for the caller to know. One that ends
    /// before the log begins by now, because a fetched one has replaced it meanwhile, is removed.
    ///
    /// # Errors
    ///
    /// [`LogError::Checkpoint`] when it does not begin as a checkpoint; it is removed then.
    /// [`LogError::File`], [`LogError::Broken`].
    pub fn freeze_checkpoint(&mut self, file: &CheckpointFile) -> Result<(), LogError> {
        self.change(|log| {
            if file.id.offset < log.start_offset {
                return Ok(log.disk.remove(&file.name)?);
            }
            let checkpoint = match file.complete() {
                Err(error @ LogError::Checkpoint { .. }) => {
                    log.disk.remove(&file.name)?;
                    return Err(error);
                }
                completed => completed?,
            };
            log.disk.rename(&file.name, &names::checkpoint(file.id))?;
            log.disk.sync()?;
            log.checkpoints.add(checkpoint);
            Ok(())
        })
    }

    /// Removes the checkpoints and segments that need not be kept, see `retention.rs`; returns whether the
    /// log starts later now.
    ///
    /// # Errors
    ///
    /// [`LogError::File`], [`LogError::Broken`].
    pub fn clean(&mut self, now: Timestamp) -> Result<bool, LogError> {
        let checkpoints: Vec<Checkpoint> = self.checkpoints.iter().copied().collect();
        let log_bytes = |from| {
            let segments = &self.segments[self.segment_of(from)..];
            segments.iter().map(|segment| segment.length).sum()
        };
        let start = retention::new_start(&self.config, &checkpoints, log_bytes, self.start_offset, now);
        let Some(start) = start.filter(|start| *start > self.start_offset) else {
            return Ok(false);
        };
        self.change(|log| {
            log.start_offset = start;
            log.epochs.advance_start(start);
            // Oldest first and each durably: what is left has no gap whenever this stops.
            while let [oldest, next, ..] = &log.segments[..]
                && next.base <= start
            {
                oldest.remove(&*log.disk)?;
                log.segments.remove(0);
            }
            log.checkpoints.remove_below(&*log.disk, start)?;
            log.disk.sync()?;
            log.write_epochs()?;
            Ok(true)
        })
    }

    fn end_offset(&self) -> Offset {
        self.active().end
    }

    fn active(&self) -> &Segment {
        self.segments.last().expect("there is always a segment")
    }

    /// Which segment holds `offset`, or would if it were there.
    fn segment_of(&self, offset: Offset) -> usize {
        let after = self.segments.partition_point(|segment| segment.base <= offset);
        after.saturating_sub(1)
    }

    fn check_range(&self, offset: Offset) -> Result<(), LogError> {
        let (start, end) = (self.start_offset, self.end_offset());
        if offset < start || offset > end {
            return Err(LogError::OutOfRange { offset, start, end });
        }
        Ok(())
    }

    /// Does what changes the directory, unless such a thing failed before.
    fn change<T>(&mut self, change: impl FnOnce(&mut Log) -> Result<T, LogError>) -> Result<T, LogError> {
        if self.broken {
            let path = self.disk.path().to_owned();
            return Err(LogError::Broken { path });
        }
        let changed = change(self);
        self.broken = matches!(changed, Err(LogError::File(_)));
        changed
    }

    /// Takes note of the durable end, for a start that has to tell damage from an interrupted write.
    fn record_durable_end(&mut self) -> Result<(), FileError> {
        let epoch = self.epoch();
        self.durable_end_file.record(self.durable_end, epoch)
    }

    /// Epoch of the election state.
    fn epoch(&self) -> Option<Epoch> {
        self.quorum_state.as_ref().map(|state| state.leader_epoch)
    }

    fn write_epochs(&self) -> Result<(), FileError> {
        io::replace(&*self.disk, names::LEADER_EPOCHS, self.epochs.encode().as_bytes())
    }
}
