//! `migrate`, `capture` and their common ground.

use std::fs;

use serde_json::Value;

use crate::support::{controller, controller_with, data_directory, kraft_bridge, sealed_capture, tree};

/// What stands in the way in the data directory.
const ACCEPT: [&str; 4] = [
    "--accept",
    "undecodable@/brokers/topics/topic-9",
    "--accept",
    "brokers-running",
];

/// `migrate` from the data directory, its damaged topic and its running broker accepted.
fn migrate() -> assert_cmd::Command {
    let mut command = kraft_bridge();
    command
        .arg("migrate")
        .args(ACCEPT)
        .arg("--from")
        .arg(data_directory());
    command
}

#[test]
fn a_damaged_topic_and_a_running_broker_stand_in_the_way_until_they_are_accepted() {
    let dir = tempfile::tempdir().unwrap();
    let output = kraft_bridge()
        .args(["migrate", "--json", "--from"])
        .arg(data_directory())
        .arg("--output")
        .arg(dir.path().join("out"))
        .assert()
        .code(1);
    let answer: Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
    assert_eq!(answer["blockers"], 2);
    assert!(tree(dir.path()).is_empty());
}

#[test]
fn a_dry_run_says_everything_and_writes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let config = controller(dir.path(), 3000, &[3000]);
    let before = tree(dir.path());
    let output = migrate()
        .args(["--dry-run", "--json", "--config"])
        .arg(&config)
        .assert()
        .success();
    let answer: Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
    assert_eq!(answer["records"]["TopicRecord"], 11);
    assert_eq!(tree(dir.path()), before);
}

#[test]
fn each_controller_gets_the_same_log_in_one_run_or_in_several() {
    let dir = tempfile::tempdir().unwrap();
    let voters = [3000, 3001, 3002];
    let configs = voters.map(|node| controller(dir.path(), node, &voters));
    migrate()
        .arg("--config")
        .arg(&configs[0])
        .arg("--config")
        .arg(&configs[1])
        .assert()
        .success();
    migrate().arg("--config").arg(&configs[2]).assert().success();
    let logs = voters.map(|node| tree(&dir.path().join(node.to_string()).join("__cluster_metadata-0")));
    assert_eq!(logs[0].len(), 4);
    assert_eq!(logs[0], logs[1]);
    assert_eq!(logs[0], logs[2]);
}

#[test]
fn one_occupied_directory_keeps_every_other_one_from_being_written() {
    let dir = tempfile::tempdir().unwrap();
    let voters = [3000, 3001];
    let configs = voters.map(|node| controller(dir.path(), node, &voters));
    fs::create_dir(dir.path().join("3001")).unwrap();
    fs::write(dir.path().join("3001/precious"), "x").unwrap();
    let before = tree(dir.path());
    let output = migrate()
        .arg("--config")
        .arg(&configs[0])
        .arg("--config")
        .arg(&configs[1])
        .assert()
        .code(2);
    let error = String::from_utf8_lossy(&output.get_output().stderr).into_owned();
    assert!(
        error.contains("3001: is not empty (it holds precious)"),
        "{error}"
    );
    assert_eq!(tree(dir.path()), before);
}

#[test]
fn a_capture_gives_the_bytes_that_its_source_gives() {
    let dir = tempfile::tempdir().unwrap();
    let capture = dir.path().join("cluster.capture");
    kraft_bridge()
        .args(["capture", "--from"])
        .arg(data_directory())
        .arg("--output")
        .arg(&capture)
        .assert()
        .success();
    let config = controller(dir.path(), 3000, &[3000]);
    let written = |from: &std::path::Path| {
        let mut command = kraft_bridge();
        command.arg("migrate").args(ACCEPT).arg("--from").arg(from);
        command.arg("--config").arg(&config).assert().success();
        let written = tree(&dir.path().join("3000"));
        fs::remove_dir_all(dir.path().join("3000")).unwrap();
        written
    };
    assert_eq!(written(&capture), written(&data_directory()));
}

#[test]
fn a_sealed_capture_opens_with_its_passphrase_only() {
    let dir = tempfile::tempdir().unwrap();
    let (capture, passphrase) = sealed_capture(dir.path());
    let offsets = || {
        let mut command = kraft_bridge();
        command.args(["offsets", "--from"]).arg(&capture);
        command
    };
    offsets().assert().code(2);
    offsets()
        .arg("--passphrase-file")
        .arg(&passphrase)
        .assert()
        .success();
}

#[test]
fn voters_that_the_log_lists_are_in_its_first_batch_with_their_directories() {
    let dir = tempfile::tempdir().unwrap();
    let quorum = "controller.quorum.bootstrap.servers=localhost:3000";
    let config = controller_with(dir.path(), 3000, quorum);
    migrate().arg("--config").arg(&config).assert().success();
    let written = tree(&dir.path().join("3000"));
    let identity = String::from_utf8_lossy(&written[std::path::Path::new("meta.properties")]).into_owned();
    let directory_id = identity
        .lines()
        .find_map(|line| line.strip_prefix("directory.id="))
        .unwrap();
    let id: kraft_bridge_protocol::Uuid = directory_id.parse().unwrap();
    let (_, checkpoint) = written
        .iter()
        .find(|(path, _)| path.to_string_lossy().ends_with("1.checkpoint"))
        .unwrap();
    assert!(checkpoint.windows(16).any(|bytes| bytes == id.0));
}

#[test]
fn a_brokers_file_is_no_controllers_file() {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("broker.properties");
    fs::write(
        &config,
        "process.roles=broker\nnode.id=1\ncontroller.listener.names=CONTROLLER\nlisteners=PLAINTEXT://:9092\n\
         controller.quorum.voters=3000@localhost:9093\nlog.dirs=/nowhere\n",
    )
    .unwrap();
    let output = migrate().arg("--config").arg(&config).assert().code(2);
    let error = String::from_utf8_lossy(&output.get_output().stderr).into_owned();
    assert!(error.contains("give the controllers' files here"), "{error}");
}

#[test]
fn what_is_no_source_is_told_so() {
    let output = kraft_bridge()
        .args(["offsets", "--from", "Cargo.toml"])
        .assert()
        .code(2);
    let error = String::from_utf8_lossy(&output.get_output().stderr).into_owned();
    assert!(error.contains("--from Cargo.toml"), "{error}");
}
