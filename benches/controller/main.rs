//! What a controller of ours does beside Kafka's, in one run, asked by the same client.
//!
//! ```text
//! cargo bench --bench controller                          all rows, against Kafka 4.3.1
//! cargo bench --bench controller -- --partitions 100000   the largest cluster of the rows that need one (default 1000000)
//! cargo bench --bench controller -- --rows create,failover
//! ```
//!
//! Both are started on directories of their own, one after the other; brokers are a client that registers and heartbeats.
//! Times are one host's and one moment's: what counts are the ratios within one run.

#![expect(clippy::print_stdout, reason = "a benchmark says what it measured")]

mod clock;
mod cluster;
mod connection;
mod failover;
mod figures;
mod large;
mod single;

use anyhow::{Context, bail};

use cluster::Program;
use figures::{Figures, table};

/// The release that ours is held against.
const KAFKA: &str = "4.3.1";

/// What is asked for.
struct Options {
    rows: Vec<String>,
    partitions: u32,
}

fn main() -> anyhow::Result<()> {
    let options = options(std::env::args().skip(1))?;
    let mut columns: Vec<Figures> = Vec::new();
    for program in [Program::Kafka(KAFKA), Program::Ours] {
        println!("{program:?}:");
        let mut figures = Figures::default();
        let wants = |row: &str| options.rows.is_empty() || options.rows.iter().any(|asked| asked == row);
        if wants("create") {
            single::measure(program, 1, &mut figures).context("create, one controller")?;
            single::measure(program, 3, &mut figures).context("create, three controllers")?;
        }
        if wants("failover") {
            failover::measure(program, &mut figures).context("failover")?;
        }
        for partitions in [100_000, 1_000_000] {
            if wants("large") && partitions <= options.partitions {
                large::measure(program, partitions, &mut figures).context("large")?;
            }
        }
        columns.push(figures);
    }
    println!("{}", table(&columns[0], &columns[1]));
    Ok(())
}

fn options(mut arguments: impl Iterator<Item = String>) -> anyhow::Result<Options> {
    let mut options = Options {
        rows: Vec::new(),
        partitions: 1_000_000,
    };
    while let Some(argument) = arguments.next() {
        let mut value = || {
            arguments
                .next()
                .with_context(|| format!("{argument} needs a value"))
        };
        match argument.as_str() {
            "--rows" => options.rows = value()?.split(',').map(str::to_owned).collect(),
            "--partitions" => options.partitions = value()?.parse()?,
            // What `cargo bench` says to every benchmark.
            "--bench" => {}
            other => bail!("{other} is not understood: --rows create,failover,large or --partitions N"),
        }
    }
    Ok(options)
}
