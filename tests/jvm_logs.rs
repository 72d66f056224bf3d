//! Logs and checkpoints that real controllers wrote (`fixtures/logs`): replaying a log up to the offset that a
//! checkpoint stands for gives the image that the checkpoint gives, and a checkpoint of ours gives it too.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use kraft_bridge_metadata::image::{MetadataImage, Replay};
use kraft_bridge_metadata::records::MetadataRecord;
use kraft_bridge_protocol::batch::BatchBuilder;
use kraft_bridge_protocol::{Offset, Timestamp};
use kraft_bridge_raft::checkpoint::{CheckpointHeader, CheckpointWriter};
use kraft_bridge_raft::log::{Directory, Log, LogConfig};
use kraft_bridge_raft::log_dir::LogDir;
use kraft_bridge_raft::names;
use kraft_bridge_raft::reader::{BatchFile, Entry, ReadError};

fn log(release: &str) -> PathBuf {
    let logs = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/logs");
    logs.join(release).join("__cluster_metadata-0")
}

/// The image of the records of a file before this offset.
fn image(file: &Path, end_offset: Offset) -> MetadataImage {
    let mut replay = Replay::default();
    let mut reader = BatchFile::open(file).unwrap();
    reader
        .for_each(|place, entry| {
            if let Entry::Data(bytes) = entry
                && place.offset < end_offset
            {
                let (record, _) = MetadataRecord::decode(bytes).unwrap();
                replay.push(place.offset, record).unwrap();
            }
            Ok::<(), ReadError>(())
        })
        .unwrap();
    assert_eq!(replay.open_transaction(), None);
    replay.image().clone()
}

/// Without what a JVM's checkpoint does not keep: in which order a broker lists its features.
fn canonical(mut image: MetadataImage) -> MetadataImage {
    for broker in image.brokers.values_mut() {
        broker.features.sort_by(|a, b| a.name.cmp(&b.name));
    }
    image
}

fn the_log_gives_the_image_of_each_checkpoint(release: &str, checkpoints: usize) {
    let segment = log(release).join(names::segment(Offset(0)));
    let mut compared = 0;
    for entry in std::fs::read_dir(log(release)).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let Some(id) = names::parse_checkpoint(&name) else {
            continue;
        };
        let (log, checkpoint) = (image(&segment, id.offset), image(&path, Offset(i64::MAX)));
        assert_eq!(canonical(log), canonical(checkpoint), "{name}");
        compared += 1;
    }
    assert_eq!(compared, checkpoints);
}

#[test]
fn a_log_of_3_9_gives_the_image_of_each_checkpoint() {
    the_log_gives_the_image_of_each_checkpoint("3.9.2", 2);
}

#[test]
fn a_log_of_4_3_gives_the_image_of_each_checkpoint() {
    the_log_gives_the_image_of_each_checkpoint("4.3.1", 2);
}

/// Makes a checkpoint of all that a JVM left, while the log grows; the image of that log before it did.
fn checkpoint_of_ours(release: &str) {
    let dir = tempfile::tempdir().unwrap();
    let partition = dir.path().join(names::METADATA_PARTITION);
    std::fs::create_dir(&partition).unwrap();
    for name in [names::segment(Offset(0)), names::QUORUM_STATE.to_owned()] {
        std::fs::copy(log(release).join(&name), partition.join(&name)).unwrap();
    }
    let mut log = Log::open(
        Arc::new(Directory::open(&partition).unwrap()),
        LogConfig::default(),
    )
    .unwrap();
    let (id, timestamp) = (log.end(), Timestamp(1_800_000_000_000));
    log.advance_high_watermark(id.offset);
    let wanted = image(&partition.join(names::segment(Offset(0))), id.offset);
    let mut file = log.create_checkpoint(id).unwrap();
    let header = CheckpointHeader {
        epoch: id.epoch,
        timestamp,
        last_contained_log_timestamp: timestamp,
        voters: None,
    };

    let mut writer = CheckpointWriter::new(&mut file, header).unwrap();
    for record in wanted.encoded_records() {
        let mut no_op = BatchBuilder::default();
        no_op.push(None, &[1, 20, 0, 0]);
        log.append(&mut no_op, id.epoch, timestamp, false).unwrap();
        writer.push(&record.unwrap()).unwrap();
    }
    writer.finish().unwrap();
    log.freeze_checkpoint(&file).unwrap();

    let found = image(&partition.join(names::checkpoint(id)), Offset(i64::MAX));
    assert_eq!(found, wanted);
    let listed = LogDir::open(&partition).unwrap();
    let end = listed.for_each(|_, _| Ok::<(), ReadError>(())).unwrap();
    assert_eq!(end, log.end());
    assert!(end > id);
}

#[test]
fn a_log_of_3_9_gets_a_checkpoint_of_ours_while_it_grows() {
    checkpoint_of_ours("3.9.2");
}

#[test]
fn a_log_of_4_3_gets_a_checkpoint_of_ours_while_it_grows() {
    checkpoint_of_ours("4.3.1");
}
