//! One segment: batches back to back, from its base offset on.

use std::path::PathBuf;
use std::sync::Arc;

use kraft_bridge_protocol::batch::{Batch, BatchError, HEADER_LENGTH, LENGTH_OVERHEAD, batch_length};
use kraft_bridge_protocol::{Epoch, Offset, Timestamp};

use super::epochs::EpochHistory;
use super::error::Unsound;
use super::index::Index;
use super::io::{self, Disk, DiskFile};
use super::synced::SyncedFile;
use super::window::Window;
use crate::durable::FileError;
use crate::names;

/// Bytes read at once while a whole segment is gone through.
const SCAN_BYTES: usize = 1 << 20;
/// Room that is asked for ahead of the appends.
const ALLOCATED_BYTES: u64 = 4 << 20;
/// Bytes read at once while a batch is looked for: as far as two index entries are apart.
const SEEK_BYTES: usize = 2 * 4096;

/// A segment and its indexes.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) base: Offset,
    /// Offset behind the last record.
    pub(super) end: Offset,
    /// Bytes of sound batches.
    pub(super) length: u64,
    /// Timestamp of the first batch.
    pub(super) first_timestamp: Option<Timestamp>,
    pub(super) path: PathBuf,
    /// The file has room up to here, as far as that is known.
    allocated: u64,
    file: Arc<dyn DiskFile>,
    index: Index,
}

impl Segment {
    /// A new, empty one, durable by name.
    pub(super) fn create(disk: &dyn Disk, base: Offset) -> Result<Segment, FileError> {
        let file = disk.create(&names::segment(base))?;
        disk.sync()?;
        Ok(Segment::empty(disk, base, Segment::synced(disk, base, file)))
    }

    fn synced(disk: &dyn Disk, base: Offset, file: Arc<dyn DiskFile>) -> Arc<dyn DiskFile> {
        let path = disk.path().join(names::segment(base));
        Arc::new(SyncedFile::new(file, path))
    }

    fn empty(disk: &dyn Disk, base: Offset, file: Arc<dyn DiskFile>) -> Segment {
        Segment {
            base,
            end: base,
            length: 0,
            first_timestamp: None,
            path: disk.path().join(names::segment(base)),
            allocated: 0,
            file,
            index: Index::new(base),
        }
    }

    /// Opens one and goes through it as far as it is sound; says what is wrong with the bytes behind that, if
    /// there are any.
    pub(super) fn recover(
        disk: &dyn Disk,
        base: Offset,
        epochs: &mut EpochHistory,
        most: Epoch,
    ) -> Result<(Segment, Option<Unsound>), FileError> {
        let file = disk.open(&names::segment(base))?;
        let mut segment = Segment::empty(disk, base, Segment::synced(disk, base, file));
        let unsound = segment.scan(epochs, most)?;
        Ok((segment, unsound))
    }

    /// Takes every sound batch behind `length`.
    fn scan(&mut self, epochs: &mut EpochHistory, most: Epoch) -> Result<Option<Unsound>, FileError> {
        let file = Arc::clone(&self.file);
        let mut window = Window::open(&*file, SCAN_BYTES)?;
        while self.length < window.file_length() {
            let bytes = window.batch(self.length)?;
            let least = epochs.last().unwrap_or(Epoch(0));
            match continuing(bytes, self.end, least, most) {
                Ok(batch) => {
                    epochs.add(batch.header.epoch, batch.header.base_offset);
                    self.take(&batch);
                }
                Err(unsound) => return Ok(Some(unsound)),
            }
        }
        Ok(None)
    }

    fn take(&mut self, batch: &Batch<'_>) {
        self.index.add(batch, self.length);
        self.first_timestamp.get_or_insert(batch.header.timestamp);
        self.length += batch.length() as u64;
        self.end = batch.end_offset();
    }

    /// Whether a sound batch of later offsets stands anywhere behind the sound part: then that part was
    /// complete once.
    ///
    /// Between two syncs the system may write pages in any order, so a power cut can leave this too, among
    /// batches that nobody was told of. Where no durable end tells the two apart it counts as damage: to take
    /// it for an interrupted write could drop acknowledged records.
    pub(super) fn is_followed(&self) -> Result<bool, FileError> {
        let mut window = Window::open(&*self.file, SCAN_BYTES)?;
        for position in self.length + 1..window.file_length() {
            let header = window.bytes(position, HEADER_LENGTH)?;
            let reach = position - self.length;
            if !may_be_later_batch(header, self.end, reach) {
                continue;
            }
            if let Ok((batch, _)) = Batch::decode(window.batch(position)?)
                && batch.header.epoch >= Epoch(0)
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Appends batches that were checked; they are durable only after [`Segment::sync`].
    pub(super) fn append(&mut self, bytes: &[u8], batches: &[Batch<'_>]) -> Result<(), FileError> {
        let end = self.length + bytes.len() as u64;
        if end > self.allocated {
            self.file
                .allocate(self.length, end - self.length + ALLOCATED_BYTES);
            self.allocated = end + ALLOCATED_BYTES;
        }
        self.file.write_at(self.length, bytes)?;
        batches.iter().for_each(|batch| self.take(batch));
        Ok(())
    }

    /// Cuts off whatever stands or is allocated behind the sound part, durably.
    pub(super) fn cut_tail(&self) -> Result<(), FileError> {
        self.file.truncate(self.length)?;
        self.file.sync()
    }

    /// Cuts the segment so that it ends at or before `end`, durably: a batch that holds `end` goes as a whole.
    ///
    /// What stays is read again from the last index entry on, however long the segment is.
    pub(super) fn truncate(&mut self, disk: &dyn Disk, end: Offset) -> Result<(), FileError> {
        let length = self.position(end)?;
        self.remove_indexes(disk)?;
        self.file.truncate(length)?;
        self.file.sync()?;
        match self.index.rewind(length) {
            Some(position) => {
                let mut window = Window::open(&*self.file, HEADER_LENGTH)?;
                self.end = offsets(window.bytes(position, HEADER_LENGTH)?).0;
                self.length = position;
                self.allocated = length;
            }
            None => *self = Segment::empty(disk, self.base, Arc::clone(&self.file)),
        }
        let unsound = self.scan(&mut EpochHistory::default(), Epoch(i32::MAX))?;
        assert_eq!(unsound, None, "what was sound stays so");
        Ok(())
    }

    /// Cuts the file at the batch that holds `offset`, for good: the segment cannot be used afterwards.
    pub(super) fn cut(&self, offset: Offset) -> Result<(), FileError> {
        self.file.truncate(self.position(offset)?)
    }

    /// Where the segment would end if it were cut at `end`.
    pub(super) fn end_if_cut(&self, end: Offset) -> Result<Offset, FileError> {
        let position = self.position(end)?;
        if position == self.length {
            return Ok(self.end);
        }
        let mut window = Window::open(&*self.file, SEEK_BYTES)?;
        Ok(offsets(window.bytes(position, HEADER_LENGTH)?).0)
    }

    /// Position of the batch that holds `offset`; the end if none does.
    fn position(&self, offset: Offset) -> Result<u64, FileError> {
        let mut window = Window::open(&*self.file, SEEK_BYTES)?;
        let mut position = self.index.position_before(offset);
        while position < self.length {
            let header = window.bytes(position, HEADER_LENGTH)?;
            if offsets(header).1 > offset {
                break;
            }
            position += length(header);
        }
        Ok(position)
    }

    /// Whole batches from the one that holds `from` to `end`, as many as `bytes_max` allows but at least one.
    pub(super) fn read(&self, from: Offset, end: Offset, bytes_max: usize) -> Result<Vec<u8>, FileError> {
        let position = self.position(from)?;
        let left = usize::try_from(self.length - position).unwrap_or(usize::MAX);
        let mut bytes = vec![0; left.min(bytes_max.max(HEADER_LENGTH))];
        self.file.read_at(position, &mut bytes)?;
        let mut whole = 0;
        while let Some(header) = bytes.get(whole..whole + HEADER_LENGTH) {
            let batch_end = whole + usize::try_from(length(header)).unwrap_or(usize::MAX);
            if offsets(header).1 > end {
                break;
            }
            if batch_end > bytes.len() {
                if whole == 0 {
                    let have = bytes.len();
                    bytes.resize(batch_end, 0);
                    self.file.read_at(position + have as u64, &mut bytes[have..])?;
                    whole = batch_end;
                }
                break;
            }
            whole = batch_end;
        }
        bytes.truncate(whole);
        Ok(bytes)
    }

    pub(super) fn file(&self) -> Arc<dyn DiskFile> {
        Arc::clone(&self.file)
    }

    pub(super) fn sync(&self) -> Result<(), FileError> {
        self.file.sync()
    }

    /// Writes both indexes unless they are there already, as for a segment that gets no more batches.
    pub(super) fn write_indexes(&self, disk: &dyn Disk) -> Result<(), FileError> {
        let content = [self.index.encode_offsets(), self.index.encode_times()];
        for (name, content) in names::indexes(self.base).iter().zip(content) {
            if io::read(disk, name)?.as_ref() != Some(&content) {
                let file = disk.create(name)?;
                file.write_at(0, &content)?;
                file.sync()?;
            }
        }
        Ok(())
    }

    /// Removes the indexes, if they are there, because the segment gets more batches.
    pub(super) fn remove_indexes(&self, disk: &dyn Disk) -> Result<(), FileError> {
        let present = disk.list()?;
        let mut indexes = names::indexes(self.base).into_iter();
        indexes.try_for_each(|name| {
            if present.contains(&name) {
                disk.remove(&name)
            } else {
                Ok(())
            }
        })
    }

    /// Removes the segment and its indexes, durably.
    pub(super) fn remove(&self, disk: &dyn Disk) -> Result<(), FileError> {
        self.remove_indexes(disk)?;
        disk.remove(&names::segment(self.base))?;
        disk.sync()
    }
}

/// The batch at the start of `bytes`, if it goes on where the log ends.
///
/// Offset and epoch are outside of the batch's checksum; what comes before and the node's own epoch vouch for them.
pub(super) fn continuing(
    bytes: &[u8],
    expected: Offset,
    least: Epoch,
    most: Epoch,
) -> Result<Batch<'_>, Unsound> {
    let (batch, _) = Batch::decode(bytes)?;
    let found = batch.header.base_offset;
    if found != expected {
        return Err(Unsound::Offset { expected, found });
    }
    let found = batch.header.epoch;
    if found < least || found > most {
        return Err(Unsound::Epoch { least, most, found });
    }
    Ok(batch)
}

/// A cheap look at what could be a header: no record takes less than seven bytes, so `reach` bytes behind the
/// log's end no batch begins more than that many offsets later.
fn may_be_later_batch(header: &[u8], end: Offset, reach: u64) -> bool {
    const MAGIC_AT: usize = 16;
    let Some(prefix) = header.first_chunk() else {
        return false;
    };
    let later = offsets_begin(prefix)
        .checked_sub(end.0)
        .and_then(|later| u64::try_from(later).ok());
    header.get(MAGIC_AT) == Some(&2)
        && later.is_some_and(|later| later > 0 && later <= reach)
        && batch_length(prefix).is_ok()
}

fn offsets_begin(prefix: &[u8; LENGTH_OVERHEAD]) -> i64 {
    let [a, b, c, d, e, f, g, h, ..] = *prefix;
    i64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// Base and end offset in the header of a sound batch.
fn offsets(header: &[u8]) -> (Offset, Offset) {
    const LAST_OFFSET_DELTA_AT: usize = 23;
    let base = offsets_begin(header.first_chunk().expect("a whole header"));
    let delta = header[LAST_OFFSET_DELTA_AT..]
        .first_chunk()
        .expect("a whole header");
    (
        Offset(base),
        Offset(base + i64::from(i32::from_be_bytes(*delta)) + 1),
    )
}

/// Bytes of a sound batch, from its header.
fn length(header: &[u8]) -> u64 {
    let length: Result<usize, BatchError> = batch_length(header.first_chunk().expect("a whole header"));
    length.expect("a sound batch has a possible length") as u64
}
