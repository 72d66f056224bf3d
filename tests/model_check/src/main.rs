//! Explores a quorum within bounds; see `--help`.

#![expect(clippy::print_stdout, reason = "a command line tool answers there")]
#![expect(
    clippy::disallowed_methods,
    reason = "how long it took is for the reader only"
)]

use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use kraft_bridge_model_check::bounds::Bounds;
use kraft_bridge_model_check::exploration::Exploration;

/// Explores every behaviour of a small quorum within bounds. Exit code 0: no law is broken; 1: one is.
#[derive(Debug, Parser)]
struct Options {
    #[command(flatten)]
    bounds: Bounds,
    /// Threads that explore.
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Ends after so many steps from a state to another, whether all was seen or not.
    #[arg(long)]
    steps_max: Option<usize>,
}

fn main() -> ExitCode {
    let Options {
        bounds,
        threads,
        steps_max,
    } = Options::parse();
    println!("{bounds:?}");
    let began = Instant::now();
    let exploration = Exploration::of(bounds, threads, steps_max);
    println!("{exploration}\n{:.1} s", began.elapsed().as_secs_f64());
    ExitCode::from(u8::from(!exploration.broken.is_empty()))
}
