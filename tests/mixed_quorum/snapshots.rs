//! A node without the beginning of the log gets the leader's checkpoint (FetchSnapshot), in both directions.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::broker::Broker;
use crate::ending::all_is_well;
use crate::faults::is_emptied_and_started;
use crate::leaders::lead;
use crate::quorum::{Case, Quorum, Release, Voters};
use crate::watch::pause;

const OURS: i32 = 1;

/// An emptied node of ours gets the checkpoint of a leader of Kafka's, and an emptied one of Kafka's that of ours.
pub(crate) fn each_gets_the_others_checkpoint(release: Release, voters: Voters) {
    let case = Case::new(release, voters, 1)
        .keeping()
        .with("metadata.log.max.record.bytes.between.snapshots", 3_000);
    let mut quorum = Quorum::start(case);
    let broker = Broker::start(&quorum);
    broker.works(&quorum, "before");

    lead(&mut quorum, 2);
    has_a_checkpoint(&quorum, 2);
    is_emptied_and_started(&mut quorum, OURS);
    a_checkpoint_was_fetched(&quorum, 2, OURS);

    lead(&mut quorum, OURS);
    has_a_checkpoint(&quorum, OURS);
    is_emptied_and_started(&mut quorum, 3);
    a_checkpoint_was_fetched(&quorum, OURS, 3);

    lead(&mut quorum, 3);
    broker.works(&quorum, "after");
    all_is_well(&mut quorum, Some(broker));
}

/// Waits until a node has written a checkpoint of its own: the records that say nothing are enough for it.
fn has_a_checkpoint(quorum: &Quorum, id: i32) {
    let log = quorum.member(id).dir.join("__cluster_metadata-0");
    for _ in 0..600 {
        // The one that a quorum is formatted with stands for nothing.
        let of_nothing = format!("{:020}-", 0);
        if named(&log, ".checkpoint")
            .iter()
            .any(|name| !name.starts_with(&of_nothing))
        {
            return;
        }
        pause(Duration::from_millis(100));
    }
    panic!(
        "node {id} has written no checkpoint within a minute: {:?}",
        named(&log, "")
    );
}

/// The follower's log begins behind offset 0, at the end of a checkpoint that is the leader's, byte for byte.
fn a_checkpoint_was_fetched(quorum: &Quorum, from: i32, to: i32) {
    let [theirs, own] = [from, to].map(|id| quorum.member(id).dir.join("__cluster_metadata-0"));
    let segments = named(&own, ".log");
    assert!(!segments.contains(&format!("{:020}.log", 0)), "{segments:?}");
    let first = named(&own, ".checkpoint").remove(0);
    assert_eq!(
        fs::read(own.join(&first)).unwrap(),
        fs::read(theirs.join(&first)).unwrap(),
        "{first}"
    );
}

fn named(dir: &Path, ending: &str) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| name.ends_with(ending)).collect();
    names.sort();
    names
}
