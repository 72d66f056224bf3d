//! Nodes for a benchmark: a quorum of static voters on loopback.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use kraft_bridge_protocol::{Epoch, NodeId, Uuid};
use kraft_bridge_raft::meta_properties::MetaProperties;
use kraft_bridge_raft::names;

use crate::config::KafkaConfig;
use crate::node::{Events, Running};

const CLUSTER_ID: &str = "kraft-bridge-bench";

/// A quorum that is configured and formatted.
pub(super) struct Formatted {
    /// One file each.
    pub(super) configs: Vec<PathBuf>,
    /// Where each listens.
    pub(super) ports: Vec<u16>,
    /// Where each has its metadata log.
    pub(super) log_dirs: Vec<PathBuf>,
}

/// Formats so many voters below a directory that is not there yet.
pub(super) fn format(dir: &Path, voters: u16) -> anyhow::Result<Formatted> {
    fs::create_dir(dir)?;
    let ports = (0..voters)
        .map(|_| free_port())
        .collect::<anyhow::Result<Vec<_>>>()?;
    let quorum: Vec<String> = (1..)
        .zip(&ports)
        .map(|(id, port)| format!("{id}@127.0.0.1:{port}"))
        .collect();
    let quorum = quorum.join(",");
    let (mut configs, mut log_dirs) = (Vec::new(), Vec::new());
    for (id, port) in (1..).zip(&ports) {
        let log_dir = dir.join(format!("node-{id}"));
        fs::create_dir(&log_dir)?;
        let identity = MetaProperties {
            version: 1,
            node_id: Some(NodeId(id)),
            cluster_id: Some(CLUSTER_ID.to_owned()),
            directory_id: Some(Uuid([u8::try_from(id)?; 16])),
        };
        fs::write(log_dir.join(names::META_PROPERTIES), identity.encode())?;
        let config = dir.join(format!("{id}.properties"));
        let text = format!(
            "process.roles=controller\nnode.id={id}\ncontroller.listener.names=CONTROLLER\n\
             listeners=CONTROLLER://127.0.0.1:{port}\ncontroller.quorum.voters={quorum}\n\
             log.dirs={}\n",
            log_dir.display()
        );
        fs::write(&config, text)?;
        configs.push(config);
        log_dirs.push(log_dir.join(names::METADATA_PARTITION));
    }
    Ok(Formatted {
        configs,
        ports,
        log_dirs,
    })
}

fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Nodes that run in this process.
pub(super) struct Quorum {
    nodes: Vec<Running>,
}

impl Quorum {
    /// Starts nodes that were formatted.
    pub(super) async fn of(formatted: &Formatted) -> anyhow::Result<Quorum> {
        let mut nodes = Vec::new();
        for config in &formatted.configs {
            nodes.push(Running::start(&KafkaConfig::load(config)?, true).await?);
        }
        Ok(Quorum { nodes })
    }

    /// Waits for the leader; returns its epoch, and a way to append there.
    pub(super) async fn leader(&self) -> anyhow::Result<(Epoch, Events)> {
        let mut leading = tokio::task::JoinSet::new();
        for node in &self.nodes {
            let (appender, leads) = (node.appender(), node.leads());
            leading.spawn(async { Some((leads.await?, appender)) });
        }
        while let Some(led) = leading.join_next().await {
            if let Some(leader) = led.context("a node's watcher")? {
                return Ok(leader);
            }
        }
        bail!("no node was elected")
    }

    /// Ends them.
    pub(super) async fn stop(self) -> anyhow::Result<()> {
        for node in self.nodes {
            node.stop().await?;
        }
        Ok(())
    }
}
