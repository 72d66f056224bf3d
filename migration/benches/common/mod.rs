//! What the benchmarks share: each measurement runs in a process of its own, since the peak (VmHWM) is that of a process.

use std::error::Error;
use std::process::Command;

use kraft_bridge_migration::capture::{SinkError, ZnodeSink};
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

/// Runs `prepare` for each number of partitions (those given as arguments, else 10k, 100k and 1M), or, in the process that
/// [`in_a_process`] starts, `measure`: with what it is called, its source, and the sink to fill.
pub(crate) fn main(
    prepare: impl Fn(&str) -> Result<(), Box<dyn Error>>,
    measure: impl Fn(&str, &str, &mut dyn ZnodeSink) -> Result<(), Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench")
        .collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["read", source] => measure("read", source, &mut Nowhere),
        ["decode", source] => measure("read and decode", source, &mut Decoder::new()),
        [] => ["10000", "100000", "1000000"].into_iter().try_for_each(prepare),
        sizes => sizes.iter().copied().try_for_each(prepare),
    }
}

/// Measures `what` (`read` or `decode`) of a source in a process of its own.
pub(crate) fn in_a_process(what: &str, source: &str) -> Result<(), Box<dyn Error>> {
    let status = Command::new(std::env::current_exe()?)
        .args([what, source])
        .status()?;
    if status.success() {
        return Ok(());
    }
    Err(format!("{what}: {status}").into())
}

/// Most memory that this process ever had, in MiB.
pub(crate) fn peak_mib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib / 1024)
}
