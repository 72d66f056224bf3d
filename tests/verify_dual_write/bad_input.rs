//! Sides that can't be compared: a clear answer, and never an equality that was not established.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use kraft_bridge_harness::{Churn, DualWrite, Proxy};
use serde_json::Value;

use crate::support::{
    DUAL_WRITE, ensemble, fresh_dir, old_config, quorum, report, verify, verify_finds_equal,
};
use crate::watching::Watching;

/// How long the sessions of these tests outlive their connection.
const SESSION_TIMEOUT: Duration = Duration::from_secs(2);

/// The servers are told whose log is wanted, and refuse to give that of another cluster.
pub(crate) fn another_cluster_s_quorum_is_refused(cluster: &DualWrite) {
    let other = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/zookeeper/3.9.4");
    let output = verify(cluster, &other.display().to_string(), &quorum(cluster))
        .output()
        .unwrap();
    assert_not_compared(&output, "the quorum is not that of cluster");
}

/// A controller's directory is copied while it writes: the report says that ZooKeeper is ahead of it. What has not
/// changed since is equal all the same.
pub(crate) fn a_copy_of_the_log_is_said_to_be_behind(cluster: &DualWrite) {
    let (duration, seed) = (Duration::from_secs(4), 2);
    let copy = std::thread::scope(|scope| {
        let churn = scope.spawn(|| {
            Churn {
                duration,
                seed,
                faults: false,
            }
            .run(&cluster.legacy.brokers)
        });
        let copy = copy_log(cluster, "while-it-writes");
        churn.join().unwrap().unwrap();
        copy
    });
    let early = verify(cluster, &ensemble(cluster), &copy.display().to_string())
        .output()
        .unwrap();
    assert_eq!(early.status.code(), Some(1));
    assert_is_behind(&report(&early));

    cluster.settle().unwrap();
    let copy = copy_log(cluster, "at-rest");
    // The log grows by two records in a second, of which ZooKeeper gets the offset.
    cluster.settle().unwrap();
    let late = verify(cluster, &ensemble(cluster), &copy.display().to_string())
        .output()
        .unwrap();
    let report = report(&late);
    assert_eq!(report["verdict"], "equal", "{report:#}");
    assert_eq!(late.status.code(), Some(0));
    assert_is_behind(&report);
}

fn assert_is_behind(report: &Value) {
    let notices = report["notices"].as_array().unwrap();
    let is_behind = notices.iter().any(|notice| notice["code"] == "log-behind");
    assert!(is_behind, "{notices:#?}");
}

fn copy_log(cluster: &DualWrite, name: &str) -> PathBuf {
    let copy = fresh_dir(name);
    let status = Command::new("cp")
        .arg("-r")
        .arg(cluster.controller_dir())
        .arg(&copy)
        .status()
        .unwrap();
    assert!(status.success());
    copy
}

/// A watch goes on after connections were cut, and after its session has expired, and is right afterwards.
pub(crate) fn lost_connections_and_an_expired_session_are_survived(cluster: &DualWrite) {
    let proxy = Proxy::to(&cluster.legacy.zookeeper.address).unwrap();
    let mut watching = Watching::start(&mut verify_through(cluster, &proxy));
    assert_eq!(watching.end_of_pass()["verdict"], "equal");
    let znodes = cluster.legacy.znodes();
    let path = "/config/topics/ledger";
    let text = znodes.get(path).unwrap();

    proxy.cut();
    znodes.set(path, r#"{"version":1,"config":{}}"#).unwrap();
    assert_eq!(watching.whole_pass()["verdict"], "different");

    proxy.close();
    znodes.set(path, &text).unwrap();
    let failed = failed_pass(&mut watching);
    let problem = failed["problem"].as_str().unwrap();
    assert!(problem.contains("no server could be reached within"), "{problem}");
    outlast_the_session();
    proxy.open();
    let pass = watching.whole_pass();
    assert_eq!(pass["verdict"], "equal", "{pass}");
}

/// Waits for a pass that fails, and returns its line.
fn failed_pass(watching: &mut Watching) -> Value {
    loop {
        let pass = watching.end_of_pass();
        if pass["kind"] == "failed" {
            return pass;
        }
    }
}

/// An ensemble that goes while it is read, and does not come back.
pub(crate) fn an_ensemble_that_goes_in_mid_pass_ends_it(cluster: &DualWrite) {
    let proxy = Proxy::to(&cluster.legacy.zookeeper.address).unwrap();
    let mut slow = verify_through(cluster, &proxy);
    slow.args(["--znodes-per-second", "500"]);
    let output = std::thread::scope(|scope| {
        let running = scope.spawn(|| slow.output().unwrap());
        wait(Duration::from_secs(1));
        proxy.close();
        running.join().unwrap()
    });
    assert_not_compared(&output, "no server could be reached within");
}

/// A controller that does not answer, and one that is gone.
pub(crate) fn a_quorum_without_a_leader_ends_in_bounded_time(cluster: &mut DualWrite) {
    let impatient = cluster.legacy.brokers.dir.join("impatient.properties");
    std::fs::write(
        &impatient,
        "request.timeout.ms=1000\ndefault.api.timeout.ms=3000\n",
    )
    .unwrap();
    let mut impatient = {
        let mut command = verify(cluster, &ensemble(cluster), &quorum(cluster));
        command.arg("--command-config").arg(impatient);
        command
    };
    cluster.kraft.pause_controllers().unwrap();
    let held = impatient.output();
    cluster.kraft.resume_controllers().unwrap();
    assert_not_compared(&held.unwrap(), "no leader of the quorum");
    verify_finds_equal(cluster, DUAL_WRITE);

    cluster.kraft.stop_controllers().unwrap();
    let gone = impatient.output();
    cluster.kraft.start_controllers().unwrap();
    assert_not_compared(&gone.unwrap(), "takes no connections");
}

/// `verify` with a proxy on its way to ZooKeeper, and a session that does not last long.
fn verify_through(cluster: &DualWrite, proxy: &Proxy) -> Command {
    let text = std::fs::read_to_string(old_config(cluster)).unwrap();
    let impatient = cluster.legacy.brokers.dir.join("impatient-broker.properties");
    let milliseconds = SESSION_TIMEOUT.as_millis();
    std::fs::write(
        &impatient,
        format!("{text}zookeeper.session.timeout.ms={milliseconds}\n"),
    )
    .unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_kraft-bridge"));
    command
        .args(["verify", "--json", "--settle", "2s", "--from"])
        .arg(format!("zk://{}/kafka", proxy.address))
        .arg("--old-config")
        .arg(impatient)
        .args(["--with", &quorum(cluster)]);
    command
}

fn outlast_the_session() {
    wait(SESSION_TIMEOUT * 2);
}

#[expect(clippy::disallowed_methods, reason = "sessions expire by time")]
fn wait(duration: Duration) {
    std::thread::sleep(duration);
}

/// Fails unless the call ended with status 2 and this text in its error.
fn assert_not_compared(output: &Output, text: &str) {
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains(text), "{told}");
    assert!(!String::from_utf8_lossy(&output.stdout).contains("equal"));
}
