//! Kafka's own migration: a cluster in ZooKeeper mode beside a KRaft controller that writes to both.
//!
//! ```text
//!  LegacyCluster ─ provision ─▶ brokers in migration mode ─ move_broker ─▶ brokers in KRaft mode ─ finalize ─▶ KRaft
//!  (filled)                     controller writes to both                 controller writes to both
//!                     ◀─ roll_back ─┘
//! ```
//!
//! Source: KIP-866, and the procedure of Kafka's documentation, "ZooKeeper to KRaft Migration".

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, ensure};

use crate::brokers::Broker;
use crate::fill::fill;
use crate::kraft::{KraftCluster, PROTOCOLS, Voters};
use crate::legacy::{ENCODER_SECRET, LegacyCluster, Shutdown};
use crate::process::{now, pause};
use crate::properties::Properties;
use crate::tools::{Tool, Tools};

/// The last release that knows both modes.
pub const RELEASE: &str = "3.9.2";

/// Longest time until the controller has copied everything, and until ZooKeeper has what was committed.
const MIGRATION_MAX: Duration = Duration::from_secs(120);

/// ZooKeeper, three brokers and one controller in the middle of Kafka's own migration.
#[derive(Debug)]
pub struct DualWrite {
    /// ZooKeeper, and the brokers that still run in ZooKeeper mode.
    pub legacy: LegacyCluster,
    /// The controller, and the brokers that run in KRaft mode already.
    pub kraft: KraftCluster,
}

impl DualWrite {
    /// Starts a cluster below `dir`, fills it, and migrates it as far as dual write.
    ///
    /// # Errors
    ///
    /// When something does not work.
    pub fn start(dir: &Path) -> anyhow::Result<DualWrite> {
        std::fs::create_dir_all(dir)?;
        let legacy = LegacyCluster::start(RELEASE, dir, Shutdown::Controlled)?;
        fill(&legacy)?;
        DualWrite::provision(legacy)
    }

    /// Gives a running cluster in ZooKeeper mode a controller, restarts its brokers one by one in migration mode and
    /// waits for dual write.
    ///
    /// # Errors
    ///
    /// When something does not work.
    pub fn provision(legacy: LegacyCluster) -> anyhow::Result<DualWrite> {
        let kraft = KraftCluster::configure(RELEASE, &legacy.brokers, 1, Voters::Static)?;
        let mut cluster = DualWrite { legacy, kraft };
        cluster.write_controller_config(&cluster.migration_settings())?;
        let format = format!(
            "format --release-version 3.9 -t {} -c {}",
            cluster.cluster_id()?,
            cluster.kraft.controllers[0].config_file.display()
        );
        Tools::of(RELEASE)?.call(Tool::Storage, &format)?;
        cluster.kraft.start_controllers()?;
        for broker in cluster.legacy.brokers.members.clone() {
            let settings = cluster.migrating_broker(&broker);
            cluster.legacy.stop_broker(&broker)?;
            cluster.legacy.start_broker(&broker, &settings)?;
        }
        cluster
            .kraft
            .wait_until_a_controller_logs("to DUAL_WRITE state", MIGRATION_MAX)?;
        cluster.settle()?;
        Ok(cluster)
    }

    /// The controller's `log.dirs`, the one with `__cluster_metadata-0`.
    pub fn controller_dir(&self) -> &Path {
        &self.kraft.controllers[0].log_dir
    }

    /// The `server.properties` that a broker has in migration mode.
    pub fn old_config(&self, broker: &Broker) -> PathBuf {
        crate::legacy::config_file(&self.legacy.brokers, broker)
    }

    /// Waits until ZooKeeper has all that the quorum had committed when this was called.
    ///
    /// # Errors
    ///
    /// When it does not within two minutes: then dual write is stuck.
    pub fn settle(&self) -> anyhow::Result<()> {
        let status = Tools::of(RELEASE)?.call(
            Tool::MetadataQuorum,
            &format!(
                "--bootstrap-controller {} describe --status",
                self.kraft.controller_addresses()
            ),
        )?;
        let committed = number_after(&status, "HighWatermark:")? - 1;
        let znodes = self.legacy.znodes();
        let deadline = now() + MIGRATION_MAX;
        loop {
            let written = number_after(&znodes.get("/migration")?, "\"kraft_metadata_offset\":")?;
            if written >= committed {
                return Ok(());
            }
            ensure!(
                now() < deadline,
                "offset {committed} is committed, ZooKeeper still has {written}"
            );
            pause(Duration::from_millis(100));
        }
    }

    /// Restarts one broker in KRaft mode; the others stay as they are.
    ///
    /// # Errors
    ///
    /// When it does not end or come up.
    pub fn move_broker(&mut self, broker: &Broker) -> anyhow::Result<()> {
        self.legacy.stop_broker(broker)?;
        self.kraft.start_brokers(&[broker.id])
    }

    /// Ends the migration: the controller restarts and knows nothing of ZooKeeper any more. All brokers must run in
    /// KRaft mode.
    ///
    /// # Errors
    ///
    /// When it does not end or come up.
    pub fn finalize(&mut self) -> anyhow::Result<()> {
        self.kraft.stop_controllers()?;
        self.write_controller_config(&Properties::new())?;
        self.kraft.start_controllers()
    }

    /// Goes back to ZooKeeper mode and returns the cluster. All brokers must run in migration mode.
    ///
    /// # Errors
    ///
    /// When a node does not end or come up.
    pub fn roll_back(mut self) -> anyhow::Result<LegacyCluster> {
        self.kraft.stop_controllers()?;
        let znodes = self.legacy.znodes();
        znodes.delete("/migration")?;
        znodes.delete("/controller")?;
        for broker in self.legacy.brokers.members.clone() {
            // One that is stopped right after the quorum went does not end: it waits for a controller to tell.
            pause(Duration::from_secs(10));
            let settings = self.legacy.settings(&broker);
            self.legacy.stop_broker(&broker)?;
            self.legacy.start_broker(&broker, &settings)?;
        }
        Ok(self.legacy)
    }

    /// The id that the brokers share, as ZooKeeper has it.
    fn cluster_id(&self) -> anyhow::Result<String> {
        let text = self.legacy.znodes().get("/cluster/id")?;
        let id = text
            .split("\"id\":\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next());
        Ok(id
            .with_context(|| format!("/cluster/id holds no id: {text}"))?
            .to_owned())
    }

    /// What a node needs beside its other settings as long as the migration lasts.
    fn migration_settings(&self) -> Properties {
        Properties::new()
            .with("zookeeper.metadata.migration.enable", true)
            .with("zookeeper.connect", self.legacy.connect())
            .with("password.encoder.secret", ENCODER_SECRET)
            .with("inter.broker.listener.name", "CLIENTS")
            .with("sasl.mechanism.inter.broker.protocol", "SCRAM-SHA-512")
            .with("listener.security.protocol.map", PROTOCOLS)
    }

    fn write_controller_config(&self, beside: &Properties) -> anyhow::Result<()> {
        let controller = &self.kraft.controllers[0];
        let settings = self.kraft.controller_settings(controller);
        settings.and(beside.clone()).write(&controller.config_file)
    }

    fn migrating_broker(&self, broker: &Broker) -> Properties {
        // The authorizer of ZooKeeper mode takes the place of the other.
        let settings = self.kraft.quorum_settings().and(self.legacy.settings(broker));
        settings.and(self.migration_settings())
    }
}

/// The number that follows these words.
fn number_after(text: &str, words: &str) -> anyhow::Result<i64> {
    let rest = text
        .split(words)
        .nth(1)
        .with_context(|| format!("no {words} in: {text}"))?;
    let digits: String = rest
        .trim_start()
        .chars()
        .take_while(|character| character.is_ascii_digit() || *character == '-')
        .collect();
    digits
        .parse()
        .with_context(|| format!("no number after {words} in: {text}"))
}
