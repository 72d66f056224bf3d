//! A real file system that is full: what was begun is removed, and the error says where.
//!
//! A tmpfs of a few hundred KiB in a mount namespace of its own. Where the system allows no such namespace (in most
//! containers), the same files meet a bound on their size instead.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use kraft_bridge_migration::capture::data_dir::write_synthetic;

use crate::support::{PROGRAM, controller, names};

const PARTITIONS: u32 = 20_000;

/// A directory on a disk that takes `kibibytes` and no more, for one program at a time.
struct Disk {
    directory: PathBuf,
    kibibytes: u32,
}

impl Disk {
    /// Runs the program; what it left in the directory afterwards is printed by its last line of output.
    fn run(&self, args: &[&Path]) -> Output {
        let limit = if may_mount() {
            format!("mount -t tmpfs -o size={}k tmpfs \"$1\"", self.kibibytes)
        } else {
            format!("trap '' XFSZ; ulimit -f {}", self.kibibytes)
        };
        let script =
            format!("{limit} && dir=$1 && shift && {{ \"$@\"; code=$?; ls -mA \"$dir\"; exit $code; }}");
        let mut command = Command::new(if may_mount() { "unshare" } else { "env" });
        if may_mount() {
            command.args(NAMESPACES);
        }
        command.args(["bash", "-c", &script, "bash"]).arg(&self.directory);
        command.arg(PROGRAM).args(args).output().unwrap()
    }
}

const NAMESPACES: [&str; 3] = ["--user", "--map-root-user", "--mount"];

fn may_mount() -> bool {
    let tried = Command::new("unshare")
        .args(NAMESPACES)
        .args(["mount", "-t", "tmpfs", "tmpfs", "/tmp"])
        .output();
    tried.is_ok_and(|output| output.status.success())
}

fn assert_nothing_left(output: &Output, place: &str) {
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains(place), "{error}");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout).trim(),
        "",
        "what was begun is removed"
    );
}

#[test]
fn a_full_disk_leaves_no_capture_and_no_directory() {
    let dir = tempfile::tempdir().unwrap();
    let source = dir.path().join("zookeeper");
    write_synthetic(&source, PARTITIONS).unwrap();
    let directory = dir.path().join("disk");
    std::fs::create_dir(&directory).unwrap();
    let file = directory.join("cluster.capture");
    // Its log directory is on the disk, itself it is not.
    let config = dir.path().join("controller.properties");
    std::fs::rename(controller(&directory, 3000, &[3000]), &config).unwrap();
    for kibibytes in [8, 64, 256] {
        let disk = Disk {
            directory: directory.clone(),
            kibibytes,
        };
        let path = Path::new;
        let capture = [path("capture"), path("--from"), &source, path("--output"), &file];
        assert_nothing_left(&disk.run(&capture), "cluster.capture.partial");
        let accept = [path("--accept"), path("brokers-running")];
        let migrate = [
            path("migrate"),
            path("--from"),
            &source,
            path("--config"),
            &config,
        ];
        assert_nothing_left(
            &disk.run(&[&migrate[..], &accept].concat()),
            "kraft-bridge-partial",
        );
        assert_eq!(names(&directory), [""; 0]);
    }
}
