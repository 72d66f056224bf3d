//! How fast a live server with 10k, 100k and 1M partitions is captured, and how much memory that takes at its peak.
//!
//! `cargo bench -p kraft-bridge-migration --features live --bench live [-- PARTITIONS …]`. A real server is started on
//! a made-up data directory. A capture reads everything twice, the second time to see that nothing changed; both
//! readings count.

#![expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
#![expect(clippy::print_stdout, reason = "a benchmark prints")]

mod common;
#[path = "common/peak.rs"]
mod peak;
#[path = "common/server.rs"]
mod server;
#[path = "common/sinks.rs"]
mod sinks;

use std::error::Error;
use std::time::Instant;

use kraft_bridge_migration::capture::{Capture, ZnodeSink};
use kraft_bridge_migration::zk::{ConnectOptions, LiveEnsemble};

fn main() -> Result<(), Box<dyn Error>> {
    common::main(prepare, |what, source| {
        sinks::filling(what, |name, sink| measure(name, source, sink))
    })
}

fn prepare(partitions: &str) -> Result<(), Box<dyn Error>> {
    let dir = tempfile::tempdir()?;
    let server = server::start(dir.path(), partitions)?;
    // The first one finds the server's code not yet compiled.
    ["read", "read", "decode"]
        .into_iter()
        .try_for_each(|what| common::in_a_process(what, &server.address))
}

fn measure(what: &str, servers: &str, sink: &mut dyn ZnodeSink) -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let summary = LiveEnsemble::new(ConnectOptions::plain(servers.parse()?)).read(sink)?;
    let seconds = start.elapsed().as_secs_f64();
    let read = u32::try_from(summary.znodes * 2)?;
    println!(
        "  {what:<16} 2 × {:>9} znodes  {seconds:>7.3} s  {:>7.0} znodes/s  peak {:>4} MiB",
        summary.znodes,
        f64::from(read) / seconds,
        peak::peak_mib().unwrap_or(0)
    );
    Ok(())
}
