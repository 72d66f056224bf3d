//! A cluster that is followed: after each catching up it is known as somebody who reads it afresh sees it.

use std::collections::BTreeSet;
use std::time::Duration;

use kraft_bridge_harness::{Product, Proxy, ZookeeperOptions};
use kraft_bridge_migration::capture::Summary;
use kraft_bridge_migration::zk::{ConnectOptions, FollowedEnsemble};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::common::{Got, Server, Writer, assert_same, options, read_while, start};
use crate::witness;

/// What changes at random lies below it.
const TOP: &str = "/random";
/// More than any client takes in at once without waiting.
const MANY: usize = 300;
/// A server lets a session expire after two to twenty of its ticks, which last half a second.
const SESSION_TIMEOUT: Duration = Duration::from_secs(2);

#[derive(Clone, Debug)]
enum Change {
    Create(Index, &'static str),
    Set(Index, u8),
    /// With all below it.
    Delete(Index),
    /// Deleted with all below it, and created anew.
    Replace(Index),
}

fn any_change() -> impl Strategy<Value = Change> {
    let name = prop::sample::select(vec!["a", "a-", "a.b", "0", "Ü ber", "state"]);
    prop_oneof![
        5 => (any::<Index>(), name).prop_map(|(at, name)| Change::Create(at, name)),
        4 => (any::<Index>(), any::<u8>()).prop_map(|(at, value)| Change::Set(at, value)),
        1 => any::<Index>().prop_map(Change::Delete),
        1 => any::<Index>().prop_map(Change::Replace),
    ]
}

/// Changes a tree at random, always in the same way.
struct Changes {
    writer: Writer,
    paths: BTreeSet<String>,
    runner: TestRunner,
}

impl Changes {
    fn below(server: &Server) -> Changes {
        let writer = Writer::open(&server.zookeeper.address);
        writer.fill("", 100);
        writer.create([(TOP, b"".as_slice())]);
        Changes {
            writer,
            paths: BTreeSet::from([TOP.to_owned()]),
            runner: TestRunner::deterministic(),
        }
    }

    fn make(&mut self, count: usize) {
        let changes = prop::collection::vec(any_change(), count);
        let changes = changes.new_tree(&mut self.runner).unwrap().current();
        changes.into_iter().for_each(|change| self.apply(change));
    }

    fn apply(&mut self, change: Change) {
        match change {
            Change::Create(at, name) => {
                let path = format!("{}/{name}", self.path(at));
                if path.len() < 60 && self.paths.insert(path.clone()) {
                    self.writer.create([(path.as_str(), b"new".as_slice())]);
                }
            }
            Change::Set(at, value) => self.writer.set(&self.path(at), &[value]),
            Change::Delete(at) if self.path(at) != TOP => self.delete(&self.path(at)),
            Change::Delete(at) | Change::Replace(at) => {
                let path = self.path(at);
                self.delete(&path);
                self.writer.create([(path.as_str(), b"again".as_slice())]);
                self.paths.insert(path);
            }
        }
    }

    fn path(&self, at: Index) -> String {
        let paths: Vec<&String> = self.paths.iter().collect();
        (*at.get(&paths)).clone()
    }

    fn delete(&mut self, path: &str) {
        let below = format!("{path}/");
        let doomed: Vec<String> = self
            .paths
            .iter()
            .filter(|other| *other == path || other.starts_with(&below))
            .cloned()
            .collect();
        for path in doomed.iter().rev() {
            self.writer.delete(path);
            self.paths.remove(path);
        }
    }
}

fn assert_known(got: &Got, summary: &Summary, server: &Server) {
    let fresh = witness::dump(&server.zookeeper.address);
    assert_same(&got.znodes, &fresh);
    assert!(got.unreadable.is_empty());
    let transactions = fresh.values().map(|(_, stat)| stat.mzxid.max(stat.pzxid));
    assert_eq!(summary.last_zxid, transactions.max().unwrap());
}

fn through(proxy: &Proxy) -> ConnectOptions {
    let mut options = options(&proxy.address);
    options.session_timeout = SESSION_TIMEOUT;
    options.znodes_per_second = Some(20_000);
    options
}

#[expect(clippy::disallowed_methods, reason = "sessions expire by time")]
fn outlast_the_session() {
    std::thread::sleep(SESSION_TIMEOUT * 2);
}

fn follow(version: &str) {
    let server = start(Product::Zookeeper, version, &ZookeeperOptions::default());
    let mut changes = Changes::below(&server);
    let proxy = Proxy::to(&server.zookeeper.address).unwrap();
    let mut followed = FollowedEnsemble::open(through(&proxy)).unwrap();
    let nothing = BTreeSet::new();

    let during = || {
        changes.make(20);
        proxy.cut();
    };
    let (mut got, summary) = read_while(200, during, |sink| followed.read(sink)).unwrap();
    assert_known(&got, &summary, &server);

    for round in 0..12 {
        changes.make(15);
        match round % 4 {
            1 => proxy.cut(),
            2 => changes.make(MANY),
            _ => {}
        }
        changes.make(15);
        let summary = followed.catch_up(&nothing, &mut got).unwrap();
        assert_known(&got, &summary, &server);
    }

    proxy.close();
    changes.make(30);
    outlast_the_session();
    changes.make(30);
    proxy.open();
    let summary = followed.catch_up(&nothing, &mut got).unwrap();
    assert_known(&got, &summary, &server);

    changes.make(30);
    let summary = followed.catch_up(&nothing, &mut got).unwrap();
    assert_known(&got, &summary, &server);
    followed.close();
}

#[test]
fn a_cluster_is_followed_through_changes_cuts_and_an_expired_session() {
    follow("3.9.4");
}

#[test]
fn servers_that_know_no_recursive_watch_are_followed_as_well() {
    follow("3.4.14");
}
