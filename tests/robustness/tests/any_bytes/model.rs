//! The worst for the legacy model, which holds what was decoded: bounds of its own.
//!
//! A payload is decoded in one piece, through JSON values, and what comes of it stays. ZooKeeper lets no payload be
//! longer than a mebibyte unless it is told to, and one is decoded at a time.

use kraft_bridge_migration::capture::ZnodeSink;
use kraft_bridge_migration::legacy::Decoder;
use kraft_bridge_migration::znode::{Stat, Znode};
use kraft_bridge_robustness::{DATA_DIR, mend};

use crate::memory::{alone, peak};
use crate::worst::{log_of, numbers};

const MEBIBYTE: usize = 1024 * 1024;
/// Bytes of memory for each byte of a payload. Worst are objects of one short key: a map has room for eleven.
const PAYLOAD_FACTOR: usize = 112;
/// Bytes of memory for each path that a transaction touches, besides the path and the payload.
const TOUCHED_BYTES: usize = 1024;

/// `head`, then `each` as often as makes a payload of a mebibyte, separated by commas, then `tail`.
fn payload(head: &str, each: impl Fn(usize) -> String, tail: &str) -> String {
    let mut text = head.to_owned();
    for index in 0.. {
        text.push_str(&each(index));
        if text.len() + tail.len() >= MEBIBYTE {
            break;
        }
        text.push(',');
    }
    text + tail
}

#[test]
fn payloads_of_many_small_parts() {
    let _alone = alone();
    let one = |_| "1".to_owned();
    let object = |_| r#"{"":1}"#.to_owned();
    let key = |index| format!(r#""{index:x}":1"#);
    let empty = |index| format!(r#""{index:x}":[]"#);
    let partition = |index| format!(r#""{index}":[]"#);
    let election = |_| r#"{"topic":"","partition":0}"#.to_owned();
    for (path, payload) in [
        (
            "/brokers/topics/a",
            payload(r#"{"partitions":{"#, partition, "}}"),
        ),
        ("/brokers/topics/a", payload(r#"{"partitions":{"#, empty, "}}")),
        (
            "/brokers/topics/a/partitions/0/state",
            payload(r#"{"leader":1,"leader_epoch":1,"isr":["#, one, "]}"),
        ),
        ("/brokers/ids/1", payload(r#"{"endpoints":["#, object, "]}")),
        ("/config/topics/a", payload(r#"{"config":{"#, key, "}}")),
        (
            "/config/users/a",
            payload(r#"{"config":{"#, |index| format!(r#""{index:x}":"""#), "}}"),
        ),
        ("/kafka-acl/Topic/a", payload(r#"{"acls":["#, one, "]}")),
        ("/kafka-acl/Topic/a", payload(r#"{"acls":["#, object, "]}")),
        (
            "/admin/preferred_replica_election",
            payload(r#"{"partitions":["#, election, "]}"),
        ),
        ("/feature", payload(r#"{"status":1,"features":{"#, key, "}}")),
        (
            "/delegation_token/tokens/a",
            payload(r#"{"renewers":["#, object, "]}"),
        ),
        ("/cluster/id", payload(r#"{"x":["#, object, "]}")),
    ] {
        let data = payload.as_bytes();
        let stat = Stat::default();
        let mut decoder = Decoder::new();
        let peak = peak(|| decoder.znode(&Znode { path, data, stat }).unwrap());
        let allowed = PAYLOAD_FACTOR * data.len() + MEBIBYTE;
        assert!(peak <= allowed, "{path} {}: {peak}", &payload[..30]);
        let (_cluster, findings) = decoder.finish();
        assert!(findings.len() <= 101, "{path}: {} findings", findings.len());
    }
}

#[test]
fn a_log_that_touches_a_path_with_each_of_its_shortest_transactions() {
    let _alone = alone();
    let count = 50_000;
    let delete = |index: i32| {
        let path = format!("/{index:x}");
        let length = i32::try_from(path.len()).unwrap();
        [&numbers(&[2, length + 4, length])[..], path.as_bytes()].concat()
    };
    let parts: Vec<u8> = (0..count).flat_map(delete).collect();
    let log = log_of(&[[numbers(&[14, count]), parts].concat()]);
    let dir = mend::file("log.1", &log);
    let peak = peak(|| drop((DATA_DIR.feed)(&dir)));
    let touched = usize::try_from(count).unwrap() * TOUCHED_BYTES;
    assert!(peak <= 2 * dir.len() + MEBIBYTE + touched, "{peak}");
}
