//! A client of a live quorum: it logs in as Kafka's own clients do, and reads.
//!
//! ```text
//!  QuorumUri, ClientConfig ─▶ LiveQuorum ─ raft's Observer: whom to ask what
//!                                 │
//!                                 └ Connection: TCP, TLS, ApiVersions, SASL, then one request after the other
//! ```
//!
//! Only here does the program open a connection to Kafka, and nothing here can write: of all requests, it knows those
//! that log in and those that fetch.

mod connection;
mod error;
mod live;
mod login;
mod tls;
mod uri;

pub(crate) use error::QuorumError;
pub(crate) use live::{LiveQuorum, Reading};
pub(crate) use uri::{QuorumUri, SCHEME};
