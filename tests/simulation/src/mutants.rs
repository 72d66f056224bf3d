//! Whether the simulation finds what it is for: faults are put into the protocol, one after the other, and seeds played until
//! an invariant is violated.

use std::fmt;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use kraft_bridge_controller::mutants as controller;
use kraft_bridge_raft::mutants as raft;

use crate::run::run;
use crate::scenario::Cast;

/// A fault of one of the machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutant {
    /// Of the quorum's.
    Raft(raft::Mutant),
    /// Of the controller.
    Controller(controller::Mutant),
}

/// Each fault that shows with a cast.
pub fn of(cast: Cast) -> Vec<Mutant> {
    match cast {
        Cast::Quorum => raft::Mutant::ALL.iter().copied().map(Mutant::Raft).collect(),
        Cast::Cluster => {
            let all = controller::Mutant::ALL.iter().copied();
            all.map(Mutant::Controller).collect()
        }
    }
}

impl Mutant {
    /// Puts it into all that runs on this thread, or takes it out.
    fn activate(self, is_active: bool) {
        match self {
            Mutant::Raft(mutant) => raft::activate(is_active.then_some(mutant)),
            Mutant::Controller(mutant) => controller::activate(is_active.then_some(mutant)),
        }
    }

    /// Whom it shows with.
    fn cast(self) -> Cast {
        match self {
            Mutant::Raft(_) => Cast::Quorum,
            Mutant::Controller(_) => Cast::Cluster,
        }
    }
}

impl fmt::Display for Mutant {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Mutant::Raft(mutant) => mutant.fmt(out),
            Mutant::Controller(mutant) => mutant.fmt(out),
        }
    }
}

/// How a mutant fared.
#[derive(Clone, Debug)]
pub struct Caught {
    /// The fault.
    pub mutant: Mutant,
    /// Seeds played until it was found, and the invariant that it violated; `None` if it was not.
    pub found: Option<(u64, &'static str)>,
}

/// Plays up to so many seeds against each mutant, on so many threads; the table comes in the order of the mutants.
pub fn hunt(mutants: &[Mutant], seeds: u64, jobs: usize) -> Vec<Caught> {
    let next = AtomicUsize::new(0);
    let table: Mutex<Vec<(usize, Caught)>> = Mutex::default();
    thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                while let Some((at, mutant)) = take(&next, mutants) {
                    let found = hunt_one(mutant, seeds);
                    let mut table = table.lock().unwrap_or_else(PoisonError::into_inner);
                    table.push((at, Caught { mutant, found }));
                }
            });
        }
    });
    let mut table = table.into_inner().unwrap_or_else(PoisonError::into_inner);
    table.sort_by_key(|(at, _)| *at);
    table.into_iter().map(|(_, caught)| caught).collect()
}

fn take(next: &AtomicUsize, mutants: &[Mutant]) -> Option<(usize, Mutant)> {
    let at = next.fetch_add(1, Ordering::Relaxed);
    Some((at, *mutants.get(at)?))
}

fn hunt_one(mutant: Mutant, seeds: u64) -> Option<(u64, &'static str)> {
    mutant.activate(true);
    let play = |seed| Some((seed + 1, run(mutant.cast(), seed, false).violation?.invariant));
    let found = (0..seeds).find_map(play);
    mutant.activate(false);
    found
}

impl fmt::Display for Caught {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mutant = self.mutant;
        match self.found {
            Some((seeds, invariant)) => write!(out, "| `{mutant}` | {seeds} | {invariant} |"),
            None => write!(out, "| `{mutant}` | not found | |"),
        }
    }
}
