//! Makes a ZooKeeper-mode cluster with all that its release can have, and stops it: `stopped-cluster VERSION DIR`.
//!
//! Prints what Kafka's tools said about it before the stop. For fixtures, and for trying commands by hand.

#![expect(clippy::print_stdout, reason = "a program of its own, whose answer this is")]

use std::path::Path;

use anyhow::bail;
use kraft_bridge_harness::{Shutdown, Stopped};

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, version, dir] = arguments.as_slice() else {
        bail!("usage: stopped-cluster VERSION DIR");
    };
    let stopped = Stopped::make(version, Path::new(dir), Shutdown::Abrupt)?;
    print!("{}", stopped.before.description);
    Ok(())
}
