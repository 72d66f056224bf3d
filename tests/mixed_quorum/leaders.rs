//! Leadership, sent to a chosen node without restarting any.

use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::PROGRAM;
use crate::broker::Broker;
use crate::ending::all_is_well;
use crate::faults::ALL;
use crate::quorum::{Case, Quorum, Release, Voters};
use crate::watch::pause;

/// Long enough for records that a paused node lacks.
const LAG: Duration = Duration::from_millis(1_500);

/// Long enough for an election after a leader fell silent.
const ELECTION: Duration = Duration::from_secs(6);

/// Makes one of the voters the leader: the third one falls behind, then the present leader is silent, so that only the
/// chosen one has all that is committed. The silent one comes back.
///
/// Returns the epoch in which everybody was in step again: that of the chosen node, unless it has handed over.
pub(crate) fn lead(quorum: &mut Quorum, id: i32) -> i64 {
    let status = quorum.in_step(&ALL);
    if status.leader == id {
        return status.epoch;
    }
    let third = ALL.into_iter().find(|other| ![id, status.leader].contains(other));
    let third = third.unwrap();
    quorum.member_mut(third).pause();
    pause(LAG);
    quorum.member_mut(status.leader).pause();
    quorum.member_mut(third).resume();
    if [id, third]
        .iter()
        .any(|up| quorum.member(*up).kind.stays_leader())
    {
        quorum.wait_for("another leader", |now| now.epoch > status.epoch);
    } else {
        pause(ELECTION);
    }
    quorum.member_mut(status.leader).resume();
    quorum.in_step(&ALL).epoch
}

/// Every voter leads in its turn; a node of ours commits the first record of its epoch, and then another leads.
pub(crate) fn leadership_goes_to_everybody(release: Release, voters: Voters, ours: usize) {
    let mut quorum = Quorum::start(Case::new(release, voters, ours));
    let broker = Broker::start(&quorum);
    for id in ALL.into_iter().chain(ALL) {
        lead(&mut quorum, id);
    }
    let status = quorum.wait_for("a leader that is not ours", |now| !quorum.is_ours(now.leader));
    broker.works(&quorum, "after");
    let still = quorum.in_step(&ALL);
    assert_eq!((still.leader, still.epoch), (status.leader, status.epoch));
    all_is_well(&mut quorum, Some(broker));
    let leaders = leaders_in_the_log(&quorum);
    for id in ALL {
        assert!(leaders.contains(&i64::from(id)), "{id} has led: {leaders:?}");
    }
}

/// Whom the log names as leader of each epoch that has a record, as our own reader tells.
fn leaders_in_the_log(quorum: &Quorum) -> Vec<i64> {
    let segment = quorum.log_dirs()[0].join(format!("{:020}.log", 0));
    let output = Command::new(PROGRAM)
        .args(["--json", "dump"])
        .arg(segment)
        .output()
        .unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    let records = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    records
        .filter(|record| record["type"] == "LeaderChange")
        .map(|record| record["data"]["leaderId"].as_i64().unwrap())
        .collect()
}
