//! Configuration files of nodes: the very files that stock Kafka is, or was, started with, Kafka's own keys.
//!
//! ```text
//! server.properties ─Properties─▶ keys and values ─┬─KafkaConfig──▶ KRaft: node, roles, directories, quorum, listeners
//!                                                  └─LegacyBroker─▶ ZooKeeper mode: the ensemble, what znodes cannot tell
//!                                 │                     what its controller's listeners take (TLS, logins, limits)
//! client.properties ─Properties─▶ keys and values ───ClientConfig─▶ how a live quorum is reached
//! ```
//!
//! Only what a migration depends on is checked; every other key is kept as it stands. The rules are Kafka's
//! (`KafkaConfig`, 3.9 and 4.3): what Kafka would refuse at its start is refused here, before anything is written.

mod authorizer;
mod client;
mod controller_listener;
mod error;
mod jaas;
mod kafka;
mod key_material;
mod legacy_broker;
mod listeners;
mod peers;
mod properties;
mod quorum;
mod zookeeper;

pub(crate) use authorizer::AuthorizerConfig;
pub(crate) use client::{ClientConfig, ClientTls, Login, Mechanism};
#[cfg(test)]
pub(crate) use controller_listener::Limits;
pub(crate) use controller_listener::{ClientAuth, ListenerConfig, SaslConfig, ServerTls, TlsVersion};
pub(crate) use error::ConfigError;
pub(crate) use jaas::zookeeper_login;
pub(crate) use kafka::KafkaConfig;
pub(crate) use legacy_broker::LegacyBroker;
pub(crate) use listeners::{Endpoint, Listeners};
pub(crate) use properties::Properties;
pub(crate) use quorum::{HostPort, Quorum};
