//! The command line: one file per command, named as an operator would say it.
//!
//! Answers go to stdout (`--json` for machines), everything else to stderr. Exit status 0: done; 1: blockers or
//! differences were found; 2: the command failed.

mod accept;
mod bench;
mod capture;
mod dump;
mod findings;
mod format;
mod migrate;
mod offsets;
mod output;
mod preflight;
mod prepare_broker;
mod random_uuid;
mod serve;
mod source;
mod status;
mod verify;
mod verify_report;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub(crate) use output::{Lines, Output};

/// Moves an Apache Kafka cluster off ZooKeeper and onto KRaft without losing one bit of its metadata.
#[derive(Debug, Parser)]
#[command(name = "kraft-bridge", version, max_term_width = 110)]
struct Cli {
    /// Answer in JSON, for machines.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Bench(bench::Bench),
    Capture(capture::Capture),
    Dump(dump::Dump),
    Format(format::Format),
    Migrate(migrate::Migrate),
    Offsets(offsets::Offsets),
    Preflight(preflight::Preflight),
    PrepareBroker(prepare_broker::PrepareBroker),
    RandomUuid(random_uuid::RandomUuid),
    Serve(serve::Serve),
    Status(status::Status),
    Verify(verify::Verify),
    VerifyReport(verify_report::VerifyReport),
}

/// How a command that did not fail ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Everything asked for is done, or equal.
    Done,
    /// Blockers or differences were found; nothing was changed because of them.
    Found,
}

/// Parses the arguments, runs the command and says how it ended.
pub(crate) fn main() -> ExitCode {
    log_to_stderr();
    let cli = Cli::parse();
    let mut out = Output::new(cli.json);
    let outcome = match cli.command {
        Command::Bench(command) => command.run(&mut out),
        Command::Capture(command) => command.run(&mut out),
        Command::Dump(command) => command.run(&mut out),
        Command::Format(command) => command.run(&mut out),
        Command::Migrate(command) => command.run(&mut out),
        Command::Offsets(command) => command.run(&mut out),
        Command::Preflight(command) => command.run(&mut out),
        Command::PrepareBroker(command) => command.run(&mut out),
        Command::RandomUuid(command) => command.run(&mut out),
        Command::Serve(command) => command.run(&mut out),
        Command::Status(command) => command.run(&mut out),
        Command::Verify(command) => command.run(&mut out),
        Command::VerifyReport(command) => command.run(&mut out),
    };
    match outcome {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Found) => ExitCode::from(1),
        Err(error) => {
            out.error(&error);
            ExitCode::from(2)
        }
    }
}

/// Logs what `RUST_LOG` asks for, warnings by default.
fn log_to_stderr() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
}
