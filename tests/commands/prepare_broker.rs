//! `prepare-broker`, on directories as a ZooKeeper-mode broker leaves them.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use kraft_bridge_migration::capture::file::{CaptureFileWriter, Secrets};
use kraft_bridge_migration::capture::{Summary, ZnodeSink};
use kraft_bridge_migration::znode::{Stat, Znode, Zxid};
use rustix::fs::{FlockOperation, fcntl_lock};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{kraft_bridge, tree};

const ORDERS_ID: &str = "Yk3vWq1xTLa0hM6tPz8sCg";
const ZNODES: [(&str, &str); 6] = [
    ("/cluster/id", r#"{"version":"1","id":"cluster"}"#),
    (
        "/brokers/topics/orders",
        r#"{"version":3,"topic_id":"Yk3vWq1xTLa0hM6tPz8sCg","partitions":{"0":[1,2],"1":[2,1],"2":[2]}}"#,
    ),
    (
        "/brokers/topics/orders/partitions/0/state",
        r#"{"controller_epoch":1,"leader":1,"version":1,"leader_epoch":3,"isr":[1,2]}"#,
    ),
    (
        "/brokers/topics/old-topic",
        r#"{"version":1,"partitions":{"0":[1]}}"#,
    ),
    (
        "/brokers/topics/doomed",
        r#"{"version":1,"partitions":{"0":[1]}}"#,
    ),
    ("/admin/delete_topics/doomed", ""),
];

/// A broker's machine: two log directories, its new configuration, and a capture of its cluster.
struct Machine {
    root: TempDir,
}

impl Machine {
    fn new() -> Machine {
        let machine = Machine {
            root: tempfile::tempdir().unwrap(),
        };
        machine.capture();
        machine.write(
            "server.properties",
            &format!(
                "node.id=1\nprocess.roles=broker\ncontroller.listener.names=CONTROLLER\n\
                 controller.quorum.voters=3000@localhost:9093\nlisteners=PLAINTEXT://localhost:9092\n\
                 log.dirs={0}/a,{0}/b\n",
                machine.root.path().display()
            ),
        );
        for directory in ["a", "b"] {
            let file = |name: &str| format!("{directory}/{name}");
            machine.write(
                &file("meta.properties"),
                "#\nversion=0\nbroker.id=1\ncluster.id=cluster\n",
            );
            machine.write(&file(".kafka_cleanshutdown"), "");
        }
        for replica in ["a/orders-0", "b/orders-1", "b/old-topic-0", "b/doomed-0"] {
            machine.write(&format!("{replica}/00000000000000000000.log"), "messages");
        }
        machine
    }

    fn capture(&self) {
        let mut writer = CaptureFileWriter::create(&self.path("cluster.capture"), Secrets::Included).unwrap();
        for (path, data) in ZNODES {
            let stat = Stat::default();
            let data = data.as_bytes();
            writer.znode(&Znode { path, data, stat }).unwrap();
        }
        let summary = Summary {
            source: "localhost:2181".to_owned(),
            chroot: "/".to_owned(),
            first_zxid: Zxid(9),
            last_zxid: Zxid(9),
            consistent_cut: true,
            znodes: 6,
            reread: 0,
            data_bytes: 0,
        };
        writer.finish(&summary).unwrap();
    }

    fn path(&self, file: &str) -> PathBuf {
        self.root.path().join(file)
    }

    fn write(&self, file: &str, content: &str) {
        let path = self.path(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = kraft_bridge();
        command.args(["prepare-broker", "--config"]);
        command.arg(self.path("server.properties")).args(arguments);
        command
    }

    fn prepare(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(arguments);
        command.arg("--from").arg(self.path("cluster.capture"));
        command
    }

    fn text(&self, file: &str) -> String {
        fs::read_to_string(self.path(file)).unwrap()
    }
}

/// What a command that ends so prints on stdout, and what on stderr.
fn printed(mut command: Command, code: i32) -> (String, String) {
    let assert = command.assert().code(code);
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (
        text(&assert.get_output().stdout),
        text(&assert.get_output().stderr),
    )
}

#[test]
fn the_plan_is_shown_and_nothing_is_touched() {
    let machine = Machine::new();
    let before = tree(machine.root.path());

    let (plan, _) = printed(machine.prepare(&[]), 0);

    for line in [
        "broker 1 of cluster cluster",
        "b: 3 replicas",
        "write partition.metadata with the topic's id into 2 replicas",
        "[topic-pending-deletion] topic doomed was being deleted",
        "--apply does it",
    ] {
        assert!(plan.contains(line), "{line} is missing in {plan}");
    }
    assert_eq!(tree(machine.root.path()), before);
}

#[test]
fn apply_makes_what_kraft_mode_needs_and_undo_restores_every_byte() {
    let machine = Machine::new();
    let before = tree(machine.root.path());

    printed(machine.prepare(&["--apply"]), 0);

    assert!(
        machine
            .text("a/meta.properties")
            .starts_with("version=1\ncluster.id=cluster\nnode.id=1\ndirectory.id=")
    );
    assert_ne!(
        machine.text("a/meta.properties"),
        machine.text("b/meta.properties")
    );
    for replica in ["a/orders-0", "b/orders-1"] {
        assert_eq!(
            machine.text(&format!("{replica}/partition.metadata")),
            format!("version: 0\ntopic_id: {ORDERS_ID}")
        );
    }
    assert!(machine.path("b/old-topic-0/partition.metadata").exists());
    assert!(!machine.path("b/doomed-0/partition.metadata").exists());

    let prepared = tree(machine.root.path());
    let (again, _) = printed(machine.prepare(&["--apply"]), 0);
    assert!(again.ends_with("nothing to do\n"), "{again}");
    assert_eq!(tree(machine.root.path()), prepared);

    printed(machine.command(&["--undo"]), 0);
    assert_eq!(tree(machine.root.path()), before);

    let (_, error) = printed(machine.command(&["--undo"]), 2);
    assert!(error.contains("nothing to undo"), "{error}");
}

#[test]
fn machines_get_every_step_and_every_finding() {
    let machine = Machine::new();

    let (answer, _) = printed(machine.prepare(&["--json"]), 0);

    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["nodeId"], 1);
    assert_eq!(answer["applied"], false);
    assert_eq!(
        answer["directories"][0]["steps"][0]["file"],
        "orders-0/partition.metadata"
    );
    assert_eq!(answer["directories"][0]["steps"][0]["action"], "write");
    assert_eq!(answer["findings"][0]["code"], "topic-pending-deletion");
}

#[test]
fn a_blocker_keeps_every_directory_from_being_touched() {
    let machine = Machine::new();
    machine.write(
        "b/meta.properties",
        "version=0\nbroker.id=1\ncluster.id=another\n",
    );
    let before = tree(machine.root.path());

    let (answer, _) = printed(machine.prepare(&["--apply"]), 1);

    assert!(
        answer.contains("[other-cluster] the directory is of cluster another"),
        "{answer}"
    );
    assert_eq!(tree(machine.root.path()), before);
}

#[test]
fn a_missing_replica_that_was_in_sync_must_be_accepted() {
    let machine = Machine::new();
    fs::remove_dir_all(machine.path("a/orders-0")).unwrap();

    let (answer, _) = printed(machine.prepare(&["--apply"]), 1);
    assert!(
        answer.contains("BLOCKER: orders-0 [replica-in-sync-missing]"),
        "{answer}"
    );

    printed(
        machine.prepare(&["--apply", "--accept", "replica-in-sync-missing"]),
        0,
    );
}

#[test]
fn directories_of_a_running_broker_are_left_alone() {
    let machine = Machine::new();
    machine.write("b/.lock", "");
    let lock = File::options()
        .read(true)
        .write(true)
        .open(machine.path("b/.lock"))
        .unwrap();
    fcntl_lock(&lock, FlockOperation::NonBlockingLockExclusive).unwrap();

    for arguments in [[].as_slice(), &["--apply"]] {
        let (answer, _) = printed(machine.prepare(arguments), 1);
        assert!(answer.contains("[broker-running]"), "{answer}");
    }
    let (_, error) = printed(machine.command(&["--undo"]), 2);
    assert!(error.contains("stop the broker first"), "{error}");

    drop(lock);
    printed(machine.prepare(&["--apply"]), 0);
    assert!(machine.path("b/.lock").exists());
    assert!(!machine.path("a/.lock").exists());
}

#[test]
fn a_directory_that_is_not_there_is_named_with_its_key() {
    let machine = Machine::new();
    let config = machine.text("server.properties");
    machine.write(
        "server.properties",
        &format!("{config}metadata.log.dir=/nowhere/at/all\n"),
    );

    let (_, error) = printed(machine.prepare(&[]), 2);
    assert!(
        error.contains("metadata.log.dir: /nowhere/at/all is no directory"),
        "{error}"
    );

    fs::remove_dir_all(machine.path("a")).unwrap();
    let (_, error) = printed(machine.prepare(&[]), 2);
    assert!(
        error.contains("log.dirs: ") && error.contains("a is no directory"),
        "{error}"
    );
}

#[test]
fn a_controllers_configuration_is_refused() {
    let machine = Machine::new();
    let config = crate::support::controller(Path::new(machine.root.path()), 3000, &[3000]);

    let mut command = kraft_bridge();
    command.args(["prepare-broker", "--undo", "--config"]).arg(config);

    let (_, error) = printed(command, 2);
    assert!(error.contains("process.roles has no broker"), "{error}");
}

#[test]
fn apply_and_undo_exclude_each_other() {
    let (_, error) = printed(Machine::new().command(&["--apply", "--undo"]), 2);

    assert!(error.contains("cannot be used with"), "{error}");
}
