//! Captures of real ZooKeeper servers, from the oldest that Kafka still meets to the newest.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod changes;
mod common;
mod follow;
mod limits;
mod logins;
mod losses;
mod refused;
mod same;
mod tls;
mod witness;
