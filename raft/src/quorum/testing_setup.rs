//! What the nodes of the tests are called, where they listen, and what their directories hold at first.

use kraft_bridge_protocol::control::ControlRecord;
use kraft_bridge_protocol::rpc::{
    AddRaftVoterRequest, ApiVersionsResponse, RemoveRaftVoterRequest, SupportedFeature,
};
use kraft_bridge_protocol::{Epoch, NodeId, Offset, OffsetAndEpoch, Timestamp, Uuid};

use super::{Listener, RaftConfig, ReplicaKey, Timeouts, Voter, VoterSet};
use crate::checkpoint::{CheckpointHeader, CheckpointWriter};
use crate::endpoint::Endpoint;
use crate::log::{Disk as _, MemoryDisk};
use crate::names;

/// Where a node of the tests listens.
pub(super) fn endpoint(id: i32) -> Endpoint {
    Endpoint {
        host: format!("node{id}"),
        port: 9093,
    }
}

pub(super) fn replica(id: i32) -> ReplicaKey {
    ReplicaKey {
        id: NodeId(id),
        directory: Uuid([u8::try_from(id).unwrap(); 16]),
    }
}

fn listeners(id: i32) -> Vec<Listener> {
    vec![Listener {
        name: "CONTROLLER".to_owned(),
        endpoint: endpoint(id),
    }]
}

/// Static voters with these ids.
pub(super) fn voters(ids: &[i32]) -> VoterSet {
    VoterSet::new(ids.iter().map(|id| {
        let voter = Voter {
            directory: Uuid::ZERO,
            listeners: listeners(*id),
            kraft_versions: (0, 0),
        };
        (NodeId(*id), voter)
    }))
}

pub(super) fn config(id: i32, voter_ids: &[i32]) -> RaftConfig {
    RaftConfig {
        cluster_id: "cluster".to_owned(),
        replica: replica(id),
        listeners: listeners(id),
        voters: voters(voter_ids),
        bootstrap_servers: Vec::new(),
        timeouts: Timeouts::default(),
        fetch_bytes_max: 1 << 20,
        snapshot_bytes_max: 64,
        uncommitted_bytes_max: 1 << 20,
        auto_join: false,
        seed: u64::try_from(id).unwrap(),
    }
}

/// An entry as the voter itself would write it.
pub(super) fn voter(id: i32) -> Voter {
    Voter {
        directory: replica(id).directory,
        listeners: listeners(id),
        kraft_versions: (0, 1),
    }
}

/// Dynamic voters with these ids.
pub(super) fn dynamic_voters(ids: &[i32]) -> VoterSet {
    VoterSet::new(ids.iter().map(|id| (NodeId(*id), voter(*id))))
}

/// A directory as `format --initial-controllers` leaves it.
pub(super) fn formatted(voter_ids: &[i32]) -> MemoryDisk {
    let ControlRecord::Voters(record) = dynamic_voters(voter_ids).record() else {
        unreachable!("a set makes such a record")
    };
    let header = CheckpointHeader {
        epoch: Epoch(0),
        timestamp: Timestamp(0),
        last_contained_log_timestamp: Timestamp(0),
        voters: Some(record.voters),
    };
    let (_, bytes) = CheckpointWriter::new(Vec::new(), header)
        .unwrap()
        .finish()
        .unwrap();
    let id = OffsetAndEpoch {
        epoch: Epoch(0),
        offset: Offset(0),
    };
    let disk = MemoryDisk::default();
    let file = disk.create(&names::checkpoint(id)).unwrap();
    file.write_at(0, &bytes).unwrap();
    file.sync().unwrap();
    disk.sync().unwrap();
    disk
}

/// An answer to ApiVersions by a node that supports these levels.
pub(super) fn speaks_kraft_version(min_version: i16, max_version: i16) -> ApiVersionsResponse {
    ApiVersionsResponse {
        supported_features: vec![SupportedFeature {
            name: "kraft.version".to_owned(),
            min_version,
            max_version,
            ..Default::default()
        }],
        ..Default::default()
    }
}

/// Asks for this node to be made a voter.
pub(super) fn add_voter(id: i32) -> AddRaftVoterRequest {
    AddRaftVoterRequest {
        cluster_id: Some("cluster".to_owned()),
        timeout_ms: 2000,
        voter_id: NodeId(id),
        voter_directory_id: replica(id).directory,
        listeners: voter(id).listeners.iter().map(Listener::on_wire).collect(),
        ..Default::default()
    }
}

/// Asks for its vote to be taken from it.
pub(super) fn remove_voter(id: i32) -> RemoveRaftVoterRequest {
    RemoveRaftVoterRequest {
        cluster_id: Some("cluster".to_owned()),
        voter_id: NodeId(id),
        voter_directory_id: replica(id).directory,
        ..Default::default()
    }
}
