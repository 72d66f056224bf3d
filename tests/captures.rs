//! The captures of real clusters in `fixtures/captures`: each is migrated, and the records are as many as the facts that
//! Kafka's own tools told about the cluster while it ran.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

/// What was marked for deletion after the tools had described the cluster.
const DOOMED: &str = "doomed";

fn fixture(version: &str, suffix: &str) -> PathBuf {
    let captures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/captures");
    captures.join(format!("kafka-{version}.{suffix}"))
}

/// The answer of `migrate --dry-run` for Kafka 4.3.
fn migrate(version: &str) -> serde_json::Value {
    let assert = assert_cmd::Command::cargo_bin("kraft-bridge")
        .unwrap()
        .args([
            "migrate",
            "--dry-run",
            "--json",
            "--output",
            "/nonexistent/kraft",
            "--from",
        ])
        .arg(fixture(version, "capture"))
        .arg("--old-config")
        .arg(fixture(version, "properties"))
        .assert()
        .success();
    serde_json::from_slice(&assert.get_output().stdout).unwrap()
}

/// How many facts of a kind the tools told.
fn facts(told: &str, kind: &str) -> usize {
    let doomed = [format!("topic {DOOMED}:"), format!("partition {DOOMED}-")];
    let kept = told
        .lines()
        .filter(|fact| !doomed.iter().any(|doomed| fact.starts_with(doomed)));
    kept.filter(|fact| fact.starts_with(&format!("{kind} "))).count()
}

fn the_records_are_what_the_tools_told(version: &str) {
    let told = std::fs::read_to_string(fixture(version, "txt")).unwrap();

    let answer = migrate(version);

    for (kind, record) in [
        ("topic", "TopicRecord"),
        ("partition", "PartitionRecord"),
        ("acl", "AccessControlEntryRecord"),
        ("user", "UserScramCredentialRecord"),
        ("quota", "ClientQuotaRecord"),
        ("token", "DelegationTokenRecord"),
    ] {
        let written = answer["records"][record].as_u64().unwrap_or(0);
        assert_eq!(usize::try_from(written).unwrap(), facts(&told, kind), "{record}");
    }
    assert!(facts(&told, "partition") >= 200);
}

#[test]
fn a_cluster_of_0_11() {
    the_records_are_what_the_tools_told("0.11.0.3");
}

#[test]
fn a_cluster_of_1_1() {
    the_records_are_what_the_tools_told("1.1.1");
}

#[test]
fn a_cluster_of_2_8() {
    the_records_are_what_the_tools_told("2.8.2");
}

#[test]
fn a_cluster_of_3_9() {
    the_records_are_what_the_tools_told("3.9.2");
}
