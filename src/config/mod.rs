//! The configuration file of a KRaft node: the very file that stock Kafka is started with, Kafka's own keys.
//!
//! ```text
//! server.properties ─Properties─▶ keys and values ─KafkaConfig─▶ checked: node, roles, directories, quorum, listeners
//! ```
//!
//! Only what a migration depends on is checked; every other key is kept as it stands. The rules are Kafka's
//! (`KafkaConfig`, 3.9 and 4.3): what Kafka would refuse at its start is refused here, before anything is written.

mod error;
mod kafka;
mod listeners;
mod properties;
mod quorum;

pub(crate) use error::ConfigError;
pub(crate) use kafka::KafkaConfig;
pub(crate) use listeners::{Endpoint, Listeners};
pub(crate) use properties::Properties;
pub(crate) use quorum::{HostPort, Quorum};
