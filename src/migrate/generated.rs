//! `migrate --output DIR`: a directory with a single controller's data and the configuration to start it with.
//!
//! ```text
//! DIR/
//!   controller.properties
//!   data/                    log.dirs
//! ```
//!
//! Built in `DIR.kraft-bridge-partial` beside it and renamed, so that it appears whole or not at all.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use kraft_bridge_migration::legacy::LegacyCluster;
use kraft_bridge_protocol::NodeId;
use kraft_bridge_raft::durable::{FileError, rename, sibling, write_new};
use kraft_bridge_raft::format::NodeFormat;
use kraft_bridge_raft::properties::escape;

use crate::config::{ConfigError, KafkaConfig, Properties};

/// Node id of the controller, unless a broker has it.
const NODE_ID: i32 = 3000;
const PARTIAL: &str = ".kraft-bridge-partial";

/// The directory, while it is being built.
pub(crate) struct Generated {
    target: PathBuf,
    partial: PathBuf,
    text: String,
    finished: bool,
}

impl Generated {
    /// Begins a directory at `target`, which must be absent or empty. Removes what a killed attempt left.
    ///
    /// # Errors
    ///
    /// [`FileError`] when something is there.
    pub(crate) fn begin(target: &Path, cluster: &LegacyCluster) -> Result<Generated, FileError> {
        let target = std::path::absolute(target).map_err(FileError::at(target, "look at"))?;
        let partial = sibling(&target, PARTIAL);
        refuse_unusable(&target)?;
        match fs::remove_dir_all(&partial) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(FileError::at(&partial, "remove")(error));
            }
            _ => {}
        }
        fs::create_dir_all(&partial).map_err(FileError::at(&partial, "create"))?;
        let text = properties(cluster, &target.join("data"));
        Ok(Generated {
            target,
            partial,
            text,
            finished: false,
        })
    }

    /// The configuration of the controller.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if the directory's name cannot be written into a properties file.
    pub(crate) fn config(&self) -> Result<KafkaConfig, ConfigError> {
        let path = self.target.join("controller.properties");
        KafkaConfig::decode(Properties::decode(&path, self.text.as_bytes())?)
    }

    /// Points the node's directories to where they are while they are being built.
    pub(crate) fn stage(&self, node: &mut NodeFormat) {
        node.metadata_log_dir = self.staged(&node.metadata_log_dir);
        for (path, _) in &mut node.log_dirs {
            *path = self.staged(path);
        }
    }

    fn staged(&self, path: &Path) -> PathBuf {
        match path.strip_prefix(&self.target) {
            Ok(below) => self.partial.join(below),
            Err(_) => path.to_owned(),
        }
    }

    /// Puts the directory in its place.
    ///
    /// # Errors
    ///
    /// [`FileError`].
    pub(crate) fn finish(mut self) -> Result<PathBuf, FileError> {
        write_new(&self.partial.join("controller.properties"), self.text.as_bytes())?;
        rename(&self.partial, &self.target)?;
        self.finished = true;
        Ok(self.target.join("controller.properties"))
    }
}

impl Drop for Generated {
    fn drop(&mut self) {
        if !self.finished
            && let Err(error) = fs::remove_dir_all(&self.partial)
        {
            tracing::warn!(path = %self.partial.display(), %error, "left behind; the next attempt removes it");
        }
    }
}

fn refuse_unusable(target: &Path) -> Result<(), FileError> {
    if target.to_string_lossy().contains(',') {
        let comma = io::Error::new(
            io::ErrorKind::InvalidFilename,
            "Kafka takes a comma in log.dirs for two of them",
        );
        return Err(FileError::at(target, "take for the output")(comma));
    }
    let occupied = match fs::read_dir(target) {
        Ok(mut entries) => entries.next().is_some(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) => return Err(FileError::at(target, "list")(error)),
    };
    if occupied {
        let not_empty = io::Error::new(
            io::ErrorKind::DirectoryNotEmpty,
            "it holds something; name another",
        );
        return Err(FileError::at(target, "take for the output")(not_empty));
    }
    Ok(())
}

fn properties(cluster: &LegacyCluster, data: &Path) -> String {
    let node = node_id(cluster);
    let mut text = format!(
        "# Made by kraft-bridge: a single controller, reached from this machine only. For brokers on other machines\n\
         # replace localhost by this machine's name in both places.\n\
         process.roles=controller\n\
         node.id={node}\n\
         controller.quorum.voters={node}@localhost:9093\n\
         controller.listener.names=CONTROLLER\n\
         listeners=CONTROLLER://localhost:9093\n\
         listener.security.protocol.map=CONTROLLER:PLAINTEXT\n\
         log.dirs={}\n",
        escape(&data.to_string_lossy())
    );
    if !cluster.acls.is_empty() {
        text.push_str(
            "# The cluster has ACLs, and controllers decide on forwarded requests. Before brokers can register, let this\n\
             # listener authenticate them (listener.security.protocol.map, as between brokers), and name their\n\
             # principal in super.users, together with the old cluster's super users.\n\
             authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer\n",
        );
    }
    if !cluster.tokens.is_empty() {
        text.push_str(
            "# The cluster has delegation tokens: set delegation.token.secret.key to the brokers' value.\n",
        );
    }
    text
}

fn node_id(cluster: &LegacyCluster) -> NodeId {
    let replicas = cluster
        .topics
        .values()
        .flat_map(|topic| topic.partitions.values())
        .flat_map(|partition| partition.replicas.iter().copied());
    let highest = replicas.chain(cluster.brokers.keys().copied()).max();
    NodeId(highest.map_or(NODE_ID, |highest| NODE_ID.max(highest.0.saturating_add(1))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_finished_directory_holds_a_configuration_that_can_be_read() {
        let root = tempfile::tempdir().unwrap();
        let target = root.path().join("ü out");
        let generated = Generated::begin(&target, &LegacyCluster::default()).unwrap();
        let config = generated.config().unwrap();
        assert_eq!(config.node_id, NodeId(NODE_ID));
        assert_eq!(config.log_dirs, [target.join("data")]);
        fs::create_dir(generated.staged(&config.log_dirs[0])).unwrap();
        let file = generated.finish().unwrap();
        assert_eq!(KafkaConfig::load(&file).unwrap().log_dirs, config.log_dirs);
        assert!(target.join("data").is_dir());
    }

    #[test]
    fn a_directory_that_holds_anything_is_refused() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("precious"), "x").unwrap();
        assert!(Generated::begin(root.path(), &LegacyCluster::default()).is_err());
        assert!(root.path().join("precious").exists());
    }

    #[test]
    fn a_name_that_kafka_would_take_for_two_is_refused() {
        let root = tempfile::tempdir().unwrap();
        assert!(Generated::begin(&root.path().join("a,b"), &LegacyCluster::default()).is_err());
    }
}
