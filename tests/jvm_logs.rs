//! Logs and checkpoints that real controllers wrote (`fixtures/logs`): replaying a log up to the offset that a
//! checkpoint stands for gives the image that the checkpoint gives, to the last field but two that a JVM does not keep.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use kraft_bridge_metadata::image::{MetadataImage, Replay};
use kraft_bridge_metadata::records::MetadataRecord;
use kraft_bridge_protocol::{BrokerEpoch, Offset};
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

/// Without what a JVM's checkpoint does not keep: to whom the last block of producer ids was given, and in which order a
/// broker lists its features.
fn canonical(mut image: MetadataImage) -> MetadataImage {
    if let Some(block) = &mut image.producer_ids {
        (block.broker_id, block.broker_epoch) = (None, BrokerEpoch(-1));
    }
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
