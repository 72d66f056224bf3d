//! The records of an image: they give the image back, and they are those of a JVM's checkpoint.

use std::fs;
use std::path::Path;

use kraft_bridge_protocol::Uuid;
use kraft_bridge_protocol::batch::Batch;
use proptest::prelude::*;

use super::any_image::{any_image, level};
use crate::image::*;
use crate::records::*;

/// The values of a checkpoint's data records.
fn values(path: &Path) -> Vec<Vec<u8>> {
    let bytes = fs::read(path).unwrap();
    let (mut values, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let (batch, length) = Batch::decode(&bytes[at..]).unwrap();
        let records = batch.records().map(Result::unwrap);
        values.extend(
            records
                .filter(|record| record.key.is_none())
                .map(|record| record.value.to_vec()),
        );
        at += length;
    }
    values
}

fn image_of(values: &[Vec<u8>]) -> MetadataImage {
    let mut image = MetadataImage::default();
    for value in values {
        image.replay(MetadataRecord::decode(value).unwrap().0).unwrap();
    }
    image
}

fn encoded(image: &MetadataImage) -> Vec<Vec<u8>> {
    image.encoded_records().map(Result::unwrap).collect()
}

/// Kinds of records in the order of their first.
fn kinds(values: &[Vec<u8>]) -> Vec<&'static str> {
    let mut kinds = Vec::new();
    for value in values {
        let name = MetadataRecord::decode(value).unwrap().0.name();
        if !kinds.contains(&name) {
            kinds.push(name);
        }
    }
    kinds
}

/// Every checkpoint of the release that the fixtures hold, with its records.
fn checkpoints(release: &str) -> Vec<(String, Vec<Vec<u8>>)> {
    let logs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/logs");
    let listed = fs::read_dir(logs.join(release).join("__cluster_metadata-0")).unwrap();
    let paths = listed.map(|entry| entry.unwrap().path());
    let checkpoints = paths.filter(|path| path.extension().is_some_and(|end| end == "checkpoint"));
    checkpoints
        .map(|path| (path.display().to_string(), values(&path)))
        .collect()
}

fn records_are_those_of_the_jvm(release: &str, most: usize) {
    let checkpoints = checkpoints(release);
    let longest = checkpoints.iter().map(|(_, values)| values.len()).max();
    assert_eq!(longest, Some(most));
    for (name, mut theirs) in checkpoints {
        let mut ours = encoded(&image_of(&theirs));
        assert_eq!(kinds(&ours), kinds(&theirs), "{name}");
        // The JVM's order within a kind is that of a hash map.
        ours.sort();
        theirs.sort();
        assert_eq!(ours, theirs, "{name}");
    }
}

#[test]
fn the_image_of_a_checkpoint_of_3_9_gives_its_records_byte_for_byte() {
    records_are_those_of_the_jvm("3.9.2", 61);
}

#[test]
fn the_image_of_a_checkpoint_of_4_3_gives_its_records_byte_for_byte() {
    records_are_those_of_the_jvm("4.3.1", 66);
}

#[test]
fn a_field_that_the_level_lacks_is_an_error_and_not_left_out() {
    let mut image = MetadataImage::default();
    let register = RegisterBrokerRecord {
        log_dirs: vec![Uuid([1; 16])],
        ..Default::default()
    };
    image.replay(level(14)).unwrap();
    image.replay(register.into()).unwrap();
    let errors: Vec<String> = image
        .encoded_records()
        .filter_map(Result::err)
        .map(|error| error.to_string())
        .collect();
    assert_eq!(
        errors,
        ["RegisterBrokerRecord version 2 has no field log_dirs, which is set"]
    );
}

proptest! {
    #[test]
    fn the_records_of_an_image_give_the_image_back(image in any_image()) {
        prop_assert_eq!(image_of(&encoded(&image)), image);
    }
}
