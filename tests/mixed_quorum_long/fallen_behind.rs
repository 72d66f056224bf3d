//! A follower that was away until the leader had removed what it lacks gets the leader's checkpoint, in both directions.
//!
//! What need not be kept is removed once a minute, by Kafka and by ours, so this takes its time.

use std::fs;
use std::time::Duration;

use crate::broker::Broker;
use crate::ending::all_is_well;
use crate::faults::ALL;
use crate::leaders::lead;
use crate::logs::LogBytes;
use crate::quorum::{Case, Quorum, Release, Voters};
use crate::watch::pause;

const OURS: i32 = 1;
/// Longest wait for the removal.
const REMOVAL: Duration = Duration::from_secs(300);
const POLL: Duration = Duration::from_secs(1);

pub(crate) fn each_gets_the_others_checkpoint(release: Release, voters: Voters) {
    let case = Case::new(release, voters, 1)
        .keeping()
        .with("metadata.log.max.record.bytes.between.snapshots", 1_000)
        .with("metadata.max.retention.bytes", 2_000);
    let mut quorum = Quorum::start(case);
    let broker = Broker::start(&quorum);
    broker.works(&quorum, "before");
    for (leader, away) in [(2, OURS), (OURS, 3)] {
        lead(&mut quorum, leader);
        falls_behind(&mut quorum, leader, away);
    }
    lead(&mut quorum, 3);
    broker.works(&quorum, "after");
    all_is_well(&mut quorum, Some(broker));
}

fn falls_behind(quorum: &mut Quorum, leader: i32, away: i32) {
    quorum.member_mut(away).stop();
    let end = LogBytes::read(&log(quorum, away)).end();
    wait_until_the_log_starts_behind(quorum, leader, end);
    let led = quorum.leader();
    assert_eq!(led, leader);
    quorum.start_member(away);
    quorum.in_step(&ALL);
    let start = LogBytes::read(&log(quorum, away)).start();
    assert!(start > end, "the log goes on at {start}, behind {end}");
}

/// A log starts at its oldest checkpoint, once it has removed one.
fn wait_until_the_log_starts_behind(quorum: &Quorum, id: i32, offset: i64) {
    for _ in 0..REMOVAL.as_secs() {
        let entries = fs::read_dir(log(quorum, id)).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
        let ends = names.filter(|name| name.ends_with(".checkpoint")).map(|name| {
            let (end, _) = name.split_once('-').unwrap();
            end.parse::<i64>().unwrap()
        });
        if ends.min().is_some_and(|oldest| oldest > offset) {
            return;
        }
        pause(POLL);
    }
    panic!("node {id} has kept its log from before {offset} for {REMOVAL:?}");
}

fn log(quorum: &Quorum, id: i32) -> std::path::PathBuf {
    quorum.member(id).dir.join("__cluster_metadata-0")
}
