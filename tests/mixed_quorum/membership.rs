//! Voters that come and go (KIP-853), by Kafka's tool: a node of ours under a leader of Kafka's, and the reverse.

use crate::ending::all_is_well;
use crate::faults::{ALL, add_controller, directory_id, remove_controller};
use crate::leaders::lead;
use crate::member::Kind;
use crate::quorum::{Case, Quorum, Release, Voters};

const OURS: i32 = 1;
const NEW: i32 = 4;

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
