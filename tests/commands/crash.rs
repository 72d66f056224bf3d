//! SIGKILL at any moment, or a disk that takes no more: the target is absent or whole.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use kraft_bridge_metadata::records::MetadataRecord;
use kraft_bridge_migration::capture::data_dir::write_synthetic;
use kraft_bridge_raft::reader::{BatchFile, Entry, ReadError};

use crate::support::{PROGRAM, controller, names, wait};

const PARTITIONS: u32 = 20_000;

/// Number of records if the directory is whole; `None` if it is absent. Anything between fails.
fn whole_or_absent(directory: &Path) -> Option<u64> {
    if !directory.exists() {
        return None;
    }
    let holds = |name: &str| assert!(directory.join(name).exists(), "{name} is missing");
    holds("meta.properties");
    holds("bootstrap.checkpoint");
    let partition = directory.join("__cluster_metadata-0");
    let mut checkpoints = fs::read_dir(&partition)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "checkpoint")
        });
    let checkpoint = checkpoints.next().expect("a whole directory has a checkpoint");
    let mut records = 0;
    BatchFile::open(&checkpoint)
        .unwrap()
        .for_each_of_checkpoint(|_, entry| {
            if let Entry::Data(bytes) = entry {
                MetadataRecord::decode(bytes).unwrap();
                records += 1;
            }
            Ok::<(), ReadError>(())
        })
        .unwrap();
    Some(records)
}

#[test]
fn a_killed_migration_leaves_nothing_or_everything_and_the_next_one_succeeds() {
    let dir = tempfile::tempdir().unwrap();
    let source = dir.path().join("zookeeper");
    write_synthetic(&source, PARTITIONS).unwrap();
    let config = controller(dir.path(), 3000, &[3000]);
    let target = dir.path().join("3000");
    let migrate = || {
        let mut command = Command::new(PROGRAM);
        command
            .args(["migrate", "--from"])
            .arg(&source)
            .arg("--config")
            .arg(&config);
        command.args(["--accept", "brokers-running"]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    assert!(migrate().status().unwrap().success());
    let expected = whole_or_absent(&target).expect("it was written");
    fs::remove_dir_all(&target).unwrap();

    let (mut absent, mut whole) = (0, 0);
    let mut delay = Duration::from_millis(1);
    // Later and later, until an attempt is through before it is killed.
    while whole < 2 {
        let mut running = migrate().spawn().unwrap();
        wait(delay);
        running.kill().unwrap();
        running.wait().unwrap();
        match whole_or_absent(&target) {
            None => absent += 1,
            Some(records) => {
                assert_eq!(records, expected);
                whole += 1;
                fs::remove_dir_all(&target).unwrap();
            }
        }
        delay = delay.mul_f64(1.3);
    }
    assert!(absent > 5, "only {absent} attempts were killed before the end");
    assert!(migrate().status().unwrap().success());
    assert_eq!(whole_or_absent(&target), Some(expected));
    assert_eq!(names(dir.path()), ["3000", "3000.properties", "zookeeper"]);
}

#[test]
fn a_disk_that_takes_no_more_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let source = dir.path().join("zookeeper");
    write_synthetic(&source, PARTITIONS).unwrap();
    let config = controller(dir.path(), 3000, &[3000]);
    // A bound on the size of files stands for the full disk: the write fails in the middle of the checkpoint.
    for kibibytes in [0, 1, 64, 1024] {
        let script = format!("trap '' XFSZ; ulimit -f {kibibytes}; exec \"$@\"",);
        let output = Command::new("bash")
            .args([
                "-c",
                &script,
                "bash",
                PROGRAM,
                "migrate",
                "--accept",
                "brokers-running",
                "--from",
            ])
            .arg(&source)
            .arg("--config")
            .arg(&config)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2));
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            error.contains("kraft-bridge-partial") && error.contains("cannot"),
            "{error}"
        );
        assert!(!dir.path().join("3000").exists());
        assert!(
            !dir.path().join("3000.kraft-bridge-partial").exists(),
            "what was begun is removed"
        );
    }
}
