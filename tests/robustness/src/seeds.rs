//! Sound inputs of each kind to begin with: files of real servers from `fixtures/`, and captures of them.

use std::fs;
use std::path::{Path, PathBuf};

use kraft_bridge_migration::capture::file::{CaptureFileWriter, Secrets};
use kraft_bridge_migration::capture::{Capture, DataDir, SinkError, ZnodeSink};
use kraft_bridge_migration::znode::Znode;
use kraft_bridge_protocol::Offset;
use kraft_bridge_protocol::batch::batch_length;
use kraft_bridge_protocol::messages::Message;
use kraft_bridge_protocol::rpc::{
    APIS, FetchPartitionResponse, FetchResponse, FetchTopicResponse, QuorumTopic,
};
use kraft_bridge_protocol::wire::Blob;
use kraft_bridge_raft::reader::{BatchFile, Entry, ReadError};

use crate::feed::{FILES, PASSPHRASE, answer_header_bytes};
use crate::mend;
use crate::paths::PATHS;

/// The real cluster of `fixtures/zookeeper`, captured with its secrets and without.
pub fn capture() -> Vec<Vec<u8>> {
    vec![captured(Secrets::Included), captured(Secrets::LeftOut)]
}

/// The same, sealed.
pub fn sealed_capture() -> Vec<Vec<u8>> {
    let passphrase = PASSPHRASE;
    let salt = [7; 16];
    vec![captured(Secrets::Sealed { passphrase, salt })]
}

fn captured(secrets: Secrets<'_>) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("capture");
    let mut writer = CaptureFileWriter::create(&path, secrets).unwrap();
    let source = fixtures("zookeeper/3.9.4");
    let summary = DataDir::open(&source, None, None)
        .unwrap()
        .read(&mut writer)
        .unwrap();
    writer.finish(&summary).unwrap();
    fs::read(path).unwrap()
}

/// Snapshots of each version, plain, gzip and snappy.
pub fn snapshot() -> Vec<Vec<u8>> {
    contents("zookeeper", |name| name.starts_with("snapshot."))
}

/// Transaction logs of each version.
pub fn txn_log() -> Vec<Vec<u8>> {
    contents("zookeeper", |name| name.starts_with("log."))
}

/// Data directories: of each version those files that have a name of [`FILES`], up to the first snapshots.
pub fn data_dir() -> Vec<Vec<u8>> {
    let versions = below(&fixtures("zookeeper")).into_iter();
    let mut dirs: Vec<PathBuf> = versions.map(|file| file.parent().unwrap().to_owned()).collect();
    dirs.dedup();
    let packed = dirs.iter().map(|dir| {
        let files = FILES
            .iter()
            .filter_map(|name| Some((*name, fs::read(dir.join(name)).ok()?)));
        files
            .flat_map(|(name, content)| mend::file(name, &content))
            .collect()
    });
    packed.filter(|packed: &Vec<u8>| !packed.is_empty()).collect()
}

/// The payloads of the real cluster, each at the first path of [`PATHS`] that is of its kind, and at its own.
pub fn znode() -> Vec<Vec<u8>> {
    let mut payloads = Payloads::default();
    let source = fixtures("zookeeper/3.9.4");
    DataDir::open(&source, None, None)
        .unwrap()
        .read(&mut payloads)
        .unwrap();
    let mut seeds = payloads.0;
    for (index, path) in PATHS.iter().enumerate() {
        let payload = PAYLOADS.iter().find(|(prefix, _)| path.starts_with(prefix));
        let mut seed = vec![u8::try_from(index).unwrap()];
        seed.extend(
            payload
                .map_or("{\"version\":1}", |(_, payload)| payload)
                .as_bytes(),
        );
        seeds.push(seed);
    }
    seeds
}

/// Payloads as Kafka writes them, by the beginning of the path.
const PAYLOADS: [(&str, &str); 17] = [
    ("/cluster/id", r#"{"version":"1","id":"I0WzDjMqQ0eYbH4v0yRaXw"}"#),
    ("/controller_epoch", "7"),
    (
        "/controller",
        r#"{"version":2,"brokerid":1,"timestamp":"1","kraftControllerEpoch":-1}"#,
    ),
    (
        "/migration",
        r#"{"version":0,"kraft_controller_id":3000,"kraft_controller_epoch":1,"kraft_metadata_offset":9,"kraft_metadata_epoch":1}"#,
    ),
    (
        "/feature",
        r#"{"version":2,"status":1,"features":{"x":{"max_version_level":2}}}"#,
    ),
    (
        "/latest_producer_id_block",
        r#"{"version":1,"broker":1,"block_start":"0","block_end":"999"}"#,
    ),
    (
        "/brokers/ids",
        r#"{"version":5,"host":"h","port":9092,"jmx_port":-1,"timestamp":"1","endpoints":["PLAINTEXT://h:9092"],"rack":"r","listener_security_protocol_map":{"PLAINTEXT":"PLAINTEXT"},"features":{}}"#,
    ),
    (
        "/brokers/topics/orders/partitions",
        r#"{"controller_epoch":1,"leader":1,"version":1,"leader_epoch":3,"isr":[1,2],"leader_recovery_state":0}"#,
    ),
    (
        "/brokers/topics/orders",
        r#"{"version":3,"topic_id":"I0WzDjMqQ0eYbH4v0yRaXw","partitions":{"0":[1,2]},"adding_replicas":{"0":[2]},"removing_replicas":{}}"#,
    ),
    (
        "/config/users/alice",
        r#"{"version":1,"config":{"producer_byte_rate":"1024","SCRAM-SHA-256":"salt=c2FsdA==,stored_key=a2V5,server_key=a2V5,iterations=4096"}}"#,
    ),
    (
        "/config/ips",
        r#"{"version":1,"config":{"connection_creation_rate":"10"}}"#,
    ),
    (
        "/config",
        r#"{"version":1,"config":{"retention.ms":"1000","producer_byte_rate":"1024"}}"#,
    ),
    (
        "/kafka-acl",
        r#"{"version":1,"acls":[{"principal":"User:alice","permissionType":"Allow","operation":"Read","host":"*"}]}"#,
    ),
    (
        "/delegation_token/tokens",
        r#"{"version":3,"owner":"User:alice","renewers":["User:bob"],"issueTimestamp":1,"maxTimestamp":3,"expiryTimestamp":2,"tokenId":"abc","requester":"User:alice"}"#,
    ),
    (
        "/admin/reassign_partitions",
        r#"{"version":1,"partitions":[{"topic":"orders","partition":0,"replicas":[2,3]}]}"#,
    ),
    (
        "/admin/preferred_replica_election",
        r#"{"version":1,"partitions":[{"topic":"orders","partition":0}]}"#,
    ),
    ("/consumers", "42"),
];

/// Znodes as inputs of [`crate::ZNODE`] that bear their own path.
#[derive(Default)]
struct Payloads(Vec<Vec<u8>>);

impl ZnodeSink for Payloads {
    fn znode(&mut self, znode: &Znode<'_>) -> Result<(), SinkError> {
        self.0
            .push([&[255], znode.path.as_bytes(), &[0], znode.data].concat());
        Ok(())
    }

    fn gone(&mut self, _: &str) -> Result<(), SinkError> {
        Ok(())
    }

    fn unreadable(&mut self, _: &str, _: &str) -> Result<(), SinkError> {
        Ok(())
    }
}

/// Metadata logs of real nodes.
pub fn segment() -> Vec<Vec<u8>> {
    contents("logs", |name| name.ends_with(".log"))
}

/// Checkpoints of real nodes.
pub fn checkpoint() -> Vec<Vec<u8>> {
    contents("logs", |name| name.ends_with(".checkpoint"))
}

/// The batches of those.
pub fn batch() -> Vec<Vec<u8>> {
    let mut batches = Vec::new();
    for file in [segment(), checkpoint()].concat() {
        let mut rest = file.as_slice();
        while let Some(length) = rest.first_chunk().and_then(|prefix| batch_length(prefix).ok()) {
            let (batch, after) = rest.split_at(length);
            batches.push(batch.to_vec());
            rest = after;
        }
    }
    batches
}

/// The control records of those.
pub fn control_record() -> Vec<Vec<u8>> {
    let encode = |entry: Entry<'_>| match entry {
        Entry::Control(record) => Some(record.encode()).map(|(key, value)| [key, value].concat()),
        Entry::Data(_) => None,
    };
    entries(encode)
}

/// The metadata records of those.
pub fn metadata_record() -> Vec<Vec<u8>> {
    entries(|entry| match entry {
        Entry::Control(_) => None,
        Entry::Data(bytes) => Some(bytes.to_vec()),
    })
}

fn entries(take: impl Fn(Entry<'_>) -> Option<Vec<u8>>) -> Vec<Vec<u8>> {
    let is_log = |name: &Path| {
        name.extension()
            .is_some_and(|kind| kind == "log" || kind == "checkpoint")
    };
    let mut entries = Vec::new();
    for path in below(&fixtures("logs")).iter().filter(|path| is_log(path)) {
        let each = |_, entry: Entry<'_>| {
            entries.extend(take(entry));
            Ok::<(), ReadError>(())
        };
        BatchFile::open(path).unwrap().for_each(each).unwrap();
    }
    entries.sort();
    entries.dedup();
    entries
}

/// `quorum-state` of real nodes.
pub fn quorum_state() -> Vec<Vec<u8>> {
    contents("logs", |name| name == "quorum-state")
}

/// `meta.properties` of real nodes.
pub fn meta_properties() -> Vec<Vec<u8>> {
    contents("logs", |name| name == "meta.properties")
}

fn fixtures(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures")
        .join(name)
}

/// The files below a directory of fixtures whose names are wanted.
fn contents(directory: &str, is_wanted: impl Fn(&str) -> bool) -> Vec<Vec<u8>> {
    let files = below(&fixtures(directory)).into_iter();
    let wanted = files.filter(|path| is_wanted(&path.file_name().unwrap().to_string_lossy()));
    wanted.map(|path| fs::read(path).unwrap()).collect()
}

/// Every file below a directory, sorted.
fn below(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut open = vec![directory.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// Requests of every version as Kafka writes them.
pub fn request() -> Vec<Vec<u8>> {
    frames("Request").map(|(_, _, bytes)| bytes).collect()
}

/// Answers of every version as Kafka writes them, without their headers.
pub fn answer() -> Vec<Vec<u8>> {
    let without_header = |(name, version, bytes): (&str, i16, Vec<u8>)| {
        let name = name.strip_suffix("Response").unwrap();
        let api = APIS.iter().find(|api| api.name == name).unwrap();
        let key = i16::try_from(api.key).unwrap();
        let header = answer_header_bytes(key, version);
        [&to(key, version)[..], &bytes[header..]].concat()
    };
    let with_records = segment().into_iter().map(answer_with_records);
    frames("Response")
        .map(without_header)
        .chain(with_records)
        .collect()
}

/// What stands before an answer: which API, and which version.
fn to(api_key: i16, version: i16) -> [u8; 2] {
    [api_key, version].map(|number| u8::try_from(number).unwrap())
}

/// What a leader would answer whose log is this segment.
fn answer_with_records(segment: Vec<u8>) -> Vec<u8> {
    let partition = FetchPartitionResponse {
        high_watermark: Offset(i64::MAX),
        records: Some(Blob(segment)),
        ..Default::default()
    };
    let response = FetchResponse {
        responses: FetchTopicResponse::metadata_log(partition),
        ..Default::default()
    };
    let mut bytes = to(1, 18).to_vec();
    response.encode(18, &mut bytes).unwrap();
    bytes
}

/// Message, version and bytes of the frames that Kafka wrote.
fn frames(ending: &str) -> impl Iterator<Item = (&'static str, i16, Vec<u8>)> {
    let text: &'static str = include_str!("../../../fixtures/rpc/frames.hex");
    text.lines().filter_map(move |line| {
        let [name, version, digits] = line.split(' ').collect::<Vec<_>>().try_into().unwrap();
        let bytes = (0..digits.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap())
            .collect();
        name.ends_with(ending)
            .then(|| (name, version.parse().unwrap(), bytes))
    })
}
