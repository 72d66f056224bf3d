//! What the node's own configuration says. It is the active controller's that counts, for the whole cluster.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use hmac::{Hmac, Mac};
use kraft_bridge_protocol::NodeId;
use kraft_bridge_protocol::wire::Blob;
use sha2::Sha512;

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
    /// What the node's file says that topics inherit, by [`inherited_keys`](crate::inherited_keys).
    pub inherited: BTreeMap<String, String>,
    /// `delete.topic.enable`
    pub topics_may_be_deleted: bool,
    /// `remote.log.storage.system.enable`
    pub remote_storage: bool,
    /// `broker.session.timeout.ms`
    pub session_timeout: Duration,
    /// `leader.imbalance.check.interval.seconds`, unless `auto.leader.rebalance.enable` is false: how often partitions
    /// are given back to their preferred leaders.
    pub balance_interval: Option<Duration>,
    /// `unclean.leader.election.interval.ms`: how often partitions without leader are looked for that may have an
    /// unclean one.
    pub unclean_interval: Duration,
    /// `delegation.token.secret.key`; without it there are no tokens.
    pub token_secret: Option<TokenSecret>,
    /// `delegation.token.max.lifetime.ms`
    pub token_lifetime_max: Duration,
    /// `delegation.token.expiry.time.ms`: how long a token lives unless it is renewed.
    pub token_renewal: Duration,
    /// `delegation.token.expiry.check.interval.ms`
    pub token_sweep_interval: Duration,
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
            inherited: BTreeMap::new(),
            topics_may_be_deleted: true,
            remote_storage: false,
            session_timeout: Duration::from_secs(9),
            balance_interval: Some(Duration::from_mins(5)),
            unclean_interval: Duration::from_mins(5),
            token_secret: None,
            token_lifetime_max: Duration::from_hours(7 * 24),
            token_renewal: Duration::from_hours(24),
            token_sweep_interval: Duration::from_hours(1),
            idle_interval: Some(Duration::from_millis(500)),
        }
    }
}

/// What the secrets of delegation tokens follow from. Prints as `[redacted]`.
#[derive(Clone, PartialEq)]
pub struct TokenSecret(String);

impl TokenSecret {
    /// The value of `delegation.token.secret.key`.
    pub fn new(secret: String) -> TokenSecret {
        TokenSecret(secret)
    }

    /// The secret of a token: what follows from its id (KIP-48).
    pub fn of_token(&self, token_id: &str) -> Blob {
        Blob(self.mac(token_id).finalize().into_bytes().to_vec())
    }

    /// Whether this is the token's secret; takes as long whatever is offered.
    pub(crate) fn is_of_token(&self, token_id: &str, offered: &[u8]) -> bool {
        self.mac(token_id).verify_slice(offered).is_ok()
    }

    fn mac(&self, token_id: &str) -> Hmac<Sha512> {
        let mut mac =
            <Hmac<Sha512> as Mac>::new_from_slice(self.0.as_bytes()).expect("a key of any length will do");
        mac.update(token_id.as_bytes());
        mac
    }
}

impl fmt::Debug for TokenSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}
