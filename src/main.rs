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
mod migrate;
mod progress;
mod report;
#[cfg_attr(not(test), expect(dead_code, reason = "opened by `serve`, which is to come"))]
mod server;
mod verify;

fn main() -> ExitCode {
    cli::main()
}
