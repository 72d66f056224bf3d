//! What the stages share: how `verify` is called, and its answers.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use kraft_bridge_harness::DualWrite;
use serde_json::Value;

/// The relation of both sides while the controller writes to both.
pub(crate) const DUAL_WRITE: &str = "dual-write";

/// A directory that does not exist yet below the target directory.
pub(crate) fn fresh_dir(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(env!("CARGO_CRATE_NAME"));
    std::fs::create_dir_all(&dir).unwrap();
    let dir = dir.join(name);
    if dir.exists() {
        std::fs::remove_dir_all(&dir).unwrap();
    }
    dir
}

/// `zk://…` of the cluster.
pub(crate) fn ensemble(cluster: &DualWrite) -> String {
    format!("zk://{}", cluster.legacy.connect())
}

/// `kafka://…` of its controllers.
pub(crate) fn quorum(cluster: &DualWrite) -> String {
    format!("kafka://{}", cluster.kraft.controller_addresses())
}

/// A file of settings that only the broker's own one knows, the password encoder's secret above all.
pub(crate) fn old_config(cluster: &DualWrite) -> PathBuf {
    cluster.old_config(&cluster.legacy.brokers.members[0])
}

/// `verify --json` of these two sides.
pub(crate) fn verify(cluster: &DualWrite, from: &str, with: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kraft-bridge"));
    command.args([
        "verify", "--json", "--settle", "2s", "--from", from, "--with", with,
    ]);
    if !Path::new(from).exists() {
        command.arg("--old-config").arg(old_config(cluster));
    }
    command
}

/// Runs `verify` once, with both sides live: no difference, and everything is compared.
pub(crate) fn verify_finds_equal(cluster: &DualWrite, relation: &str) {
    let output = verify(cluster, &ensemble(cluster), &quorum(cluster))
        .output()
        .unwrap();
    let report = report(&output);
    assert_eq!(report["verdict"], "equal", "{report:#}");
    assert_eq!(report["relation"], relation);
    assert!(report["totals"]["partitions"]["zookeeper"].as_u64() >= Some(200));
    assert_eq!(output.status.code(), Some(0));
}

/// The report that a call answered with.
pub(crate) fn report(output: &Output) -> Value {
    let told = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {told}"))
}
