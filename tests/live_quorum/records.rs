//! What is read by the wire is what lies in the directory.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use kraft_bridge_harness::Tool;
use serde_json::Value;

use crate::dump::{dump, of_type};
use crate::node::Node;

/// Longest wait for a checkpoint.
const WAIT: Duration = Duration::from_secs(30);

fn by_wire(node: &Node) -> Vec<Value> {
    dump(&node.uri("CONTROLLER", "127.0.0.1"), None).unwrap()
}

/// Everything but batches.
fn records(lines: &[Value]) -> Vec<&Value> {
    lines.iter().filter(|line| line["kind"] != "batch").collect()
}

pub(crate) fn the_log_is_read_from_its_start(node: &Node) -> Vec<Value> {
    let lines = by_wire(node);
    assert!(
        of_type(&lines, "SnapshotHeader").is_empty(),
        "there is no checkpoint yet"
    );
    let offsets: Vec<i64> = records(&lines)
        .iter()
        .map(|line| line["offset"].as_i64().unwrap())
        .collect();
    let count = i64::try_from(offsets.len()).unwrap();
    assert_eq!(offsets, (0..count).collect::<Vec<_>>());
    assert_eq!(of_type(&lines, "TopicRecord")[0]["data"]["name"], "orders");
    assert_eq!(of_type(&lines, "PartitionRecord").len(), 3);
    lines
}

/// All that was read before is still there, and nothing has come but the controller's own heartbeat.
pub(crate) fn only_time_has_passed_since(node: &Node, before: &[Value]) {
    let now = by_wire(node);
    let (old, new) = now.split_at(before.len());
    assert_eq!(old, before);
    for line in records(new) {
        assert_eq!(line["type"], "NoOpRecord", "{line}");
    }
}

fn checkpoints(node: &Node) -> Vec<PathBuf> {
    let entries = fs::read_dir(node.log()).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "checkpoint"));
    paths.sort();
    paths
}

/// Waits for the checkpoint that so many partitions make the controller write, and for a record behind it, and reads.
pub(crate) fn a_checkpoint_is_read_first(node: &Node) -> Vec<Value> {
    let poll = Duration::from_millis(100);
    let polls = WAIT.as_millis() / poll.as_millis();
    let appeared = (0..polls).any(|_| {
        pause(poll);
        !checkpoints(node).is_empty()
    });
    assert!(appeared, "no checkpoint within {WAIT:?}");
    let lines = (0..polls).find_map(|_| {
        let lines = by_wire(node);
        // The next record is no more than a controller's heartbeat away.
        let has_log = lines.last().is_some_and(|line| line["type"] != "SnapshotFooter");
        has_log.then_some(lines).or_else(|| {
            pause(poll);
            None
        })
    });
    let lines = lines.expect("records follow the checkpoint");
    assert_eq!(records(&lines)[0]["type"], "SnapshotHeader");
    assert_eq!(of_type(&lines, "PartitionRecord").len(), 403);
    lines
}

#[expect(clippy::disallowed_methods, reason = "waits for a real process")]
pub(crate) fn pause(duration: Duration) {
    std::thread::sleep(duration);
}

pub(crate) fn nobody_else_is_seen_in_the_quorum(node: &Node) {
    let printed = node.tool(Tool::MetadataQuorum, "describe --replication");
    let nodes: Vec<&str> = printed.lines().skip(1).filter(|line| !line.is_empty()).collect();
    assert_eq!(nodes.len(), 1, "{printed}");
    assert!(nodes[0].contains("Leader"), "{printed}");
}

/// Batch by batch, checksums included: first the checkpoint, then the log from its end on.
pub(crate) fn the_directory_holds_the_same(node: &Node, by_wire: &[Value]) {
    let footer = by_wire
        .iter()
        .position(|line| line["type"] == "SnapshotFooter")
        .unwrap();
    let (checkpoint, log) = by_wire.split_at(footer + 1);
    let file = checkpoints(node)
        .into_iter()
        .find(|path| {
            path.to_string_lossy()
                .contains(&format!("{:020}-", log[0]["baseOffset"].as_i64().unwrap()))
        })
        .unwrap();
    assert_eq!(dump(&file.display().to_string(), None).unwrap(), checkpoint);

    let segment = node.log().join("00000000000000000000.log");
    let lines = dump(&segment.display().to_string(), None).unwrap();
    let from = lines
        .iter()
        .position(|line| line["baseOffset"] == log[0]["baseOffset"])
        .unwrap();
    let in_file: Vec<Value> = lines[from..from + log.len()]
        .iter()
        .map(without_position)
        .collect();
    let read: Vec<Value> = log.iter().map(without_position).collect();
    assert_eq!(in_file, read);
}

/// A batch begins elsewhere in a file than among the bytes that were sent.
fn without_position(line: &Value) -> Value {
    let mut line = line.clone();
    line.as_object_mut().unwrap().remove("position");
    line
}
