//! What a difference is about, and where ZooKeeper keeps it.

use std::fmt;

use kraft_bridge_metadata::acls::{Acl, ResourcePattern};
use kraft_bridge_metadata::records::{ConfigResource, PatternType, ScramMechanism};
use kraft_bridge_protocol::{NodeId, PartitionId};

use crate::legacy::{QuotaEntity, QuotaName};
use crate::parity::Kind;
use crate::sanitizer;

/// One entity of a cluster's metadata: the smallest thing that one side can have and the other can lack.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Entity {
    /// The cluster's id.
    ClusterId,
    /// A topic.
    Topic(String),
    /// A partition of a topic.
    Partition(String, PartitionId),
    /// One config of a topic.
    TopicConfig(String, String),
    /// One config of a broker, `None` for the default of all.
    BrokerConfig(Option<NodeId>, String),
    /// One quota of an entity.
    Quota(QuotaEntity, String),
    /// A user's credential for one mechanism.
    Scram(String, ScramMechanism),
    /// An access control entry of a resource.
    Acl(ResourcePattern, Acl),
    /// A request, in words, that the ACLs decide.
    Decision(String),
    /// A delegation token, by its id.
    Token(String),
    /// The producer ids to be given out next.
    ProducerIds,
    /// A finalized feature.
    Feature(String),
    /// A broker.
    Broker(NodeId),
    /// One config of a resource that ZooKeeper mode does not have.
    OtherConfig(ConfigResource, String, String),
}

impl Entity {
    /// Its kind.
    pub fn kind(&self) -> Kind {
        match self {
            Entity::ClusterId => Kind::ClusterId,
            Entity::Topic(_) => Kind::Topics,
            Entity::Partition(..) => Kind::Partitions,
            Entity::TopicConfig(..) => Kind::TopicConfigs,
            Entity::BrokerConfig(..) => Kind::BrokerConfigs,
            Entity::Quota(..) => Kind::Quotas,
            Entity::Scram(..) => Kind::Scram,
            Entity::Acl(..) => Kind::Acls,
            Entity::Decision(_) => Kind::AclDecisions,
            Entity::Token(_) => Kind::Tokens,
            Entity::ProducerIds => Kind::ProducerIds,
            Entity::Feature(_) => Kind::Features,
            Entity::Broker(_) => Kind::Brokers,
            Entity::OtherConfig(..) => Kind::OtherConfigs,
        }
    }

    /// The znode that holds it, or would; for what ZooKeeper mode does not have, where Kafka's tools look for it.
    pub fn path(&self) -> String {
        match self {
            Entity::ClusterId => "/cluster/id".to_owned(),
            Entity::Topic(name) => format!("/brokers/topics/{name}"),
            Entity::Partition(topic, id) => format!("/brokers/topics/{topic}/partitions/{id}/state"),
            Entity::TopicConfig(topic, _) => format!("/config/topics/{topic}"),
            Entity::BrokerConfig(Some(broker), _) => format!("/config/brokers/{broker}"),
            Entity::BrokerConfig(None, _) => "/config/brokers/<default>".to_owned(),
            Entity::Quota(entity, _) => quota_path(entity),
            Entity::Scram(user, _) => format!("/config/users/{}", sanitizer::encode(user)),
            Entity::Acl(pattern, _) => acl_path(pattern),
            Entity::Decision(_) => "/kafka-acl".to_owned(),
            Entity::Token(id) => format!("/delegation_token/tokens/{id}"),
            Entity::ProducerIds => "/latest_producer_id_block".to_owned(),
            Entity::Feature(_) => "/feature".to_owned(),
            Entity::Broker(id) => format!("/brokers/ids/{id}"),
            Entity::OtherConfig(resource, name, _) => format!("{} {name}", other_resource(*resource)),
        }
    }
}

/// In Kafka's own words, as an operator would say it.
impl fmt::Display for Entity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Entity::ClusterId => f.write_str("cluster id"),
            Entity::Topic(name) => f.write_str(name),
            Entity::Partition(topic, id) => write!(f, "{topic}-{id}"),
            Entity::TopicConfig(topic, key) => write!(f, "{topic}: {key}"),
            Entity::BrokerConfig(Some(broker), key) => write!(f, "broker {broker}: {key}"),
            Entity::BrokerConfig(None, key) => write!(f, "default of all brokers: {key}"),
            Entity::Quota(entity, key) => write!(f, "{entity}: {key}"),
            Entity::Scram(user, mechanism) => write!(f, "{user}: {}", scram_name(*mechanism)),
            Entity::Acl(pattern, acl) => write!(f, "{acl} on {pattern}"),
            Entity::Decision(request) => f.write_str(request),
            Entity::Token(id) => f.write_str(id),
            Entity::ProducerIds => f.write_str("next producer id"),
            Entity::Feature(name) => f.write_str(name),
            Entity::Broker(id) => write!(f, "broker {id}"),
            Entity::OtherConfig(resource, name, key) => {
                write!(f, "{} {name}: {key}", other_resource(*resource))
            }
        }
    }
}

/// The znode of an entity's quotas.
pub(crate) fn quota_path(entity: &QuotaEntity) -> String {
    let segment = |name: &QuotaName| match name {
        QuotaName::Default => "<default>".to_owned(),
        QuotaName::Named(name) => sanitizer::encode(name),
    };
    match entity {
        QuotaEntity::User(user) => format!("/config/users/{}", segment(user)),
        QuotaEntity::Client(client) => format!("/config/clients/{}", segment(client)),
        QuotaEntity::UserClient(user, client) => {
            format!("/config/users/{}/clients/{}", segment(user), segment(client))
        }
        QuotaEntity::Ip(ip) => format!("/config/ips/{}", segment(ip)),
    }
}

fn acl_path(pattern: &ResourcePattern) -> String {
    let root = match pattern.pattern_type {
        PatternType::Literal => "/kafka-acl",
        PatternType::Prefixed => "/kafka-acl-extended/prefixed",
    };
    format!("{root}/{}/{}", pattern.resource_type.name(), pattern.name)
}

fn scram_name(mechanism: ScramMechanism) -> &'static str {
    match mechanism {
        ScramMechanism::Sha256 => "SCRAM-SHA-256",
        ScramMechanism::Sha512 => "SCRAM-SHA-512",
    }
}

/// As Kafka's tools name the entity type.
fn other_resource(resource: ConfigResource) -> &'static str {
    match resource {
        ConfigResource::Topic => "topic",
        ConfigResource::Broker => "broker",
        ConfigResource::BrokerLogger => "broker-logger",
        ConfigResource::ClientMetrics => "client-metrics",
        ConfigResource::Group => "group",
    }
}
