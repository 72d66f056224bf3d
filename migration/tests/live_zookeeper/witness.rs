//! An independent client's view of a live tree.
//!
//! `zookeeper-async` is good for that, and for no more: it pairs replies with requests by the order in which they
//! arrive, replaces an expired session silently, and knows neither multi-reads nor sync, TLS or SASL. So every dump has a
//! connection of its own and one request in flight.

use std::time::Duration;

use kraft_bridge_migration::znode::{Stat, Zxid};
use zookeeper_async::{WatchedEvent, Watcher, ZooKeeper};

use crate::common::Tree;

struct Deaf;

impl Watcher for Deaf {
    fn handle(&self, _: WatchedEvent) {}
}

/// Everything but ZooKeeper's own, read one by one over a fresh connection.
pub(crate) fn dump(server: &str) -> Tree {
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let client = ZooKeeper::connect(server, Duration::from_secs(10), Deaf)
            .await
            .unwrap();
        let (mut znodes, mut next) = (Tree::new(), vec!["/".to_owned()]);
        while let Some(path) = next.pop() {
            let (data, stat) = client.get_data(&path, false).await.unwrap();
            for name in client.get_children(&path, false).await.unwrap() {
                let child = format!("{}/{name}", path.trim_end_matches('/'));
                if child != "/zookeeper" {
                    next.push(child);
                }
            }
            let stat = Stat {
                czxid: Zxid(stat.czxid),
                mzxid: Zxid(stat.mzxid),
                pzxid: Zxid(stat.pzxid),
                ctime: stat.ctime,
                mtime: stat.mtime,
                version: stat.version,
                cversion: stat.cversion,
                aversion: stat.aversion,
                ephemeral_owner: stat.ephemeral_owner,
            };
            znodes.insert(path, (data, stat));
        }
        client.close().await.unwrap();
        znodes
    })
}
