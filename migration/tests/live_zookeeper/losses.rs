//! Servers that go while they are read.

use std::time::Duration;

use kraft_bridge_harness::{Product, Zookeeper, ZookeeperOptions};
use kraft_bridge_migration::capture::CaptureError;

use crate::common::{Got, Writer, assert_in_order, assert_same, capture_while, options, start};
use crate::witness;

/// The one that a session is open with, beside those of `writer`.
fn index_of_server_in_use(servers: &[Zookeeper]) -> usize {
    let has_session = |server: &Zookeeper| server.four_letter_word("cons").unwrap().contains("sid=");
    servers.iter().position(has_session).expect("a session is open")
}

fn first_delivery_in_order(got: &Got, znodes: usize) -> &[String] {
    &got.order[..znodes]
}

#[test]
fn the_loss_of_a_server_in_the_middle_is_survived() {
    let dir = tempfile::tempdir().unwrap();
    let mut servers = Zookeeper::start_ensemble(Product::Kafka, "3.9.2", dir.path(), 3).unwrap();
    let addresses: Vec<String> = servers.iter().map(|server| server.address.clone()).collect();
    let connect = addresses.join(",");
    Writer::open(&connect).fill("", 1000);
    let mut options = options(&connect);
    options.znodes_per_second = Some(10_000);
    let (got, summary) = capture_while(options, 2000, || {
        let index = index_of_server_in_use(&servers);
        servers.remove(index).kill().unwrap();
    })
    .unwrap();
    assert_eq!(servers.len(), 2);
    assert!(got.unreadable.is_empty() && summary.znodes > 8000);
    assert_in_order(first_delivery_in_order(&got, 8000));
    assert_same(&got.znodes, &witness::dump(&servers[0].address));
    assert!(summary.consistent_cut);
}

#[test]
fn an_expired_session_is_followed_by_a_new_one() {
    let server = start(Product::Zookeeper, "3.9.4", &ZookeeperOptions::default());
    Writer::open(&server.zookeeper.address).fill("", 300);
    let dir = server.dir;
    let port = server
        .zookeeper
        .address
        .rsplit(':')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let again = ZookeeperOptions {
        port: Some(port),
        ..ZookeeperOptions::default()
    };
    let mut options = options(&server.zookeeper.address);
    options.session_timeout = Duration::from_secs(1);
    options.znodes_per_second = Some(5000);
    let mut restarted = None;
    let (got, summary) = capture_while(options, 500, || {
        server.zookeeper.kill().unwrap();
        // Longer than the session lasts without a server.
        #[expect(clippy::disallowed_methods, reason = "sessions expire by time")]
        std::thread::sleep(Duration::from_secs(3));
        restarted = Some(Zookeeper::start(Product::Zookeeper, "3.9.4", dir.path(), &again).unwrap());
    })
    .unwrap();
    assert!(got.unreadable.is_empty() && summary.consistent_cut);
    assert_same(&got.znodes, &witness::dump(&restarted.unwrap().address));
}

#[test]
fn servers_that_never_come_back_end_the_capture_and_are_named() {
    let server = start(Product::Zookeeper, "3.9.4", &ZookeeperOptions::default());
    let address = server.zookeeper.address.clone();
    Writer::open(&address).fill("", 300);
    let mut options = options(&address);
    options.connection_timeout = Duration::from_secs(3);
    options.znodes_per_second = Some(5000);
    match capture_while(options, 500, || server.zookeeper.kill().unwrap()) {
        Err(CaptureError::Ensemble { servers, problem }) => {
            assert_eq!(servers, address);
            assert!(problem.contains("no server could be reached"), "{problem}");
        }
        other => panic!("{other:?}"),
    }
}
