//! The checkpoints of a log directory: listed, written beside the appends, taken into service whole.
//!
//! ```text
//! <end offset>-<epoch>-<n>.checkpoint.part     being written or fetched; a start removes it
//! <end offset>-<epoch>.checkpoint              whole: synced before it got this name
//! ```

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use kraft_bridge_protocol::batch::Batch;
use kraft_bridge_protocol::control::ControlRecord;
use kraft_bridge_protocol::{Epoch, Offset, OffsetAndEpoch, Timestamp};

use super::error::LogError;
use super::io::{Disk, DiskFile};
use super::window::Window;
use crate::durable::FileError;
use crate::names;

/// A checkpoint that is in service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// End offset and epoch of what it stands for.
    pub id: OffsetAndEpoch,
    /// Length of the file.
    pub bytes: u64,
    /// Timestamp of the last record it stands for, as its header says.
    pub last_contained: Timestamp,
}

/// Those in service, by end offset and epoch.
#[derive(Debug, Default)]
pub(super) struct Checkpoints {
    by_offset: BTreeMap<(Offset, Epoch), Checkpoint>,
}

impl Checkpoints {
    /// Reads the header of each checkpoint that the directory holds.
    pub(super) fn list(disk: &dyn Disk, files: &[String]) -> Result<Checkpoints, LogError> {
        let mut checkpoints = Checkpoints::default();
        for id in files.iter().filter_map(|name| names::parse_checkpoint(name)) {
            checkpoints.add(read_header(&*disk.open(&names::checkpoint(id))?, id)?);
        }
        Ok(checkpoints)
    }

    pub(super) fn add(&mut self, checkpoint: Checkpoint) {
        let OffsetAndEpoch { offset, epoch } = checkpoint.id;
        self.by_offset.insert((offset, epoch), checkpoint);
    }

    pub(super) fn newest(&self) -> Option<&Checkpoint> {
        self.by_offset.values().next_back()
    }

    pub(super) fn oldest(&self) -> Option<&Checkpoint> {
        self.by_offset.values().next()
    }

    pub(super) fn get(&self, id: OffsetAndEpoch) -> Option<&Checkpoint> {
        self.by_offset.get(&(id.offset, id.epoch))
    }

    /// From the oldest to the newest.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Checkpoint> {
        self.by_offset.values()
    }

    /// Removes those that end below `start`, oldest first.
    pub(super) fn remove_below(&mut self, disk: &dyn Disk, start: Offset) -> Result<(), FileError> {
        while let Some(oldest) = self.oldest().copied()
            && oldest.id.offset < start
        {
            disk.remove(&names::checkpoint(oldest.id))?;
            self.by_offset.pop_first();
        }
        Ok(())
    }
}

/// A checkpoint that is being written or fetched; dropping it leaves a file that the next start removes.
///
/// It needs nothing of the log, so that records are appended meanwhile.
#[derive(Debug)]
pub struct CheckpointFile {
    pub(super) id: OffsetAndEpoch,
    pub(super) name: String,
    file: Arc<dyn DiskFile>,
    length: u64,
}

impl CheckpointFile {
    pub(super) fn create(
        disk: &dyn Disk,
        id: OffsetAndEpoch,
        number: u64,
    ) -> Result<CheckpointFile, FileError> {
        let name = names::unfinished_checkpoint(id, number);
        let file = disk.create(&name)?;
        Ok(CheckpointFile {
            id,
            name,
            file,
            length: 0,
        })
    }

    /// What was written, to be read.
    pub(crate) fn file(&self) -> Arc<dyn DiskFile> {
        Arc::clone(&self.file)
    }

    /// Bytes so far: where a fetch goes on.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Makes the content durable and reads its header back; the log calls it before the file gets its name.
    pub(super) fn complete(&self) -> Result<Checkpoint, LogError> {
        self.file.sync()?;
        read_header(&*self.file, self.id)
    }
}

impl io::Write for CheckpointFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write_at(self.length, bytes).map_err(passed_on)?;
        self.length += bytes.len() as u64;
        Ok(bytes.len())
    }

    /// Makes the content durable. Whoever ends a long checkpoint does so before the log takes it into service,
    /// which would wait for the disk and keep the log from its appends.
    fn flush(&mut self) -> io::Result<()> {
        self.file.sync().map_err(passed_on)
    }
}

fn passed_on(error: FileError) -> io::Error {
    io::Error::new(error.source.kind(), error)
}

/// What the first batch says, without reading the rest.
fn read_header(file: &dyn DiskFile, id: OffsetAndEpoch) -> Result<Checkpoint, LogError> {
    let problem = "it does not begin with a checkpoint's header; remove the file if a newer one is there";
    let unsound = || LogError::Checkpoint { id, problem };
    let mut window = Window::open(file, 1)?;
    let bytes = window.file_length();
    let (batch, _) = Batch::decode(window.batch(0)?).map_err(|_| unsound())?;
    let first = batch.records().next().and_then(Result::ok);
    let header = first.and_then(|record| ControlRecord::decode(record.key?, record.value).ok());
    let Some(ControlRecord::SnapshotHeader(header)) = header else {
        return Err(unsound());
    };
    Ok(Checkpoint {
        id,
        bytes,
        last_contained: header.last_contained_log_timestamp,
    })
}
