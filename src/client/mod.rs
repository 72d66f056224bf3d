//! A client of a live quorum: it logs in as Kafka's own clients do, and asks.
//!
//! ```text
//!  QuorumUri, ClientConfig ─▶ LiveQuorum ─┐  a reader: raft's Observer says whom to ask what
//!  KafkaConfig::peers ──────▶ Peers ──────┤  a node: its quorum's machine says so
//!                                         └─▶ Connection: TCP, TLS, ApiVersions, SASL, then request after request
//! ```
//!
//! Only here does the program open a connection to Kafka. A [`LiveQuorum`] can't write: of all requests, it knows those
//! that log in and those that fetch.

mod connection;
mod error;
mod live;
mod login;
#[cfg_attr(not(test), expect(dead_code, reason = "a node that serves asks by it"))]
mod peers;
mod stream;
mod tls;
mod uri;

pub(crate) use error::QuorumError;
pub(crate) use live::{LiveQuorum, Reading};
pub(crate) use uri::{QuorumUri, SCHEME};
#[expect(unused_imports, reason = "a node that serves asks by them")]
pub(crate) use {
    error::ConnectionError,
    peers::{ConnectionLost, Lane, Peers},
};
