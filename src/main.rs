//! kraft-bridge: moves an Apache Kafka cluster off ZooKeeper and onto KRaft.
//!
//! This package knows how the crates fit together: the command line, the nodes' configuration files, progress
//! and reports. What is decided, is decided in `migration`, `metadata` and `raft`.

use std::process::ExitCode;

mod broker_dir;
mod cli;
mod client;
mod clock;
mod config;
mod lock;
mod metrics;
mod migrate;
mod node;
mod progress;
mod report;
mod server;
mod verify;

fn main() -> ExitCode {
    cli::main()
}
