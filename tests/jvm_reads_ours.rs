//! What `migrate` writes, read by stock Kafka: its dump tool, its metadata shell, and its controller.
//!
//! ```text
//! capture ─migrate─▶ checkpoint ─┬─ DumpLogSegments, MetadataShell    no complaint, every record
//!                                └─ controller ─▶ its own checkpoint  the same records
//! ```

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use assert_cmd::Command as Program;
use kraft_bridge_harness::{Process, Product, free_port, libs, process};
use kraft_bridge_migration::capture::file::{CaptureFileWriter, Secrets};
use kraft_bridge_migration::capture::{Summary, ZnodeSink};
use kraft_bridge_migration::znode::{Stat, Znode, Zxid};
use serde_json::{Value, json};

/// A release that reads, and the release that the log is written for.
const PAIRS: [(&str, &str); 2] = [("3.9.2", "3.9"), ("4.3.1", "4.3")];

/// A cluster that has one of everything; all values are made up.
const ZNODES: &[(&str, &str)] = &[
    (
        "/brokers/topics/a.b_c-d",
        r#"{"version":1,"partitions":{"0":[1,2],"1":[2,1]}}"#,
    ),
    (
        "/brokers/topics/orders",
        r#"{"version":3,"topic_id":"-k3vWq1xTLa0hM6tPz8sCg","partitions":{"0":[4,2,3,1]},
            "adding_replicas":{"0":[4]},"removing_replicas":{"0":[1]}}"#,
    ),
    (
        "/brokers/topics/orders/partitions/0/state",
        r#"{"version":1,"leader":2,"leader_epoch":9,"controller_epoch":31,"isr":[2,3]}"#,
    ),
    ("/cluster/id", r#"{"version":"1","id":"bXktY2x1c3Rlci1pZC0xMg"}"#),
    (
        "/config/brokers/2",
        r#"{"version":1,"config":{"log.cleaner.threads":"2"}}"#,
    ),
    (
        "/config/brokers/<default>",
        r#"{"version":1,"config":{"log.retention.ms":"86400000"}}"#,
    ),
    (
        "/config/ips/2001%3Adb8%3A%3A5",
        r#"{"version":1,"config":{"connection_creation_rate":"10"}}"#,
    ),
    (
        "/config/topics/orders",
        r#"{"version":1,"config":{"retention.ms":"3600000"}}"#,
    ),
    (
        "/config/users/al%40ice",
        r#"{"version":1,"config":{"request_percentage":"12.5",
            "SCRAM-SHA-256":"salt=MDEyMw==,stored_key=MiuI,server_key=UKlE,iterations=4096",
            "SCRAM-SHA-512":"salt=MDEyMw==,stored_key=MiuI,server_key=UKlE,iterations=8192"}}"#,
    ),
    (
        "/config/users/<default>/clients/<default>",
        r#"{"version":1,"config":{"producer_byte_rate":"1024"}}"#,
    ),
    (
        "/delegation_token/tokens/t",
        r#"{"version":3,"owner":"User%3Aalice","tokenRequester":"User%3Asvc","renewers":["User%3Abob"],
            "issueTimestamp":1700000000000,"maxTimestamp":4102444800000,"expiryTimestamp":4102444800000,"tokenId":"t"}"#,
    ),
    (
        "/kafka-acl-extended/prefixed/Group/g",
        r#"{"version":1,"acls":[{"principal":"User:bob","permissionType":"Deny","operation":"Describe","host":"::1"}]}"#,
    ),
    (
        "/kafka-acl/Topic/orders",
        r#"{"version":1,"acls":[{"principal":"User:alice","permissionType":"Allow","operation":"Read","host":"*"}]}"#,
    ),
    (
        "/latest_producer_id_block",
        r#"{"version":1,"broker":4,"block_start":"17000","block_end":"17999"}"#,
    ),
];

/// Puts the cluster into a capture file.
fn capture(path: &Path) {
    let mut writer = CaptureFileWriter::create(path, Secrets::Included).unwrap();
    for (path, data) in ZNODES {
        let data = data.as_bytes();
        let stat = Stat::default();
        writer.znode(&Znode { path, data, stat }).unwrap();
    }
    let summary = Summary {
        source: "a test".to_owned(),
        chroot: "/".to_owned(),
        first_zxid: Zxid(1),
        last_zxid: Zxid(1),
        consistent_cut: true,
        znodes: ZNODES.len() as u64,
        reread: 0,
        data_bytes: 0,
    };
    writer.finish(&summary).unwrap();
}

/// Where a controller's voters are listed.
#[derive(Clone, Copy, Debug)]
enum Voters {
    /// In each configuration file.
    Static,
    /// In the log (KIP-853).
    Dynamic,
}

/// A controller whose directory `migrate` made.
struct Controller {
    dir: tempfile::TempDir,
    config: PathBuf,
}

impl Controller {
    fn migrated(release: &str, voters: Voters) -> Controller {
        let dir = tempfile::tempdir().unwrap();
        let port = free_port().unwrap();
        let quorum = match voters {
            Voters::Static => format!("controller.quorum.voters=3000@127.0.0.1:{port}"),
            Voters::Dynamic => format!("controller.quorum.bootstrap.servers=127.0.0.1:{port}"),
        };
        let config = dir.path().join("controller.properties");
        let text = format!(
            "process.roles=controller\nnode.id=3000\ncontroller.listener.names=CONTROLLER\n\
             listeners=CONTROLLER://127.0.0.1:{port}\nlog.dirs={}\n{quorum}\n\
             metadata.log.max.record.bytes.between.snapshots=1\n\
             delegation.token.secret.key=made-up\n",
            dir.path().join("data").display()
        );
        fs::write(&config, text).unwrap();
        let znodes = dir.path().join("capture");
        capture(&znodes);
        Program::cargo_bin("kraft-bridge")
            .unwrap()
            .args(["migrate", "--release-version", release, "--from"])
            .arg(znodes)
            .arg("--config")
            .arg(&config)
            .assert()
            .success();
        Controller { dir, config }
    }

    /// Files of the metadata partition with this ending, oldest first.
    fn files(&self, ending: &str) -> Vec<PathBuf> {
        let partition = self.dir.path().join("data/__cluster_metadata-0");
        let paths = fs::read_dir(partition)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let mut paths: Vec<_> = paths
            .filter(|path| path.to_string_lossy().ends_with(ending))
            .collect();
        paths.sort();
        paths
    }

    /// Runs the controller until it has written a checkpoint of its own, and stops it; returns what it printed.
    fn run(&self, version: &str) -> String {
        let log = self.dir.path().join("controller.out");
        let mut arguments = java(version, self.dir.path(), "INFO");
        arguments.extend(["kafka.Kafka".to_owned(), self.config.display().to_string()]);
        let name = format!("controller {version}");
        let mut jvm = Process::start(&name, process::java(&arguments), &log).unwrap();
        jvm.wait_until(Duration::from_secs(90), |output| {
            Ok(output.contains("Kafka Server started") && self.files(".checkpoint").len() > 1)
        })
        .unwrap();
        jvm.stop().unwrap();
        fs::read_to_string(log).unwrap()
    }
}

/// The arguments of a JVM with the jars of a version, up to the main class.
fn java(version: &str, dir: &Path, level: &str) -> Vec<String> {
    let logging = dir.join(format!("{level}.properties"));
    let text = format!(
        "log4j.rootLogger={level}, out\nlog4j.appender.out=org.apache.log4j.ConsoleAppender\n\
         log4j.appender.out.layout=org.apache.log4j.PatternLayout\n\
         log4j.appender.out.layout.ConversionPattern=%p %m (%c)%n\n"
    );
    fs::write(&logging, text).unwrap();
    let libs = libs(Product::Kafka, version).unwrap();
    vec![
        "-Xmx512m".to_owned(),
        "-XX:+UseSerialGC".to_owned(),
        "-XX:TieredStopAtLevel=1".to_owned(),
        format!("-Dlog4j.configuration=file:{}", logging.display()),
        "-cp".to_owned(),
        format!("{}/*", libs.display()),
    ]
}

/// What one of Kafka's tools prints, which must not complain of anything.
fn run_tool(version: &str, dir: &Path, arguments: &[&str]) -> String {
    let output = Command::new("java")
        .args(java(version, dir, "WARN"))
        .args(arguments)
        .output()
        .expect("apt-get install openjdk-17-jdk-headless");
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8(text).unwrap();
    assert!(output.status.success(), "{version} {arguments:?}:\n{text}");
    // The shell says so of every snapshot's header and footer, Kafka's own included, and calls it an error.
    let lines = text
        .lines()
        .filter(|line| !line.contains("Ignoring control record with type"));
    for line in lines.map(str::to_lowercase) {
        for complaint in [
            "error",
            "invalid",
            "exception",
            "fault",
            "warn",
            "mismatch",
            "isvalid: false",
        ] {
            assert!(!line.contains(complaint), "{version} {arguments:?}: {line}");
        }
    }
    text
}

/// Our own dump of a file's data records.
fn records(path: &Path) -> Vec<Value> {
    let output = Program::cargo_bin("kraft-bridge")
        .unwrap()
        .args(["dump", "--json"])
        .arg(path)
        .assert()
        .success();
    let text = String::from_utf8(output.get_output().stdout.clone()).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    lines.filter(|line: &Value| line["kind"] == "record").collect()
}

/// Name of each topic among the records.
fn topics(records: &[Value]) -> BTreeSet<&str> {
    let topics = records.iter().filter(|record| record["type"] == "TopicRecord");
    topics
        .map(|record| record["data"]["name"].as_str().unwrap())
        .collect()
}

#[test]
fn the_dump_tools_and_shells_of_both_releases_read_our_log_without_a_complaint() {
    for (version, release) in PAIRS {
        let node = Controller::migrated(release, Voters::Dynamic);
        let [checkpoint] = node.files(".checkpoint").try_into().unwrap();
        let [segment] = node.files(".log").try_into().unwrap();
        let ours = records(&checkpoint);
        assert_eq!(topics(&ours), BTreeSet::from(["a.b_c-d", "orders"]));

        let class = match version {
            "3.9.2" => "kafka.tools.DumpLogSegments",
            _ => "org.apache.kafka.tools.DumpLogSegments",
        };
        let files = format!("{},{}", checkpoint.display(), segment.display());
        let text = run_tool(
            version,
            node.dir.path(),
            &[class, "--cluster-metadata-decoder", "--files", &files],
        );
        assert_eq!(text.matches(" payload: {").count(), ours.len(), "{text}");
        for control in ["SnapshotHeader", "KRaftVersion", "KRaftVoters", "SnapshotFooter"] {
            assert!(text.contains(&format!("{control} {{")), "{control}: {text}");
        }

        // The shell locks the directory of its file.
        let copy = node.dir.path().join(checkpoint.file_name().unwrap());
        fs::copy(&checkpoint, &copy).unwrap();
        let copy = copy.display().to_string();
        let shell = [
            "org.apache.kafka.shell.MetadataShell",
            "--snapshot",
            &copy,
            "ls",
            "/image/topics/byName",
        ];
        let text = run_tool(version, node.dir.path(), &shell);
        let listed: BTreeSet<&str> = text
            .lines()
            .filter(|line| !line.is_empty() && !line.contains(' '))
            .collect();
        assert_eq!(listed, topics(&ours), "{text}");
    }
}

/// A controller boots from what we wrote, and the checkpoint that it then writes itself holds the same records.
fn boots(version: &str, release: &str, voters: Voters) {
    let node = Controller::migrated(release, voters);
    let ours = records(&node.files(".checkpoint")[0]);
    let printed = node.run(version);
    // Every line of the log begins with its level.
    let complaints: Vec<_> = printed
        .lines()
        .filter(|line| line.starts_with("ERROR") || line.starts_with("FATAL"))
        .collect();
    assert!(complaints.is_empty(), "{version} {voters:?}: {complaints:#?}");
    let theirs = records(node.files(".checkpoint").last().unwrap());
    let content = |records: Vec<Value>| -> BTreeSet<String> {
        let kept = records
            .into_iter()
            .filter(|record| !is_of_the_run(version, record));
        kept.map(in_canonical_form)
            .map(|record| record.to_string())
            .collect()
    };
    let (ours, theirs) = (content(ours), content(theirs));
    let differences: Vec<_> = ours.symmetric_difference(&theirs).collect();
    assert!(
        differences.is_empty() && ours.len() > 15,
        "{version} {voters:?}: {differences:#?}"
    );
}

/// What a record says, where a checkpoint of Kafka's may say the same otherwise.
fn in_canonical_form(mut record: Value) -> Value {
    let data = &mut record["data"];
    if let Some(entity) = data.get_mut("entity").and_then(Value::as_array_mut) {
        entity.sort_by_key(Value::to_string);
    }
    if record["type"] == "ProducerIdsRecord" {
        // Who asked for the last block is of no use to anybody, and left out.
        record["data"]["brokerId"].take();
    }
    json!([record["type"], record["version"], record["data"]])
}

/// Whether a record says something of the controller that runs, not of the cluster that was migrated.
fn is_of_the_run(version: &str, record: &Value) -> bool {
    // Kafka 4 forgets how far Kafka's own migration was.
    record["type"] == "RegisterControllerRecord"
        || (version.starts_with('4') && record["type"] == "ZkMigrationStateRecord")
}

#[test]
fn a_controller_of_3_9_boots_with_static_voters_and_keeps_every_record() {
    boots("3.9.2", "3.9", Voters::Static);
}

#[test]
fn a_controller_of_3_9_boots_with_voters_in_the_log_and_keeps_every_record() {
    boots("3.9.2", "3.9", Voters::Dynamic);
}

#[test]
fn a_controller_of_4_3_boots_with_static_voters_and_keeps_every_record() {
    boots("4.3.1", "4.3", Voters::Static);
}

#[test]
fn a_controller_of_4_3_boots_with_voters_in_the_log_and_keeps_every_record() {
    boots("4.3.1", "4.3", Voters::Dynamic);
}

#[test]
fn a_controller_of_4_3_boots_from_a_log_for_3_9_and_keeps_every_record() {
    boots("4.3.1", "3.9", Voters::Static);
}
