//! What the transaction logs change in a snapshot: the touched znodes alone, in memory.
//!
//! ```text
//!  logs     ─touch─▶ paths that a transaction names, and their parents
//!  snapshot ─fill──▶ their payloads and stats as the snapshot has them
//!  logs     ─apply─▶ their payloads and stats as they were in the end
//! ```
//!
//! Transactions are applied as ZooKeeper applies them at its start, again where the snapshot shows them already:
//! a creation of what exists counts for the parent alone, a change of what does not exist is passed over.
//! In two corners ZooKeeper forgets something over a restart and this does not: a child that was re-created with
//! its parent while the snapshot was taken stays its parent's child, and counts in its `cversion`.
//!
//! Source: ZooKeeper's `DataTree` and `FileTxnSnapLog`.

use std::collections::{BTreeMap, BTreeSet};

use super::snapshot::StoredZnode;
use super::txn::{Txn, TxnHeader};
use crate::znode::{Stat, Zxid};

/// A znode's payload and stat.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) data: Vec<u8>,
    /// As stored: `cversion` counts the children ever created.
    pub(crate) stat: Stat,
}

/// What became of one path.
#[derive(Clone, Debug, Default)]
pub(crate) struct Touched {
    /// `None`: it does not exist.
    pub(crate) node: Option<Node>,
    /// Which of the snapshot's znodes it is, counted from 0.
    pub(crate) snapshot_index: Option<usize>,
    /// How many children it has.
    pub(crate) children: i32,
}

/// The touched part of the tree.
#[derive(Debug, Default)]
pub(crate) struct Overlay {
    touched: BTreeMap<String, Touched>,
    /// Sessions that ended.
    closed: BTreeSet<i64>,
    /// Touched ephemeral znodes by the session that owns them, if that ended.
    ephemerals: BTreeMap<i64, BTreeSet<String>>,
    filter: PathFilter,
}

impl Overlay {
    /// Whether the logs held nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.touched.is_empty() && self.closed.is_empty()
    }

    /// Whether sessions ended, so that their ephemeral znodes in the snapshot are touched too.
    pub(crate) fn has_closed_sessions(&self) -> bool {
        !self.closed.is_empty()
    }

    /// What became of `path`, if a transaction touched it.
    pub(crate) fn get(&self, path: &str) -> Option<&Touched> {
        if !self.filter.may_hold(path) {
            return None;
        }
        self.touched.get(path)
    }

    /// All touched paths.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&String, &Touched)> {
        self.touched.iter()
    }

    /// Notes the paths that `txn` is about.
    pub(crate) fn touch(&mut self, header: &TxnHeader, txn: &Txn<'_>) {
        match txn {
            Txn::Create { path, .. } | Txn::Delete { path } => self.touch_with_parent(path),
            Txn::SetData { path, .. } | Txn::SetAcl { path, .. } => self.touch_path(path),
            Txn::Multi(txns) => txns.iter().for_each(|txn| self.touch(header, &txn)),
            Txn::CloseSession { paths } => {
                self.closed.insert(header.session);
                paths.iter().for_each(|path| self.touch_with_parent(path));
            }
            Txn::CreateSession | Txn::Check | Txn::Error { .. } => {}
        }
    }

    fn touch_with_parent(&mut self, path: &str) {
        self.touch_path(path);
        self.touch_path(parent_of(path));
    }

    fn touch_path(&mut self, path: &str) {
        if !self.touched.contains_key(path) {
            self.touched.insert(path.to_owned(), Touched::default());
            self.filter.add(path);
        }
    }

    /// Takes a znode of the snapshot, if it is touched; then its parent matters as well: `true`.
    pub(crate) fn fill(&mut self, index: usize, znode: &StoredZnode) -> bool {
        let owner = znode.stat.ephemeral_owner;
        let is_orphaned = self.closed.contains(&owner);
        if is_orphaned {
            self.touch_path(&znode.path);
            self.ephemerals
                .entry(owner)
                .or_default()
                .insert(znode.path.clone());
        }
        self.fill_touched(index, &znode.path, &znode.data, &znode.stat);
        is_orphaned
    }

    /// Takes the snapshot's znode at `path` although no transaction names it.
    pub(crate) fn fill_parent(&mut self, index: usize, path: &str, data: &[u8], stat: &Stat) {
        self.touch_path(path);
        self.fill_touched(index, path, data, stat);
    }

    fn fill_touched(&mut self, index: usize, path: &str, data: &[u8], stat: &Stat) {
        if !self.filter.may_hold(path) {
            return;
        }
        if let Some(touched) = self.touched.get_mut(path) {
            touched.node = Some(Node {
                data: data.to_vec(),
                stat: *stat,
            });
            touched.snapshot_index = Some(index);
        }
    }

    /// Takes the numbers of children of the snapshot's znodes, in the snapshot's order.
    pub(crate) fn count_children(&mut self, children: &[u32]) {
        for touched in self.touched.values_mut() {
            if let Some(index) = touched.snapshot_index {
                touched.children = i32::try_from(children[index]).unwrap_or(i32::MAX);
            }
        }
    }

    /// The tree of a server that never took a snapshot: the root, and ZooKeeper's own child of it.
    pub(crate) fn start_empty(&mut self) {
        self.touch_path("");
        let root = self.touched.get_mut("").expect("just touched");
        root.node = Some(Node::default());
        root.children = 1;
    }

    /// Applies a transaction.
    pub(crate) fn apply(&mut self, header: &TxnHeader, txn: Txn<'_>) {
        match txn {
            Txn::Create {
                path,
                data,
                ephemeral_owner,
                parent_cversion,
            } => {
                self.create(header, path, data, ephemeral_owner, parent_cversion);
            }
            Txn::Delete { path } => self.delete(path, header.zxid),
            Txn::SetData { path, data, version } => {
                if let Some(node) = self.node_mut(path) {
                    node.data = data.to_vec();
                    node.stat.version = version;
                    node.stat.mtime = header.time;
                    node.stat.mzxid = header.zxid;
                }
            }
            Txn::SetAcl { path, version } => {
                if let Some(node) = self.node_mut(path) {
                    node.stat.aversion = version;
                }
            }
            Txn::Multi(txns) => {
                let failed = txns.iter().any(|txn| matches!(txn, Txn::Error { .. }));
                if !failed {
                    txns.iter().for_each(|txn| self.apply(header, txn));
                }
            }
            Txn::CloseSession { paths } => {
                let mut owned = self.ephemerals.remove(&header.session).unwrap_or_default();
                owned.extend(paths.iter().map(str::to_owned));
                owned.iter().for_each(|path| self.delete(path, header.zxid));
            }
            Txn::CreateSession | Txn::Check | Txn::Error { .. } => {}
        }
    }

    fn create(
        &mut self,
        header: &TxnHeader,
        path: &str,
        data: &[u8],
        ephemeral_owner: i64,
        parent_cversion: Option<i32>,
    ) {
        let zxid = header.zxid;
        let exists = self.node_mut(path).is_some();
        let Some(parent) = self.touched.get_mut(parent_of(path)) else {
            return;
        };
        let Some(Node { stat, .. }) = &mut parent.node else {
            return;
        };
        let cversion = parent_cversion.unwrap_or_else(|| stat.cversion.wrapping_add(1));
        if cversion > stat.cversion {
            stat.cversion = cversion;
            stat.pzxid = zxid;
        }
        if exists {
            return;
        }
        parent.children += 1;
        let stat = Stat {
            czxid: zxid,
            mzxid: zxid,
            pzxid: zxid,
            ctime: header.time,
            mtime: header.time,
            ephemeral_owner,
            ..Stat::default()
        };
        if self.closed.contains(&ephemeral_owner) {
            self.ephemerals
                .entry(ephemeral_owner)
                .or_default()
                .insert(path.to_owned());
        }
        let touched = self.touched.get_mut(path).expect("a created znode was touched");
        let data = data.to_vec();
        touched.node = Some(Node { data, stat });
    }

    fn delete(&mut self, path: &str, zxid: Zxid) {
        let Some(touched) = self.touched.get_mut(path) else {
            return;
        };
        let removed = touched.node.take();
        if let Some(node) = &removed
            && let Some(owned) = self.ephemerals.get_mut(&node.stat.ephemeral_owner)
        {
            owned.remove(path);
        }
        let Some(parent) = self.touched.get_mut(parent_of(path)) else {
            return;
        };
        if removed.is_some() {
            parent.children -= 1;
        }
        if let Some(node) = &mut parent.node {
            node.stat.pzxid = node.stat.pzxid.max(zxid);
        }
    }

    fn node_mut(&mut self, path: &str) -> Option<&mut Node> {
        self.touched
            .get_mut(path)
            .and_then(|touched| touched.node.as_mut())
    }
}

/// Parent of an absolute path; the root is the empty string.
pub(crate) fn parent_of(path: &str) -> &str {
    path.rfind('/').map_or("", |slash| &path[..slash])
}

/// Says quickly that a path is not touched, as almost none of a snapshot is.
#[derive(Debug, Default)]
struct PathFilter {
    bits: Vec<u64>,
    hashes: Vec<u32>,
}

impl PathFilter {
    /// One bit in 16 is set at most, in a table that grows with what is added.
    fn add(&mut self, path: &str) {
        let hash = crc32fast::hash(path.as_bytes());
        self.hashes.push(hash);
        if self.hashes.len() * 16 > self.bits.len() * 64 {
            self.bits = vec![0; (self.bits.len() * 2).max(16)];
            for index in 0..self.hashes.len() {
                self.set(self.hashes[index]);
            }
        } else {
            self.set(hash);
        }
    }

    fn set(&mut self, hash: u32) {
        let bit = hash as usize % (self.bits.len() * 64);
        self.bits[bit / 64] |= 1 << (bit % 64);
    }

    fn may_hold(&self, path: &str) -> bool {
        if self.bits.is_empty() {
            return false;
        }
        let bit = crc32fast::hash(path.as_bytes()) as usize % (self.bits.len() * 64);
        self.bits[bit / 64] & (1 << (bit % 64)) != 0
    }
}
