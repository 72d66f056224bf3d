//! A cluster that changes while it is captured.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::common::{Writer, assert_same, capture, capture_while, options, start_newest};
use crate::witness;

#[test]
fn what_changes_underneath_is_read_again_until_the_cut_is_consistent() {
    let server = start_newest();
    let writer = Writer::open(&server.zookeeper.address);
    writer.fill("", 300);
    let (got, summary) = capture_while(options(&server.zookeeper.address), 2000, || {
        writer.set("/brokers/topics/topic-0", b"changed");
        writer.create([("/brokers/topics/another", b"new".as_slice())]);
        for path in ["/partitions/2/state", "/partitions/2"] {
            writer.delete(&format!("/brokers/topics/topic-1{path}"));
        }
    })
    .unwrap();
    assert!(summary.consistent_cut && summary.first_zxid == summary.last_zxid);
    // topic-0, another, its parent, and the parent of the deleted partition.
    assert_eq!(summary.reread, 4);
    assert_eq!(got.gone, ["/brokers/topics/topic-1/partitions/2"]);
    assert_eq!(got.znodes["/brokers/topics/topic-0"].0, b"changed");
    assert_same(&got.znodes, &witness::dump(&server.zookeeper.address));
    assert_eq!(summary.znodes, got.znodes.len() as u64);
}

#[test]
fn a_cluster_that_never_stands_still_is_no_consistent_cut() {
    let server = start_newest();
    let writer = Writer::open(&server.zookeeper.address);
    writer.fill("", 300);
    let mut options = options(&server.zookeeper.address);
    // A pass takes long enough for some writes to fall into each.
    options.znodes_per_second = Some(20_000);
    let is_over = AtomicBool::new(false);
    let (got, summary) = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                writer.set("/brokers/topics/topic-7", b"again");
            }
        });
        let captured = capture(options.clone());
        is_over.store(true, Ordering::Relaxed);
        captured.unwrap()
    });
    assert!(!summary.consistent_cut);
    assert!(
        summary.reread > 0 && summary.first_zxid < summary.last_zxid,
        "{summary:?}"
    );
    assert_eq!(got.znodes["/brokers/topics/topic-7"].0, b"again");

    let (_, summary) = capture(options).unwrap();
    assert!(summary.consistent_cut, "nobody writes any more");
}
