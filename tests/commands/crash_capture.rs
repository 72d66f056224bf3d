//! SIGKILL at any moment, or a disk that takes no more: the capture is absent or whole.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use kraft_bridge_migration::capture::data_dir::write_synthetic;
use kraft_bridge_migration::capture::{Capture, CaptureFile};
use kraft_bridge_migration::legacy::Decoder;

use crate::support::{PROGRAM, names, wait};

const PARTITIONS: u32 = 20_000;

/// Number of znodes if the capture is whole; `None` if it is absent. Anything between fails.
fn whole_or_absent(file: &Path) -> Option<u64> {
    if !file.exists() {
        return None;
    }
    let mut capture = CaptureFile::open(file, None).unwrap();
    Some(capture.read(&mut Decoder::new()).unwrap().znodes)
}

#[test]
fn a_killed_capture_leaves_nothing_or_everything_and_the_next_one_succeeds() {
    let dir = tempfile::tempdir().unwrap();
    let (source, file) = (dir.path().join("zookeeper"), dir.path().join("cluster.capture"));
    write_synthetic(&source, PARTITIONS).unwrap();
    let capture = || {
        let mut command = Command::new(PROGRAM);
        command
            .args(["capture", "--from"])
            .arg(&source)
            .arg("--output")
            .arg(&file);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    assert!(capture().status().unwrap().success());
    let expected = whole_or_absent(&file).expect("it was written");
    fs::remove_file(&file).unwrap();

    let (mut absent, mut whole) = (0, 0);
    let mut delay = Duration::from_millis(1);
    // Later and later, until an attempt is through before it is killed.
    while whole < 2 {
        let mut running = capture().spawn().unwrap();
        wait(delay);
        running.kill().unwrap();
        running.wait().unwrap();
        match whole_or_absent(&file) {
            None => absent += 1,
            Some(znodes) => {
                assert_eq!(znodes, expected);
                whole += 1;
                fs::remove_file(&file).unwrap();
            }
        }
        delay = delay.mul_f64(1.3);
    }
    assert!(absent > 5, "only {absent} attempts were killed before the end");
    assert!(capture().status().unwrap().success());
    assert_eq!(whole_or_absent(&file), Some(expected));
    assert_eq!(names(dir.path()), ["cluster.capture", "zookeeper"]);
}

#[test]
fn a_disk_that_takes_no_more_leaves_no_capture() {
    let dir = tempfile::tempdir().unwrap();
    let (source, file) = (dir.path().join("zookeeper"), dir.path().join("cluster.capture"));
    write_synthetic(&source, PARTITIONS).unwrap();
    // A bound on the size of files stands for the full disk: the write fails in the middle of the capture.
    for kibibytes in [0, 1, 16, 64] {
        let script = format!("trap '' XFSZ; ulimit -f {kibibytes}; exec \"$@\"");
        let output = Command::new("bash")
            .args(["-c", &script, "bash", PROGRAM, "capture", "--from"])
            .arg(&source)
            .arg("--output")
            .arg(&file)
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains("cluster.capture.partial"), "{error}");
        assert_eq!(names(dir.path()), ["zookeeper"], "what was begun is removed");
    }
}
