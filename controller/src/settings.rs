//! What the node's own configuration says. It is the active controller's that counts, for the whole cluster.

use std::time::Duration;

use kraft_bridge_protocol::NodeId;

/// Settings of the controller; the defaults are Kafka's.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The node, whose own dynamic configs count like static ones.
    pub node_id: NodeId,
    /// The cluster; brokers of another are refused.
    pub cluster_id: String,
    /// `default.replication.factor`
    pub default_replication_factor: i16,
    /// `num.partitions`
    pub partitions: i32,
    /// `min.insync.replicas`
    pub min_insync_replicas: i32,
    /// `unclean.leader.election.enable`
    pub unclean_elections: bool,
    /// `delete.topic.enable`
    pub topics_may_be_deleted: bool,
    /// `remote.log.storage.system.enable`
    pub remote_storage: bool,
    /// `broker.session.timeout.ms`
    pub session_timeout: Duration,
    /// `metadata.max.idle.interval.ms`, unless it is 0: how often a record is written that says nothing.
    pub idle_interval: Option<Duration>,
}

impl Settings {
    /// Kafka's defaults for a node of a cluster.
    pub fn new(node_id: NodeId, cluster_id: &str) -> Settings {
        Settings {
            node_id,
            cluster_id: cluster_id.to_owned(),
            default_replication_factor: 1,
            partitions: 1,
            min_insync_replicas: 1,
            unclean_elections: false,
            topics_may_be_deleted: true,
            remote_storage: false,
            session_timeout: Duration::from_secs(9),
            idle_interval: Some(Duration::from_millis(500)),
        }
    }
}
