//! Captures of real ZooKeeper servers, from the oldest that Kafka still meets to the newest.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common;
mod refused;
mod same;
