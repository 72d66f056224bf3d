//! How fast a live server with 10k, 100k and 1M partitions is captured, and how much memory that takes at its peak.
//!
//! `cargo bench -p kraft-bridge-migration --features live --bench live [-- PARTITIONS …]`. A real server is started on
//! a made-up data directory. Each capture runs in a process of its own, since the peak (VmHWM) is that of a
//! process. A capture reads everything twice, the second time to see that nothing changed; both readings count.

#![expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
#![expect(clippy::print_stdout, reason = "a benchmark prints")]

use std::process::Command;
use std::time::Instant;

use kraft_bridge_harness::{Product, Zookeeper, ZookeeperOptions};
use kraft_bridge_migration::capture::data_dir::write_synthetic;
use kraft_bridge_migration::capture::{Capture, SinkError, ZnodeSink};
use kraft_bridge_migration::legacy::Decoder;
use kraft_bridge_migration::zk::{ConnectOptions, LiveEnsemble};
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
        ["read", servers] => measure(servers, "read", &mut Nowhere),
        ["decode", servers] => measure(servers, "read and decode", &mut Decoder::new()),
        [] => ["10000", "100000", "1000000"]
            .iter()
            .try_for_each(|partitions| run(partitions)),
        sizes => sizes.iter().try_for_each(|partitions| run(partitions)),
    }
}

fn run(partitions: &str) -> Result<(), Box<dyn std::error::Error>> {
    let dir = tempfile::tempdir()?;
    write_synthetic(&dir.path().join("zookeeper"), partitions.parse()?)?;
    let options = ZookeeperOptions {
        jvm_arguments: ["-Xmx4g", "-XX:TieredStopAtLevel=4"].map(str::to_owned).into(),
        ..ZookeeperOptions::default()
    };
    let server = Zookeeper::start(Product::Zookeeper, "3.9.4", dir.path(), &options)?;
    println!("{partitions} partitions");
    // The first one finds the server's code not yet compiled.
    for what in ["read", "read", "decode"] {
        let status = Command::new(std::env::current_exe()?)
            .args([what, &server.address])
            .status()?;
        if !status.success() {
            return Err(format!("{what}: {status}").into());
        }
    }
    Ok(())
}

fn measure(servers: &str, what: &str, sink: &mut dyn ZnodeSink) -> Result<(), Box<dyn std::error::Error>> {
    let start = Instant::now();
    let summary = LiveEnsemble::new(ConnectOptions::plain(servers.parse()?)).read(sink)?;
    let seconds = start.elapsed().as_secs_f64();
    let read = u32::try_from(summary.znodes * 2)?;
    println!(
        "  {what:<16} 2 × {:>9} znodes  {seconds:>7.3} s  {:>7.0} znodes/s  peak {:>4} MiB",
        summary.znodes,
        f64::from(read) / seconds,
        peak_kib().unwrap_or(0) / 1024
    );
    Ok(())
}

fn peak_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}
