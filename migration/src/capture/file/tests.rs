use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::capture::{Capture, CaptureError, SinkError, ZnodeSink};
use crate::secrets::LEFT_OUT;
use crate::znode::Znode;

const SALT: [u8; 16] = [7; 16];

/// A sink's calls, as values.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Call {
    Znode(String, Vec<u8>, Stat),
    Gone(String),
    Unreadable(String, String),
}

#[derive(Default)]
struct Calls(Vec<Call>);

impl ZnodeSink for Calls {
    fn znode(&mut self, znode: &Znode<'_>) -> Result<(), SinkError> {
        self.0.push(Call::Znode(
            znode.path.to_owned(),
            znode.data.to_vec(),
            znode.stat,
        ));
        Ok(())
    }

    fn gone(&mut self, path: &str) -> Result<(), SinkError> {
        self.0.push(Call::Gone(path.to_owned()));
        Ok(())
    }

    fn unreadable(&mut self, path: &str, reason: &str) -> Result<(), SinkError> {
        self.0.push(Call::Unreadable(path.to_owned(), reason.to_owned()));
        Ok(())
    }
}

fn summary(calls: &[Call]) -> Summary {
    Summary {
        source: "zk1:2181".to_owned(),
        chroot: "/kafka".to_owned(),
        first_zxid: Zxid(5),
        last_zxid: Zxid(0x1_0000_0007),
        consistent_cut: false,
        znodes: calls.len() as u64,
        reread: 2,
        data_bytes: 99,
    }
}

fn write(path: &Path, secrets: Secrets<'_>, calls: &[Call]) {
    let mut writer = CaptureFileWriter::create(path, secrets).unwrap();
    for call in calls {
        match call {
            Call::Znode(path, data, stat) => writer.znode(&Znode {
                path,
                data,
                stat: *stat,
            }),
            Call::Gone(path) => writer.gone(path),
            Call::Unreadable(path, reason) => writer.unreadable(path, reason),
        }
        .unwrap();
    }
    writer.finish(&summary(calls)).unwrap();
}

fn read(path: &Path, passphrase: Option<&str>) -> Result<(Vec<Call>, Summary), CaptureError> {
    let mut calls = Calls::default();
    let summary = CaptureFile::open(path, passphrase)?.read(&mut calls)?;
    Ok((calls.0, summary))
}

fn problem(path: &Path, passphrase: Option<&str>) -> String {
    read(path, passphrase).unwrap_err().to_string()
}

fn znode(path: &str, data: &[u8]) -> Call {
    let stat = Stat {
        czxid: Zxid(-3),
        mtime: 1_700_000_000_000,
        version: 4,
        ..Stat::default()
    };
    Call::Znode(path.to_owned(), data.to_vec(), stat)
}

fn some_calls() -> Vec<Call> {
    let mut calls: Vec<Call> = (0..9000)
        .map(|i| znode(&format!("/topics/{i}"), &[b'x'; 80]))
        .collect();
    calls.push(Call::Gone("/topics/5".to_owned()));
    calls.push(Call::Unreadable("/a".to_owned(), "no permission".to_owned()));
    calls
}

fn sealed<'a>() -> Secrets<'a> {
    Secrets::Sealed {
        passphrase: "open sesame",
        salt: SALT,
    }
}

#[test]
fn a_capture_reads_back_as_it_was_written() {
    let dir = tempfile::tempdir().unwrap();
    for (name, secrets) in [("plain", Secrets::Included), ("sealed", sealed())] {
        let path = dir.path().join(name);
        write(&path, secrets, &some_calls());
        let (calls, read_summary) = read(&path, Some("open sesame")).unwrap();
        assert_eq!((calls, read_summary), (some_calls(), summary(&some_calls())));
    }
}

#[test]
fn the_same_capture_gives_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    for (name, secrets) in [("plain", Secrets::Included), ("sealed", sealed())] {
        let (one, two) = (dir.path().join(name), dir.path().join(format!("{name}-again")));
        write(&one, secrets, &some_calls());
        write(&two, secrets, &some_calls());
        assert_eq!(fs::read(one).unwrap(), fs::read(two).unwrap());
    }
}

#[test]
fn a_large_payload_of_zeros_is_stored_so_that_reading_it_allocates_no_more_than_the_file_has() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("capture");
    let calls = [znode("/zeros", &[0; 3 * 1024 * 1024])];
    write(&path, Secrets::Included, &calls);
    assert!(fs::metadata(&path).unwrap().len() > 3 * 1024 * 1024);
    assert_eq!(read(&path, None).unwrap().0, calls);
}

#[test]
fn secrets_that_are_left_out_are_nowhere_in_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("capture");
    let credential = br#"{"version":1,"config":{"SCRAM-SHA-256":"salt=c2VjcmV0"}}"#;
    write(
        &path,
        Secrets::LeftOut,
        &[znode("/config/users/alice", credential)],
    );
    let file = CaptureFile::open(&path, None).unwrap();
    assert!(file.lacks_secrets());
    let (calls, _) = read(&path, None).unwrap();
    let expected = format!(r#"{{"config":{{"SCRAM-SHA-256":"{LEFT_OUT}"}},"version":1}}"#);
    assert_eq!(calls, [znode("/config/users/alice", expected.as_bytes())]);
}

#[test]
fn a_sealed_capture_opens_with_its_passphrase_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("capture");
    write(&path, sealed(), &some_calls());
    assert!(problem(&path, None).contains("is sealed: give its passphrase"));
    assert!(problem(&path, Some("open")).contains("the passphrase is wrong"));
}

#[test]
fn nothing_is_overwritten_and_nothing_unfinished_stays() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("capture");
    fs::write(&path, "precious").unwrap();
    let error = CaptureFileWriter::create(&path, Secrets::Included).unwrap_err();
    assert!(matches!(error, CaptureFileError::Exists { .. }));

    let other = dir.path().join("other");
    let writer = CaptureFileWriter::create(&other, Secrets::Included).unwrap();
    let second = CaptureFileWriter::create(&other, Secrets::Included).unwrap_err();
    assert!(matches!(second, CaptureFileError::Busy { .. }));
    drop(writer);
    let left: Vec<_> = fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["capture"]);
}

#[test]
fn what_a_killed_capture_left_is_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("capture");
    fs::write(dir.path().join("capture.partial"), vec![1; 100_000]).unwrap();
    write(&path, Secrets::Included, &[]);
    assert_eq!(read(&path, None).unwrap().0, []);
}

#[test]
fn a_file_that_was_cut_off_anywhere_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (path, cut) = (dir.path().join("capture"), dir.path().join("cut"));
    write(&path, Secrets::Included, &some_calls());
    let bytes = fs::read(&path).unwrap();
    for length in (0..bytes.len()).step_by(97) {
        fs::write(&cut, &bytes[..length]).unwrap();
        assert!(
            matches!(read(&cut, None), Err(CaptureError::Damaged { .. })),
            "{length}"
        );
    }
}

#[test]
fn a_frame_that_is_missing_is_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("capture");
    write(&path, Secrets::Included, &some_calls());
    let mut bytes = fs::read(&path).unwrap();
    let body = u32::from_be_bytes(bytes[54..58].try_into().unwrap()) as usize;
    bytes.drain(49..49 + 13 + body);
    fs::write(&path, bytes).unwrap();
    assert!(problem(&path, None).contains("digest"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn decoding_undoes_encoding(
        znodes in proptest::collection::vec((".*", any::<Vec<u8>>(), any::<[i64; 6]>(), any::<[i32; 3]>()), 0..20),
    ) {
        let calls: Vec<Call> = znodes.into_iter().map(|(path, data, longs, versions)| {
            let [z0, z1, z2, ctime, mtime, ephemeral_owner] = longs;
            let stored = StoredStat { zxids: [z0, z1, z2], times: [ctime, mtime], versions, ephemeral_owner };
            Call::Znode(path, data, stored.into())
        }).collect();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("capture");
        write(&path, Secrets::Included, &calls);
        prop_assert_eq!(read(&path, None).unwrap().0, calls);
    }

    #[test]
    fn any_changed_byte_is_noticed(at: usize, change in 1..=255u8) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("capture");
        write(&path, Secrets::Included, &some_calls()[8990..]);
        let mut bytes = fs::read(&path).unwrap();
        let at = at % bytes.len();
        bytes[at] ^= change;
        fs::write(&path, bytes).unwrap();
        prop_assert!(read(&path, Some("x")).is_err());
    }

    #[test]
    fn any_frames_are_an_error_and_never_a_panic(kind in 0..5u8, events: u32, body: Vec<u8>) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("capture");
        write(&path, Secrets::Included, &[]);
        let mut bytes = fs::read(&path).unwrap()[..49].to_vec();
        let mut frame = vec![kind];
        frame.extend(events.to_be_bytes());
        frame.extend(u32::try_from(body.len()).unwrap().to_be_bytes());
        let crc = crc32fast::hash(&[frame.as_slice(), &body].concat());
        frame.extend(crc.to_be_bytes());
        bytes.extend(frame);
        bytes.extend(body);
        fs::write(&path, bytes).unwrap();
        prop_assert!(read(&path, None).is_err());
    }
}
