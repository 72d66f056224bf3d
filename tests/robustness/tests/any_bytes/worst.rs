//! Inputs made to take as much memory as they can: little that says much, much that is little on disk.

use std::io::Write;

use kraft_bridge_migration::capture::file::{CaptureFileWriter, Secrets};
use kraft_bridge_migration::capture::{Summary, ZnodeSink};
use kraft_bridge_migration::znode::{Stat, Znode, Zxid};
use kraft_bridge_robustness::feed::PASSPHRASE;
use kraft_bridge_robustness::{
    BATCH, CAPTURE, CHECKPOINT, CONTROL_RECORD, META_PROPERTIES, METADATA_RECORD, QUORUM_STATE, REQUEST,
    SEALED_CAPTURE, SEGMENT, SNAPSHOT, TXN_LOG, mend,
};

use crate::feed;
use crate::memory::alone;

const MEBIBYTE: usize = 1024 * 1024;

/// Bytes that compress badly, and the same ones each time.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 1u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_be_bytes()[0]
    };
    (0..length).map(|_| next()).collect()
}

fn capture_of(secrets: Secrets<'_>, payloads: &[Vec<u8>]) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("capture");
    let mut writer = CaptureFileWriter::create(&path, secrets).unwrap();
    for data in payloads {
        let stat = Stat::default();
        writer
            .znode(&Znode {
                path: "/elsewhere",
                data,
                stat,
            })
            .unwrap();
    }
    let summary = Summary {
        source: "the test".to_owned(),
        chroot: "/".to_owned(),
        first_zxid: Zxid(1),
        last_zxid: Zxid(1),
        consistent_cut: true,
        znodes: payloads.len() as u64,
        reread: 0,
        data_bytes: 0,
    };
    writer.finish(&summary).unwrap();
    std::fs::read(path).unwrap()
}

/// Large and small payloads that compress well, badly, and half.
fn payloads() -> Vec<Vec<u8>> {
    let mut half = noise(3 * MEBIBYTE);
    half.iter_mut().for_each(|byte| *byte &= 0x0f);
    let mut payloads = vec![noise(5 * MEBIBYTE), vec![0; 3 * MEBIBYTE], half];
    payloads.extend(vec![vec![b'x'; 1000]; 1000]);
    payloads
}

#[test]
fn a_capture_of_large_payloads() {
    let _alone = alone();
    for payload in payloads() {
        assert_eq!(feed(&CAPTURE, &capture_of(Secrets::Included, &[payload])), Ok(()));
    }
    assert_eq!(
        feed(&CAPTURE, &capture_of(Secrets::Included, &payloads())),
        Ok(())
    );
}

#[test]
fn a_sealed_capture_of_large_payloads() {
    let _alone = alone();
    let secrets = Secrets::Sealed {
        passphrase: PASSPHRASE,
        salt: [1; 16],
    };
    let half = payloads().swap_remove(2);
    let payloads = [noise(20 * MEBIBYTE), half];
    assert_eq!(feed(&SEALED_CAPTURE, &capture_of(secrets, &payloads)), Ok(()));
}

/// A capture whose one frame says it expands to this many bytes.
fn capture_that_promises(events: u32, body: &[u8]) -> Vec<u8> {
    let mut bytes = capture_of(Secrets::Included, &[])[..49].to_vec();
    bytes.push(2);
    bytes.extend(events.to_be_bytes());
    bytes.extend(u32::try_from(body.len()).unwrap().to_be_bytes());
    bytes.extend([0; 4]);
    bytes.extend(body);
    mend::capture(&mut bytes);
    bytes
}

#[test]
fn a_capture_that_expands_to_more_than_it_says_or_than_it_may() {
    let _alone = alone();
    let bomb = zstd::bulk::compress(&vec![0; 60 * MEBIBYTE], 3).unwrap();
    for promise in [0, 100, 300_000, 1_000_000, 60 * 1024 * 1024, u32::MAX] {
        let error = feed(&CAPTURE, &capture_that_promises(promise, &bomb)).unwrap_err();
        assert!(error.contains("offset 49"), "{error}");
    }
}

/// A snapshot of the root with children.
fn snapshot_of(znodes: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = b"ZKSN\0\0\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec();
    for (path, data) in znodes {
        for field in [path.as_bytes(), data] {
            bytes.extend(u32::try_from(field.len()).unwrap().to_be_bytes());
            bytes.extend(field);
        }
        bytes.extend([0; 68]);
    }
    bytes.extend(b"\0\0\0\x01/\0\0\0\0\0\0\0\0\0\0\0\x01/");
    mend::snapshot(&mut bytes);
    bytes
}

#[test]
fn a_snapshot_of_large_payloads() {
    let _alone = alone();
    let (small, large, larger) = (noise(2 * MEBIBYTE), noise(3 * MEBIBYTE), noise(10 * MEBIBYTE));
    let znodes = [("", &[][..]), ("/a", &small), ("/b", &large), ("/c", &larger)];
    assert_eq!(feed(&SNAPSHOT, &snapshot_of(&znodes)), Ok(()));
}

#[test]
fn a_snapshot_that_claims_more_than_is_there() {
    let _alone = alone();
    for claim in [1000u32, 64 * 1024 * 1024, 0x7fff_ffff] {
        let mut bytes = snapshot_of(&[("", &noise(100))]);
        bytes[28..32].copy_from_slice(&claim.to_be_bytes());
        feed(&SNAPSHOT, &bytes).unwrap_err();
    }
}

/// What a compressed snapshot holds counts as its size: a payload of this length is in one piece.
#[test]
fn a_compressed_snapshot_takes_memory_for_its_longest_payload_alone() {
    let _alone = alone();
    let payload = vec![0; 16 * MEBIBYTE];
    let whole = snapshot_of(&[
        ("", &[]),
        ("/a", &payload),
        ("/b", &payload),
        ("/c", &payload),
        ("/d", &payload),
    ]);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&whole).unwrap();
    let compressed = gzip.finish().unwrap();
    assert!(compressed.len() < MEBIBYTE);
    let peak = crate::memory::peak(|| assert_eq!((SNAPSHOT.feed)(&compressed), Ok(())));
    assert!(peak <= 2 * payload.len() + MEBIBYTE, "{peak}");
}

#[test]
fn a_snappy_block_that_expands_to_more_than_a_block() {
    let _alone = alone();
    let block = snap::raw::Encoder::new()
        .compress_vec(&vec![0; 60 * MEBIBYTE])
        .unwrap();
    let mut bytes = b"\x82SNAPPY\0\0\0\0\x01\0\0\0\x01".to_vec();
    bytes.extend(u32::try_from(block.len()).unwrap().to_be_bytes());
    bytes.extend(block);
    let error = feed(&SNAPSHOT, &bytes).unwrap_err();
    assert!(
        error.contains("too long") && error.contains("offset 0"),
        "{error}"
    );
}

/// A log of one transaction with this body, after the header.
pub(crate) fn log_of(bodies: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = b"ZKLG\0\0\0\x02\0\0\0\0\0\0\0\0".to_vec();
    for (zxid, body) in (1i64..).zip(bodies) {
        let mut txn = vec![0; 12];
        txn.extend(zxid.to_be_bytes());
        txn.extend([0; 8]);
        txn.extend(body);
        bytes.extend([0; 8]);
        bytes.extend(u32::try_from(txn.len()).unwrap().to_be_bytes());
        bytes.extend(txn);
        bytes.push(b'B');
    }
    mend::txn_log(&mut bytes);
    bytes
}

pub(crate) fn numbers(numbers: &[i32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
}

/// `setData` of `/a`.
fn set_data(data: &[u8]) -> Vec<u8> {
    let length = i32::try_from(data.len()).unwrap();
    [
        numbers(&[5, 2]),
        b"/a".to_vec(),
        numbers(&[length]),
        data.to_vec(),
        numbers(&[1]),
    ]
    .concat()
}

#[test]
fn a_log_of_large_transactions() {
    let _alone = alone();
    let bodies = [
        set_data(&noise(2 * MEBIBYTE)),
        set_data(&noise(3 * MEBIBYTE)),
        set_data(&noise(9 * MEBIBYTE)),
    ];
    assert_eq!(feed(&TXN_LOG, &log_of(&bodies)), Ok(()));
}

#[test]
fn a_transaction_of_many_small_ones() {
    let _alone = alone();
    let count = 200_000;
    let check = [numbers(&[13, 0])].concat();
    let body = [
        numbers(&[14, count]),
        check.repeat(usize::try_from(count).unwrap()),
    ]
    .concat();
    assert_eq!(feed(&TXN_LOG, &log_of(&[body])), Ok(()));
}

#[test]
fn a_session_that_closes_with_many_short_paths() {
    let _alone = alone();
    let count = 500_000;
    let path = [numbers(&[1]), b"/".to_vec()].concat();
    let body = [
        numbers(&[-11, count]),
        path.repeat(usize::try_from(count).unwrap()),
    ]
    .concat();
    assert_eq!(feed(&TXN_LOG, &log_of(&[body])), Ok(()));
}

/// A batch of one record, control or data.
fn batch_of(key: Option<&[u8]>, value: &[u8]) -> Vec<u8> {
    use kraft_bridge_protocol::batch::{BatchBuilder, BatchHeader};
    use kraft_bridge_protocol::{Epoch, Offset, Timestamp};
    let mut builder = BatchBuilder::default();
    builder.push(key, value);
    builder.finish(BatchHeader {
        base_offset: Offset(0),
        epoch: Epoch(1),
        timestamp: Timestamp(0),
        control: key.is_some(),
    })
}

/// An unsigned varint.
fn varint(value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    kraft_bridge_protocol::wire::write_unsigned_varint(&mut bytes, value as u64);
    bytes
}

/// A metadata record (client quota) with as many empty entities as fit.
fn quota_of_nobody(count: usize) -> Vec<u8> {
    let mut bytes = vec![1, 14, 0];
    bytes.extend(varint(count + 1));
    bytes.extend([1, 0, 0].repeat(count));
    bytes.extend([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    bytes
}

/// A metadata record (no-op) with as many unknown tags as fit.
fn tags_of_nothing(count: usize) -> Vec<u8> {
    let mut bytes = vec![1, 20, 0];
    bytes.extend(varint(count));
    for tag in 0..count {
        bytes.extend(varint(tag));
        bytes.push(0);
    }
    bytes
}

/// The value of a leader change with as many voters as fit.
fn voters(count: usize) -> Vec<u8> {
    let mut bytes = vec![0, 0, 0, 0, 0, 1];
    bytes.extend(varint(count + 1));
    bytes.extend([0, 0, 0, 1, 0].repeat(count));
    bytes.extend([1, 0]);
    bytes
}

#[test]
fn records_of_many_small_parts() {
    let _alone = alone();
    let control_key = [0, 0, 0, 2];
    for count in [1_000, 100_000, 1_000_000] {
        for record in [quota_of_nobody(count), tags_of_nothing(count)] {
            let _outcome = feed(&METADATA_RECORD, &record);
            let _outcome = feed(&SEGMENT, &batch_of(None, &record));
        }
        let _outcome = feed(&CONTROL_RECORD, &[&control_key[..], &voters(count)].concat());
        let batch = batch_of(Some(&control_key), &voters(count));
        assert_eq!(feed(&BATCH, &batch), Ok(()));
        let _outcome = feed(&SEGMENT, &batch);
    }
}

/// A CreateTopics request of version 7 with as many topics without name, assignments or configs as fit.
fn topics_of_nothing(count: usize) -> Vec<u8> {
    let mut bytes = vec![0, 19, 0, 7, 0, 0, 0, 1, 255, 255, 0];
    bytes.extend(varint(count + 1));
    bytes.extend([1, 0, 0, 0, 1, 0, 1, 1, 1, 0].repeat(count));
    bytes.extend([0, 0, 0, 0, 0, 0]);
    bytes
}

#[test]
fn requests_of_many_small_parts() {
    let _alone = alone();
    assert_eq!(feed(&REQUEST, &topics_of_nothing(10_000)), Ok(()));
    let refused = feed(&REQUEST, &topics_of_nothing(1_000_000)).unwrap_err();
    assert!(refused.contains("topics has more elements"), "{refused}");
}

#[test]
fn batches_that_grow() {
    let _alone = alone();
    let sizes = [2 * MEBIBYTE, 3 * MEBIBYTE, 7 * MEBIBYTE];
    let bytes: Vec<u8> = sizes
        .iter()
        .flat_map(|size| batch_of(None, &vec![0; *size]))
        .collect();
    assert_eq!(feed(&SEGMENT, &bytes), Ok(()));
    feed(&CHECKPOINT, &bytes).unwrap_err();
}

#[test]
fn text_files_of_many_keys() {
    let _alone = alone();
    let keys: String = (0..300_000).map(|key| format!("{key:x}\n")).collect();
    let _outcome = feed(&META_PROPERTIES, keys.as_bytes());
    let ones = "1,".repeat(500_000);
    let array = format!(r#"{{"data_version":0,"currentVoters":[{ones}1]}}"#);
    let voters = r#"{"voterId":1},"#.repeat(100_000);
    let sound = format!(
        r#"{{"leaderId":-1,"leaderEpoch":1,"votedId":-1,"currentVoters":[{voters}{{"voterId":1}}],"data_version":0}}"#
    );
    feed(&QUORUM_STATE, array.as_bytes()).unwrap_err();
    feed(&QUORUM_STATE, sound.as_bytes()).unwrap_err();
    let allowed = &array.as_bytes()[..16 * 1024];
    feed(&QUORUM_STATE, allowed).unwrap_err();
    feed(&META_PROPERTIES, &keys.as_bytes()[..8 * 1024]).unwrap();
    feed(&META_PROPERTIES, &[b'x'; 8 * 1024]).unwrap();
}
