//! One run: faults for a while, then none, and then everything has to come right.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use kraft_bridge_protocol::Epoch;

use crate::batches;
use crate::invariants::Violation;
use crate::ledger::Fate;
use crate::scenario::Cast;
use crate::world::{Statistics, World};

/// How long a quorum may take to come right once nothing breaks any more.
const PATIENCE: Duration = Duration::from_secs(40);
/// How often is looked whether it has.
const LOOK: Duration = Duration::from_millis(100);

/// What a run came to.
#[derive(Debug)]
pub struct Outcome {
    /// The seed.
    pub seed: u64,
    /// One number for all that happened.
    pub digest: u64,
    /// Things that happened.
    pub events: u64,
    /// How much of what.
    pub statistics: Statistics,
    /// What went wrong, if anything did.
    pub violation: Option<Violation>,
    /// The history, if it was asked for.
    pub lines: Vec<String>,
}

/// Plays one seed.
pub fn run(cast: Cast, seed: u64, readable: bool) -> Outcome {
    let mut world = World::new(cast, seed, readable);
    let played = catch_unwind(AssertUnwindSafe(|| play(&mut world)));
    let violation = match played {
        Ok(played) => played.err(),
        Err(panic) => {
            let message = panic.downcast_ref::<String>().cloned();
            let message = message.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            Some(Violation::new(
                "nodes go on",
                format!("panic: {}", message.unwrap_or_default()),
            ))
        }
    };
    world.statistics.acknowledged = world.ledger.acknowledged();
    world.statistics.changes = world.ledger.voter_sets();
    if let Some(cluster) = &world.cluster {
        world.statistics.decided = cluster.records();
        world.statistics.produced = cluster.acknowledged();
    }
    Outcome {
        seed,
        digest: world.history.digest(),
        events: world.history.events,
        statistics: world.statistics,
        violation,
        lines: world.history.into_lines(),
    }
}

fn play(world: &mut World) -> Result<(), Violation> {
    world.begin()?;
    world.run_until(world.scenario.length)?;
    world.heal()?;
    settle(world)
}

/// Liveness (L1, L2, L6): somebody leads, an append commits, and everybody has all of it.
fn settle(world: &mut World) -> Result<(), Violation> {
    let deadline = world.time + PATIENCE;
    let mut probe = None;
    let mut missing = String::new();
    while world.time < deadline {
        world.run_until(world.time + LOOK)?;
        match missing_after_healing(world, &mut probe)? {
            None => {
                world.check_cluster()?;
                return compare_logs(world);
            }
            Some(still) => missing = still,
        }
    }
    Err(Violation::new("a healed quorum comes right", missing))
}

/// An append after healing, with the leader and the epoch that it was given to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Probe {
    append: u64,
    leader: usize,
    epoch: Option<Epoch>,
}

fn missing_after_healing(world: &mut World, probe: &mut Option<Probe>) -> Result<Option<String>, Violation> {
    let epoch = |at: usize| world.hosts[at].node().map(|node| node.raft().epoch());
    let Some(leader) = world.leading().max_by_key(|at| epoch(*at)) else {
        return Ok(Some("nobody leads".to_owned()));
    };
    let epoch = epoch(leader);
    let current = probe.filter(|probe| probe.leader == leader && probe.epoch == epoch);
    let fate = current.map(|probe| world.ledger.fate(probe.append));
    if !matches!(fate, Some(Fate::Accepted(..) | Fate::Acknowledged(..))) {
        let append = world.append_at(leader)?;
        *probe = Some(Probe {
            append,
            leader,
            epoch,
        });
    }
    let committed = world.ledger.end().offset;
    for host in &world.hosts {
        let Some(raft) = host.node().map(|node| node.raft()) else {
            return Ok(Some(format!("host{} does not run", host.index)));
        };
        if raft.high_watermark() < committed || raft.log().end != committed {
            let (end, known) = (raft.log().end, raft.high_watermark());
            let lag = format!(
                "host{} has {end}, knows {known} of {committed} committed",
                host.index
            );
            return Ok(Some(lag));
        }
    }
    if let Some(missing) = world.missing_of_cluster() {
        return Ok(Some(missing));
    }
    let is_acknowledged = matches!(fate, Some(Fate::Acknowledged(..)));
    Ok((!is_acknowledged).then(|| format!("host{leader} leads, and no append is acknowledged: {fate:?}")))
}

/// Byte for byte, from wherever both logs start.
fn compare_logs(world: &World) -> Result<(), Violation> {
    let logs: Vec<_> = world
        .hosts
        .iter()
        .filter_map(|host| Some(host.node()?.log()))
        .collect();
    let start = logs.iter().map(|log| log.start_offset()).max();
    let end = world.ledger.end().offset;
    let digests = logs.iter().map(|log| {
        let batches = batches::read(log, start.unwrap_or(end), end)?;
        Ok(batches.iter().map(|batch| batch.digest).collect::<Vec<_>>())
    });
    let digests: Result<Vec<_>, String> = digests.collect();
    let digests = digests.map_err(|problem| Violation::new("a healed quorum comes right", problem))?;
    match digests.windows(2).all(|pair| pair[0] == pair[1]) {
        true => Ok(()),
        false => {
            let problem = "the logs are not the same byte for byte".to_owned();
            Err(Violation::new("a healed quorum comes right", problem))
        }
    }
}
