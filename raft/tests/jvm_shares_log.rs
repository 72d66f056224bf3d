//! A JVM controller and our log, in many small segments, take turns in one directory, and Kafka's dump tool
//! reads what our turn left.
//!
//! ```text
//! format ─▶ JVM, killed ─▶ our log, closed ─▶ dump tool
//!                                    └─▶ JVM, stopped ─▶ our log, not closed ─▶ JVM ─▶ our log
//! ```

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use kraft_bridge_harness::{Kafka, Product, free_port, libs};
use kraft_bridge_protocol::batch::{Batch, BatchBuilder};
use kraft_bridge_protocol::control::{ControlRecord, LeaderChange, LeaderChangeVoter};
use kraft_bridge_protocol::{Epoch, NodeId, Offset, Timestamp, Uuid};
use kraft_bridge_raft::format::{NodeFormat, VoterSet, format_empty};
use kraft_bridge_raft::log::{Directory, Log, LogConfig};
use kraft_bridge_raft::names;
use kraft_bridge_raft::quorum_state::QuorumState;

const NODE: NodeId = NodeId(3000);
/// `metadata.version` at level 21, which both releases know.
const FEATURE: &[u8] = b"\x01\x0c\x00\x11metadata.version\x00\x15\x00";
/// A record that changes nothing.
const NO_OP: &[u8] = &[1, 20, 0, 0];
/// Later than anything that a JVM wrote, so that times go on.
const NOW: Timestamp = Timestamp(4_000_000_000_000);

struct Node {
    dir: tempfile::TempDir,
    config: PathBuf,
    version: &'static str,
}

impl Node {
    fn formatted(version: &'static str) -> Node {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        let format = NodeFormat {
            node_id: NODE,
            cluster_id: "bXktY2x1c3Rlci1pZC0xMg".to_owned(),
            metadata_log_dir: data.clone(),
            log_dirs: vec![(data.clone(), Uuid::from_u128(0x77))],
            beside_topics: false,
            voters: VoterSet::Static(vec![NODE]),
            timestamp: Timestamp(0),
            bootstrap: vec![FEATURE.to_vec()],
        };
        format_empty(&format).unwrap();
        let port = free_port().unwrap();
        let config = dir.path().join("controller.properties");
        let text = format!(
            "process.roles=controller\nnode.id={NODE}\ncontroller.listener.names=CONTROLLER\n\
             listeners=CONTROLLER://127.0.0.1:{port}\ncontroller.quorum.voters={NODE}@127.0.0.1:{port}\n\
             log.dirs={}\n",
            data.display()
        );
        fs::write(&config, text).unwrap();
        Node { dir, config, version }
    }

    fn partition(&self) -> PathBuf {
        self.dir.path().join("data").join(names::METADATA_PARTITION)
    }

    /// Lets a JVM have the directory until it has led, and ends it; it must not complain of what it finds.
    fn run_jvm(&self, end: fn(Kafka) -> anyhow::Result<()>) {
        let mut kafka = Kafka::spawn(self.version, &self.config, &[]).unwrap();
        kafka.wait_until_ready().unwrap();
        let output = kafka.output().unwrap();
        end(kafka).unwrap();
        // log4j 2 says so of a configuration of log4j 1, and goes on with it.
        for line in output
            .lines()
            .filter(|line| !line.contains("Reconfiguration failed"))
        {
            for complaint in ["ERROR", "orrupt", "runcating"] {
                assert!(!line.contains(complaint), "{}: {line}", self.version);
            }
        }
    }

    /// The log, with segments of a few batches.
    fn log(&self) -> Log {
        let config = LogConfig {
            segment_bytes: 6000,
            ..LogConfig::default()
        };
        Log::open(Arc::new(Directory::open(&self.partition()).unwrap()), config).unwrap()
    }

    fn files(&self, ending: &str) -> Vec<PathBuf> {
        let listed = fs::read_dir(self.partition()).unwrap();
        let paths = listed.map(|entry| entry.unwrap().path());
        let mut paths: Vec<PathBuf> = paths
            .filter(|path| path.extension().is_some_and(|extension| extension == ending))
            .collect();
        paths.sort();
        paths
    }

    /// What Kafka's dump tool says of files.
    fn dump(&self, files: &[PathBuf]) -> String {
        let class = match self.version {
            "3.9.2" => "kafka.tools.DumpLogSegments",
            _ => "org.apache.kafka.tools.DumpLogSegments",
        };
        let classpath = format!("{}/*", libs(Product::Kafka, self.version).unwrap().display());
        let files: Vec<String> = files.iter().map(|path| path.display().to_string()).collect();
        let output = Command::new("java")
            .args(["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp"])
            .args([
                &classpath,
                class,
                "--cluster-metadata-decoder",
                "--verify-index-only",
            ])
            .args(["--files", &files.join(",")])
            .output()
            .expect("apt-get install openjdk-17-jdk-headless");
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(output.status.success(), "{text}");
        text
    }
}

/// Leads an epoch of our own: its first batch, and many that change nothing.
fn lead(log: &mut Log) {
    let known = log.quorum_state().unwrap().clone();
    let epoch = Epoch(known.leader_epoch.0 + 1);
    let voter = LeaderChangeVoter {
        voter_id: NODE,
        ..Default::default()
    };
    log.write_quorum_state(QuorumState {
        leader_epoch: epoch,
        leader: Some(NODE),
        voted: None,
        ..known
    })
    .unwrap();
    let change = ControlRecord::LeaderChange(LeaderChange {
        leader_id: NODE,
        voters: vec![voter.clone()],
        granting_voters: vec![voter],
        ..Default::default()
    });
    let mut batch = BatchBuilder::default();
    let (key, value) = change.encode();
    batch.push(Some(&key), &value);
    log.append(&mut batch, epoch, NOW, true).unwrap();
    for number in 0..200 {
        batch.push(None, NO_OP);
        batch.push(None, NO_OP);
        let time = Timestamp(NOW.0 + number);
        log.append(&mut batch, epoch, time, false).unwrap();
    }
    log.flush().unwrap();
}

/// The whole log from its start.
fn bytes(log: &Log) -> Vec<u8> {
    let (mut bytes, mut offset, end) = (Vec::new(), log.start_offset(), log.end().offset);
    while offset < end {
        let read = log.read(offset, end, 1 << 20).unwrap();
        offset = end_of(&read);
        bytes.extend(read);
    }
    bytes
}

fn end_of(mut batches: &[u8]) -> Offset {
    let mut end = Offset(0);
    while !batches.is_empty() {
        let (batch, length) = Batch::decode(batches).unwrap();
        (end, batches) = (batch.end_offset(), &batches[length..]);
    }
    end
}

fn take_turns(version: &'static str) {
    let node = Node::formatted(version);
    node.run_jvm(Kafka::kill);

    let mut log = node.log();
    let jvms = bytes(&log);
    assert!(log.end().epoch >= Epoch(1) && log.end().offset > Offset(0));
    lead(&mut log);
    let ours = bytes(&log);
    assert!(ours.starts_with(&jvms));
    log.close().unwrap();

    assert!(node.files("log").len() > 3);
    for ending in ["log", "index", "timeindex"] {
        let text = node.dump(&node.files(ending));
        for complaint in ["rror", "xception", "ismatch", "isvalid: false"] {
            assert!(!text.contains(complaint), "{version}, {ending}: {text}");
        }
    }

    node.run_jvm(Kafka::stop);

    let mut log = node.log();
    assert!(
        bytes(&log).starts_with(&ours),
        "{version}: the JVM kept every byte"
    );
    lead(&mut log);
    let ours = bytes(&log);
    let end = log.end();
    // As if it had been killed.
    drop(log);

    node.run_jvm(Kafka::stop);

    let log = node.log();
    assert!(
        bytes(&log).starts_with(&ours),
        "{version}: the JVM kept every byte"
    );
    assert!(log.end() > end && log.end().epoch > end.epoch);
}

#[test]
fn a_jvm_of_3_9_and_our_log_take_turns_in_one_directory() {
    take_turns("3.9.2");
}

#[test]
fn a_jvm_of_4_3_and_our_log_take_turns_in_one_directory() {
    take_turns("4.3.1");
}
