//! What happens to a node: killed, paused, stopped and emptied. Afterwards everybody is in step.

use std::fs;
use std::time::Duration;

use kraft_bridge_harness::Tool;

use crate::broker::Broker;
use crate::ending::all_is_well;
use crate::leaders::lead;
use crate::member::Kind;
use crate::quorum::{Case, Quorum, Voters};
use crate::watch::pause;

/// Longer than any timeout of the quorum.
const PAUSE: Duration = Duration::from_secs(10);

/// The voters of every case.
pub(crate) const ALL: [i32; 3] = [1, 2, 3];

/// A quorum that forms, serves a broker, and goes through every fault of every node.
pub(crate) fn every_node_survives_every_fault(case: Case) {
    let mut quorum = Quorum::start(case);
    let broker = Broker::start(&quorum);
    broker.works(&quorum, "before");
    for fault in [is_killed_and_started, is_paused, is_emptied_and_started] {
        for id in ALL {
            fault(&mut quorum, id);
        }
    }
    broker.works(&quorum, "after");
    all_is_well(&mut quorum, Some(broker));
}

/// SIGKILL, and a start on what is there.
pub(crate) fn is_killed_and_started(quorum: &mut Quorum, id: i32) {
    quorum.member_mut(id).kill();
    quorum.goes_on();
    quorum.start_member(id);
    quorum.in_step(&ALL);
}

/// SIGSTOP for so long that the others go on without it, and SIGCONT.
pub(crate) fn is_paused(quorum: &mut Quorum, id: i32) {
    quorum.member_mut(id).pause();
    pause(PAUSE);
    quorum.goes_on();
    quorum.member_mut(id).resume();
    quorum.in_step(&ALL);
}

/// Stopped, its directory emptied and formatted, and started: with static voters it comes back as what it was, with
/// dynamic ones as a stranger that takes its place.
///
/// Voters are changed by a leader: where it is the only one that stays leader, one of ours does meanwhile.
pub(crate) fn is_emptied_and_started(quorum: &mut Quorum, id: i32) {
    let stays = |other: &i32| *other != id && quorum.member(*other).kind.stays_leader();
    if quorum.case.voters == Voters::Static || ALL.iter().any(stays) {
        return lose_the_directory(quorum, id);
    }
    let regent = ALL.into_iter().find(|other| *other != id).unwrap();
    restart_as(quorum, regent, Kind::Ours { keeps: true });
    lose_the_directory(quorum, id);
    lead(quorum, id);
    restart_as(quorum, regent, Kind::Ours { keeps: false });
}

fn restart_as(quorum: &mut Quorum, id: i32, kind: Kind) {
    quorum.member_mut(id).stop();
    quorum.member_mut(id).kind = kind;
    quorum.start_member(id);
    quorum.in_step(&ALL);
}

fn lose_the_directory(quorum: &mut Quorum, id: i32) {
    let lost = directory_id(quorum, id);
    quorum.member_mut(id).stop();
    fs::remove_dir_all(&quorum.member(id).dir).unwrap();
    quorum.format_member(quorum.member(id), None);
    if quorum.case.voters == Voters::Dynamic {
        remove_controller(quorum, id, &lost);
    }
    quorum.start_member(id);
    if quorum.case.voters == Voters::Dynamic {
        assert_ne!(directory_id(quorum, id), lost);
        add_controller(quorum, id);
    }
    quorum.in_step(&ALL);
}

/// `directory.id` of a node's `meta.properties`.
pub(crate) fn directory_id(quorum: &Quorum, id: i32) -> String {
    let text = fs::read_to_string(quorum.member(id).dir.join("meta.properties")).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("directory.id="));
    line.unwrap().to_owned()
}

/// `kafka-metadata-quorum remove-controller`
pub(crate) fn remove_controller(quorum: &Quorum, id: i32, directory: &str) {
    let arguments = format!("remove-controller --controller-id {id} --controller-directory-id {directory}");
    let printed = quorum.ask_controllers(Tool::MetadataQuorum, &arguments);
    assert!(printed.contains("KRaft controller"), "{printed}");
}

/// `kafka-metadata-quorum add-controller`, once the node has caught up.
pub(crate) fn add_controller(quorum: &Quorum, id: i32) {
    quorum.wait_for(&format!("{id} observes in step"), |status| {
        let end = status.observers.get(&id).copied().flatten();
        end >= Some(status.high_watermark)
    });
    let config = quorum.member(id).config.display();
    let arguments = format!("--command-config {config} add-controller");
    let printed = quorum.ask_controllers(Tool::MetadataQuorum, &arguments);
    assert!(printed.contains("Added controller"), "{printed}");
}
