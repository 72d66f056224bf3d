//! What a node does to its log, one act after the other; each gives the same bytes whenever it is done.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use kraft_bridge_protocol::batch::BatchBuilder;
use kraft_bridge_protocol::{Epoch, NodeId, Offset, OffsetAndEpoch, Timestamp};
use kraft_bridge_raft::checkpoint::{CheckpointHeader, CheckpointWriter};
use kraft_bridge_raft::log::{Disk, Log, LogConfig};
use kraft_bridge_raft::names;
use kraft_bridge_raft::quorum_state::{Form, QuorumState};

/// Segments of three batches.
const CONFIG: LogConfig = LogConfig {
    segment_bytes: 320,
    segment_ms: 1_000_000,
    retention_bytes: 1_000_000,
    retention_ms: 1_000_000,
};

/// One act.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Act {
    /// Reaches an epoch and votes for a candidate.
    Vote(i32, i32),
    /// Appends as many batches of one record, each with one write.
    Lead(i32, usize),
    /// Appends as many batches at once, as a leader sends them.
    Follow(i32, usize),
    Flush,
    Truncate(i64),
    Commit(i64),
    /// Makes a checkpoint of its own, long enough for several writes.
    Checkpoint(i64, i32),
    Clean,
    /// Takes over a checkpoint that a leader sent.
    Replace(i64, i32),
    /// Is killed in the middle of an append and of a checkpoint, and starts again.
    Restart,
    Close,
}

use Act::{Checkpoint, Clean, Close, Commit, Flush, Follow, Lead, Replace, Restart, Truncate, Vote};

/// Everything that changes a log, and most of it across segments.
pub(crate) const ACTS: [Act; 25] = [
    Vote(1, 1),
    Lead(1, 4),
    Flush,
    Follow(1, 7),
    Flush,
    Vote(3, 2),
    Follow(3, 4),
    Truncate(8),
    Lead(3, 2),
    Flush,
    Restart,
    Commit(10),
    Checkpoint(5, 1),
    Checkpoint(10, 3),
    Follow(3, 2),
    Clean,
    Flush,
    Vote(4, 3),
    Replace(30, 4),
    Follow(4, 5),
    Flush,
    Commit(35),
    Checkpoint(34, 4),
    Lead(4, 1),
    Close,
];

/// A log that is being lived with.
pub(crate) struct Life {
    disk: Arc<dyn Disk>,
    log: Option<Log>,
}

impl Life {
    pub(crate) fn begin(disk: Arc<dyn Disk>) -> Life {
        let log = Some(open(&disk));
        Life { disk, log }
    }

    pub(crate) fn act(&mut self, act: Act) {
        let Some(log) = &mut self.log else {
            panic!("nothing follows the end");
        };
        match act {
            Vote(epoch, candidate) => log.write_quorum_state(voted(epoch, candidate)).unwrap(),
            Lead(epoch, count) => {
                for _ in 0..count {
                    let offset = log.end().offset;
                    log.append(&mut batch(offset), Epoch(epoch), Timestamp(0), false)
                        .unwrap();
                }
            }
            Follow(epoch, count) => {
                let sent = sent(log.end().offset, epoch, count);
                log.append_fetched(&sent).unwrap();
            }
            Flush => drop(log.flush().unwrap()),
            Truncate(end) => drop(log.truncate(Offset(end)).unwrap()),
            Commit(end) => log.advance_high_watermark(Offset(end)),
            Checkpoint(offset, epoch) => {
                let mut file = log.create_checkpoint(at(offset, epoch)).unwrap();
                write_checkpoint(&mut file, epoch);
                log.freeze_checkpoint(&file).unwrap();
            }
            Clean => assert!(log.clean(Timestamp(1_000_001)).unwrap()),
            Replace(offset, epoch) => {
                let mut file = log.receive_checkpoint(at(offset, epoch)).unwrap();
                write_checkpoint(&mut file, epoch);
                log.freeze_checkpoint(&file).unwrap();
                log.truncate_to_checkpoint(at(offset, epoch)).unwrap();
            }
            Restart => {
                tear(self.disk.path(), log.end().offset);
                self.log = Some(open(&self.disk));
            }
            Close => self.log.take().unwrap().close().unwrap(),
        }
    }
}

pub(crate) fn open(disk: &Arc<dyn Disk>) -> Log {
    Log::open(Arc::clone(disk), CONFIG).unwrap()
}

pub(crate) fn at(offset: i64, epoch: i32) -> OffsetAndEpoch {
    OffsetAndEpoch {
        epoch: Epoch(epoch),
        offset: Offset(offset),
    }
}

pub(crate) fn voted(epoch: i32, candidate: i32) -> QuorumState {
    QuorumState {
        leader_epoch: Epoch(epoch),
        leader: None,
        voted: Some(NodeId(candidate)),
        form: Form::StaticVoters(vec![NodeId(1), NodeId(2), NodeId(3)]),
    }
}

/// The batch that stands at this offset, of about 100 bytes.
fn batch(offset: Offset) -> BatchBuilder {
    let mut batch = BatchBuilder::default();
    batch.push(None, format!("{:032}", offset.0).as_bytes());
    batch
}

/// Batches from this offset on, as a leader of the epoch sends them.
fn sent(from: Offset, epoch: i32, count: usize) -> Vec<u8> {
    let offsets = (from.0..).take(count);
    let batches = offsets.map(|offset| {
        batch(Offset(offset)).finish(kraft_bridge_protocol::batch::BatchHeader {
            base_offset: Offset(offset),
            epoch: Epoch(epoch),
            timestamp: Timestamp(0),
            control: false,
        })
    });
    batches.flatten().collect()
}

/// A header, two batches of records and a footer.
fn write_checkpoint(out: impl Write, epoch: i32) {
    let header = CheckpointHeader {
        epoch: Epoch(epoch),
        timestamp: Timestamp(0),
        last_contained_log_timestamp: Timestamp(0),
        voters: None,
    };
    let mut writer = CheckpointWriter::new(out, header).unwrap();
    for number in 0..1100 {
        writer.push(format!("state {number}").as_bytes()).unwrap();
    }
    writer.finish().unwrap();
}

/// Leaves what a killed process leaves: a part of a batch behind the log's end, and an unfinished checkpoint.
fn tear(directory: &Path, end: Offset) {
    let mut segments: Vec<String> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| names::parse_segment(name).is_some())
        .collect();
    segments.sort();
    let last = directory.join(segments.last().unwrap());
    let mut bytes = fs::read(&last).unwrap();
    bytes.extend(&sent(end, 3, 1)[..70]);
    fs::write(&last, bytes).unwrap();
    fs::write(directory.join(names::unfinished_checkpoint(at(9, 3), 1)), "part").unwrap();
}
