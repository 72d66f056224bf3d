//! Much of everything: long payloads, long lists of children, little speed.

use std::time::{Duration, Instant};

use crate::common::{Writer, assert_in_order, capture, options, start_newest};

/// ZooKeeper's default for servers.
const SERVER_JUTE_MAXBUFFER: usize = 0xf_ffff;

#[test]
fn payloads_near_the_servers_limit_are_read() {
    let server = start_newest();
    let writer = Writer::open(&server.zookeeper.address);
    let payload = vec![b'x'; SERVER_JUTE_MAXBUFFER - 200];
    let paths: Vec<String> = (0..20).map(|n| format!("/large-{n:02}")).collect();
    writer.create(paths.iter().map(|path| (path.as_str(), payload.as_slice())));
    let (got, summary) = capture(options(&server.zookeeper.address)).unwrap();
    assert!(paths.iter().all(|path| got.znodes[path].0 == payload));
    assert_eq!(summary.data_bytes, 20 * payload.len() as u64);
    assert!(got.unreadable.is_empty() && summary.consistent_cut);
}

#[test]
fn a_list_of_children_longer_than_the_servers_limit_is_read() {
    let server = start_newest();
    let writer = Writer::open(&server.zookeeper.address);
    writer.create([("/many", b"".as_slice())]);
    let paths: Vec<String> = (0..20_000).map(|n| format!("/many/{n:0>60}")).collect();
    assert!(paths.len() * 60 > SERVER_JUTE_MAXBUFFER);
    writer.create(paths.iter().map(|path| (path.as_str(), b"".as_slice())));
    let mut options = options(&server.zookeeper.address);
    options.jute_maxbuffer = SERVER_JUTE_MAXBUFFER;
    let (got, _) = capture(options).unwrap();
    assert_eq!(got.znodes.len(), paths.len() + 2);
    assert_in_order(&got.order);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a throttle is about time")]
fn no_more_znodes_are_read_in_a_second_than_allowed() {
    let server = start_newest();
    let writer = Writer::open(&server.zookeeper.address);
    writer.fill("", 100);
    let mut options = options(&server.zookeeper.address);
    options.znodes_per_second = Some(1000);
    let start = Instant::now();
    let (_, summary) = capture(options).unwrap();
    // Two passes, each of about 800 znodes.
    assert!(
        summary.znodes > 800 && start.elapsed() > Duration::from_millis(1500),
        "{:?}",
        start.elapsed()
    );
}
