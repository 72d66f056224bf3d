//! The command line, and playing many seeds at once.

use std::fmt;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;

use crate::run::{Outcome, run};
use crate::scenario::Cast;

/// What the command line says.
pub const HELP: &str = "\
Plays quorums on virtual clocks, networks and disks, and holds them to their invariants.

  --brokers                         lets the quorum decide for brokers and clients; goes with all of these
  --seeds N [--from N] [--jobs N]   plays so many seeds, from 0 or the one named, on so many threads
  --seed N                          plays one and says what came of it
  --seed N --trace                  the same with its whole history

  mutants [--seeds N] [--jobs N]    puts in each fault that must be found, and plays up to so many seeds until it is
                                    (only with the feature mutants)

Exits with 1 if an invariant was violated, or a fault was not found.
";

/// Seeds after which a fault counts as not found.
const SEEDS_FOR_A_MUTANT: u64 = 20_000;

/// What to do.
#[derive(Debug)]
pub enum Command {
    /// Say how it is used.
    Help,
    /// Play one seed and print its history.
    Trace(Cast, u64),
    /// Play many.
    Seeds(Seeds),
    /// Put faults in; up to so many seeds for each, on so many threads.
    Mutants(Cast, u64, usize),
}

/// Seeds to play.
#[derive(Clone, Debug)]
pub struct Seeds {
    /// Who plays.
    pub cast: Cast,
    /// Which.
    pub seeds: Range<u64>,
    /// On how many threads.
    pub jobs: usize,
}

/// What many seeds came to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Summary {
    /// Seeds played.
    pub seeds: u64,
    /// Things that happened.
    pub events: u64,
    /// Leaders elected.
    pub elections: u64,
    /// Processes that ended against their will.
    pub crashes: u64,
    /// Logs that were cut.
    pub truncations: u64,
    /// Checkpoints that replaced a log.
    pub resets: u64,
    /// Appends that were acknowledged.
    pub acknowledged: u64,
    /// Voter sets that were committed.
    pub changes: u64,
    /// Metadata records that were committed.
    pub decided: u64,
    /// Records of partitions that producers were told of.
    pub produced: u64,
    /// Seeds that violated an invariant.
    pub violations: u64,
}

/// Reads the command line.
///
/// # Errors
///
/// A sentence, when it cannot be understood.
pub fn parse(arguments: impl Iterator<Item = String>) -> Result<Command, String> {
    let mut arguments = arguments.peekable();
    let hunts = arguments.next_if(|argument| argument == "mutants").is_some();
    let mut cast = Cast::Quorum;
    let (mut count, mut from, mut jobs, mut seed, mut trace) = (None, 0, 1, None, false);
    if arguments.peek().is_none() && !hunts {
        return Ok(Command::Help);
    }
    while let Some(argument) = arguments.next() {
        let mut number = || {
            let value = arguments.next().ok_or(format!("{argument} needs a number"))?;
            value
                .parse::<u64>()
                .map_err(|error| format!("{argument} {value}: {error}"))
        };
        match argument.as_str() {
            "--seeds" => count = Some(number()?),
            "--from" => from = number()?,
            "--jobs" => jobs = number()?,
            "--seed" => seed = Some(number()?),
            "--trace" => trace = true,
            "--brokers" => cast = Cast::Cluster,
            "--help" => return Ok(Command::Help),
            other => return Err(format!("{other} is not understood")),
        }
    }
    let jobs = usize::try_from(jobs.max(1)).unwrap_or(1);
    if hunts {
        return Ok(Command::Mutants(cast, count.unwrap_or(SEEDS_FOR_A_MUTANT), jobs));
    }
    match (seed, count) {
        (Some(seed), None) if trace => Ok(Command::Trace(cast, seed)),
        (Some(seed), None) => Ok(Command::Seeds(Seeds {
            cast,
            seeds: seed..seed + 1,
            jobs,
        })),
        (None, Some(count)) => Ok(Command::Seeds(Seeds {
            cast,
            seeds: from..from + count,
            jobs,
        })),
        _ => Err("say --seeds or --seed, and not both".to_owned()),
    }
}

impl Seeds {
    /// Plays all of them; gives those that violated an invariant to `each` as they come.
    pub fn play(&self, mut each: impl FnMut(&Outcome)) -> Summary {
        let next = AtomicU64::new(self.seeds.start);
        let mut summary = Summary::default();
        thread::scope(|scope| {
            let (sender, outcomes) = mpsc::channel();
            for _ in 0..self.jobs {
                let (next, sender) = (&next, sender.clone());
                scope.spawn(move || {
                    loop {
                        let seed = next.fetch_add(1, Ordering::Relaxed);
                        let is_wanted = seed < self.seeds.end;
                        if !is_wanted || sender.send(run(self.cast, seed, false)).is_err() {
                            return;
                        }
                    }
                });
            }
            drop(sender);
            for outcome in outcomes {
                summary.add(&outcome);
                if outcome.violation.is_some() {
                    each(&outcome);
                }
            }
        });
        summary
    }
}

impl Summary {
    fn add(&mut self, outcome: &Outcome) {
        let statistics = outcome.statistics;
        self.seeds += 1;
        self.events += outcome.events;
        self.elections += statistics.elections;
        self.crashes += statistics.crashes;
        self.truncations += statistics.truncations;
        self.decided += statistics.decided;
        self.produced += statistics.produced;
        self.resets += statistics.resets;
        self.acknowledged += statistics.acknowledged;
        self.changes += statistics.changes;
        self.violations += u64::from(outcome.violation.is_some());
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Summary {
            seeds,
            events,
            elections,
            crashes,
            truncations,
            resets,
            acknowledged,
            changes,
            decided,
            produced,
            violations,
        } = self;
        write!(
            out,
            "{seeds} seeds, {events} events, {elections} elections, {crashes} crashes, {truncations} truncations, \
             {resets} logs replaced by a checkpoint, {acknowledged} appends acknowledged, {changes} \
             voter sets committed"
        )?;
        if *decided > 0 {
            write!(
                out,
                ", {decided} metadata records committed, {produced} records acknowledged to producers"
            )?;
        }
        write!(out, ", {violations} violations")
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Outcome {
            seed, digest, events, ..
        } = self;
        write!(out, "seed {seed}: {events} events, digest {digest:016x}")?;
        match &self.violation {
            None => write!(out, ", no violation"),
            Some(violation) => write!(
                out,
                "\n  violated: {}\n  {}",
                violation.invariant, violation.problem
            ),
        }
    }
}
