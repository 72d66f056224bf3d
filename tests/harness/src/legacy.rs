//! A cluster in ZooKeeper mode.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, ensure};

use crate::brokers::{Broker, Brokers, TOKEN_KEY};
use crate::install::Product;
use crate::kafka::{Kafka, start_all, stop_all};
use crate::process::{now, pause};
use crate::properties::Properties;
use crate::tools::{Call, Tool, Tools};
use crate::znodes::Znodes;
use crate::zookeeper::{Zookeeper, ZookeeperOptions};

/// The secret that dynamic passwords are encrypted with in ZooKeeper.
pub const ENCODER_SECRET: &str = "made-up-encoder-secret";

/// Longest time until the sessions of brokers that have ended are over: three times what brokers ask for.
const SESSIONS_MAX: Duration = Duration::from_secs(60);

/// How brokers leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shutdown {
    /// As they do by default: each hands over its leaderships and leaves the ISRs, so that the last one is alone in them.
    Controlled,
    /// `controlled.shutdown.enable=false`, and all in one moment as ZooKeeper sees it: ISRs stay whole.
    Abrupt,
}

/// Three brokers and a ZooKeeper server.
#[derive(Debug)]
pub struct LegacyCluster {
    /// What it shares with its KRaft successor.
    pub brokers: Brokers,
    /// The server, of the version that Kafka's release brings; the chroot is `/kafka`.
    pub zookeeper: Zookeeper,
    shutdown: Shutdown,
    running: BTreeMap<i32, Kafka>,
}

impl LegacyCluster {
    /// Starts ZooKeeper and three brokers that log in to each other with SCRAM.
    ///
    /// # Errors
    ///
    /// When something cannot be installed or does not come up.
    pub fn start(version: &str, dir: &Path, shutdown: Shutdown) -> anyhow::Result<LegacyCluster> {
        let brokers = Brokers::new(dir, version)?;
        let zookeeper = Zookeeper::start(Product::Kafka, version, dir, &ZookeeperOptions::default())?;
        let mut cluster = LegacyCluster {
            brokers,
            zookeeper,
            shutdown,
            running: BTreeMap::new(),
        };
        Znodes::of(&cluster.zookeeper.address).create("/kafka", "")?;
        // Brokers log in to each other: these users must be there before the first one starts.
        let users = ["admin", "broker"].map(|user| cluster.scram_user_by_zookeeper(user));
        Tools::of(version)?.run(&users)?;
        cluster.start_brokers()?;
        Ok(cluster)
    }

    /// `host:port/kafka`, as in `zookeeper.connect`.
    pub fn connect(&self) -> String {
        format!("{}/kafka", self.zookeeper.address)
    }

    /// Starts all brokers.
    ///
    /// # Errors
    ///
    /// When one of them does not come up.
    pub fn start_brokers(&mut self) -> anyhow::Result<()> {
        let configs: Vec<PathBuf> = self
            .brokers
            .members
            .iter()
            .map(|m| config_file(&self.brokers, m))
            .collect();
        for (broker, config) in self.brokers.members.iter().zip(&configs) {
            self.settings(broker).write(config)?;
        }
        let configs = configs.iter().map(PathBuf::as_path);
        let started = start_all(&self.brokers.version, configs, &self.brokers.jvm_arguments())?;
        self.running = self.brokers.members.iter().map(|m| m.id).zip(started).collect();
        Ok(())
    }

    /// Starts one broker with these settings.
    ///
    /// # Errors
    ///
    /// When it does not come up.
    pub(crate) fn start_broker(&mut self, broker: &Broker, settings: &Properties) -> anyhow::Result<()> {
        let config = config_file(&self.brokers, broker);
        settings.write(&config)?;
        let mut started = Kafka::spawn(&self.brokers.version, &config, &self.brokers.jvm_arguments())?;
        started.wait_until_ready()?;
        self.running.insert(broker.id, started);
        Ok(())
    }

    /// Stops one broker.
    ///
    /// # Errors
    ///
    /// When it does not run, or does not end.
    pub(crate) fn stop_broker(&mut self, broker: &Broker) -> anyhow::Result<()> {
        let running = self.running.remove(&broker.id);
        let running =
            running.with_context(|| format!("broker {} does not run in ZooKeeper mode", broker.id))?;
        running.stop()
    }

    /// Stops all brokers at the same moment; ZooKeeper goes on.
    ///
    /// # Errors
    ///
    /// When one of them does not end.
    pub fn stop_brokers(&mut self) -> anyhow::Result<()> {
        let brokers = std::mem::take(&mut self.running).into_values().collect();
        match self.shutdown {
            Shutdown::Controlled => stop_all(brokers)?,
            Shutdown::Abrupt => {
                // The moment is as long as the slowest broker takes; no controller may see another one leave in it.
                self.zookeeper.pause()?;
                stop_all(brokers)?;
                self.zookeeper.resume()?;
            }
        }
        self.wait_until_no_broker_is_listed()
    }

    /// A broker that could not end its session stays listed until it expires.
    fn wait_until_no_broker_is_listed(&self) -> anyhow::Result<()> {
        let deadline = now() + SESSIONS_MAX;
        while !self.znodes().children("/brokers/ids")?.is_empty() {
            ensure!(
                now() < deadline,
                "brokers are listed {SESSIONS_MAX:?} after their ends"
            );
            pause(Duration::from_millis(500));
        }
        Ok(())
    }

    /// The znodes of the cluster, inside the chroot.
    pub fn znodes(&self) -> Znodes {
        Znodes::of(self.connect())
    }

    /// The call that creates a SCRAM user straight in ZooKeeper, as every release up to 3.9 can.
    pub(crate) fn scram_user_by_zookeeper(&self, user: &str) -> Call {
        let credential = format!("[iterations=4096,password={user}-password]");
        Call::new(
            Tool::Configs,
            &format!(
                "--zookeeper {} --alter --entity-type users --entity-name {user} --add-config \
                 SCRAM-SHA-256={credential},SCRAM-SHA-512={credential}",
                self.connect()
            ),
        )
    }

    /// The settings of a broker in ZooKeeper mode.
    pub(crate) fn settings(&self, broker: &Broker) -> Properties {
        let (authorizer, token_key) = if self.brokers.at_least(2, 8) {
            (
                "kafka.security.authorizer.AclAuthorizer",
                "delegation.token.secret.key",
            )
        } else {
            (
                "kafka.security.auth.SimpleAclAuthorizer",
                "delegation.token.master.key",
            )
        };
        self.brokers
            .settings(broker)
            .with("broker.id", broker.id)
            .with("zookeeper.connect", self.connect())
            .with("authorizer.class.name", authorizer)
            .with(token_key, TOKEN_KEY)
            .with("password.encoder.secret", ENCODER_SECRET)
            .with(
                "controlled.shutdown.enable",
                self.shutdown == Shutdown::Controlled,
            )
    }
}

/// The `server.properties` of a broker in ZooKeeper mode.
pub(crate) fn config_file(brokers: &Brokers, broker: &Broker) -> PathBuf {
    brokers
        .dir
        .join(format!("zookeeper-mode-{}.properties", broker.id))
}
