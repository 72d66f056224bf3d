//! Three controllers and nothing else, which are killed one after the other.

use std::path::PathBuf;

use assert_cmd::Command;
use kraft_bridge_harness::{Kafka, Properties, free_port};

use crate::dump::PROGRAM;

const CLUSTER_ID: &str = "bXktY2x1c3Rlci1pZC0xMg";
const DIRECTORIES: [&str; 3] = [
    "3Db5QLSqSZieL3rJBUUegA",
    "Yk3vWq1xTLa0hM6tPz8sCg",
    "ISIjJCUmJygpKissLS4vMA",
];

/// How the controllers find each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Voters {
    /// By their configuration.
    Static,
    /// By the log (KIP-853).
    Dynamic,
}

/// Nodes 1, 2 and 3.
pub(crate) struct Controllers {
    pub(crate) dir: tempfile::TempDir,
    ports: [u16; 3],
    running: Vec<(i64, Kafka)>,
}

impl Controllers {
    /// Formats and starts them.
    pub(crate) fn start(version: &str, release: &str, voters: Voters) -> Controllers {
        let mut controllers = Controllers {
            dir: tempfile::tempdir().unwrap(),
            ports: std::array::from_fn(|_| free_port().unwrap()),
            running: Vec::new(),
        };
        for id in 1..=3 {
            let listener = format!("CONTROLLER://{}", controllers.addresses()[id - 1]);
            let settings = controllers
                .settings(id, "controller", voters)
                .with("listeners", listener);
            let initial = (voters == Voters::Dynamic).then(|| controllers.initial());
            let config = controllers.format(id, &settings, release, initial.as_deref());
            let node = Kafka::spawn(version, &config, &[]).unwrap();
            controllers.running.push((i64::try_from(id).unwrap(), node));
        }
        for (_, node) in &mut controllers.running {
            node.wait_until_ready().unwrap();
        }
        controllers
    }

    /// `kafka://…` of all three, dead or alive.
    pub(crate) fn uri(&self) -> String {
        format!("kafka://{}", self.addresses().join(","))
    }

    /// Where each listens, dead or alive.
    pub(crate) fn addresses(&self) -> Vec<String> {
        self.ports
            .iter()
            .map(|port| format!("127.0.0.1:{port}"))
            .collect()
    }

    pub(crate) fn kill(&mut self, id: i64) {
        let at = self.running.iter().position(|(node, _)| *node == id).unwrap();
        self.running.remove(at).1.kill().unwrap();
    }

    /// A broker, which observes.
    pub(crate) fn start_broker(&self, id: usize, version: &str, release: &str, voters: Voters) -> Kafka {
        let listener = format!("CLIENTS://127.0.0.1:{}", free_port().unwrap());
        let settings = self
            .settings(id, "broker", voters)
            .with("listeners", listener)
            .with("inter.broker.listener.name", "CLIENTS")
            .with(
                "listener.security.protocol.map",
                "CONTROLLER:PLAINTEXT,CLIENTS:PLAINTEXT",
            );
        let config = self.format(id, &settings, release, None);
        let mut broker = Kafka::spawn(version, &config, &[]).unwrap();
        broker.wait_until_ready().unwrap();
        broker
    }

    fn settings(&self, id: usize, role: &str, voters: Voters) -> Properties {
        let addresses = self.addresses();
        let (key, list) = match voters {
            Voters::Static => (
                "controller.quorum.voters",
                (1..)
                    .zip(&addresses)
                    .map(|(id, address)| format!("{id}@{address}"))
                    .collect(),
            ),
            Voters::Dynamic => ("controller.quorum.bootstrap.servers", addresses),
        };
        Properties::new()
            .with("process.roles", role)
            .with("node.id", id)
            .with("controller.listener.names", "CONTROLLER")
            .with("log.dirs", self.dir.path().join(format!("node-{id}")).display())
            .with(key, list.join(","))
    }

    fn initial(&self) -> String {
        let initial: Vec<String> = (1..)
            .zip(self.addresses())
            .zip(DIRECTORIES)
            .map(|((id, address), directory)| format!("{id}@{address}:{directory}"))
            .collect();
        initial.join(",")
    }

    fn format(&self, id: usize, settings: &Properties, release: &str, initial: Option<&str>) -> PathBuf {
        let config = self.dir.path().join(format!("{id}.properties"));
        settings.write(&config).unwrap();
        let mut format = Command::new(PROGRAM);
        format
            .args([
                "format",
                "--cluster-id",
                CLUSTER_ID,
                "--release-version",
                release,
                "--config",
            ])
            .arg(&config);
        if let Some(initial) = initial {
            format.args(["--initial-controllers", initial]);
        }
        format.assert().success();
        config
    }
}
