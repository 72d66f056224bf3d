//! What Kafka's own tools change while both sides run.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use kraft_bridge_harness::churn::by_command_line;
use kraft_bridge_harness::{Churn, DualWrite};

use crate::support::{ensemble, quorum, verify};
use crate::watching::Watching;

/// Changes of every kind, one after the other, which the seed decides: each pass ends equal.
pub(crate) fn no_change_is_taken_for_a_difference(cluster: &DualWrite, duration: Duration, seed: u64) {
    let mut watching = Watching::start(&mut verify(cluster, &ensemble(cluster), &quorum(cluster)));
    let is_over = AtomicBool::new(false);
    let (changes, passes) = std::thread::scope(|scope| {
        let churn = scope.spawn(|| {
            let changes = Churn {
                duration,
                seed,
                faults: false,
            }
            .run(&cluster.legacy.brokers);
            is_over.store(true, Ordering::SeqCst);
            changes
        });
        let mut passes = Vec::new();
        while !is_over.load(Ordering::SeqCst) {
            passes.push(watching.end_of_pass());
        }
        (churn.join().unwrap().unwrap(), passes)
    });
    let others: Vec<_> = passes.iter().filter(|pass| pass["verdict"] != "equal").collect();
    assert!(others.is_empty(), "{others:#?}\n{:#}", watching.report);
    assert!(changes.len() >= 40, "only {changes:#?}");
    assert!(passes.len() >= 4, "only {passes:#?}");
    let ends: Vec<u64> = passes
        .iter()
        .map(|pass| pass["endOffset"].as_u64().unwrap())
        .collect();
    assert!(ends.first() < ends.last(), "the log was not followed: {ends:?}");
}

/// The stock command line tools, one change of each kind, reach ZooKeeper as they should.
pub(crate) fn zookeeper_has_what_the_command_line_tools_changed(cluster: &DualWrite) {
    by_command_line(&cluster.legacy.brokers).unwrap();
    cluster.settle().unwrap();

    let znodes = cluster.legacy.znodes();
    let controller = znodes.get("/controller").unwrap();
    assert!(controller.contains("\"kraftControllerEpoch\":1"), "{controller}");
    let partitions = znodes.children("/brokers/topics/by-hand/partitions").unwrap();
    assert_eq!(partitions, ["0", "1", "2"]);
    assert_eq!(
        znodes.get("/config/topics/by-hand").unwrap(),
        r#"{"version":1,"config":{"max.message.bytes":"2000000"}}"#
    );
    let user = znodes.get("/config/users/by-hand").unwrap();
    assert!(
        user.contains("SCRAM-SHA-512"),
        "the quota took the credential away"
    );
    assert!(
        user.contains(r#""producer_byte_rate":"1234""#),
        "the credential took the quota away"
    );
    let prefixes = znodes.children("/kafka-acl-extended/prefixed/Topic").unwrap();
    assert!(prefixes.contains(&"by-".to_owned()));
    let topics = znodes.children("/kafka-acl/Topic").unwrap();
    assert!(!topics.contains(&"by-hand".to_owned()));
}
