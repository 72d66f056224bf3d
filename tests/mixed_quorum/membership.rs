//! Voters that come and go (KIP-853), by Kafka's tool: a node of ours under a leader of Kafka's, and the reverse.

use std::time::Duration;

use kraft_bridge_harness::Tool;

use crate::ending::all_is_well;
use crate::faults::{ALL, add_controller, directory_id, is_killed_and_started, remove_controller};
use crate::leaders::lead;
use crate::member::Kind;
use crate::quorum::{Case, Quorum, Release, V4_3, Voters};
use crate::watch::pause;

const OURS: i32 = 1;
const NEW: i32 = 4;
/// Twice the fetch timeout.
const UPDATE: Duration = Duration::from_secs(4);

/// `add-controller` and `remove-controller` with ours as the subject, and with ours as the leader.
pub(crate) fn voters_come_and_go(release: Release) {
    let mut quorum = Quorum::start(Case::new(release, Voters::Dynamic, 1).keeping());
    lead(&mut quorum, 2);
    comes_and_goes(&mut quorum, Kind::Ours { keeps: true });

    lead(&mut quorum, OURS);
    comes_and_goes(&mut quorum, Kind::Kafka(release.version));
    the_leader_is_removed(&mut quorum);

    all_is_well(&mut quorum, None);
}

/// `controller.quorum.auto.join.enable`: a node becomes a voter without anybody's doing, ours under a leader of Kafka's and
/// the reverse.
pub(crate) fn voters_join_by_themselves() {
    let case = Case::new(V4_3, Voters::Dynamic, 1)
        .keeping()
        .with("controller.quorum.auto.join.enable", true);
    let mut quorum = Quorum::start(case);
    for (leader, kind) in [(2, Kind::Ours { keeps: true }), (OURS, Kind::Kafka(V4_3.version))] {
        lead(&mut quorum, leader);
        quorum.add_observer(NEW, kind);
        quorum.start_member(NEW);
        quorum.in_step(&[1, 2, 3, NEW]);
        let directory = directory_id(&quorum, NEW);
        quorum.remove_member(NEW);
        remove_controller(&quorum, NEW, &directory);
        quorum.in_step(&ALL);
    }
    all_is_well(&mut quorum, None);
}

/// `kafka-features upgrade` makes static voters dynamic ones, ours among them; the configuration files stay as they are.
pub(crate) fn static_voters_become_dynamic(leader: i32) {
    let mut quorum = Quorum::start(Case::new(V4_3, Voters::Static, 1).keeping());
    lead(&mut quorum, leader);
    // A voter tells the leader of its directory a fetch timeout after it began to follow.
    pause(UPDATE);
    let upgrade = "upgrade --feature kraft.version=1";
    quorum.ask_controllers(Tool::Features, upgrade);
    quorum.in_step(&ALL);
    let features = quorum.ask_controllers(Tool::Features, "describe");
    let is_shown = |line: &str| line.contains("kraft.version") && line.contains("FinalizedVersionLevel: 1");
    assert!(features.lines().any(is_shown), "{features}");
    for id in ALL {
        is_killed_and_started(&mut quorum, id);
    }
    lead(&mut quorum, OURS);
    let told = quorum.ask_controllers(Tool::MetadataQuorum, "describe --status");
    for id in ALL {
        let directory = directory_id(&quorum, id);
        assert!(told.contains(&directory), "{directory}: {told}");
    }
    lead(&mut quorum, 3);
    remove_controller(&quorum, OURS, &directory_id(&quorum, OURS));
    quorum.in_step(&[2, 3]);
    add_controller(&quorum, OURS);
    all_is_well(&mut quorum, None);
}

/// A fourth voter, added and removed again; the leader stays the same.
fn comes_and_goes(quorum: &mut Quorum, kind: Kind) {
    let leader = quorum.leader();
    quorum.add_observer(NEW, kind);
    quorum.start_member(NEW);
    add_controller(quorum, NEW);
    quorum.in_step(&[1, 2, 3, NEW]);
    remove_controller(quorum, NEW, &directory_id(quorum, NEW));
    quorum.in_step(&ALL);
    assert_eq!(quorum.leader(), leader);
    quorum.remove_member(NEW);
}

/// A leader that is removed leads until that is committed; then another does, and takes it back.
fn the_leader_is_removed(quorum: &mut Quorum) {
    remove_controller(quorum, OURS, &directory_id(quorum, OURS));
    quorum.wait_for("another leads", |status| status.leader != OURS);
    quorum.in_step(&[2, 3]);
    add_controller(quorum, OURS);
}
