//! The legacy model: a ZooKeeper-mode cluster as its znodes describe it, decoded and checked.
//!
//! Same noun, same file: whoever looks for ACLs finds their payloads and their decoding in `acls.rs`.

mod acls;
mod brokers;
mod cluster;
mod configs;
mod consumers;
mod decoder;
mod foreign;
mod json;
mod notes;
mod producer_ids;
mod quotas;
mod scram;
mod secret;
mod tokens;
mod topics;

pub use acls::{Acl, AclOperation, AclPermission, PatternType, ResourcePattern, ResourceType};
pub use brokers::{Broker, Endpoint, SecurityProtocol};
pub use cluster::{ControllerZnode, LegacyCluster, MigrationZnode, PendingReassignment};
pub use configs::ConfigMap;
pub use consumers::ConsumerOffset;
pub use decoder::Decoder;
pub use producer_ids::ProducerIdBlock;
pub use quotas::{QuotaEntity, QuotaName};
pub use scram::{ScramCredential, ScramMechanism};
pub use secret::Secret;
pub use tokens::DelegationToken;
pub use topics::{Partition, PartitionState, Reassigned, Topic};
