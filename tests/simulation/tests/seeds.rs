//! What every run of the tests plays: enough seeds to meet each kind of trouble often, and all that failed once.

use kraft_bridge_simulation::command::{Seeds, Summary};
use kraft_bridge_simulation::kept;
use kraft_bridge_simulation::run::run;
use kraft_bridge_simulation::scenario::Cast;

/// Threads that play.
const JOBS: usize = 2;

/// Plays the first seeds, none of which may violate anything.
fn play(cast: Cast, seeds: u64) -> Summary {
    let seeds = Seeds {
        cast,
        seeds: 0..seeds,
        jobs: JOBS,
    };
    let mut violated = Vec::new();
    let summary = seeds.play(|outcome| violated.push(outcome.to_string()));
    assert!(violated.is_empty(), "{}", violated.join("\n"));
    summary
}

#[test]
fn two_thousand_quorums_keep_every_invariant_and_come_right() {
    let summary = play(Cast::Quorum, 2000);
    let met = [
        ("elections", summary.elections),
        ("crashes", summary.crashes),
        ("truncations", summary.truncations),
        ("logs replaced by a checkpoint", summary.resets),
        ("appends acknowledged", summary.acknowledged),
        ("changes of the voters", summary.changes),
    ];
    for (what, count) in met {
        assert!(count > 2000, "hardly any {what}: {summary}");
    }
}

#[test]
fn three_hundred_clusters_keep_every_invariant_and_come_right() {
    let summary = play(Cast::Cluster, 300);
    let met = [
        ("elections", summary.elections),
        ("metadata records", summary.decided / 50),
        ("records that producers were told of", summary.produced / 200),
    ];
    for (what, count) in met {
        assert!(count > 1000, "hardly any {what}: {summary}");
    }
}

#[test]
fn seeds_that_failed_once_keep_every_invariant() {
    for seed in kept::seeds() {
        let outcome = run(Cast::Quorum, seed, false);
        assert!(outcome.violation.is_none(), "{outcome}");
    }
}

#[test]
fn one_seed_gives_one_history() {
    for seed in [3, 14, 159] {
        let [once, again] = [run(Cast::Quorum, seed, false), run(Cast::Quorum, seed, true)];
        assert_eq!(once.digest, again.digest, "seed {seed}");
        assert_eq!(once.events, again.events, "seed {seed}");
        assert!(!again.lines.is_empty());
    }
    let [once, again] = [run(Cast::Cluster, 3, false), run(Cast::Cluster, 3, true)];
    assert_eq!((once.digest, once.events), (again.digest, again.events));
    assert_ne!(
        run(Cast::Quorum, 3, false).digest,
        run(Cast::Quorum, 14, false).digest
    );
}
