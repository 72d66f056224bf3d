//! The same brokers in KRaft mode, and their controllers.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::ensure;

use crate::brokers::{Broker, Brokers, TOKEN_KEY};
use crate::kafka::{Kafka, start_all, stop_all};
use crate::process::{free_port, now, pause, tail};
use crate::properties::Properties;

/// The security protocol of each listener, of brokers and controllers alike.
pub(crate) const PROTOCOLS: &str = "CLIENTS:SASL_PLAINTEXT,SECURE:SSL,CONTROLLER:PLAINTEXT";

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

    /// `host:port` of every controller's listener, which speaks plaintext and lets everybody do everything.
    pub fn controller_addresses(&self) -> String {
        let addresses: Vec<_> = self.controllers.iter().map(address).collect();
        addresses.join(",")
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

    /// Starts another program as each controller, with its configuration file, and waits until it has logged this.
    ///
    /// # Errors
    ///
    /// When one of them does not come up.
    pub fn start_controllers_by(
        &mut self,
        program: impl Fn(&Path) -> Command,
        ready: &str,
    ) -> anyhow::Result<()> {
        for controller in &self.controllers {
            let name = format!("controller {}", controller.id);
            let command = program(&controller.config_file);
            let started = Kafka::spawn_command(&name, command, &controller.config_file)?;
            self.running_controllers.push(started);
        }
        let mut started = self.running_controllers.iter_mut();
        started.try_for_each(|controller| controller.wait_until_logged(ready))
    }

    /// Kills a controller, leaves it dead for a while, and starts it again by a program.
    ///
    /// # Errors
    ///
    /// When it does not run, or does not come up.
    pub fn revive_controller(
        &mut self,
        at: usize,
        dead_for: Duration,
        program: impl Fn(&Path) -> Command,
        ready: &str,
    ) -> anyhow::Result<()> {
        ensure!(
            at < self.running_controllers.len(),
            "so many controllers do not run"
        );
        self.running_controllers.remove(at).kill()?;
        pause(dead_for);
        let controller = &self.controllers[at];
        let name = format!("controller {}", controller.id);
        let command = program(&controller.config_file);
        let mut started = Kafka::spawn_command(&name, command, &controller.config_file)?;
        started.wait_until_logged(ready)?;
        self.running_controllers.insert(at, started);
        Ok(())
    }

    /// Stops a broker in an orderly way, and starts it again.
    ///
    /// # Errors
    ///
    /// When it does not run, does not end, or does not come up.
    pub fn restart_broker(&mut self, at: usize) -> anyhow::Result<()> {
        ensure!(at < self.running_brokers.len(), "so many brokers do not run");
        self.running_brokers.remove(at).stop()?;
        let config = self.config_file(&self.brokers.members[at]);
        let started = start_all(&self.version, [config.as_path()], &self.brokers.jvm_arguments())?;
        self.running_brokers.splice(at..at, started);
        Ok(())
    }

    /// Kills a broker.
    ///
    /// # Errors
    ///
    /// When it does not run.
    pub fn kill_broker(&mut self, at: usize) -> anyhow::Result<()> {
        ensure!(at < self.running_brokers.len(), "so many brokers do not run");
        self.running_brokers.remove(at).kill()
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

    /// Waits until a controller has logged this.
    ///
    /// # Errors
    ///
    /// When none has after the time, or none runs.
    pub(crate) fn wait_until_a_controller_logs(
        &mut self,
        text: &str,
        within: Duration,
    ) -> anyhow::Result<()> {
        let deadline = now() + within;
        while !outputs(&self.running_controllers)?.contains(text) {
            ensure!(
                now() < deadline,
                "no controller has logged {text:?} after {within:?}:\n{}",
                tail(&outputs(&self.running_controllers)?)
            );
            pause(Duration::from_millis(100));
        }
        Ok(())
    }

    /// Holds the controllers still, until [`KraftCluster::resume_controllers`].
    ///
    /// # Errors
    ///
    /// When the signal cannot be sent.
    pub fn pause_controllers(&mut self) -> anyhow::Result<()> {
        self.running_controllers.iter_mut().try_for_each(Kafka::pause)
    }

    /// Lets them go on.
    ///
    /// # Errors
    ///
    /// When the signal cannot be sent.
    pub fn resume_controllers(&mut self) -> anyhow::Result<()> {
        self.running_controllers.iter_mut().try_for_each(Kafka::resume)
    }

    /// Stops the controllers; the brokers go on.
    ///
    /// # Errors
    ///
    /// When one of them does not end.
    pub fn stop_controllers(&mut self) -> anyhow::Result<()> {
        stop_all(std::mem::take(&mut self.running_controllers))
    }

    /// Stops the brokers, then the controllers.
    ///
    /// # Errors
    ///
    /// When one of them does not end.
    pub fn stop(mut self) -> anyhow::Result<()> {
        stop_all(std::mem::take(&mut self.running_brokers))?;
        self.stop_controllers()
    }

    /// What every running node has logged so far.
    ///
    /// # Errors
    ///
    /// When a file cannot be read.
    pub fn logs(&self) -> anyhow::Result<String> {
        outputs(self.running_controllers.iter().chain(&self.running_brokers))
    }

    /// What controllers and brokers must agree about.
    pub(crate) fn quorum_settings(&self) -> Properties {
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

    /// The settings of a controller that knows nothing of ZooKeeper.
    pub(crate) fn controller_settings(&self, controller: &Controller) -> Properties {
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
        self.brokers
            .settings(broker)
            .and(self.quorum_settings())
            .with("process.roles", "broker")
            .with("node.id", broker.id)
            .with("listener.security.protocol.map", PROTOCOLS)
    }
}

/// `host:port` of a controller's listener.
fn address(controller: &Controller) -> String {
    format!("127.0.0.1:{}", controller.port)
}

/// What these nodes have logged so far.
fn outputs<'a>(nodes: impl IntoIterator<Item = &'a Kafka>) -> anyhow::Result<String> {
    let outputs = nodes.into_iter().map(Kafka::output);
    Ok(outputs.collect::<anyhow::Result<Vec<_>>>()?.concat())
}
