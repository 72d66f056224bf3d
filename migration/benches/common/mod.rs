//! What the benchmarks share: each measurement runs in a process of its own, since the peak is that of a process.

use std::error::Error;
use std::process::Command;

/// Runs `prepare` for each number of partitions (those given as arguments, else 10k, 100k and 1M), or, in the process that
/// [`in_a_process`] starts, `measure`: with what is measured, and its source.
pub(crate) fn main(
    prepare: impl Fn(&str) -> Result<(), Box<dyn Error>>,
    measure: impl Fn(&str, &str) -> Result<(), Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench")
        .collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        [what, source] if what.parse::<u32>().is_err() => measure(what, source),
        [] => ["10000", "100000", "1000000"].into_iter().try_for_each(prepare),
        sizes => sizes.iter().copied().try_for_each(prepare),
    }
}

/// Measures `what` of a source in a process of its own.
pub(crate) fn in_a_process(what: &str, source: &str) -> Result<(), Box<dyn Error>> {
    let status = Command::new(std::env::current_exe()?)
        .args([what, source])
        .status()?;
    if status.success() {
        return Ok(());
    }
    Err(format!("{what}: {status}").into())
}
