//! Directories and expectations for the tests: what a sentence does not mention is filled in.

use kraft_bridge_migration::finding::Severity;
use kraft_bridge_protocol::{NodeId, PartitionId};

use super::expected::{ExpectedTopic, Sync};
use super::plan::Plan;
use super::replica_name::ReplicaName;
use super::scan::{LogDir, Replica};
use super::{Expected, Node};

pub(super) const BROKER: Node = Node {
    id: NodeId(1),
    controller: false,
};
pub(super) const BROKER_AND_CONTROLLER: Node = Node {
    controller: true,
    ..BROKER
};
/// Id of the topic `audit`.
pub(super) const AUDIT_ID: &str = "Yk3vWq1xTLa0hM6tPz8sCg";

/// Topic `audit`, of whose partition 0 the broker is a replica that is not in sync, and `doomed` that is being deleted.
pub(super) fn expected() -> Expected {
    Expected {
        cluster_id: "cluster".to_owned(),
        topics: [("audit".to_owned(), topic(AUDIT_ID, false))].into(),
        pending_deletions: ["doomed".to_owned()].into(),
    }
}

pub(super) fn topic(id: &str, derived: bool) -> ExpectedTopic {
    ExpectedTopic {
        id: id.parse().unwrap(),
        derived,
        replicas: [(PartitionId(0), Sync::Behind)].into(),
    }
}

/// An empty directory.
pub(super) fn log_dir(path: &str) -> LogDir {
    LogDir {
        path: path.into(),
        ..LogDir::default()
    }
}

/// A directory whose identity is right already.
pub(super) fn identified(path: &str) -> LogDir {
    let id = kraft_bridge_migration::translate::ids::directory_id("cluster", BROKER.id, path);
    LogDir {
        identity: Some(format!("version=1\nnode.id=1\ncluster.id=cluster\ndirectory.id={id}\n").into()),
        ..log_dir(path)
    }
}

/// The directory with one replica more.
pub(super) fn with_replica(mut directory: LogDir, replica: &str, metadata: Option<&str>) -> LogDir {
    directory.replicas.push(Replica {
        directory: replica.to_owned(),
        name: ReplicaName::parse(replica).unwrap(),
        metadata: metadata.map(Into::into),
    });
    directory
}

/// The plan for a broker of which [`expected`] holds.
pub(super) fn plan(node: Node, directories: &[LogDir]) -> Plan {
    Plan::of(&expected(), node, directories, false)
}

/// Codes of the findings of one severity, sorted.
pub(super) fn codes(plan: &Plan, severity: Severity) -> Vec<&'static str> {
    let of_severity = plan
        .findings
        .iter()
        .filter(|finding| finding.severity == severity);
    let mut codes: Vec<&str> = of_severity.map(|finding| finding.code).collect();
    codes.sort_unstable();
    codes
}
