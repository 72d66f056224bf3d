//! The state machine above the quorum: a few keys with values, and a digest of all that ever happened.
//!
//! A payload is a key of one byte, the number of its append in eight, and padding. A checkpoint holds the newest payload
//! of each key, and the digest as a payload of its own.
//!
//! Where a controller decides, its metadata records stand in place of the padding, and add up to an image.

use std::collections::BTreeMap;
use std::io::Write;

use kraft_bridge_metadata::image::Replay;
use kraft_bridge_metadata::records::MetadataRecord;
use kraft_bridge_metadata::release::MetadataVersion;
use kraft_bridge_protocol::control::{ControlRecord, Voter};
use kraft_bridge_protocol::{Epoch, Offset, OffsetAndEpoch, Timestamp};
use kraft_bridge_raft::checkpoint::{CheckpointHeader, CheckpointWriter};
use kraft_bridge_raft::log::{Disk, MemoryDisk};
use kraft_bridge_raft::names::checkpoint;
use kraft_bridge_raft::quorum::VoterSet;

use crate::batches::{Stored, StoredBatch};
use crate::digest::Digest;

/// Key of the digest in a checkpoint.
const DIGEST_KEY: u8 = u8::MAX;
/// Key of metadata records.
const METADATA_KEY: u8 = u8::MAX - 1;
/// Bytes before what a payload holds.
const HEADER: usize = 9;

/// End of an empty log, and the name of the checkpoint that a quorum is formatted with.
const NOTHING: OffsetAndEpoch = OffsetAndEpoch {
    epoch: Epoch(0),
    offset: Offset(0),
};

/// What the records so far come to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Contents {
    entries: BTreeMap<u8, Vec<u8>>,
    /// Of the entries, whatever their order.
    entries_digest: u64,
    /// Of every payload, in order.
    history: u64,
    /// What the metadata records come to.
    metadata: Replay,
}

impl Contents {
    /// Takes one payload.
    pub fn apply(&mut self, offset: Offset, payload: &[u8]) {
        self.history = Digest::of(&(self.history, payload));
        self.put(offset, payload);
    }

    fn put(&mut self, offset: Offset, payload: &[u8]) {
        if let Some(bytes) = metadata_of(payload) {
            let (record, _) = MetadataRecord::decode(bytes).expect("a controller wrote it");
            let pushed = self.metadata.push(offset, record);
            return pushed.expect("it goes with what came before it");
        }
        if let Some(old) = self.entries.insert(payload[0], payload.to_vec()) {
            self.entries_digest ^= Digest::of(&old);
        }
        self.entries_digest ^= Digest::of(payload);
    }

    /// One number for all of it.
    pub fn digest(&self) -> u64 {
        Digest::of(&(self.entries_digest, self.history))
    }
}

/// How far a node has replayed.
#[derive(Clone, Debug)]
pub struct Replica {
    /// End of what was replayed.
    pub end: OffsetAndEpoch,
    /// When the last of it was appended.
    pub timestamp: Timestamp,
    /// What it came to.
    pub contents: Contents,
}

impl Default for Replica {
    fn default() -> Replica {
        Replica {
            end: NOTHING,
            timestamp: Timestamp(0),
            contents: Contents::default(),
        }
    }
}

impl Replica {
    /// What the metadata records come to.
    pub fn metadata(&self) -> &Replay {
        &self.contents.metadata
    }

    /// Takes one committed batch.
    pub fn replay(&mut self, batch: &StoredBatch) {
        for (record, offset) in batch.records.iter().zip(batch.base.0..) {
            if let Stored::Data(payload) = record {
                self.contents.apply(Offset(offset), payload);
            }
        }
        self.timestamp = batch.timestamp;
        self.end = OffsetAndEpoch {
            epoch: batch.epoch,
            offset: batch.end,
        };
    }

    /// What a checkpoint holds.
    pub fn from_checkpoint(id: OffsetAndEpoch, batches: &[StoredBatch]) -> Replica {
        let mut replica = Replica {
            end: id,
            ..Replica::default()
        };
        for record in batches.iter().flat_map(|batch| &batch.records) {
            match record {
                Stored::Control(ControlRecord::SnapshotHeader(header)) => {
                    replica.timestamp = header.last_contained_log_timestamp;
                }
                Stored::Control(_) => {}
                Stored::Data(payload) if payload[0] == DIGEST_KEY => {
                    let digest = payload[1..].try_into().expect("eight bytes");
                    replica.contents.history = u64::from_be_bytes(digest);
                }
                Stored::Data(payload) => replica.contents.put(id.offset, payload),
            }
        }
        replica
    }

    /// Writes a checkpoint.
    ///
    /// # Errors
    ///
    /// When `out` cannot be written.
    pub fn write(&self, voters: Option<Vec<Voter>>, out: impl Write) -> std::io::Result<()> {
        let header = CheckpointHeader {
            epoch: self.end.epoch,
            timestamp: self.timestamp,
            last_contained_log_timestamp: self.timestamp,
            voters,
        };
        let mut writer = CheckpointWriter::new(out, header)?;
        for payload in self.contents.entries.values() {
            writer.push(payload)?;
        }
        let image = self.metadata().image();
        let level = image
            .features
            .metadata_version()
            .unwrap_or(MetadataVersion::UNTOLD);
        for record in image.records() {
            let bytes = level.encode(&record).map_err(std::io::Error::other)?;
            writer.push(&metadata(0, &bytes))?;
        }
        let mut digest = vec![DIGEST_KEY];
        digest.extend(self.contents.history.to_be_bytes());
        writer.push(&digest)?;
        writer.finish()?;
        Ok(())
    }
}

/// Formats a disk for a quorum with dynamic voters: a first checkpoint that holds nothing but them.
pub fn format(disk: &MemoryDisk, voters: &VoterSet) {
    let ControlRecord::Voters(record) = voters.record() else {
        unreachable!("a voter set makes a Voters record");
    };
    let header = CheckpointHeader {
        epoch: Epoch(0),
        timestamp: Timestamp(0),
        last_contained_log_timestamp: Timestamp(0),
        voters: Some(record.voters),
    };
    let writer = CheckpointWriter::new(Vec::new(), header).expect("memory takes all");
    let (_, bytes) = writer.finish().expect("memory takes all");
    let file = disk.create(&checkpoint(NOTHING));
    let written = file.and_then(|file| file.write_at(0, &bytes).and_then(|()| file.sync()));
    written.and_then(|()| disk.sync()).expect("the disk is well");
}

/// A payload of the workload.
pub fn payload(key: u8, append: u64, padding: usize) -> Vec<u8> {
    let mut payload = vec![key];
    payload.extend(append.to_be_bytes());
    payload.resize(payload.len() + padding, key);
    payload
}

/// A payload that holds a metadata record.
pub fn metadata(append: u64, record: &[u8]) -> Vec<u8> {
    let mut payload = payload(METADATA_KEY, append, 0);
    payload.extend(record);
    payload
}

/// The metadata record that a payload holds, if it does.
pub fn metadata_of(payload: &[u8]) -> Option<&[u8]> {
    (payload[0] == METADATA_KEY).then(|| &payload[HEADER..])
}

/// The append that a payload belongs to.
pub fn append_of(payload: &[u8]) -> u64 {
    u64::from_be_bytes(payload[1..HEADER].try_into().expect("made by the workload"))
}
