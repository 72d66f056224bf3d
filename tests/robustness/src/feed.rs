//! The entry points: bytes in, an answer or an error that names the place out; anything else panics.

mod rpc;

use std::fs;
use std::path::{Path, PathBuf};

use kraft_bridge_metadata::records::MetadataRecord;
use kraft_bridge_migration::capture::data_dir::{SnapshotReader, StoredZnode, TxnLogReader};
use kraft_bridge_migration::capture::{Capture, CaptureError, CaptureFile, DataDir, SinkError, ZnodeSink};
use kraft_bridge_migration::legacy::Decoder;
use kraft_bridge_migration::znode::{Stat, Znode};
use kraft_bridge_protocol::batch::Batch;
use kraft_bridge_protocol::control::ControlRecord;
use kraft_bridge_raft::meta_properties::MetaProperties;
use kraft_bridge_raft::quorum_state::QuorumState;
use kraft_bridge_raft::reader::{BatchFile, Entry, ReadError};

use crate::paths::PATHS;

pub(crate) use rpc::answer_header_bytes;
pub use rpc::{answer, request};

/// Opens the sealed captures among the seeds.
pub const PASSPHRASE: &str = "open sesame";

/// Longer records are decoded alone: encoding takes memory of its own.
const ENCODED_BYTES_MAX: usize = 4 * 1024;

/// What every entry point returns: the text of the error.
type Outcome = Result<(), String>;

/// A capture file.
///
/// # Errors
///
/// The reader's, as for all the others here.
pub fn capture(bytes: &[u8]) -> Outcome {
    in_file(bytes, |path| {
        let mut capture = CaptureFile::open(path, None).map_err(|error| of_capture(path, &error))?;
        let read = capture.read(&mut Discard);
        read.map_err(|error| of_capture(path, &error))?;
        Ok(())
    })
}

/// A capture file, with the passphrase of the sealed seeds.
pub fn sealed_capture(bytes: &[u8]) -> Outcome {
    in_file(bytes, |path| {
        let opened = CaptureFile::open(path, Some(PASSPHRASE));
        let read = opened.and_then(|mut capture| capture.read(&mut Discard));
        read.map_err(|error| of_capture(path, &error))?;
        Ok(())
    })
}

/// A ZooKeeper snapshot.
pub fn snapshot(bytes: &[u8]) -> Outcome {
    in_file(bytes, |path| {
        let read = || {
            let mut reader = SnapshotReader::open(path)?;
            let mut znode = StoredZnode::default();
            while reader.next_into(&mut znode)? {}
            Ok(())
        };
        read().map_err(|error| of_capture(path, &error))
    })
}

/// A file of ZooKeeper's transaction log.
pub fn txn_log(bytes: &[u8]) -> Outcome {
    in_file(bytes, |path| {
        let read = || {
            let mut reader = TxnLogReader::open(path, u64::MAX)?;
            while reader.next_txn()?.is_some() {}
            Ok(())
        };
        read().map_err(|error| of_capture(path, &error))
    })
}

/// A ZooKeeper data directory with whatever files; what is read goes into the model.
pub fn data_dir(bytes: &[u8]) -> Outcome {
    let dir = tempfile::tempdir().unwrap();
    for (name, content) in files(bytes) {
        fs::write(dir.path().join(name), content).unwrap();
    }
    let mut decoder = Decoder::new();
    let opened = DataDir::open(dir.path(), None, None);
    let read = opened.and_then(|mut capture| capture.read(&mut decoder));
    let outcome = read.map_err(|error| of_capture(dir.path(), &error));
    let (_cluster, findings) = decoder.finish();
    assert!(findings.iter().all(|finding| finding.path.starts_with('/')));
    outcome.map(drop)
}

/// The files in bytes: each a byte that selects its name, three bytes of length, and the content.
pub fn files(bytes: &[u8]) -> Vec<(&'static str, &[u8])> {
    let mut files = Vec::new();
    let mut rest = bytes;
    while let [name, l0, l1, l2, after @ ..] = rest {
        let length = usize::try_from(u32::from_be_bytes([0, *l0, *l1, *l2])).unwrap();
        let (content, next) = after.split_at(length.min(after.len()));
        files.push((FILES[usize::from(*name) % FILES.len()], content));
        rest = next;
    }
    files
}

/// Names of the files in a data directory, as real ones have them; some name no file of ZooKeeper's.
pub const FILES: [&str; 12] = [
    "snapshot.0",
    "snapshot.1b",
    "snapshot.1c.gz",
    "snapshot.2d.snappy",
    "snapshot.ffffffffffffffff",
    "log.1",
    "log.1d",
    "log.1e",
    "log.46",
    "log.100000001",
    "snapshot.x",
    "acceptedEpoch",
];

/// A znode, delivered twice and then gone.
///
/// The first byte selects the path; 255 says that it stands in the bytes, up to a zero.
pub fn znode(bytes: &[u8]) -> Outcome {
    let (path, data) = path_and_data(bytes);
    let stat = Stat::default();
    let znode = Znode {
        path: &path,
        data,
        stat,
    };
    let mut decoder = Decoder::new();
    decoder.znode(&znode).unwrap();
    decoder.znode(&znode).unwrap();
    let (_cluster, findings) = decoder.finish();
    for finding in &findings {
        let is_here = finding.path == path || finding.code == "foreign-znodes";
        assert!(is_here, "{path}: {finding}");
    }
    let mut decoder = Decoder::new();
    decoder.znode(&znode).unwrap();
    decoder.gone(&path).unwrap();
    let undecodable = findings.iter().find(|finding| finding.code == "undecodable");
    undecodable.map_or(Ok(()), |finding| Err(finding.to_string()))
}

fn path_and_data(bytes: &[u8]) -> (String, &[u8]) {
    match bytes {
        [255, rest @ ..] => {
            let end = rest.iter().position(|byte| *byte == 0).unwrap_or(rest.len());
            let path = format!(
                "/{}",
                String::from_utf8_lossy(&rest[..end]).trim_start_matches('/')
            );
            (path, rest.get(end + 1..).unwrap_or_default())
        }
        [path, data @ ..] => (PATHS[usize::from(*path) % PATHS.len()].to_owned(), data),
        [] => (PATHS[0].to_owned(), &[]),
    }
}

/// A segment of the metadata log, down to its records.
pub fn segment(bytes: &[u8]) -> Outcome {
    in_file(bytes, |path| {
        let read = || BatchFile::open(path)?.for_each(|_, entry| each_record(entry));
        read().map_err(|error| of_batches(path, &error))
    })
}

/// A checkpoint, down to its records.
pub fn checkpoint(bytes: &[u8]) -> Outcome {
    in_file(bytes, |path| {
        let read = || BatchFile::open(path)?.for_each_of_checkpoint(|_, entry| each_record(entry));
        read().map_err(|error| of_batches(path, &error))
    })
}

/// A record batch.
pub fn batch(bytes: &[u8]) -> Outcome {
    let (batch, length) = Batch::decode(bytes).map_err(|error| error.to_string())?;
    assert!(length <= bytes.len());
    for record in batch.records() {
        record.map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// A control record.
pub fn control_record(bytes: &[u8]) -> Outcome {
    let (key, value) = bytes.split_at(bytes.len().min(4));
    let record = ControlRecord::decode(key, value).map_err(of_wire)?;
    if bytes.len() > ENCODED_BYTES_MAX {
        return Ok(());
    }
    let (key, value) = record.encode();
    let again = ControlRecord::decode(&key, &value);
    assert_eq!(again, Ok(record), "what was decoded can be encoded");
    Ok(())
}

/// A metadata record.
pub fn metadata_record(bytes: &[u8]) -> Outcome {
    let (record, version) = MetadataRecord::decode(bytes).map_err(of_wire)?;
    if bytes.len() > ENCODED_BYTES_MAX {
        return Ok(());
    }
    let encode = |record: &MetadataRecord| {
        let mut bytes = Vec::new();
        record
            .encode(version, &mut bytes)
            .expect("what was decoded can be encoded");
        bytes
    };
    let canonical = encode(&record);
    let (again, _) = MetadataRecord::decode(&canonical).expect("what was encoded can be decoded");
    // Compared as bytes: a quota may be NaN, which equals nothing.
    assert_eq!(encode(&again), canonical);
    Ok(())
}

/// The content of `quorum-state`; whoever reads the file names it.
pub fn quorum_state(bytes: &[u8]) -> Outcome {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    let state = QuorumState::decode(text).map_err(|error| error.to_string())?;
    assert_eq!(QuorumState::decode(&state.encode()), Ok(state));
    Ok(())
}

/// The content of `meta.properties`; whoever reads the file names it.
pub fn meta_properties(bytes: &[u8]) -> Outcome {
    let properties = MetaProperties::decode(bytes).map_err(|error| error.to_string())?;
    let _text = properties.encode();
    Ok(())
}

/// Takes everything and keeps nothing.
struct Discard;

impl ZnodeSink for Discard {
    fn znode(&mut self, _: &Znode<'_>) -> Result<(), SinkError> {
        Ok(())
    }

    fn gone(&mut self, _: &str) -> Result<(), SinkError> {
        Ok(())
    }

    fn unreadable(&mut self, _: &str, _: &str) -> Result<(), SinkError> {
        Ok(())
    }
}

fn in_file(bytes: &[u8], read: impl FnOnce(&Path) -> Outcome) -> Outcome {
    let dir = tempfile::tempdir().unwrap();
    let path: PathBuf = dir.path().join("input");
    fs::write(&path, bytes).unwrap();
    read(&path)
}

fn each_record(entry: Entry<'_>) -> Result<(), ReadError> {
    if let Entry::Data(bytes) = entry {
        // Whoever reads the log names the place of a bad record; the log's reader knows no records.
        if let Err(error) = MetadataRecord::decode(bytes) {
            of_wire(error);
        }
    }
    Ok(())
}

/// The error's text; it must name the file or directory, and the position of what is damaged.
fn of_capture(path: &Path, error: &CaptureError) -> String {
    let text = error.to_string();
    let names = |part: &str| assert!(text.contains(part), "{text:?} does not name {part}");
    names(&path.display().to_string());
    match error {
        CaptureError::Damaged { .. } => names(", offset "),
        CaptureError::Secrets(_) | CaptureError::Chroot { .. } => {}
        CaptureError::Io { .. } | CaptureError::Ensemble { .. } | CaptureError::Sink(_) => {
            panic!("bytes alone are no reason for {error:?}")
        }
    }
    text
}

fn of_batches(path: &Path, error: &ReadError) -> String {
    let text = error.to_string();
    let names = |part: &str| assert!(text.contains(part), "{text:?} does not name {part}");
    names(&path.display().to_string());
    match error {
        ReadError::Batch { .. } | ReadError::Structure { .. } => names(", byte "),
        ReadError::Control { .. } => names(", offset "),
        ReadError::Io { .. } => panic!("bytes alone are no reason for {error:?}"),
    }
    text
}

fn of_wire(error: kraft_bridge_protocol::wire::WireError) -> String {
    let text = error.to_string();
    assert!(text.contains("at byte "), "{text:?} does not name the position");
    text
}
