//! `verify`: what it says of a directory that `migrate` has written, of parts of it, and of what is no match.

use std::fs;
use std::path::{Path, PathBuf};

use kraft_bridge_metadata::records::{
    BeginTransactionRecord, MetadataRecord, MigrationState, ZkMigrationStateRecord,
};
use kraft_bridge_protocol::batch::{BatchBuilder, BatchHeader};
use kraft_bridge_protocol::{Epoch, Offset, Timestamp};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::kraft_bridge;

fn fixture(below: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(below)
}

/// A command with the capture of a real cluster of that release as its source.
fn with_source(command: &str, release: &str) -> assert_cmd::Command {
    let mut built = kraft_bridge();
    built.args([command, "--from"]);
    built.arg(fixture(&format!("captures/kafka-{release}.capture")));
    built.arg("--old-config");
    built.arg(fixture(&format!("captures/kafka-{release}.properties")));
    built
}

fn migrated() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let mut migrate = with_source("migrate", "3.9.2");
    migrate.arg("--output").arg(dir.path().join("out"));
    migrate.assert().success();
    dir
}

fn verify(release: &str, target: &Path) -> assert_cmd::Command {
    let mut command = with_source("verify", release);
    command.env("SOURCE_DATE_EPOCH", "1700000000");
    command.arg("--with").arg(target);
    command
}

/// The report, and how the command ended.
fn report(mut command: assert_cmd::Command) -> (Value, i32) {
    let output = command.arg("--json").output().unwrap();
    let report = serde_json::from_slice(&output.stdout).unwrap();
    (report, output.status.code().unwrap())
}

fn codes(report: &Value, list: &str) -> Vec<String> {
    let notices = report[list].as_array().unwrap().iter();
    notices
        .map(|notice| notice["code"].as_str().unwrap().to_owned())
        .collect()
}

/// A segment that holds these records and nothing else.
fn segment(dir: &TempDir, records: &[MetadataRecord]) -> PathBuf {
    let mut batch = BatchBuilder::default();
    for record in records {
        let mut bytes = Vec::new();
        record.encode(0, &mut bytes).unwrap();
        batch.push(None, &bytes);
    }
    let bytes = batch.finish(BatchHeader {
        base_offset: Offset(0),
        epoch: Epoch(1),
        timestamp: Timestamp(0),
        control: false,
    });
    let file = dir.path().join("00000000000000000000.log");
    fs::write(&file, bytes).unwrap();
    file
}

#[test]
fn what_migrate_wrote_is_equal_and_the_report_says_what_was_compared() {
    let dir = migrated();
    let out = dir.path().join("out");
    let (report, code) = report(verify("3.9.2", &out));
    assert_eq!((report["verdict"].as_str(), code), (Some("equal"), 0));
    assert_eq!(report["schemaVersion"], 1);
    assert_eq!(report["relation"], "copied");
    assert_eq!(report["differences"], Value::Array(Vec::new()));
    assert_eq!(report["zookeeper"]["clusterId"], report["kraft"]["clusterId"]);
    assert!(report["kraft"]["endOffset"].as_i64().unwrap() > 0);
    // When the capture's youngest znode was written: an older capture is told by it.
    assert!(report["zookeeper"]["youngest"].is_string());
    for side in ["zookeeper", "kraft"] {
        assert_eq!(report[side]["digest"].as_str().unwrap().len(), 64);
    }
    assert!(report["totals"]["partitions"]["zookeeper"].as_u64().unwrap() >= 200);
}

#[test]
fn a_directory_of_another_cluster_is_different() {
    let dir = migrated();
    let (report, code) = report(verify("2.8.2", &dir.path().join("out")));
    assert_eq!((report["verdict"].as_str(), code), (Some("different"), 1));
    let kinds = report["differences"].as_array().unwrap().iter();
    assert!(kinds.map(|it| &it["kind"]).any(|kind| kind == "cluster-id"));
}

#[test]
fn a_checkpoint_alone_is_equal_and_tells_no_cluster_id() {
    let dir = migrated();
    let log = dir.path().join("out/data/__cluster_metadata-0");
    let checkpoint = fs::read_dir(log)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "checkpoint")
        })
        .max();
    let (report, code) = report(verify("3.9.2", &checkpoint.unwrap()));
    assert_eq!((report["verdict"].as_str(), code), (Some("equal"), 0));
    assert!(codes(&report, "notices").contains(&"cluster-id-unknown".to_owned()));
}

#[test]
fn a_segment_alone_is_compared_and_one_that_is_cut_off_is_not() {
    let whole = fixture("logs/3.9.2/__cluster_metadata-0/00000000000000000000.log");
    let (report, code) = report(verify("3.9.2", &whole));
    assert_eq!((report["verdict"].as_str(), code), (Some("different"), 1));
    let dir = tempfile::tempdir().unwrap();
    let cut = dir.path().join("00000000000000000000.log");
    let bytes = fs::read(&whole).unwrap();
    fs::write(&cut, &bytes[..bytes.len() - 10]).unwrap();
    let output = verify("3.9.2", &cut).assert().code(2);
    let error = String::from_utf8_lossy(&output.get_output().stderr).into_owned();
    assert!(error.contains("00000000000000000000.log"), "{error}");
}

#[test]
fn a_log_that_ends_in_a_transaction_or_before_a_migration_is_not_compared_as_if_it_were_whole() {
    let dir = tempfile::tempdir().unwrap();
    let begun = segment(&dir, &[BeginTransactionRecord::default().into()]);
    let (of_begun, code) = report(verify("3.9.2", &begun));
    assert_eq!(codes(&of_begun, "notCompared"), ["open-transaction"]);
    assert_eq!(code, 1);
    let prepared = ZkMigrationStateRecord {
        zk_migration_state: MigrationState::PreMigration,
        ..Default::default()
    };
    let (of_prepared, code) = report(verify("3.9.2", &segment(&dir, &[prepared.into()])));
    assert_eq!(codes(&of_prepared, "notCompared"), ["migration-not-begun"]);
    assert_eq!(code, 1);
}

#[test]
fn only_what_is_asked_for_is_compared_and_what_is_known_may_be_ignored() {
    let segment = fixture("logs/3.9.2/__cluster_metadata-0/00000000000000000000.log");
    let compare = |arguments: &[&str]| {
        let mut command = verify("3.9.2", &segment);
        command.args(["--only", "producer-ids,scram"]).args(arguments);
        report(command)
    };
    let (report, code) = compare(&[]);
    assert_eq!(code, 1);
    assert_eq!(report["totals"].as_object().unwrap().len(), 2);
    let dir = tempfile::tempdir().unwrap();
    let ignore = dir.path().join("known");
    fs::write(&ignore, "# another cluster's users\nscram *\nproducer-ids *\n").unwrap();
    let (report, code) = compare(&["--ignore", ignore.to_str().unwrap()]);
    assert_eq!((report["verdict"].as_str(), code), (Some("equal"), 0));
    assert!(!report["ignored"].as_array().unwrap().is_empty());
    fs::write(&ignore, "users *\n").unwrap();
    let output = verify("3.9.2", &segment)
        .arg("--ignore")
        .arg(&ignore)
        .assert()
        .code(2);
    let error = String::from_utf8_lossy(&output.get_output().stderr).into_owned();
    assert!(error.contains("line 1"), "{error}");
}

#[test]
fn a_source_without_a_cluster_cannot_be_compared() {
    let dir = migrated();
    let mut command = kraft_bridge();
    command.args(["verify", "--chroot", "/nothing", "--from"]);
    command.arg(fixture("zookeeper/3.9.4"));
    command.arg("--with").arg(dir.path().join("out"));
    let output = command.assert().code(2);
    let error = String::from_utf8_lossy(&output.get_output().stderr).into_owned();
    assert!(error.contains("/nothing does not exist"), "{error}");
}

#[test]
fn what_is_no_log_is_told_so() {
    let output = verify("3.9.2", Path::new("Cargo.toml")).assert().code(2);
    let error = String::from_utf8_lossy(&output.get_output().stderr).into_owned();
    assert!(error.contains("Cargo.toml"), "{error}");
}
