//! Plays seeds, many or one; see `--help`.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line tool answers there"
)]

use std::process::ExitCode;

use kraft_bridge_simulation::command::{self, Command};
#[cfg(feature = "mutants")]
use kraft_bridge_simulation::mutants;

fn main() -> ExitCode {
    // What a node panics with is part of what came of its seed.
    std::panic::set_hook(Box::new(|_| {}));
    match command::parse(std::env::args().skip(1)) {
        Ok(Command::Help) => {
            print!("{}", command::HELP);
            ExitCode::SUCCESS
        }
        Ok(Command::Trace(cast, seed)) => {
            let outcome = kraft_bridge_simulation::run::run(cast, seed, true);
            outcome.lines.iter().for_each(|line| println!("{line}"));
            println!("{outcome}");
            ExitCode::from(u8::from(outcome.violation.is_some()))
        }
        Ok(Command::Seeds(seeds)) => {
            let summary = seeds.play(|outcome| println!("{outcome}"));
            println!("{summary}");
            ExitCode::from(u8::from(summary.violations > 0))
        }
        #[cfg(feature = "mutants")]
        Ok(Command::Mutants(cast, seeds, jobs)) => {
            let table = mutants::hunt(&mutants::of(cast), seeds, jobs);
            println!("| fault | seeds | found by |\n|---|---|---|");
            table.iter().for_each(|caught| println!("{caught}"));
            ExitCode::from(u8::from(table.iter().any(|caught| caught.found.is_none())))
        }
        #[cfg(not(feature = "mutants"))]
        Ok(Command::Mutants(..)) => {
            eprintln!("faults are put in only with --features mutants");
            ExitCode::from(2)
        }
        Err(problem) => {
            eprintln!("{problem}\n\n{}", command::HELP);
            ExitCode::from(2)
        }
    }
}
