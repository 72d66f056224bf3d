//! `kraft-bridge format`

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Context, bail};
use clap::Args;
use kraft_bridge_metadata::release::Release;
use kraft_bridge_protocol::control::{Voter, VoterEndpoint};
use kraft_bridge_protocol::{NodeId, Uuid};
use kraft_bridge_raft::format::{NodeFormat, VoterSet, format_empty};
use serde::Serialize;

use super::random_uuid::random_uuid;
use super::{Outcome, Output};
use crate::config::{HostPort, KafkaConfig};
use crate::migrate::{bootstrap_records, check_dynamic_voters, log_dir_paths};

/// Make the directories of a node of a new, empty cluster, as `kafka-storage format` does.
#[derive(Debug, Args)]
pub(crate) struct Format {
    /// The configuration file that the node will be started with.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The cluster's id, the same for all of its nodes; `random-uuid` makes one.
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    cluster_id: String,
    /// The oldest Kafka that will run in the cluster.
    #[arg(long, value_name = "RELEASE", default_value_t = Release::NEWEST)]
    release_version: Release,
    /// This controller is the only voter that the log lists; others can join.
    #[arg(long, group = "voters")]
    standalone: bool,
    /// The voters that the log lists: id@host:port:directory-id, separated by commas.
    #[arg(long, value_name = "LIST", value_delimiter = ',', group = "voters")]
    initial_controllers: Vec<InitialController>,
    /// This controller will be added to a quorum that exists.
    #[arg(long, group = "voters")]
    no_initial_controllers: bool,
}

/// A voter as the command line names it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct InitialController {
    id: NodeId,
    address: HostPort,
    directory_id: Uuid,
}

impl FromStr for InitialController {
    type Err = String;

    fn from_str(text: &str) -> Result<InitialController, String> {
        let parse = || {
            let (id, rest) = text.split_once('@')?;
            let (address, directory_id) = rest.rsplit_once(':')?;
            let id: NodeId = id.parse().ok().filter(|id: &NodeId| id.0 >= 0)?;
            let directory_id: Uuid = directory_id.parse().ok()?;
            (!directory_id.is_reserved_directory()).then_some(())?;
            Some(InitialController {
                id,
                address: address.parse().ok()?,
                directory_id,
            })
        };
        parse().ok_or_else(|| format!("{text:?} is not of the form id@host:port:directory-id"))
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    node_id: NodeId,
    cluster_id: String,
    metadata_version: &'static str,
    directories: Vec<Directory>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Directory {
    path: PathBuf,
    directory_id: Uuid,
}

impl Format {
    pub(crate) fn run(self, out: &mut Output) -> anyhow::Result<Outcome> {
        if self.cluster_id.trim().is_empty() {
            bail!("--cluster-id is empty: make one with `kraft-bridge random-uuid`");
        }
        let config = KafkaConfig::load(&self.config)?;
        self.check_flags(&config)?;
        let mut log_dirs = Vec::new();
        for path in log_dir_paths(&config) {
            let id = match self.given_directory_id(&config) {
                Some(id) if path == config.metadata_log_dir => id,
                _ => random_uuid()?,
            };
            log_dirs.push((path, id));
        }
        let metadata_version = self.release_version.metadata_version();
        let node = NodeFormat {
            node_id: config.node_id,
            cluster_id: self.cluster_id.clone(),
            metadata_log_dir: config.metadata_log_dir.clone(),
            voters: self.voters(&config, &log_dirs)?,
            log_dirs,
            beside_topics: false,
            timestamp: crate::clock::now()?,
            bootstrap: bootstrap_records(metadata_version, self.release_version.default_features()),
        };
        format_empty(&node)?;
        let directories = node.log_dirs.into_iter();
        out.answer(&Answer {
            node_id: node.node_id,
            cluster_id: node.cluster_id,
            metadata_version: metadata_version.name(),
            directories: directories
                .map(|(path, directory_id)| Directory { path, directory_id })
                .collect(),
        })?;
        Ok(Outcome::Done)
    }

    /// The same combinations as Kafka's own formatter takes.
    fn check_flags(&self, config: &KafkaConfig) -> anyhow::Result<()> {
        let file = self.config.display();
        let lists_voters = self.standalone || !self.initial_controllers.is_empty();
        if !config.quorum.is_dynamic() && (lists_voters || self.no_initial_controllers) {
            bail!(
                "{file}: controller.quorum.voters names the voters already: remove it, or leave out --standalone, \
                 --initial-controllers and --no-initial-controllers"
            );
        }
        if !config.roles.controller && lists_voters {
            bail!(
                "{file}: node {} is only a broker: the voters are the controllers' matter",
                config.node_id
            );
        }
        if config.quorum.is_dynamic()
            && config.roles.controller
            && !lists_voters
            && !self.no_initial_controllers
        {
            bail!(
                "{file}: controller.quorum.voters is not set, so say who votes: --standalone, --initial-controllers, \
                 or --no-initial-controllers for a controller that will be added to a quorum"
            );
        }
        if lists_voters {
            check_dynamic_voters(config, self.release_version)?;
        }
        if !self.initial_controllers.is_empty() && self.given_directory_id(config).is_none() {
            bail!(
                "--initial-controllers does not name node {}, whose file {file} is",
                config.node_id
            );
        }
        Ok(())
    }

    /// The directory id that the list of voters binds this node to.
    fn given_directory_id(&self, config: &KafkaConfig) -> Option<Uuid> {
        let own = self
            .initial_controllers
            .iter()
            .find(|voter| voter.id == config.node_id);
        own.map(|voter| voter.directory_id)
    }

    fn voters(&self, config: &KafkaConfig, log_dirs: &[(PathBuf, Uuid)]) -> anyhow::Result<VoterSet> {
        if self.standalone {
            let endpoints = config.controller_endpoints()?;
            let directory = log_dirs.iter().find(|(path, _)| *path == config.metadata_log_dir);
            let (_, directory_id) =
                directory.context("the metadata log directory is among the log directories")?;
            let endpoints = endpoints
                .into_iter()
                .map(|endpoint| (endpoint.name, endpoint.host, endpoint.port));
            return Ok(VoterSet::Dynamic(vec![voter(
                config.node_id,
                *directory_id,
                endpoints,
            )]));
        }
        if self.initial_controllers.is_empty() {
            let voters: Vec<_> = config.quorum.voters.keys().copied().collect();
            return Ok(if voters.is_empty() {
                VoterSet::Unknown
            } else {
                VoterSet::Static(voters)
            });
        }
        let endpoints = config.controller_endpoints()?;
        let listener = endpoints
            .first()
            .context("a controller has a listener")?
            .name
            .clone();
        let voters = self.initial_controllers.iter().map(|controller| {
            let InitialController {
                id,
                address,
                directory_id,
            } = controller;
            let endpoint = (listener.clone(), address.host.clone(), address.port);
            voter(*id, *directory_id, std::iter::once(endpoint))
        });
        Ok(VoterSet::Dynamic(voters.collect()))
    }
}

fn voter(id: NodeId, directory_id: Uuid, endpoints: impl Iterator<Item = (String, String, u16)>) -> Voter {
    let endpoints = endpoints.map(|(name, host, port)| VoterEndpoint {
        name,
        host,
        port,
        ..Default::default()
    });
    Voter {
        voter_id: id,
        voter_directory_id: directory_id,
        endpoints: endpoints.collect(),
        ..Default::default()
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "formatted node {} of cluster {} with metadata.version {}",
            self.node_id, self.cluster_id, self.metadata_version
        )?;
        for Directory { path, directory_id } in &self.directories {
            writeln!(f, "  {} (directory.id {directory_id})", path.display())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_voter_is_named_by_id_address_and_directory() {
        let parsed: InitialController = "3@[fd00::4]:9093:AAAAAAAAAAAAAAAAAAAB8g".parse().unwrap();
        assert_eq!((parsed.id, parsed.address.port), (NodeId(3), 9093));
        assert_eq!(parsed.address.host, "fd00::4");
        for text in [
            "",
            "3@c1:9093",
            "-1@c1:9093:AAAAAAAAAAAAAAAAAAAB8g",
            "3@c1:9093:AAAAAAAAAAAAAAAAAAAAAA",
            "3@c1:x:AAAAAAAAAAAAAAAAAAAB8g",
        ] {
            assert!(text.parse::<InitialController>().is_err(), "{text}");
        }
    }
}
