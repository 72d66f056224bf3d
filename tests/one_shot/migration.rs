//! A migration as an operator makes it: stop, `migrate`, `prepare-broker`, start.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use kraft_bridge_harness::kraft::Voters;
use kraft_bridge_harness::{KraftCluster, Shutdown, Stopped};

/// From which release to which, and with which controllers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    pub(crate) from: &'static str,
    pub(crate) shutdown: Shutdown,
    pub(crate) to: &'static str,
    pub(crate) controllers: i32,
    pub(crate) voters: Voters,
    /// Whether the controllers are ours instead of Kafka's.
    pub(crate) ours: bool,
}

impl Case {
    /// A single controller with a static voter list, brokers that were stopped at the same moment.
    pub(crate) fn new(from: &'static str, to: &'static str) -> Case {
        Case {
            from,
            shutdown: Shutdown::Abrupt,
            to,
            controllers: 1,
            voters: Voters::Static,
            ours: false,
        }
    }

    /// Whether the new cluster runs Kafka 4.
    pub(crate) fn is_to_kafka_4(&self) -> bool {
        self.to.starts_with("4.")
    }

    /// Starts the controllers.
    pub(crate) fn start_controllers(&self, cluster: &mut KraftCluster) {
        if self.ours {
            cluster.start_controllers_by(serve, "serving").unwrap();
        } else {
            cluster.start_controllers().unwrap();
        }
    }

    fn release(&self) -> &'static str {
        if self.is_to_kafka_4() { "4.3" } else { "3.9" }
    }
}

/// Our program as a controller with this configuration file.
pub(crate) fn serve(config: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kraft-bridge"));
    command.args(["serve", "--config"]).arg(config);
    command.env("RUST_LOG", "info");
    command
}

/// The old clusters that were made so far, by release and form of stop. Holding it lets one case run at a time.
pub(crate) struct Clusters(MutexGuard<'static, BTreeMap<String, Stopped>>);

impl Clusters {
    /// Waits until no other case runs.
    pub(crate) fn lock() -> Clusters {
        static CLUSTERS: Mutex<BTreeMap<String, Stopped>> = Mutex::new(BTreeMap::new());
        // A case that failed has not spoilt the clusters: each works on a copy.
        Clusters(CLUSTERS.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A copy of the stopped cluster of a release; it is filled and stopped when first asked for.
    pub(crate) fn copy(&mut self, from: &str, shutdown: Shutdown) -> Stopped {
        let name = format!("{from}-{shutdown:?}");
        let stopped = self
            .0
            .entry(name.clone())
            .or_insert_with(|| Stopped::make(from, &fresh_dir(&name), shutdown).expect("a filled cluster"));
        stopped.copy(&fresh_dir(&format!("{name}-copy"))).unwrap()
    }
}

/// A directory that does not exist yet below the target directory.
fn fresh_dir(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(env!("CARGO_CRATE_NAME"));
    std::fs::create_dir_all(&dir).unwrap();
    let dir = dir.join(name);
    if dir.exists() {
        std::fs::remove_dir_all(&dir).unwrap();
    }
    dir
}

/// Runs a command of ours and returns what it printed; it must succeed.
pub(crate) fn kraft_bridge<S: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = S>) -> String {
    let assert = assert_cmd::Command::cargo_bin("kraft-bridge")
        .unwrap()
        .args(arguments)
        .assert()
        .success();
    String::from_utf8(assert.get_output().stdout.clone()).unwrap()
}

/// The stopped cluster as our commands are told of it: ZooKeeper's data directory, and what only a broker's file knows.
pub(crate) fn source(stopped: &Stopped) -> [String; 4] {
    [
        "--from".to_owned(),
        stopped.zookeeper_data_dir().display().to_string(),
        "--old-config".to_owned(),
        stopped
            .old_config(&stopped.brokers.members[0])
            .display()
            .to_string(),
    ]
}

/// Writes the controllers' directories and prepares the brokers', from ZooKeeper's data directory; starts nothing.
pub(crate) fn migrate(case: &Case, stopped: &Stopped) -> KraftCluster {
    let cluster = KraftCluster::configure(case.to, &stopped.brokers, case.controllers, case.voters).unwrap();
    let path = |path: &Path| path.display().to_string();
    let source = source(stopped);
    let mut arguments = vec![
        "migrate".to_owned(),
        "--release-version".to_owned(),
        case.release().to_owned(),
    ];
    arguments.extend(source.iter().cloned());
    for controller in &cluster.controllers {
        arguments.extend(["--config".to_owned(), path(&controller.config_file)]);
    }
    kraft_bridge(&arguments);
    for broker in &stopped.brokers.members {
        let mut arguments = vec!["prepare-broker".to_owned(), "--apply".to_owned()];
        arguments.extend(source.iter().cloned());
        arguments.extend(["--config".to_owned(), path(&cluster.config_file(broker))]);
        kraft_bridge(&arguments);
    }
    cluster
}
