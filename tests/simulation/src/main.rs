//! Plays seeds, many or one; see `--help`.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line tool answers there"
)]

use std::process::ExitCode;

use kraft_bridge_simulation::command::{self, Command};

fn main() -> ExitCode {
    match command::parse(std::env::args().skip(1)) {
        Ok(Command::Help) => {
            print!("{}", command::HELP);
            ExitCode::SUCCESS
        }
        Ok(Command::Trace(seed)) => {
            let outcome = kraft_bridge_simulation::run::run(seed, true);
            outcome.lines.iter().for_each(|line| println!("{line}"));
            println!("{outcome}");
            ExitCode::from(u8::from(outcome.violation.is_some()))
        }
        Ok(Command::Seeds(seeds)) => {
            let summary = seeds.play(|outcome| println!("{outcome}"));
            println!("{summary}");
            ExitCode::from(u8::from(summary.violations > 0))
        }
        Err(problem) => {
            eprintln!("{problem}\n\n{}", command::HELP);
            ExitCode::from(2)
        }
    }
}
