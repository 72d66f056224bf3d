//! `quorum-state` and `meta.properties`: one line.

use std::fmt;
use std::fs;
use std::path::Path;

use anyhow::Context;
use kraft_bridge_protocol::{Epoch, NodeId, Uuid};
use kraft_bridge_raft::meta_properties::MetaProperties;
use kraft_bridge_raft::quorum_state::{Form, QuorumState};
use serde::Serialize;

use super::Lines;

pub(super) fn dump_quorum_state(path: &Path, lines: &mut Lines) -> anyhow::Result<()> {
    let name = || path.display().to_string();
    let content = fs::read_to_string(path).with_context(name)?;
    let state = QuorumState::decode(&content).with_context(name)?;
    let (version, current_voters, voted_directory_id) = match state.form {
        Form::StaticVoters(voters) => (0, Some(voters), None),
        Form::DynamicVoters { voted_directory } => (1, None, Some(voted_directory)),
    };
    lines.line(&QuorumStateLine {
        data_version: version,
        leader_id: state.leader,
        leader_epoch: state.leader_epoch,
        voted_id: state.voted,
        voted_directory_id,
        current_voters,
    })?;
    Ok(())
}

pub(super) fn dump_meta_properties(path: &Path, lines: &mut Lines) -> anyhow::Result<()> {
    let name = || path.display().to_string();
    let content = fs::read(path).with_context(name)?;
    let identity = MetaProperties::decode(&content).with_context(name)?;
    lines.line(&MetaPropertiesLine {
        version: identity.version,
        node_id: identity.node_id,
        cluster_id: identity.cluster_id,
        directory_id: identity.directory_id,
    })?;
    Ok(())
}

#[derive(Serialize)]
#[serde(tag = "kind", rename = "quorumState", rename_all = "camelCase")]
struct QuorumStateLine {
    data_version: i16,
    leader_id: Option<NodeId>,
    leader_epoch: Epoch,
    voted_id: Option<NodeId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    voted_directory_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    current_voters: Option<Vec<NodeId>>,
}

impl fmt::Display for QuorumStateLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "quorum-state version {}: epoch {}, leader {}, voted for {}",
            self.data_version,
            self.leader_epoch,
            or_none(self.leader_id.as_ref()),
            or_none(self.voted_id.as_ref()),
        )?;
        if let Some(directory) = self.voted_directory_id {
            write!(f, " in directory {directory}")?;
        }
        if let Some(voters) = &self.current_voters {
            let voters: Vec<_> = voters.iter().map(NodeId::to_string).collect();
            write!(f, ", voters [{}]", voters.join(", "))?;
        }
        Ok(())
    }
}

#[derive(Serialize)]
#[serde(tag = "kind", rename = "metaProperties", rename_all = "camelCase")]
struct MetaPropertiesLine {
    version: i32,
    node_id: Option<NodeId>,
    cluster_id: Option<String>,
    directory_id: Option<Uuid>,
}

impl fmt::Display for MetaPropertiesLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "meta.properties version {}: node {}, cluster {}, directory {}",
            self.version,
            or_none(self.node_id.as_ref()),
            or_none(self.cluster_id.as_ref()),
            or_none(self.directory_id.as_ref()),
        )
    }
}

fn or_none(value: Option<&impl ToString>) -> String {
    value.map_or_else(|| "none".to_owned(), ToString::to_string)
}
