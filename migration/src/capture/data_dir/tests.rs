use std::collections::BTreeMap;
use std::fs;

use base64::Engine;
use proptest::prelude::*;

use super::*;
use crate::capture::SinkError;
use crate::znode::{Stat, Znode};

const FIXTURES: [&str; 6] = ["3.4.14", "3.5.9", "3.8.4", "3.9.4", "3.9.4-gz", "3.9.4-snappy"];

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fixtures/zookeeper")
        .join(name)
}

/// What a sink got, in order and by path.
#[derive(Default)]
struct Got {
    order: Vec<String>,
    znodes: BTreeMap<String, (Vec<u8>, Stat)>,
    unreadable: Vec<String>,
}

impl ZnodeSink for Got {
    fn znode(&mut self, znode: &Znode<'_>) -> Result<(), SinkError> {
        self.order.push(znode.path.to_owned());
        self.znodes
            .insert(znode.path.to_owned(), (znode.data.to_vec(), znode.stat));
        Ok(())
    }

    fn gone(&mut self, path: &str) -> Result<(), SinkError> {
        panic!("a data directory never takes back {path}");
    }

    fn unreadable(&mut self, path: &str, _: &str) -> Result<(), SinkError> {
        self.unreadable.push(path.to_owned());
        Ok(())
    }
}

fn read(path: &Path) -> Result<(Got, Summary), CaptureError> {
    read_below(path, None)
}

fn read_below(path: &Path, chroot: Option<&str>) -> Result<(Got, Summary), CaptureError> {
    let mut got = Got::default();
    let summary = DataDir::open(path, None, chroot)?.read(&mut got)?;
    Ok((got, summary))
}

/// What clients read from the living server.
fn live(name: &str) -> BTreeMap<String, (Vec<u8>, Stat)> {
    let text = fs::read_to_string(fixture(name).join("live.json")).unwrap();
    let znodes: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    let read = |znode: &serde_json::Value| {
        let number = |field: &str| znode[field].as_i64().unwrap();
        let small = |field: &str| i32::try_from(number(field)).unwrap();
        let data = base64::prelude::BASE64_STANDARD
            .decode(znode["data"].as_str().unwrap())
            .unwrap();
        let stat = Stat {
            czxid: Zxid(number("czxid")),
            mzxid: Zxid(number("mzxid")),
            pzxid: Zxid(number("pzxid")),
            ctime: number("ctime"),
            mtime: number("mtime"),
            version: small("version"),
            cversion: small("cversion"),
            aversion: small("aversion"),
            ephemeral_owner: number("ephemeral_owner"),
        };
        (znode["path"].as_str().unwrap().to_owned(), (data, stat))
    };
    znodes.iter().map(read).collect()
}

fn assert_live(got: &Got, name: &str) {
    let live = live(name);
    for (path, znode) in &live {
        assert_eq!(got.znodes.get(path), Some(znode), "{name} {path}");
    }
    assert_eq!(got.znodes.len(), live.len(), "{name}");
}

/// A copy of a fixture's `version-2` that a test may change.
fn copy(name: &str) -> tempfile::TempDir {
    let target = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(fixture(name).join("version-2")).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), target.path().join(entry.file_name())).unwrap();
    }
    target
}

fn snapshots(dir: &Path) -> Vec<PathBuf> {
    Files::list(dir, dir)
        .unwrap()
        .snapshots
        .into_iter()
        .map(|file| file.path)
        .collect()
}

fn logs(dir: &Path) -> Vec<PathBuf> {
    Files::list(dir, dir)
        .unwrap()
        .logs
        .into_iter()
        .map(|file| file.path)
        .collect()
}

fn damage(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 0x55;
    fs::write(path, bytes).unwrap();
}

/// Length of a log up to the preallocated zeros.
fn written(path: &Path) -> usize {
    let mut reader = TxnLogReader::open(path, u64::MAX).unwrap();
    while reader.next_txn().unwrap().is_some() {}
    usize::try_from(reader.position()).unwrap()
}

#[test]
fn a_killed_server_is_read_as_its_clients_saw_it() {
    for name in FIXTURES {
        let (got, summary) = read(&fixture(name)).unwrap();
        assert_live(&got, name);
        assert_eq!(summary.znodes, got.znodes.len() as u64);
        assert!(summary.consistent_cut);
        assert_eq!((summary.chroot.as_str(), got.unreadable.len()), ("/", 0));
    }
}

#[test]
fn older_snapshots_and_the_logs_alone_give_the_same_tree() {
    for name in FIXTURES {
        let dir = copy(name);
        for snapshot in snapshots(dir.path()).iter().rev() {
            fs::remove_file(snapshot).unwrap();
            let (got, _) = read(dir.path()).unwrap();
            assert_live(&got, name);
        }
    }
}

#[test]
fn parents_come_before_their_children_and_subtrees_whole() {
    for name in FIXTURES {
        let (got, _) = read(&fixture(name)).unwrap();
        let mut open = vec![String::new()];
        for path in &got.order {
            let path = path.trim_end_matches('/');
            while !path.is_empty() && open.last().unwrap() != overlay::parent_of(path) {
                open.pop();
                assert!(!open.is_empty(), "{name}: {path} is outside its parent's subtree");
            }
            open.push(path.to_owned());
        }
    }
}

#[test]
fn a_transaction_that_was_not_written_whole_is_left_out() {
    let dir = copy("3.8.4");
    let last = logs(dir.path()).pop().unwrap();
    let end = written(&last);
    let bytes = fs::read(&last).unwrap();
    let (_, whole) = read(dir.path()).unwrap();
    for cut in [1, 9, 20, 40] {
        fs::write(&last, &bytes[..end - cut]).unwrap();
        let (_, summary) = read(dir.path()).unwrap();
        assert_eq!(summary.last_zxid.0, whole.last_zxid.0 - 1, "{cut} bytes cut off");
    }
}

#[test]
fn a_damaged_transaction_is_refused_with_its_offset() {
    let dir = copy("3.5.9");
    let last = logs(dir.path()).pop().unwrap();
    damage(&last, 16 + 12 + 30);
    match read(dir.path()) {
        Err(CaptureError::Damaged { path, offset, .. }) => assert_eq!((path, offset), (last, 16)),
        other => panic!("{:?}", other.map(|(_, summary)| summary)),
    }
}

#[test]
fn a_damaged_snapshot_is_passed_over_when_the_logs_cover_it() {
    for name in FIXTURES {
        let dir = copy(name);
        let newest = snapshots(dir.path()).pop().unwrap();
        damage(&newest, 100);
        let (got, _) = read(dir.path()).unwrap();
        assert_live(&got, name);
    }
}

#[test]
fn a_damaged_snapshot_without_logs_to_cover_it_is_refused() {
    let dir = copy("3.4.14");
    let newest = snapshots(dir.path()).pop().unwrap();
    damage(&newest, 300);
    fs::remove_file(&logs(dir.path())[1]).unwrap();
    for older in &snapshots(dir.path())[1..2] {
        fs::remove_file(older).unwrap();
    }
    match read(dir.path()) {
        Err(CaptureError::Damaged { path, .. }) => assert_eq!(path, newest),
        other => panic!("{:?}", other.map(|(_, summary)| summary)),
    }
}

#[test]
fn a_missing_log_is_noticed() {
    let dir = copy("3.9.4");
    for snapshot in &snapshots(dir.path())[1..] {
        fs::remove_file(snapshot).unwrap();
    }
    fs::remove_file(&logs(dir.path())[2]).unwrap();
    let error = read(dir.path())
        .map(|(_, summary)| summary)
        .unwrap_err()
        .to_string();
    assert!(error.contains("missing") && error.contains("log.54"), "{error}");
}

#[test]
fn snapshots_without_logs_ask_for_the_log_directory() {
    let (dir, log_dir) = (copy("3.8.4"), tempfile::tempdir().unwrap());
    for log in logs(dir.path()) {
        fs::rename(&log, log_dir.path().join(log.file_name().unwrap())).unwrap();
    }
    let error = DataDir::open(dir.path(), None, None).unwrap_err().to_string();
    assert!(error.contains("dataLogDir"), "{error}");

    let mut got = Got::default();
    DataDir::open(dir.path(), Some(log_dir.path()), None)
        .unwrap()
        .read(&mut got)
        .unwrap();
    assert_live(&got, "3.8.4");
}

#[test]
fn a_chroot_is_the_root_of_what_is_delivered() {
    let (got, summary) = read_below(&fixture("3.8.4"), Some("config/")).unwrap();
    assert_eq!((summary.chroot.as_str(), got.order[0].as_str()), ("/config", "/"));
    assert!(got.znodes.contains_key("/users/näme") && !got.znodes.contains_key("/brokers"));

    let error = read_below(&fixture("3.8.4"), Some("/nowhere"))
        .map(|_| ())
        .unwrap_err()
        .to_string();
    assert!(error.contains("/nowhere does not exist"), "{error}");
}

#[test]
fn a_synthetic_cluster_decodes_without_a_finding() {
    let dir = tempfile::tempdir().unwrap();
    write_synthetic(dir.path(), 25).unwrap();
    let mut decoder = crate::legacy::Decoder::new();
    let summary = DataDir::open(dir.path(), None, None)
        .unwrap()
        .read(&mut decoder)
        .unwrap();
    let (cluster, findings) = decoder.finish();
    assert_eq!(findings, []);
    let partitions: Vec<usize> = cluster
        .topics
        .values()
        .map(|topic| topic.partitions.len())
        .collect();
    assert_eq!((partitions, summary.consistent_cut), (vec![10, 10, 5], true));
}

#[test]
fn what_is_no_data_directory_is_said_to_be_none() {
    let empty = tempfile::tempdir().unwrap();
    let error = DataDir::open(empty.path(), None, None).unwrap_err().to_string();
    assert!(error.contains("no ZooKeeper data directory"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_bytes_as_files_are_an_error_and_never_a_panic(
        snapshot in proptest::collection::vec(any::<u8>(), 0..300),
        log in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("snapshot.5"), [b"ZKSN\0\0\0\x02".as_slice(), &snapshot].concat()).unwrap();
        fs::write(dir.path().join("log.6"), [b"ZKLG\0\0\0\x02\0\0\0\0\0\0\0\0".as_slice(), &log].concat()).unwrap();
        prop_assert!(read(dir.path()).is_err());
    }

    #[test]
    fn any_damage_is_an_error_or_harmless(which in 0..FIXTURES.len(), file: usize, at: usize, to: u8) {
        let name = FIXTURES[which];
        let dir = copy(name);
        let files = [snapshots(dir.path()), logs(dir.path())].concat();
        let path = &files[file % files.len()];
        let mut bytes = fs::read(path).unwrap();
        let at = at % bytes.len();
        bytes[at] = to;
        fs::write(path, bytes).unwrap();
        if let Ok((got, summary)) = read(dir.path()) {
            // Damage to the last log's end looks like a transaction that was not written whole.
            let (_, whole) = read(&fixture(name)).unwrap();
            prop_assert!(summary.last_zxid < whole.last_zxid || got.znodes == live(name));
        }
    }
}
