//! A KRaft node's configuration, checked.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use kraft_bridge_protocol::NodeId;

use super::{ConfigError, Endpoint, Listeners, Properties, Quorum};

/// What a node is; at least one of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Roles {
    /// Stores partitions.
    pub(crate) broker: bool,
    /// Votes in the metadata quorum.
    pub(crate) controller: bool,
}

/// The configuration of one KRaft node.
#[derive(Clone, Debug)]
pub(crate) struct KafkaConfig {
    /// `node.id`
    pub(crate) node_id: NodeId,
    /// `process.roles`
    pub(crate) roles: Roles,
    /// `log.dirs`, else `log.dir`, else `/tmp/kafka-logs`: as written, so relative ones are relative to the
    /// directory that Kafka is started in.
    pub(crate) log_dirs: Vec<PathBuf>,
    /// `metadata.log.dir`, else the first of the log directories.
    pub(crate) metadata_log_dir: PathBuf,
    /// `controller.quorum.*`
    pub(crate) quorum: Quorum,
    /// `listeners` and what goes with them.
    pub(crate) listeners: Listeners,
    /// Every key of the file.
    pub(crate) properties: Properties,
}

impl KafkaConfig {
    /// Reads and checks the file.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the file, the key and the remedy.
    pub(crate) fn load(path: &Path) -> Result<KafkaConfig, ConfigError> {
        KafkaConfig::decode(Properties::load(path)?)
    }

    /// Checks what a file holds.
    ///
    /// # Errors
    ///
    /// As [`KafkaConfig::load`].
    pub(crate) fn decode(properties: Properties) -> Result<KafkaConfig, ConfigError> {
        let roles = roles(&properties)?;
        refuse_kafkas_own_migration(&properties)?;
        let log_dirs = log_dirs(&properties)?;
        let config = KafkaConfig {
            node_id: node_id(&properties)?,
            roles,
            metadata_log_dir: properties
                .plain("metadata.log.dir")?
                .map_or_else(|| log_dirs[0].clone(), PathBuf::from),
            log_dirs,
            quorum: Quorum::decode(&properties)?,
            listeners: Listeners::decode(&properties)?,
            properties,
        };
        config.check_voter()?;
        config.check_listeners()?;
        Ok(config)
    }

    /// Where other nodes reach this controller, one endpoint per controller listener.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Invalid`] if a listener names no host that another node could connect to.
    pub(crate) fn controller_endpoints(&self) -> Result<Vec<Endpoint>, ConfigError> {
        self.listeners.controller_endpoints(&self.properties)
    }

    /// `min.insync.replicas`, if the file sets it.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Invalid`] if it is no number of at least 1.
    pub(crate) fn min_insync_replicas(&self) -> Result<Option<u32>, ConfigError> {
        let key = "min.insync.replicas";
        match self.properties.parsed(key, "a number of at least 1")? {
            Some(0) => Err(self.properties.invalid(key, "expected a number of at least 1")),
            replicas => Ok(replicas),
        }
    }

    fn check_voter(&self) -> Result<(), ConfigError> {
        let key = "controller.quorum.voters";
        let votes = self.quorum.voters.contains_key(&self.node_id);
        if self.quorum.is_dynamic() || votes == self.roles.controller {
            return Ok(());
        }
        Err(self.properties.invalid(
            key,
            if votes {
                format!(
                    "node {} is a voter, so process.roles must contain controller",
                    self.node_id
                )
            } else {
                format!(
                    "controller {0} is not among the voters: add {0}@host:port",
                    self.node_id
                )
            },
        ))
    }

    fn check_listeners(&self) -> Result<(), ConfigError> {
        let (of_controllers, of_brokers): (Vec<_>, Vec<_>) = self
            .listeners
            .listeners
            .iter()
            .partition(|listener| self.listeners.is_controller_listener(&listener.name));
        let problem = match self.roles {
            Roles { controller: true, .. } if of_controllers.is_empty() => {
                "a controller must listen on one of controller.listener.names"
            }
            Roles { broker: false, .. } if !of_brokers.is_empty() => {
                "a node that is only a controller may listen on controller.listener.names only"
            }
            Roles {
                controller: false, ..
            } if !of_controllers.is_empty() => {
                "a node that is only a broker may not listen on controller.listener.names"
            }
            Roles { broker: true, .. } if of_brokers.is_empty() => {
                "a broker must listen on more than controller.listener.names"
            }
            _ => return Ok(()),
        };
        Err(self.properties.invalid("listeners", problem))
    }
}

fn roles(properties: &Properties) -> Result<Roles, ConfigError> {
    let key = "process.roles";
    let names = properties.list(key)?;
    if names.is_empty() {
        return Err(properties.missing(
            key,
            "without it Kafka runs in ZooKeeper mode; give the file that the KRaft node will be started with",
        ));
    }
    let unique: BTreeSet<&str> = names.iter().copied().collect();
    if unique.len() != names.len()
        || unique
            .iter()
            .any(|name| !matches!(*name, "broker" | "controller"))
    {
        return Err(properties.invalid(key, "expected broker, controller, or both, each once"));
    }
    Ok(Roles {
        broker: unique.contains("broker"),
        controller: unique.contains("controller"),
    })
}

/// `node.id`, or `broker.id` which stands for it; both may be there if they agree.
fn node_id(properties: &Properties) -> Result<NodeId, ConfigError> {
    let expected = "a number of at least 0";
    let read = |key| -> Result<Option<i32>, ConfigError> {
        match properties.parsed(key, expected)? {
            Some(id) if id < 0 => Err(properties.invalid(key, format!("expected {expected}"))),
            id => Ok(id),
        }
    };
    let (node_id, broker_id) = (read("node.id")?, read("broker.id")?);
    if let (Some(node_id), Some(broker_id)) = (node_id, broker_id)
        && node_id != broker_id
    {
        return Err(properties.invalid(
            "broker.id",
            format!("node.id is {node_id}: both must be the same, the id that the broker always had"),
        ));
    }
    node_id.or(broker_id).map(NodeId).ok_or_else(|| {
        properties.missing(
            "node.id",
            "a broker keeps its broker.id; a new controller takes an id that no broker has",
        )
    })
}

pub(super) fn log_dirs(properties: &Properties) -> Result<Vec<PathBuf>, ConfigError> {
    for key in ["log.dirs", "log.dir"] {
        let dirs: Vec<PathBuf> = properties.list(key)?.into_iter().map(PathBuf::from).collect();
        if dirs.iter().collect::<BTreeSet<_>>().len() != dirs.len() {
            return Err(properties.invalid(key, "a directory is there twice"));
        }
        if !dirs.is_empty() {
            return Ok(dirs);
        }
    }
    Ok(vec![PathBuf::from("/tmp/kafka-logs")])
}

/// Kafka's own migration and ours exclude each other: with the switch on, a controller refuses our log.
fn refuse_kafkas_own_migration(properties: &Properties) -> Result<(), ConfigError> {
    let key = "zookeeper.metadata.migration.enable";
    match properties.plain(key)? {
        Some(value) if value.eq_ignore_ascii_case("true") => Err(properties.invalid(
            key,
            "this switches Kafka's own migration on, which refuses a log that is already migrated: remove it",
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BROKER: &str = "node.id=1\nprocess.roles=broker\ncontroller.listener.names=CONTROLLER\n\
                          controller.quorum.voters=3000@c1:9093\nlisteners=PLAINTEXT://b1:9092\nlog.dirs=/d1, /d2\n";
    const CONTROLLER: &str = "node.id=3000\nprocess.roles=controller\ncontroller.listener.names=CONTROLLER\n\
                              controller.quorum.voters=3000@c1:9093\nlisteners=CONTROLLER://c1:9093\nlog.dirs=/c\n";

    /// The configuration of `base`, then of `more`, which counts where both have a key.
    fn decode(base: &str, more: &str) -> Result<KafkaConfig, ConfigError> {
        let text = format!("{base}{more}\n");
        KafkaConfig::decode(Properties::decode(Path::new("server.properties"), text.as_bytes()).unwrap())
    }

    fn refused(base: &str, more: &str) -> String {
        decode(base, more).unwrap_err().to_string()
    }

    #[test]
    fn a_broker_has_its_directories_and_keeps_metadata_in_the_first() {
        let config = decode(BROKER, "").unwrap();

        assert_eq!(config.node_id, NodeId(1));
        assert_eq!(config.log_dirs, [Path::new("/d1"), Path::new("/d2")]);
        assert_eq!(config.metadata_log_dir, Path::new("/d1"));
        assert_eq!(
            config.roles,
            Roles {
                broker: true,
                controller: false
            }
        );
    }

    #[test]
    fn metadata_may_have_a_directory_of_its_own() {
        let config = decode(BROKER, "metadata.log.dir=/meta").unwrap();

        assert_eq!(config.metadata_log_dir, Path::new("/meta"));
    }

    #[test]
    fn log_dir_counts_only_without_log_dirs() {
        assert_eq!(
            decode(CONTROLLER, "log.dir=/x").unwrap().log_dirs,
            [Path::new("/c")]
        );
        assert_eq!(
            decode(CONTROLLER, "log.dirs=\nlog.dir=/x").unwrap().log_dirs,
            [Path::new("/x")]
        );
        assert_eq!(
            decode(CONTROLLER, "log.dirs=").unwrap().log_dirs,
            [Path::new("/tmp/kafka-logs")]
        );
    }

    #[test]
    fn broker_id_stands_for_node_id_but_may_not_contradict_it() {
        assert_eq!(
            decode(BROKER, "node.id=\nbroker.id=1").unwrap().node_id,
            NodeId(1)
        );
        assert!(decode(BROKER, "broker.id=1").is_ok());
        assert!(refused(BROKER, "broker.id=2").contains("broker.id=2: node.id is 1"));
        assert!(refused(BROKER, "node.id=-1").contains("node.id=-1"));
        assert!(refused(BROKER, "node.id=").contains("node.id is missing"));
    }

    #[test]
    fn a_file_of_zookeeper_mode_is_told_from_one_of_kraft_mode() {
        assert!(refused("broker.id=1\nzookeeper.connect=z:2181\n", "").contains("ZooKeeper mode"));
    }

    #[test]
    fn kafkas_own_migration_must_be_off() {
        assert!(refused(CONTROLLER, "zookeeper.metadata.migration.enable=true").contains("remove it"));
        assert!(decode(CONTROLLER, "zookeeper.metadata.migration.enable=false").is_ok());
    }

    #[test]
    fn controllers_vote_and_brokers_do_not() {
        assert!(refused(CONTROLLER, "controller.quorum.voters=1@c1:9093").contains("add 3000@host:port"));
        assert!(refused(BROKER, "controller.quorum.voters=1@c1:9093").contains("must contain controller"));
        assert!(
            decode(
                CONTROLLER,
                "controller.quorum.voters=\ncontroller.quorum.bootstrap.servers=c1:9093"
            )
            .is_ok()
        );
    }

    #[test]
    fn each_role_listens_on_its_own_listeners() {
        let both = "process.roles=broker,controller\nlisteners=";
        for (base, more) in [
            (CONTROLLER, "listeners=PLAINTEXT://:9092"),
            (CONTROLLER, "listeners=CONTROLLER://c1:9093,PLAINTEXT://:9092"),
            (BROKER, "listeners=CONTROLLER://c1:9093,PLAINTEXT://:9092"),
            (CONTROLLER, &format!("{both}CONTROLLER://c1:9093")),
            (CONTROLLER, &format!("{both}PLAINTEXT://c1:9093")),
        ] {
            assert!(refused(base, more).contains("listeners="), "{more}");
        }
        assert!(
            decode(
                CONTROLLER,
                &format!("{both}PLAINTEXT://:9092,CONTROLLER://c1:9093")
            )
            .is_ok()
        );
    }

    #[test]
    fn unknown_roles_and_repeated_directories_are_refused() {
        for more in [
            "process.roles=witness",
            "process.roles=broker,broker",
            "log.dirs=/a,/a",
        ] {
            decode(BROKER, more).unwrap_err();
        }
    }

    #[test]
    fn unknown_keys_are_kept() {
        assert_eq!(
            decode(BROKER, "my.plugin.option=7")
                .unwrap()
                .properties
                .get("my.plugin.option"),
            Some("7")
        );
    }

    #[test]
    fn min_insync_replicas_is_a_number_of_at_least_one() {
        let read = |more| decode(BROKER, more).unwrap().min_insync_replicas();
        assert_eq!(read("").unwrap(), None);
        assert_eq!(read("min.insync.replicas=2").unwrap(), Some(2));
        assert!(read("min.insync.replicas=0").is_err());
    }
}
