//! The controllers of the new cluster, as their configuration files describe them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use kraft_bridge_metadata::release::{MetadataVersion, Release};
use kraft_bridge_migration::target::Target;
use kraft_bridge_migration::translate::{encode, feature_levels, ids};
use kraft_bridge_protocol::control::{Voter, VoterEndpoint};
use kraft_bridge_protocol::{NodeId, Timestamp, Uuid};
use kraft_bridge_raft::format::{NodeFormat, VoterSet};
use kraft_bridge_raft::meta_properties::{MetaProperties, MetaPropertiesError};
use kraft_bridge_raft::names::META_PROPERTIES;

use crate::config::{ConfigError, KafkaConfig};

/// Why the configuration files do not make a quorum.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NodeError {
    /// One of them is wrong in itself.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A broker's file.
    #[error(
        "{}: node {node} is only a broker, which needs no metadata log of its own: give the controllers' files here, \
         and this one to prepare-broker",
        path.display()
    )]
    NoController {
        /// The file.
        path: PathBuf,
        /// Its node.
        node: NodeId,
    },
    /// Two files of one node.
    #[error("{}: node {node} is in another --config already", path.display())]
    Twice {
        /// The second file.
        path: PathBuf,
        /// The node.
        node: NodeId,
    },
    /// The files name different voters.
    #[error(
        "{}: names other voters than {}: controller.quorum.voters must be the same in all",
        path.display(), other.display()
    )]
    Voters {
        /// The file.
        path: PathBuf,
        /// The file it contradicts.
        other: PathBuf,
    },
    /// Voters in the log, for a release that looks for them in the configuration.
    #[error(
        "{}: controller.quorum.voters is missing: Kafka {release} knows its voters by nothing else (voters that \
         the log lists need --release-version 3.9 or newer)",
        path.display()
    )]
    DynamicVoters {
        /// The file.
        path: PathBuf,
        /// The release.
        release: Release,
    },
    /// The identity file that is there already cannot be read.
    #[error("{}: {problem}", path.display())]
    Identity {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
}

/// What `bootstrap.checkpoint` holds: the levels of the features.
pub(crate) fn bootstrap_records(
    metadata_version: MetadataVersion,
    features: BTreeMap<&'static str, i16>,
) -> Vec<Vec<u8>> {
    feature_levels(metadata_version, features)
        .map(|record| encode(metadata_version, &record))
        .collect()
}

/// The nodes to format, in the order of their files.
///
/// Voters that the files list (`controller.quorum.voters`) stay in the files; otherwise the given controllers
/// become the voters that the log lists (KIP-853).
///
/// # Errors
///
/// [`NodeError`].
pub(crate) fn controllers(
    configs: &[KafkaConfig],
    cluster_id: &str,
    timestamp: Timestamp,
    target: &Target,
) -> Result<Vec<NodeFormat>, NodeError> {
    check_together(configs)?;
    let bootstrap = bootstrap_records(target.metadata_version(), target.features());
    let mut nodes = configs
        .iter()
        .map(|config| {
            Ok(NodeFormat {
                node_id: config.node_id,
                cluster_id: cluster_id.to_owned(),
                metadata_log_dir: config.metadata_log_dir.clone(),
                log_dirs: log_dirs(config, cluster_id)?,
                beside_topics: config.roles.broker,
                voters: VoterSet::Static(config.quorum.voters.keys().copied().collect()),
                timestamp,
                bootstrap: bootstrap.clone(),
            })
        })
        .collect::<Result<Vec<_>, NodeError>>()?;
    if let Some(config) = configs.iter().find(|config| config.quorum.is_dynamic()) {
        check_dynamic_voters(config, target.release)?;
        let voters = configs.iter().zip(&nodes);
        let voters: Vec<_> = voters
            .map(|(config, node)| voter(config, node))
            .collect::<Result<_, _>>()?;
        for node in &mut nodes {
            node.voters = VoterSet::Dynamic(voters.clone());
        }
    }
    Ok(nodes)
}

/// Fails if the release cannot keep its voters in the log.
pub(crate) fn check_dynamic_voters(config: &KafkaConfig, release: Release) -> Result<(), NodeError> {
    if release.metadata_version() >= MetadataVersion::DYNAMIC_VOTERS {
        return Ok(());
    }
    let path = config.properties.path().to_owned();
    Err(NodeError::DynamicVoters { path, release })
}

fn check_together(configs: &[KafkaConfig]) -> Result<(), NodeError> {
    let mut seen = BTreeSet::new();
    for config in configs {
        let path = config.properties.path().to_owned();
        let node = config.node_id;
        if !config.roles.controller {
            return Err(NodeError::NoController { path, node });
        }
        if !seen.insert(node) {
            return Err(NodeError::Twice { path, node });
        }
        if config.quorum.voters != configs[0].quorum.voters {
            let other = configs[0].properties.path().to_owned();
            return Err(NodeError::Voters { path, other });
        }
    }
    Ok(())
}

/// Every log directory, the metadata log directory among them.
pub(crate) fn log_dir_paths(config: &KafkaConfig) -> Vec<PathBuf> {
    let mut paths = config.log_dirs.clone();
    if !paths.contains(&config.metadata_log_dir) {
        paths.push(config.metadata_log_dir.clone());
    }
    paths
}

/// Every log directory with its id.
fn log_dirs(config: &KafkaConfig, cluster_id: &str) -> Result<Vec<(PathBuf, Uuid)>, NodeError> {
    log_dir_paths(config)
        .into_iter()
        .map(|path| {
            let id = match own_directory_id(&path)? {
                Some(id) => id,
                None => ids::directory_id(cluster_id, config.node_id, &path.to_string_lossy()),
            };
            Ok((path, id))
        })
        .collect()
}

/// The id that a broker's directory has already, from Kafka 3.7 on.
fn own_directory_id(log_dir: &Path) -> Result<Option<Uuid>, NodeError> {
    let path = log_dir.join(META_PROPERTIES);
    let identity = match fs::read(&path) {
        Ok(content) => {
            MetaProperties::decode(&content).map_err(|error: MetaPropertiesError| error.to_string())
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => Err(error.to_string()),
    };
    match identity {
        Ok(identity) => Ok(identity.directory_id),
        Err(problem) => Err(NodeError::Identity { path, problem }),
    }
}

fn voter(config: &KafkaConfig, node: &NodeFormat) -> Result<Voter, NodeError> {
    let directory = node
        .log_dirs
        .iter()
        .find(|(path, _)| *path == node.metadata_log_dir)
        .map_or(Uuid::ZERO, |(_, id)| *id);
    let endpoints = config
        .controller_endpoints()?
        .into_iter()
        .map(|endpoint| VoterEndpoint {
            name: endpoint.name,
            host: endpoint.host,
            port: endpoint.port,
            ..Default::default()
        });
    Ok(Voter {
        voter_id: node.node_id,
        voter_directory_id: directory,
        endpoints: endpoints.collect(),
        ..Default::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Properties;

    fn config(name: &str, text: &str) -> KafkaConfig {
        let common = "process.roles=controller\ncontroller.listener.names=CONTROLLER\n";
        let text = format!("{common}{text}");
        KafkaConfig::decode(Properties::decode(Path::new(name), text.as_bytes()).unwrap()).unwrap()
    }

    fn of_static_quorum(node: u16) -> KafkaConfig {
        config(
            &format!("{node}.properties"),
            &format!(
                "node.id={node}\nlog.dirs=/none/{node}\nlisteners=CONTROLLER://c{node}:9093\n\
                 controller.quorum.voters=1@c1:9093,2@c2:9093\n"
            ),
        )
    }

    fn of_dynamic_quorum(node: u16) -> KafkaConfig {
        config(
            &format!("{node}.properties"),
            &format!(
                "node.id={node}\nlog.dirs=/none/{node}\nlisteners=CONTROLLER://c{node}:9093\n\
                 controller.quorum.bootstrap.servers=c1:9093\n"
            ),
        )
    }

    fn nodes(configs: &[KafkaConfig]) -> Result<Vec<NodeFormat>, NodeError> {
        nodes_for(Release::NEWEST, configs)
    }

    fn nodes_for(release: Release, configs: &[KafkaConfig]) -> Result<Vec<NodeFormat>, NodeError> {
        let target = Target {
            release,
            min_insync_replicas: None,
        };
        controllers(configs, "cluster", Timestamp(7), &target)
    }

    #[test]
    fn voters_of_the_configuration_stay_there() {
        let nodes = nodes(&[of_static_quorum(1), of_static_quorum(2)]).unwrap();
        for node in &nodes {
            assert_eq!(node.voters, VoterSet::Static(vec![NodeId(1), NodeId(2)]));
        }
        assert_ne!(nodes[0].log_dirs[0].1, nodes[1].log_dirs[0].1);
    }

    #[test]
    fn without_them_the_given_controllers_are_the_voters_with_their_directories() {
        let nodes = nodes(&[of_dynamic_quorum(1), of_dynamic_quorum(2)]).unwrap();
        let VoterSet::Dynamic(voters) = &nodes[1].voters else {
            panic!("{:?}", nodes[1].voters);
        };
        let listed: Vec<_> = voters
            .iter()
            .map(|voter| {
                (
                    voter.voter_id,
                    voter.voter_directory_id,
                    voter.endpoints[0].host.as_str(),
                )
            })
            .collect();
        assert_eq!(
            listed,
            [
                (NodeId(1), nodes[0].log_dirs[0].1, "c1"),
                (NodeId(2), nodes[1].log_dirs[0].1, "c2")
            ]
        );
        assert_eq!(nodes[0].voters, nodes[1].voters);
    }

    #[test]
    fn releases_before_3_9_do_not_know_voters_of_the_log() {
        assert!(matches!(
            nodes_for(Release::V3_8, &[of_dynamic_quorum(1)]),
            Err(NodeError::DynamicVoters { .. })
        ));
        assert!(nodes_for(Release::V3_9, &[of_dynamic_quorum(1)]).is_ok());
    }

    #[test]
    fn files_that_contradict_each_other_are_refused() {
        assert!(matches!(
            nodes(&[of_static_quorum(1), of_static_quorum(1)]),
            Err(NodeError::Twice { .. })
        ));
        assert!(matches!(
            nodes(&[of_static_quorum(1), of_dynamic_quorum(2)]),
            Err(NodeError::Voters { .. })
        ));
    }

    #[test]
    fn a_metadata_directory_of_its_own_is_formatted_too() {
        let config = config(
            "c",
            "node.id=1\nlog.dirs=/none/a\nmetadata.log.dir=/none/m\nlisteners=CONTROLLER://c1:9093\n\
             controller.quorum.voters=1@c1:9093\n",
        );
        let nodes = nodes(&[config]).unwrap();
        let paths: Vec<_> = nodes[0].log_dirs.iter().map(|(path, _)| path.as_path()).collect();
        assert_eq!(paths, [Path::new("/none/a"), Path::new("/none/m")]);
    }
}
