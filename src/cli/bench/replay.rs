//! How fast a node that starts reads its log: opened and checked, then replayed into an image.

use std::path::Path;
use std::sync::Arc;

use anyhow::ensure;
use kraft_bridge_metadata::image::Replay as Image;
use kraft_bridge_metadata::records::{MetadataRecord, PartitionRecord, TopicRecord};
use kraft_bridge_metadata::release::MetadataVersion;
use kraft_bridge_protocol::batch::{Batch, BatchBuilder};
use kraft_bridge_protocol::{Epoch, NodeId, Offset, OffsetAndEpoch, PartitionId, Timestamp, Uuid};
use kraft_bridge_raft::log::{Directory, Log, LogConfig};

use super::report::{Replay, rate};
use super::snapshots::checkpoint;
use crate::clock::Clock;

const EPOCH: Epoch = Epoch(1);
const LEVEL: MetadataVersion = MetadataVersion(21);
/// Records in a batch.
const BATCH_RECORDS: i32 = 1000;
/// Partitions of a topic.
const PARTITIONS: u32 = 99;
const PIECE_BYTES: usize = 1024 * 1024;

/// Writes the log, reads it as a node that starts does, and writes a checkpoint of it.
pub(super) fn measure(dir: &Path, records: u32) -> anyhow::Result<(Replay, OffsetAndEpoch)> {
    let bytes = write(dir, records)?;
    let clock = Clock::start();
    let mut log = open(dir)?;
    let opened = clock.elapsed();
    let clock = Clock::start();
    let mut read = 0;
    for_each_record(&log, |_, value| {
        read += u64::from(!value.is_empty());
        Ok(())
    })?;
    let reading = clock.elapsed();
    ensure!(read == u64::from(records), "records were lost");
    let clock = Clock::start();
    let image = replay(&log)?;
    let replayed = clock.elapsed();
    ensure!(image.records() == u64::from(records), "records were lost");
    let checkpoint = checkpoint(&mut log, &image, LEVEL)?;
    log.close()?;
    let measured = Replay {
        records,
        bytes,
        opened: rate(f64::from(records), opened),
        read: rate(f64::from(records), reading),
        replayed: rate(f64::from(records), replayed),
    };
    Ok((measured, checkpoint))
}

fn open(dir: &Path) -> anyhow::Result<Log> {
    Ok(Log::open(Arc::new(Directory::open(dir)?), LogConfig::default())?)
}

/// Topics of a hundred records each; returns the bytes written.
fn write(dir: &Path, records: u32) -> anyhow::Result<u64> {
    let mut log = open(dir)?;
    let mut batch = BatchBuilder::default();
    let mut bytes = 0;
    for number in 0..records {
        batch.push(None, &LEVEL.encode(&record(number))?);
        if batch.count() == BATCH_RECORDS || number + 1 == records {
            bytes += log.append(&mut batch, EPOCH, Timestamp(0), false)?.bytes as u64;
        }
    }
    log.flush()?;
    log.close()?;
    Ok(bytes)
}

fn record(number: u32) -> MetadataRecord {
    let topic = number / (PARTITIONS + 1);
    let mut id = [1; 16];
    id[..4].copy_from_slice(&topic.to_be_bytes());
    let topic_id = Uuid(id);
    match number % (PARTITIONS + 1) {
        0 => TopicRecord {
            name: format!("topic-{topic}"),
            topic_id,
            ..Default::default()
        }
        .into(),
        partition => PartitionRecord {
            partition_id: PartitionId(i32::try_from(partition - 1).expect("below a hundred")),
            topic_id,
            replicas: [1, 2, 3].map(NodeId).to_vec(),
            isr: [1, 2, 3].map(NodeId).to_vec(),
            leader: Some(NodeId(1)),
            directories: vec![Uuid::ZERO; 3],
            ..Default::default()
        }
        .into(),
    }
}

fn replay(log: &Log) -> anyhow::Result<Image> {
    let mut image = Image::default();
    for_each_record(log, |offset, value| {
        Ok(image.push(offset, MetadataRecord::decode(value)?.0)?)
    })?;
    Ok(image)
}

/// Hands out each record of the log, as bytes.
fn for_each_record(
    log: &Log,
    mut take: impl FnMut(Offset, &[u8]) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let end = log.end().offset;
    let mut next = Offset(0);
    while next < end {
        let bytes = log.read(next, end, PIECE_BYTES)?;
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let (batch, length) = Batch::decode(rest)?;
            for record in batch.records() {
                let record = record?;
                take(record.offset, record.value)?;
            }
            next = batch.end_offset();
            rest = &rest[length..];
        }
    }
    Ok(())
}
