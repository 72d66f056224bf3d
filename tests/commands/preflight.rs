//! `preflight`: what an operator reads before anything is written.

use std::fs;
use std::path::{Path, PathBuf};

use kraft_bridge_migration::capture::file::Secrets;
use kraft_bridge_migration::capture::{CaptureFileWriter, Summary, ZnodeSink};
use kraft_bridge_migration::znode::{Stat, Znode, Zxid};
use serde_json::Value;

use crate::support::{data_directory, kraft_bridge};

/// A password that Kafka encoded, with its secret and its clear text.
fn encoded_password() -> [&'static str; 3] {
    let line = include_str!("../../fixtures/passwords/kafka-3.9.2.tsv")
        .lines()
        .next();
    line.unwrap().split('\t').collect::<Vec<_>>().try_into().unwrap()
}

/// A capture of a cluster with an id and these znodes.
fn capture(dir: &Path, znodes: &[(&str, &str)]) -> PathBuf {
    let file = dir.join("cluster.capture");
    let mut writer = CaptureFileWriter::create(&file, Secrets::Included).unwrap();
    let id = ("/cluster/id", r#"{"version":"1","id":"my-cluster"}"#);
    for (path, data) in std::iter::once(&id).chain(znodes) {
        let (data, stat) = (data.as_bytes(), Stat::default());
        writer.znode(&Znode { path, data, stat }).unwrap();
    }
    let summary = Summary {
        source: "made up".to_owned(),
        chroot: "/".to_owned(),
        first_zxid: Zxid(1),
        last_zxid: Zxid(1),
        consistent_cut: true,
        znodes: 1,
        reread: 0,
        data_bytes: 0,
    };
    writer.finish(&summary).unwrap();
    file
}

/// Exit status and output of `preflight` from a source, with these further arguments.
fn preflight(from: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = kraft_bridge();
    command.arg("preflight").arg("--from").arg(from).args(arguments);
    let output = command.output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(error, "");
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn blockers_come_first_and_the_last_line_says_what_is_next() {
    let (code, text) = preflight(&data_directory(), &[]);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(code, Some(1));
    assert!(lines[1].starts_with("BLOCKER: /brokers/ids [brokers-running] brokers are running: 1"));
    assert!(lines[2].starts_with("BLOCKER: /brokers/topics/topic-9 [undecodable]"));
    assert_eq!(
        lines[lines.len() - 1],
        "blockers in the way of Kafka 4.3: 2; next: mend them, then preflight again"
    );
}

#[test]
fn json_has_every_finding_and_the_brokers_that_must_return() {
    let (code, text) = preflight(&data_directory(), &["--json"]);
    let answer: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(code, Some(1));
    assert_eq!(answer["blockers"], 2);
    assert_eq!(answer["mustReturn"][0]["broker"], 2);
    assert_eq!(answer["mustReturn"][0]["partitions"], 8);
    assert_eq!(answer["totals"]["topics"], 11);
    let without_id = answer["findings"].as_array().unwrap().iter();
    let without_id = without_id.filter(|finding| finding["code"] == "topic-without-id");
    assert_eq!(without_id.count(), 10);
}

#[test]
fn ten_thousand_topics_without_id_are_a_handful_of_lines() {
    let dir = tempfile::tempdir().unwrap();
    let paths: Vec<String> = (0..10_000)
        .map(|topic| format!("/brokers/topics/topic-{topic}"))
        .collect();
    let znodes: Vec<(&str, &str)> = paths
        .iter()
        .map(|path| (path.as_str(), r#"{"version":1,"partitions":{"0":[1]}}"#))
        .collect();
    let file = capture(dir.path(), &znodes);

    let (code, text) = preflight(&file, &["--release-version", "3.9"]);

    assert_eq!(code, Some(0));
    assert!(text.lines().count() < 20, "{text}");
    assert!(
        text.contains("and 9995 more of [topic-without-id]; --json lists them all"),
        "{text}"
    );
    assert!(
        text.ends_with("nothing stands in the way of Kafka 3.9 (metadata.version 3.9-IV0); next: migrate\n"),
        "{text}"
    );
}

#[test]
fn running_brokers_alone_mean_stop_them_and_go_on() {
    let dir = tempfile::tempdir().unwrap();
    let broker = r#"{"version":1,"host":"h","port":9092,"jmx_port":-1,"timestamp":"1"}"#;
    let file = capture(dir.path(), &[("/brokers/ids/1", broker)]);
    let (code, text) = preflight(&file, &[]);
    assert_eq!(code, Some(1));
    assert!(text.ends_with("next: stop them, then migrate\n"), "{text}");
}

#[test]
fn the_old_configuration_opens_passwords_that_are_never_shown() {
    let dir = tempfile::tempdir().unwrap();
    let [secret, clear, encoded] = encoded_password();
    let configs = format!(r#"{{"version":1,"config":{{"ssl.key.password":"{encoded}"}}}}"#);
    let file = capture(dir.path(), &[("/config/brokers/<default>", &configs)]);
    let (code, text) = preflight(&file, &[]);
    assert_eq!(code, Some(1));
    assert!(text.contains("[password-encoder-secret-missing]"), "{text}");

    let old = dir.path().join("old.properties");
    fs::write(
        &old,
        format!("zookeeper.connect=z1\npassword.encoder.secret={secret}\n"),
    )
    .unwrap();
    let (code, text) = preflight(&file, &["--old-config", old.to_str().unwrap()]);

    assert_eq!(code, Some(0));
    assert!(text.contains("[password-in-clear]"), "{text}");
    assert!(!text.contains(clear) && !text.contains(secret), "{text}");
}
