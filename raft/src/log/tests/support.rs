//! Logs to test, on both disks.

use std::io::Write;
use std::sync::Arc;

use kraft_bridge_protocol::batch::{Batch, BatchBuilder};
use kraft_bridge_protocol::{Epoch, NodeId, Offset, OffsetAndEpoch, Timestamp};

use crate::checkpoint::{CheckpointHeader, CheckpointWriter};
use crate::log::{Appended, CheckpointFile, Directory, Disk, Log, LogConfig, LogError, MemoryDisk, io};
use crate::quorum_state::{Form, QuorumState};

/// A disk with a log on it.
pub(super) struct Bed {
    pub(super) disk: Arc<dyn Disk>,
    _dir: Option<tempfile::TempDir>,
}

/// The real disk and the one in memory, empty.
pub(super) fn both() -> [Bed; 2] {
    let dir = tempfile::tempdir().unwrap();
    let real = Directory::open(&dir.path().join("__cluster_metadata-0")).unwrap();
    let real = Bed {
        disk: Arc::new(real),
        _dir: Some(dir),
    };
    [real, Bed::on(&MemoryDisk::default())]
}

impl Bed {
    pub(super) fn on(disk: &MemoryDisk) -> Bed {
        Bed {
            disk: Arc::new(disk.clone()),
            _dir: None,
        }
    }

    pub(super) fn log(&self) -> Log {
        self.open().unwrap()
    }

    /// Opens with segments that hold three of the batches that `fill` makes.
    pub(super) fn open(&self) -> Result<Log, LogError> {
        Log::open(Arc::clone(&self.disk), SMALL)
    }

    /// What opening is refused with.
    pub(super) fn refusal(&self) -> String {
        self.open().unwrap_err().to_string()
    }

    pub(super) fn file(&self, name: &str) -> Vec<u8> {
        io::read(&*self.disk, name)
            .unwrap()
            .unwrap_or_else(|| panic!("no file {name}"))
    }

    pub(super) fn put(&self, name: &str, content: &[u8]) {
        let file = self.disk.create(name).unwrap();
        file.write_at(0, content).unwrap();
    }

    pub(super) fn files(&self) -> Vec<String> {
        self.disk.list().unwrap()
    }

    /// Names of the files that end so.
    pub(super) fn files_of(&self, end: &str) -> Vec<String> {
        self.files()
            .into_iter()
            .filter(|name| name.ends_with(end))
            .collect()
    }
}

pub(super) const SMALL: LogConfig = LogConfig {
    segment_bytes: 320,
    segment_ms: 1_000_000,
    retention_bytes: 1_000_000,
    retention_ms: 1_000_000,
};

pub(super) fn batch(values: &[&str]) -> BatchBuilder {
    let mut batch = BatchBuilder::default();
    values.iter().for_each(|value| batch.push(None, value.as_bytes()));
    batch
}

/// Appends one batch of these values as leader of an epoch, at time 0.
pub(super) fn try_append(log: &mut Log, epoch: i32, values: &[&str]) -> Result<Appended, LogError> {
    log.append(&mut batch(values), Epoch(epoch), Timestamp(0), false)
}

pub(super) fn append(log: &mut Log, epoch: i32, values: &[&str]) -> Appended {
    try_append(log, epoch, values).unwrap()
}

/// Appends `count` batches of about 100 bytes with one record each, and flushes.
pub(super) fn fill(log: &mut Log, epoch: i32, count: usize) {
    for number in 0..count {
        append(log, epoch, &[&format!("{number:032}")]);
    }
    log.flush().unwrap();
}

/// The whole log from its start.
pub(super) fn bytes(log: &Log) -> Vec<u8> {
    let (mut bytes, mut offset, end) = (Vec::new(), log.start_offset(), log.end().offset);
    while offset < end {
        let read = log.read(offset, end, 100_000).unwrap();
        offset = batches(&read).last().unwrap().1;
        bytes.extend(read);
    }
    bytes
}

/// Base and end offset of each batch.
pub(super) fn batches(mut bytes: &[u8]) -> Vec<(Offset, Offset)> {
    let mut batches = Vec::new();
    while !bytes.is_empty() {
        let (batch, length) = Batch::decode(bytes).unwrap();
        batches.push((batch.header.base_offset, batch.end_offset()));
        bytes = &bytes[length..];
    }
    batches
}

pub(super) fn at(offset: i64, epoch: i32) -> OffsetAndEpoch {
    OffsetAndEpoch {
        epoch: Epoch(epoch),
        offset: Offset(offset),
    }
}

/// Fills a checkpoint file with one record.
pub(super) fn write_checkpoint(file: &mut CheckpointFile, last_contained: i64) -> Result<(), std::io::Error> {
    let header = CheckpointHeader {
        epoch: file.id.epoch,
        timestamp: Timestamp(last_contained),
        last_contained_log_timestamp: Timestamp(last_contained),
        voters: None,
    };
    let mut writer = CheckpointWriter::new(&mut *file, header)?;
    writer.push(b"state")?;
    writer.finish()?;
    file.flush()
}

/// Makes a checkpoint of the node's own.
pub(super) fn checkpoint(log: &mut Log, id: OffsetAndEpoch, last_contained: i64) {
    let mut file = log.create_checkpoint(id).unwrap();
    write_checkpoint(&mut file, last_contained).unwrap();
    log.freeze_checkpoint(&file).unwrap();
}

/// Takes over a checkpoint as if it had been fetched.
pub(super) fn receive(log: &mut Log, id: OffsetAndEpoch) {
    let mut file = log.receive_checkpoint(id).unwrap();
    write_checkpoint(&mut file, 0).unwrap();
    log.freeze_checkpoint(&file).unwrap();
}

pub(super) fn voted(epoch: i32, voted: i32) -> QuorumState {
    QuorumState {
        leader_epoch: Epoch(epoch),
        leader: None,
        voted: Some(NodeId(voted)),
        form: Form::StaticVoters(vec![NodeId(1), NodeId(2), NodeId(3)]),
    }
}
