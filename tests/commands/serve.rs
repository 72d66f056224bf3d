//! `serve`, a node alone.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use kraft_bridge_harness::free_port;

use crate::support::{PROGRAM, controller, get, kraft_bridge, wait};

const CLUSTER_ID: &str = "-Yk3vWq1xTLa0hM6tPz8sg";
/// Longest wait for the node to lead itself.
const LEADS: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(50);

/// Killed when dropped.
struct Node(Child);

impl Drop for Node {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// The configuration file of a node that is alone and formatted; its id is the port that it listens on.
fn formatted(dir: &Path, own: u16) -> PathBuf {
    let config = controller(dir, own, &[own]);
    kraft_bridge()
        .args(["format", "--cluster-id", CLUSTER_ID, "--config"])
        .arg(&config)
        .assert()
        .success();
    config
}

#[test]
fn metrics_tell_how_the_node_stands() {
    let dir = tempfile::tempdir().unwrap();
    let [own, port] = [free_port().unwrap(), free_port().unwrap()];
    let config = formatted(dir.path(), own);

    let metrics = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut serve = Command::new(PROGRAM);
    serve.arg("serve").arg("--config").arg(&config);
    serve.args(["--metrics", &metrics.to_string()]);
    let _node = Node(serve.stderr(Stdio::inherit()).spawn().unwrap());
    let active = "kafka_controller_kafkacontroller_activecontrollercount 1\n";
    for _ in 0..LEADS.as_millis() / LOOK.as_millis() {
        let Some(answer) = get(metrics, "/metrics").filter(|answer| answer.contains(active)) else {
            wait(LOOK);
            continue;
        };
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.contains("application/openmetrics-text"), "{answer}");
        let leader = format!("kafka_server_raftmetrics_current_leader {own}\n");
        assert!(answer.contains(&leader), "{answer}");
        let elsewhere = get(metrics, "/").unwrap();
        assert!(elsewhere.starts_with("HTTP/1.1 404 "), "{elsewhere}");
        return;
    }
    panic!("it does not lead within {LEADS:?}");
}

#[test]
fn an_address_for_metrics_that_is_taken_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let config = formatted(dir.path(), free_port().unwrap());
    let taken = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = kraft_bridge()
        .args(["serve", "--metrics", &address, "--config"])
        .arg(&config)
        .assert()
        .code(2);
    let told = String::from_utf8_lossy(&output.get_output().stderr).into_owned();
    assert!(told.contains(&address), "{told}");
}
