//! One znode as every source delivers it.

use std::fmt;

/// ZooKeeper transaction id: orders every change of the ensemble.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub struct Zxid(pub i64);

impl fmt::Display for Zxid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:x}", self.0)
    }
}

/// What ZooKeeper itself keeps about a znode (jute `StatPersisted`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Stat {
    /// Transaction that created the znode. In ZooKeeper mode a broker's epoch.
    pub czxid: Zxid,
    /// Transaction that last set its data.
    pub mzxid: Zxid,
    /// Transaction that last added or removed a child.
    pub pzxid: Zxid,
    /// Creation time, milliseconds since 1970.
    pub ctime: i64,
    /// Time of the last write of its data, milliseconds since 1970.
    pub mtime: i64,
    /// Data version: 0 at creation, one more with each write. A partition's epoch.
    pub version: i32,
    /// Number of changes of its children.
    pub cversion: i32,
    /// Number of changes of its access control list.
    pub aversion: i32,
    /// Session that owns an ephemeral znode, 0 for a persistent one.
    pub ephemeral_owner: i64,
}

impl Stat {
    /// The last transaction that touched the znode or the names of its children.
    pub fn newest(&self) -> Zxid {
        self.czxid.max(self.mzxid).max(self.pzxid)
    }
}

/// A znode on its way from a capture to whoever reads it.
///
/// ZooKeeper's null data and zero-length data are the same here: one of the sources cannot tell them
/// apart, and every reader of Kafka's treats them alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Znode<'a> {
    /// Absolute path below the chroot: `/brokers/topics/orders`. The chroot itself is `/`.
    pub path: &'a str,
    /// Payload; empty for none.
    pub data: &'a [u8],
    /// Versions, times and transaction ids.
    pub stat: Stat,
}
