//! How long a data directory of 10k, 100k and 1M partitions takes, and how much memory at its peak.
//!
//! `cargo bench -p kraft-bridge-migration --bench data_dir [-- PARTITIONS …]`. Each size runs in a process of its
//! own, since the peak (VmHWM) is that of a process.

#![expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
#![expect(clippy::print_stdout, reason = "a benchmark prints")]

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use kraft_bridge_migration::capture::data_dir::write_synthetic;
use kraft_bridge_migration::capture::{Capture, DataDir, SinkError, ZnodeSink};
use kraft_bridge_migration::legacy::Decoder;
use kraft_bridge_migration::znode::Znode;

/// Takes and forgets.
struct Nowhere;

impl ZnodeSink for Nowhere {
    fn znode(&mut self, _: &Znode<'_>) -> Result<(), SinkError> {
        Ok(())
    }

    fn gone(&mut self, _: &str) -> Result<(), SinkError> {
        Ok(())
    }

    fn unreadable(&mut self, _: &str, _: &str) -> Result<(), SinkError> {
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench")
        .collect();
    match arguments
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        ["read", dir] => measure(Path::new(dir), "read", &mut Nowhere),
        ["decode", dir] => measure(Path::new(dir), "read and decode", &mut Decoder::new()),
        [] => ["10000", "100000", "1000000"]
            .iter()
            .try_for_each(|partitions| run(partitions)),
        sizes => sizes.iter().try_for_each(|partitions| run(partitions)),
    }
}

fn run(partitions: &str) -> Result<(), Box<dyn std::error::Error>> {
    let dir = tempfile::tempdir()?;
    write_synthetic(dir.path(), partitions.parse()?)?;
    println!("{partitions} partitions");
    for what in ["read", "decode"] {
        let status = Command::new(std::env::current_exe()?)
            .arg(what)
            .arg(dir.path())
            .status()?;
        if !status.success() {
            return Err(format!("{what}: {status}").into());
        }
    }
    Ok(())
}

fn measure(dir: &Path, what: &str, sink: &mut dyn ZnodeSink) -> Result<(), Box<dyn std::error::Error>> {
    let start = Instant::now();
    let summary = DataDir::open(dir, None, None)?.read(sink)?;
    let elapsed = start.elapsed();
    println!(
        "  {what:<16} {:>9} znodes  {:>7.3} s  peak {:>4} MiB",
        summary.znodes,
        elapsed.as_secs_f64(),
        peak_kib().unwrap_or(0) / 1024
    );
    Ok(())
}

fn peak_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}
