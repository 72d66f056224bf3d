//! The same brokers in KRaft mode, and their controllers.

use std::path::PathBuf;

use crate::brokers::{Broker, Brokers, TOKEN_KEY};
use crate::kafka::{Kafka, start_all, stop_all};
use crate::process::free_port;
use crate::properties::Properties;

/// How the controllers find each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voters {
    /// `controller.quorum.voters`
    Static,
    /// KIP-853: `controller.quorum.bootstrap.servers`, the voters are records.
    Dynamic,
}

/// One controller.
#[derive(Clone, Debug)]
pub struct Controller {
    /// `node.id`
    pub id: i32,
    /// Port of its listener.
    pub port: u16,
    /// `log.dirs`
    pub log_dir: PathBuf,
    /// The properties file that it is migrated with and started with.
    pub config_file: PathBuf,
}

/// Controllers of a release and the brokers of the former ZooKeeper-mode cluster.
#[derive(Debug)]
pub struct KraftCluster {
    /// Kafka's version.
    pub version: String,
    /// The brokers as they were.
    pub brokers: Brokers,
    /// The controllers: 3000, 3001, …
    pub controllers: Vec<Controller>,
    voters: Voters,
    running_controllers: Vec<Kafka>,
    running_brokers: Vec<Kafka>,
}

impl KraftCluster {
    /// Writes the configuration files of so many controllers and of all brokers; starts nothing.
    ///
    /// # Errors
    ///
    /// When a file cannot be written.
    pub fn configure(
        version: &str,
        brokers: &Brokers,
        controllers: i32,
        voters: Voters,
    ) -> anyhow::Result<KraftCluster> {
        let controllers = (3000..3000 + controllers)
            .map(|id| {
                Ok(Controller {
                    id,
                    port: free_port()?,
                    log_dir: brokers.dir.join(format!("controller-{id}")),
                    config_file: brokers.dir.join(format!("controller-{id}.properties")),
                })
            })
            .collect::<anyhow::Result<_>>()?;
        let cluster = KraftCluster {
            version: version.to_owned(),
            brokers: brokers.clone(),
            controllers,
            voters,
            running_controllers: Vec::new(),
            running_brokers: Vec::new(),
        };
        for controller in &cluster.controllers {
            cluster
                .controller_settings(controller)
                .write(&controller.config_file)?;
        }
        for broker in &cluster.brokers.members {
            cluster
                .broker_settings(broker)
                .write(&cluster.config_file(broker))?;
        }
        Ok(cluster)
    }

    /// The new `server.properties` of a broker.
    pub fn config_file(&self, broker: &Broker) -> PathBuf {
        self.brokers
            .dir
            .join(format!("kraft-mode-{}.properties", broker.id))
    }

    /// Starts all controllers.
    ///
    /// # Errors
    ///
    /// When one of them does not come up.
    pub fn start_controllers(&mut self) -> anyhow::Result<()> {
        let configs = self
            .controllers
            .iter()
            .map(|controller| controller.config_file.as_path());
        self.running_controllers = start_all(&self.version, configs, &self.brokers.jvm_arguments())?;
        Ok(())
    }

    /// Starts brokers side by side.
    ///
    /// # Errors
    ///
    /// When one of them does not come up.
    pub fn start_brokers(&mut self, ids: &[i32]) -> anyhow::Result<()> {
        let configs: Vec<PathBuf> = self
            .brokers
            .members
            .iter()
            .filter(|broker| ids.contains(&broker.id))
            .map(|broker| self.config_file(broker))
            .collect();
        let configs = configs.iter().map(PathBuf::as_path);
        let started = start_all(&self.version, configs, &self.brokers.jvm_arguments())?;
        self.running_brokers.extend(started);
        Ok(())
    }

    /// Stops the brokers, then the controllers.
    ///
    /// # Errors
    ///
    /// When one of them does not end.
    pub fn stop(mut self) -> anyhow::Result<()> {
        stop_all(std::mem::take(&mut self.running_brokers))?;
        stop_all(std::mem::take(&mut self.running_controllers))
    }

    /// What every running node has logged so far.
    ///
    /// # Errors
    ///
    /// When a file cannot be read.
    pub fn logs(&self) -> anyhow::Result<String> {
        let nodes = self.running_controllers.iter().chain(&self.running_brokers);
        Ok(nodes
            .map(Kafka::output)
            .collect::<anyhow::Result<Vec<_>>>()?
            .concat())
    }

    /// What controllers and brokers must agree about.
    fn quorum_settings(&self) -> Properties {
        let address = |controller: &Controller| format!("127.0.0.1:{}", controller.port);
        let (key, list) = match self.voters {
            Voters::Static => (
                "controller.quorum.voters",
                self.controllers
                    .iter()
                    .map(|c| format!("{}@{}", c.id, address(c)))
                    .collect::<Vec<_>>(),
            ),
            Voters::Dynamic => (
                "controller.quorum.bootstrap.servers",
                self.controllers.iter().map(address).collect(),
            ),
        };
        Properties::new()
            .with(key, list.join(","))
            .with("controller.listener.names", "CONTROLLER")
            .with(
                "authorizer.class.name",
                "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            )
            .with("delegation.token.secret.key", TOKEN_KEY)
    }

    fn controller_settings(&self, controller: &Controller) -> Properties {
        self.quorum_settings()
            .with("process.roles", "controller")
            .with("node.id", controller.id)
            .with("listeners", format!("CONTROLLER://127.0.0.1:{}", controller.port))
            .with("listener.security.protocol.map", "CONTROLLER:PLAINTEXT")
            .with("log.dirs", controller.log_dir.display())
            .with("super.users", "User:admin;User:broker;User:ANONYMOUS")
            .with("sasl.enabled.mechanisms", "SCRAM-SHA-256,SCRAM-SHA-512")
    }

    fn broker_settings(&self, broker: &Broker) -> Properties {
        let protocols = "CLIENTS:SASL_PLAINTEXT,SECURE:SSL,CONTROLLER:PLAINTEXT";
        self.brokers
            .settings(broker)
            .and(self.quorum_settings())
            .with("process.roles", "broker")
            .with("node.id", broker.id)
            .with("listener.security.protocol.map", protocols)
    }
}
