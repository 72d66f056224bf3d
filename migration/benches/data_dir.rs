//! How long a data directory of 10k, 100k and 1M partitions takes, and how much memory at its peak.
//!
//! `cargo bench -p kraft-bridge-migration --bench data_dir [-- PARTITIONS …]`.

#![expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
#![expect(clippy::print_stdout, reason = "a benchmark prints")]

mod common;
#[path = "common/peak.rs"]
mod peak;
#[path = "common/sinks.rs"]
mod sinks;

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use kraft_bridge_migration::capture::data_dir::write_synthetic;
use kraft_bridge_migration::capture::{Capture, DataDir, ZnodeSink};

fn main() -> Result<(), Box<dyn Error>> {
    common::main(prepare, |what, source| {
        sinks::filling(what, |name, sink| measure(name, source, sink))
    })
}

fn prepare(partitions: &str) -> Result<(), Box<dyn Error>> {
    let dir = tempfile::tempdir()?;
    write_synthetic(dir.path(), partitions.parse()?)?;
    println!("{partitions} partitions");
    let source = dir
        .path()
        .to_str()
        .ok_or("the temporary directory's name is no text")?;
    ["read", "decode"]
        .into_iter()
        .try_for_each(|what| common::in_a_process(what, source))
}

fn measure(what: &str, dir: &str, sink: &mut dyn ZnodeSink) -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let summary = DataDir::open(Path::new(dir), None, None)?.read(sink)?;
    println!(
        "  {what:<16} {:>9} znodes  {:>7.3} s  peak {:>4} MiB",
        summary.znodes,
        start.elapsed().as_secs_f64(),
        peak::peak_mib().unwrap_or(0)
    );
    Ok(())
}
