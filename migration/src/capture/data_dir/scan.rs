//! The two readings of a snapshot: the first verifies it and fills the overlay, the second delivers.

use std::collections::BTreeMap;
use std::path::Path;

use super::overlay::{Node, Overlay, parent_of};
use super::snapshot::{SnapshotReader, StoredZnode};
use super::txn;
use crate::capture::chroot::{self, ChrootFinder};
use crate::capture::{CaptureError, SinkError, ZnodeSink};
use crate::znode::{Stat, Znode, Zxid};

/// What the first reading learned.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    /// How many children each znode has, in the snapshot's order.
    pub(crate) children: Vec<u32>,
    /// Last transaction that may show in the snapshot, if it says so.
    pub(crate) last_zxid: Option<Zxid>,
    pub(crate) chroots: ChrootFinder,
}

/// Reads the whole snapshot, verifying its checksums, and fills `overlay` with what is touched.
pub(crate) fn scan(path: &Path, overlay: &mut Overlay) -> Result<Scan, CaptureError> {
    let mut reader = SnapshotReader::open(path)?;
    let mut scan = Scan::default();
    let mut ancestors = Ancestors::default();
    let mut znode = StoredZnode::default();
    let fills = !overlay.is_empty();
    let keeps_ancestors = overlay.has_closed_sessions();
    loop {
        let offset = reader.position();
        if !reader.next_into(&mut znode)? {
            break;
        }
        let index = scan.children.len();
        scan.children.push(0);
        match ancestors.enter(&znode.path) {
            Some(Some(parent)) => scan.children[parent] = scan.children[parent].saturating_add(1),
            Some(None) => {}
            None => {
                return Err(reader.damaged(offset, format!("{:?} comes without its parent", znode.path)));
            }
        }
        scan.chroots.see(&znode.path, true);
        if fills && overlay.fill(index, &znode) {
            ancestors.fill_parent(overlay);
        }
        ancestors.push(index, &znode, keeps_ancestors);
    }
    if scan.children.is_empty() {
        return Err(reader.damaged(reader.position(), "a snapshot without a root"));
    }
    overlay.count_children(&scan.children);
    for (path, touched) in overlay.iter() {
        scan.chroots.see(path, touched.node.is_some());
    }
    scan.last_zxid = reader.last_zxid();
    Ok(scan)
}

/// The znodes above the present one.
#[derive(Debug, Default)]
struct Ancestors {
    path: String,
    /// The first `depth` are in use; the others keep their buffers.
    frames: Vec<Frame>,
    depth: usize,
}

#[derive(Debug, Default)]
struct Frame {
    path_length: usize,
    index: usize,
    stat: Stat,
    data: Vec<u8>,
}

impl Ancestors {
    /// Goes up to the parent of `path`: its index, no index for the root, `None` if there is no such parent.
    fn enter(&mut self, path: &str) -> Option<Option<usize>> {
        if path.is_empty() {
            return (self.depth == 0).then_some(None);
        }
        let parent = parent_of(path);
        while self.depth > 0 {
            let top = &self.frames[self.depth - 1];
            if top.path_length <= parent.len() {
                let is_parent = self.path[..top.path_length] == *parent && path.starts_with('/');
                return is_parent.then_some(Some(top.index));
            }
            self.depth -= 1;
        }
        None
    }

    fn push(&mut self, index: usize, znode: &StoredZnode, with_payload: bool) {
        self.path.clear();
        self.path.push_str(&znode.path);
        if self.frames.len() == self.depth {
            self.frames.push(Frame::default());
        }
        let frame = &mut self.frames[self.depth];
        (frame.path_length, frame.index, frame.stat) = (znode.path.len(), index, znode.stat);
        if with_payload {
            frame.data.clear();
            frame.data.extend_from_slice(&znode.data);
        }
        self.depth += 1;
    }

    fn fill_parent(&self, overlay: &mut Overlay) {
        if let Some(frame) = self.depth.checked_sub(1).map(|top| &self.frames[top]) {
            overlay.fill_parent(
                frame.index,
                &self.path[..frame.path_length],
                &frame.data,
                &frame.stat,
            );
        }
    }
}

/// How much was delivered.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Delivered {
    pub(crate) znodes: u64,
    pub(crate) data_bytes: u64,
}

/// Delivers a tree below a chroot.
pub(crate) struct Delivery<'a> {
    chroot: &'a str,
    overlay: &'a Overlay,
    /// Created by the logs, by parent.
    created: BTreeMap<&'a str, Vec<&'a str>>,
    /// A deleted znode whose children may follow.
    deleted: Option<String>,
    sink: &'a mut dyn ZnodeSink,
    delivered: Delivered,
}

impl<'a> Delivery<'a> {
    pub(crate) fn new(chroot: &'a str, overlay: &'a Overlay, sink: &'a mut dyn ZnodeSink) -> Delivery<'a> {
        let mut created = BTreeMap::<&str, Vec<&str>>::new();
        for (path, touched) in overlay.iter() {
            if touched.snapshot_index.is_none() && touched.node.is_some() && !path.is_empty() {
                created.entry(parent_of(path)).or_default().push(path);
            }
        }
        Delivery {
            chroot,
            overlay,
            created,
            deleted: None,
            sink,
            delivered: Delivered::default(),
        }
    }

    /// Delivers the tree of a server that has no snapshot yet.
    pub(crate) fn deliver_logs_alone(mut self) -> Result<Delivered, CaptureError> {
        self.deliver_touched("")?;
        self.finish()
    }

    /// Delivers the snapshot as the logs changed it.
    pub(crate) fn deliver(mut self, path: &Path, children: &[u32]) -> Result<Delivered, CaptureError> {
        let mut reader = SnapshotReader::open(path)?;
        let mut znode = StoredZnode::default();
        let mut index = 0;
        while reader.next_into(&mut znode)? {
            let Some(children) = children.get(index) else {
                return Err(reader.damaged(reader.position(), "the snapshot changed while it was read"));
            };
            index += 1;
            if self.is_below_deleted(&znode.path)? {
                continue;
            }
            if self.overlay.get(&znode.path).is_some() {
                self.deliver_touched(&znode.path)?;
            } else {
                let children = i32::try_from(*children).unwrap_or(i32::MAX);
                self.send(&znode.path, &znode.data, znode.stat, children)?;
            }
        }
        self.finish()
    }

    /// Only a log that lost transactions leaves such a znode.
    fn is_below_deleted(&mut self, path: &str) -> Result<bool, SinkError> {
        let Some(deleted) = &self.deleted else {
            return Ok(false);
        };
        let is_below = path
            .strip_prefix(deleted.as_str())
            .is_some_and(|rest| rest.starts_with('/'));
        if !is_below {
            self.deleted = None;
            return Ok(false);
        }
        if self
            .overlay
            .get(path)
            .is_none_or(|touched| touched.node.is_some())
        {
            self.orphan(path)?;
        }
        Ok(true)
    }

    /// Delivers what became of a touched path, and everything that was created below it.
    fn deliver_touched(&mut self, path: &str) -> Result<(), SinkError> {
        let overlay = self.overlay;
        let mut next = vec![path];
        while let Some(path) = next.pop() {
            let Some(touched) = overlay.get(path) else {
                continue;
            };
            let Some(Node { data, stat }) = &touched.node else {
                self.deleted = Some(path.to_owned());
                continue;
            };
            self.send(path, data, *stat, touched.children)?;
            next.extend(self.created.remove(path).unwrap_or_default().into_iter().rev());
        }
        Ok(())
    }

    fn send(&mut self, path: &str, data: &[u8], stat: Stat, children: i32) -> Result<(), SinkError> {
        let Some(path) = visible(self.chroot, path) else {
            return Ok(());
        };
        // Stored is how many children there ever were; clients see how many came and went.
        let cversion = stat.cversion.wrapping_mul(2).wrapping_sub(children);
        self.delivered.znodes += 1;
        self.delivered.data_bytes += data.len() as u64;
        let ephemeral_owner = if txn::is_session(stat.ephemeral_owner) {
            stat.ephemeral_owner
        } else {
            0
        };
        self.sink.znode(&Znode {
            path,
            data,
            stat: Stat {
                cversion,
                ephemeral_owner,
                ..stat
            },
        })
    }

    fn orphan(&mut self, path: &str) -> Result<(), SinkError> {
        let Some(path) = visible(self.chroot, path) else {
            return Ok(());
        };
        self.sink.unreadable(
            path,
            "its parent was deleted, so transactions are missing from the log",
        )
    }

    fn finish(mut self) -> Result<Delivered, CaptureError> {
        for path in std::mem::take(&mut self.created).into_values().flatten() {
            self.orphan(path)?;
        }
        Ok(self.delivered)
    }
}

/// `path` below the chroot; ZooKeeper's own subtree is not Kafka's.
fn visible<'p>(chroot: &str, path: &'p str) -> Option<&'p str> {
    if path
        .strip_prefix("/zookeeper")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    {
        return None;
    }
    chroot::below(chroot, path)
}
