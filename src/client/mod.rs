//! A client of a live quorum: it logs in as Kafka's own clients do, and asks.
//!
//! ```text
//!  QuorumUri, ClientConfig ─▶ LiveQuorum ─┐  a reader: raft's Observer says whom to ask what
//!  QuorumUri, ClientConfig ─▶ describe ───┤  a visitor: asks the leader how the quorum fares
//!  KafkaConfig::peers ──────▶ Peers ──────┤  a node: its quorum's machine says so
//!                                         └─▶ Connection: TCP, TLS, ApiVersions, SASL, then request after request
//! ```
//!
//! Only here does the program open a connection to Kafka. Nothing is written but by a node that serves: of all requests,
//! a [`LiveQuorum`] knows those that log in and those that fetch, and [`describe_quorum`] those that ask.

mod connection;
mod describe;
mod error;
#[cfg(test)]
mod jvm_tests;
mod live;
mod login;
mod peers;
mod status;
mod stream;
pub(crate) mod tls;
mod uri;

pub(crate) use describe::describe_quorum;
pub(crate) use error::{ConnectionError, QuorumError};
pub(crate) use live::{LiveQuorum, Reading};
pub(crate) use peers::{ConnectionLost, Lane, Peers};
pub(crate) use status::{QuorumStatus, Replica, ReplicaEndpoint, Role};
pub(crate) use stream::BoxedStream;
pub(crate) use uri::{QuorumUri, SCHEME};
