//! How a log is opened: what a crash left is mended, what was lost otherwise is named.
//!
//! | found | done |
//! |---|---|
//! | temporary files, indexes without segment, producer snapshots | removed |
//! | the last segment unsound behind the [durable end](super::durable_end) | cut off: a write that was interrupted |
//! | where no durable end is known: its end unsound, nothing sound behind | the same |
//! | it ends, or is unsound, before the durable end | refused, unless the newest checkpoint reaches the durable end |
//! | an unsound batch anywhere else | refused, or if the newest checkpoint stands for it removed with all before it |
//! | a gap between segments | the same |
//! | a checkpoint that stands for more than the log | the log is removed and goes on behind the checkpoint |
//! | checkpoints below the start of the log | removed |
//! | a log that starts behind 0 without a checkpoint that reaches it | refused |
//!
//! Nothing is changed until the log is known to be sound. Its files are synced before anything counts as
//! durable: what a killed process wrote can be read back without being on disk.

use std::sync::Arc;

use kraft_bridge_protocol::{Epoch, Offset, OffsetAndEpoch, Uuid};

use super::append::is_ahead;
use super::checkpoints::Checkpoints;
use super::durable_end::{DurableEnd, Noted};
use super::epochs::EpochHistory;
use super::error::LogError;
use super::io::{self, Disk};
use super::segment::Segment;
use super::{Log, LogConfig};
use crate::durable::FileError;
use crate::names;
use crate::quorum_state::{QuorumState, QuorumStateError};

/// Ends of names of files that nothing needs once their writer is gone, ours or a JVM's.
const LEFT_OVER: [&str; 6] = [
    io::TEMPORARY_SUFFIX,
    ".checkpoint.part",
    ".deleted",
    ".cleaned",
    ".swap",
    ".snapshot",
];
/// Ends of names of files that belong to a segment.
const BESIDE_SEGMENT: [&str; 3] = ["index", "timeindex", "txnindex"];

/// What goes wrong in a directory that is not a metadata log's.
const FOREIGN_PARTITION: &str = "is not of the metadata log; the directory belongs to another topic";

pub(super) fn open(disk: Arc<dyn Disk>, config: LogConfig) -> Result<Log, LogError> {
    let files = disk.list()?;
    check_partition(&*disk)?;
    let quorum_state = read_quorum_state(&*disk)?;
    let mut checkpoints = Checkpoints::list(&*disk, &files)?;
    let epoch = quorum_state.as_ref().map(|state| state.leader_epoch);
    let noted = Noted::read(&*disk)?;
    let newest = checkpoints.newest().map(|newest| newest.id);
    let bases: Vec<Offset> = files
        .iter()
        .filter_map(|name| names::parse_segment(name))
        .collect();
    // A JVM always leaves an index, and so does this log when it is closed, but not when it is killed.
    let is_closed = bases
        .last()
        .is_some_and(|last| names::indexes(*last).iter().any(|index| files.contains(index)));
    let durable_end = noted.and_then(|noted| noted.known(is_closed, epoch));
    let untold_from = noted.and_then(|noted| noted.untold_from(is_closed));
    let epoch_max = epoch.unwrap_or(Epoch(i32::MAX));
    let mut found = Found::read(&*disk, &bases, newest, epoch_max, untold_from)?;
    found.check_durable(&*disk, durable_end, newest)?;
    let start = found.segments.first().map_or(Offset(0), |first| first.base);
    if found.replaced_by(newest).is_none() && start > newest.map_or(Offset(0), |newest| newest.offset) {
        let path = disk.path().to_owned();
        return Err(LogError::StartMissing { path, start });
    }

    remove_left_overs(&*disk, &files)?;
    let durable_end_file = DurableEnd::open(&*disk)?;
    if let Some(id) = found.replaced_by(newest) {
        durable_end_file.replace(id.offset, epoch)?;
    }
    found.mend(&*disk, newest)?;
    let Found { segments, epochs, .. } = found;
    let start_offset = segments[0].base;
    checkpoints.remove_below(&*disk, start_offset)?;
    disk.sync()?;
    let end = segments.last().expect("mended to at least one").end;
    let log = Log {
        disk,
        config,
        segments,
        epochs,
        start_offset,
        durable_end: end,
        durable_end_file,
        high_watermark: checkpoints
            .newest()
            .map_or(Offset(0), |newest| newest.id.offset.min(end)),
        checkpoints,
        quorum_state,
        truncations: 0,
        checkpoints_begun: 0,
        broken: false,
    };
    // Before the indexes go that tell of a JVM.
    log.durable_end_file.replace(end, epoch)?;
    write_what_belongs_to_it(&log)?;
    Ok(log)
}

/// The segments as found, nothing changed yet.
struct Found {
    segments: Vec<Segment>,
    epochs: EpochHistory,
    /// The last segment has unsound bytes behind its sound part.
    torn: bool,
    /// Bases of segments that the newest checkpoint makes superfluous and that are unsound, with those before them.
    superseded: Vec<Offset>,
}

impl Found {
    fn read(
        disk: &dyn Disk,
        bases: &[Offset],
        newest: Option<OffsetAndEpoch>,
        epoch_max: Epoch,
        untold_from: Option<Offset>,
    ) -> Result<Found, LogError> {
        let mut found = Found {
            segments: Vec::new(),
            epochs: EpochHistory::default(),
            torn: false,
            superseded: Vec::new(),
        };
        let stands_for = |end: Offset| newest.is_some_and(|newest| end <= newest.offset);
        for (at, base) in bases.iter().enumerate() {
            found.continue_at(disk, *base, stands_for(*base))?;
            let (segment, unsound) = Segment::recover(disk, *base, &mut found.epochs, epoch_max)?;
            let next = bases.get(at + 1);
            let damaged = unsound.map(|problem| LogError::Damaged {
                path: segment.path.clone(),
                position: segment.length,
                offset: segment.end,
                problem,
            });
            match damaged {
                Some(_) if next.is_none() && is_interrupted(&segment, untold_from)? => found.torn = true,
                Some(_) if next.is_some_and(|next| stands_for(*next)) => {
                    found.segments.push(segment);
                    found.supersede();
                    continue;
                }
                Some(damaged) => return Err(damaged),
                None => {}
            }
            found.segments.push(segment);
        }
        Ok(found)
    }

    /// Checks that nothing is missing that was durable once and that the newest checkpoint does not stand for.
    fn check_durable(
        &self,
        disk: &dyn Disk,
        durable_end: Option<Offset>,
        newest: Option<OffsetAndEpoch>,
    ) -> Result<(), LogError> {
        let (path, position, offset) = match self.segments.last() {
            Some(last) => (last.path.clone(), last.length, last.end),
            None => (disk.path().to_owned(), 0, Offset(0)),
        };
        let stood_for = newest.map_or(Offset(0), |newest| newest.offset);
        match durable_end {
            Some(durable_end) if durable_end > offset.max(stood_for) => Err(LogError::Lost {
                path,
                position,
                offset,
                durable_end,
            }),
            _ => Ok(()),
        }
    }

    /// Checks that a segment with this base continues the one before.
    fn continue_at(&mut self, disk: &dyn Disk, base: Offset, superseding: bool) -> Result<(), LogError> {
        let Some(before) = self.segments.last().filter(|before| before.end != base) else {
            return Ok(());
        };
        let expected = before.end;
        if !superseding {
            return Err(LogError::Discontinuous {
                path: disk.path().join(names::segment(base)),
                expected,
                found: base,
            });
        }
        self.supersede();
        Ok(())
    }

    /// Gives up what was read so far, which the newest checkpoint stands for.
    fn supersede(&mut self) {
        let given_up = self.segments.drain(..).map(|segment| segment.base);
        self.superseded.extend(given_up);
        self.epochs = EpochHistory::default();
    }

    /// The checkpoint that stands for more than the log, if one does.
    fn replaced_by(&self, newest: Option<OffsetAndEpoch>) -> Option<OffsetAndEpoch> {
        let end = self.segments.last().map_or(Offset(0), |last| last.end);
        let goes_on_behind = |id: &OffsetAndEpoch| {
            self.epochs.last().is_none() && self.segments.len() == 1 && end == id.offset
        };
        newest
            .filter(|id| is_ahead(*id, &self.epochs, end))
            .filter(|id| !goes_on_behind(id))
    }

    /// Removes what must go, cuts the torn tail, syncs the rest; afterwards there is at least one segment.
    fn mend(&mut self, disk: &dyn Disk, newest: Option<OffsetAndEpoch>) -> Result<(), LogError> {
        for base in &self.superseded {
            tracing::warn!(
                segment = names::segment(*base),
                "unsound, but a checkpoint stands for it: removed"
            );
            disk.remove(&names::segment(*base))?;
            disk.sync()?;
        }
        if let Some(id) = self.replaced_by(newest) {
            tracing::info!(
                offset = id.offset.0,
                epoch = id.epoch.0,
                "a checkpoint replaces the log before it"
            );
            for segment in self.segments.iter().rev() {
                segment.remove(disk)?;
            }
            self.segments.clear();
            self.epochs = EpochHistory::default();
        }
        match self.segments.last() {
            Some(last) if self.torn => {
                tracing::warn!(file = %last.path.display(), offset = last.end.0, "cut off a write that was interrupted");
                last.cut_tail()?;
            }
            Some(_) => {}
            None => {
                let base = newest.map_or(Offset(0), |newest| newest.offset);
                self.segments.push(Segment::create(disk, base)?);
            }
        }
        Ok(self.segments.iter().try_for_each(Segment::sync)?)
    }
}

/// Whether what is unsound behind the last segment's sound part was never told of.
fn is_interrupted(segment: &Segment, untold_from: Option<Offset>) -> Result<bool, FileError> {
    match untold_from {
        Some(from) if segment.end >= from => Ok(true),
        _ => Ok(!segment.is_followed()?),
    }
}

fn remove_left_overs(disk: &dyn Disk, files: &[String]) -> Result<(), FileError> {
    let is_left_over = |name: &str| LEFT_OVER.iter().any(|end| name.ends_with(end));
    let lacks_segment = |name: &str| {
        let (stem, suffix) = name.rsplit_once('.').unwrap_or((name, ""));
        BESIDE_SEGMENT.contains(&suffix) && !files.contains(&format!("{stem}.log"))
    };
    for name in files
        .iter()
        .filter(|name| is_left_over(name) || lacks_segment(name))
    {
        disk.remove(name)?;
    }
    Ok(())
}

/// Indexes of the segments that are complete, none for the one that grows, and the epochs.
fn write_what_belongs_to_it(log: &Log) -> Result<(), FileError> {
    let disk = &*log.disk;
    if io::read(disk, names::PARTITION_METADATA)?.is_none() {
        io::replace(disk, names::PARTITION_METADATA, partition_metadata().as_bytes())?;
    }
    let (active, complete) = log.segments.split_last().expect("mended to at least one");
    for segment in complete {
        segment.write_indexes(disk)?;
    }
    active.remove_indexes(disk)?;
    if io::read(disk, names::LEADER_EPOCHS)?.as_deref() != Some(log.epochs.encode().as_bytes()) {
        log.write_epochs()?;
    }
    Ok(())
}

fn partition_metadata() -> String {
    format!("version: 0\ntopic_id: {}", Uuid::ONE)
}

fn check_partition(disk: &dyn Disk) -> Result<(), LogError> {
    let path = disk.path().join(names::PARTITION_METADATA);
    match io::read(disk, names::PARTITION_METADATA)? {
        Some(content) if content.trim_ascii_end() != partition_metadata().as_bytes() => {
            Err(LogError::Content {
                path,
                problem: FOREIGN_PARTITION,
            })
        }
        _ => Ok(()),
    }
}

fn read_quorum_state(disk: &dyn Disk) -> Result<Option<QuorumState>, LogError> {
    let Some(content) = io::read(disk, names::QUORUM_STATE)? else {
        return Ok(None);
    };
    let failed = |source| LogError::QuorumState {
        path: disk.path().join(names::QUORUM_STATE),
        source,
    };
    let text =
        std::str::from_utf8(&content).map_err(|error| failed(QuorumStateError::Syntax(error.to_string())))?;
    QuorumState::decode(text).map(Some).map_err(failed)
}
