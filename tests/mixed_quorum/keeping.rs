//! A node of ours that leads and stays leader: Kafka's controllers and broker replicate from it, Kafka's tools ask it.

use std::time::Duration;

use kraft_bridge_harness::Tool;

use crate::broker::Broker;
use crate::ending::all_is_well;
use crate::faults::ALL;
use crate::leaders::lead;
use crate::member::Kind;
use crate::quorum::{BROKER, Case, Quorum, Release, Voters, address};
use crate::watch::pause;

/// The node that leads.
const OURS: i32 = 1;
/// Long enough for each of Kafka's timers of a follower to fire twice, if it is not answered.
const REIGN: Duration = Duration::from_secs(5);

pub(crate) fn a_leader_of_ours_is_followed_and_described(release: Release, voters: Voters) {
    let mut quorum = Quorum::start(Case::new(release, voters, 1).keeping());
    let broker = Broker::start(&quorum);
    let before = broker.works(&quorum, "before");
    let epoch = lead(&mut quorum, OURS);
    it_stays_and_commits(&quorum, epoch);
    the_tool_describes_it(&quorum, voters);
    if voters == Voters::Dynamic {
        a_controller_of_kafkas_observes(&mut quorum);
    }
    it_hands_over_when_it_stops(&mut quorum);
    broker.works(&quorum, "after");
    assert!(broker.contents(&quorum).contains(&before), "messages stay");
    all_is_well(&mut quorum, Some(broker));
}

/// The high watermark goes on, and so do all that replicate.
fn it_stays_and_commits(quorum: &Quorum, epoch: i64) {
    let early = quorum.in_step(&ALL);
    assert_eq!((early.leader, early.epoch), (OURS, epoch));
    pause(REIGN);
    let late = quorum.in_step(&ALL);
    assert_eq!((late.leader, late.epoch), (OURS, epoch), "nobody deposed it");
    // It commits something twice a second.
    assert!(
        late.high_watermark >= early.high_watermark + 8,
        "{early:?} {late:?}"
    );
    assert!(
        late.observers[&BROKER] > early.observers[&BROKER],
        "{early:?} {late:?}"
    );
}

/// `kafka-metadata-quorum describe`, asked of this node alone, and of one that only knows who leads.
fn the_tool_describes_it(quorum: &Quorum, voters: Voters) {
    for id in [OURS, 3] {
        let at = address(quorum.member(id));
        let ask = |what| format!("--bootstrap-controller {at} describe {what}");
        let status = quorum.tools.call(Tool::MetadataQuorum, &ask("--status")).unwrap();
        assert!(
            status.contains(&format!("LeaderId:               {OURS}\n")),
            "{status}"
        );
        assert!(status.contains("HighWatermark:          "), "{status}");
        let replication = quorum
            .tools
            .call(Tool::MetadataQuorum, &ask("--replication"))
            .unwrap();
        let roles = |role: &str| replication.matches(role).count();
        assert_eq!(
            [roles("Leader"), roles("Follower"), roles("Observer")],
            [1, 2, 1],
            "{replication}"
        );
        if voters == Voters::Dynamic {
            let directory = crate::faults::directory_id(quorum, OURS);
            assert!(status.contains(&directory), "{status}");
        }
    }
}

fn a_controller_of_kafkas_observes(quorum: &mut Quorum) {
    let id = 4;
    quorum.add_observer(id, Kind::Kafka(quorum.case.release.version));
    quorum.start_member(id);
    quorum.wait_for("it observes in step", |status| {
        let end = status.observers.get(&id).copied().flatten();
        end >= Some(status.high_watermark)
    });
    quorum.member_mut(id).stop();
}

/// SIGTERM: another takes over at once, for Kafka's brokers too.
fn it_hands_over_when_it_stops(quorum: &mut Quorum) {
    quorum.member_mut(OURS).stop();
    let next = quorum.leader();
    assert!(!quorum.is_ours(next));
    quorum.start_member(OURS);
    quorum.in_step(&ALL);
}
