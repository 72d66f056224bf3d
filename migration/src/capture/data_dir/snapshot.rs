//! A ZooKeeper snapshot: the whole tree as it was, roughly, at one transaction.
//!
//! ```text
//!  "ZKSN" version:4 dbid:8
//!  count:4  (session:8 timeout:4)*
//!  count:4  (acl id:8 (count:4 (permissions:4 scheme id)*))*
//!  (path data acl id:8 stat:60)*      depth first, the root as ""
//!  "/"                                ends the tree
//!  adler:8 "/"                        checksum of everything before it
//!  zxid:8 version:4 digest:8          from 3.6 on, and its own  adler:8 "/"
//!  zxid:8                             from 3.9 on, and its own  adler:8 "/"
//! ```
//!
//! Strings and payloads are a length (-1 for null) and bytes. The server goes on writing while it takes a
//! snapshot, so that the tree may show some of the transactions after the one in the file's name: the log
//! has them too, and applying them again changes nothing.
//!
//! Source: ZooKeeper's `FileSnap`, `DataTree` and `ReferenceCountedACLCache`, 3.4 to 3.9.

use std::path::Path;

use super::stream::Stream;
use crate::capture::CaptureError;
use crate::znode::{Stat, Zxid};

/// How an uncompressed snapshot begins.
pub(crate) const MAGIC: [u8; 4] = *b"ZKSN";

/// A znode as a snapshot stores it; reused from one to the next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredZnode {
    /// Absolute path in the ensemble; the root is empty.
    pub path: String,
    /// Payload; empty for none.
    pub data: Vec<u8>,
    /// As stored: `cversion` counts the children ever created, not all changes of them.
    pub stat: Stat,
}

/// Reads a snapshot from front to end.
#[derive(Debug)]
pub struct SnapshotReader {
    stream: Stream,
    sessions: u32,
    last_zxid: Option<Zxid>,
}

impl SnapshotReader {
    /// Opens a snapshot, compressed or not, and reads up to its first znode.
    ///
    /// # Errors
    ///
    /// [`CaptureError::Io`] if it can't be read, [`CaptureError::Damaged`] if it is no snapshot.
    pub fn open(path: &Path) -> Result<SnapshotReader, CaptureError> {
        SnapshotReader::start(Stream::open(path)?)
    }

    pub(crate) fn start(mut stream: Stream) -> Result<SnapshotReader, CaptureError> {
        let (magic, version) = (stream.read_i32()?, stream.read_i32()?);
        if magic.to_be_bytes() != MAGIC {
            return Err(stream.damaged(0, "this is no ZooKeeper snapshot: it does not begin with ZKSN"));
        }
        if version != 2 {
            return Err(stream.damaged(4, format!("snapshot format {version} is unknown: only 2 is")));
        }
        stream.read_i64()?;
        let sessions = skip_sessions(&mut stream)?;
        skip_acls(&mut stream)?;
        Ok(SnapshotReader {
            stream,
            sessions,
            last_zxid: None,
        })
    }

    /// Sessions that were alive.
    pub fn sessions(&self) -> u32 {
        self.sessions
    }

    /// Last transaction that may be visible in the tree; known at the end, from 3.6 on.
    pub fn last_zxid(&self) -> Option<Zxid> {
        self.last_zxid
    }

    /// Where the next znode begins, in uncompressed bytes.
    pub fn position(&self) -> u64 {
        self.stream.position()
    }

    /// The error for what was read at `offset`.
    pub(crate) fn damaged(&self, offset: u64, problem: impl Into<String>) -> CaptureError {
        self.stream.damaged(offset, problem)
    }

    /// Reads the next znode into `znode`; `false` at the end, with every checksum verified.
    ///
    /// # Errors
    ///
    /// [`CaptureError::Damaged`] with the position, [`CaptureError::Io`].
    pub fn next_into(&mut self, znode: &mut StoredZnode) -> Result<bool, CaptureError> {
        self.stream.read_string(&mut znode.path)?;
        if znode.path == "/" {
            self.finish()?;
            return Ok(false);
        }
        self.stream.read_bytes(&mut znode.data)?;
        self.stream.read_i64()?;
        znode.stat = read_stat(&mut self.stream)?;
        Ok(true)
    }

    fn finish(&mut self) -> Result<(), CaptureError> {
        self.verify_seal()?;
        if self.stream.is_at_end()? {
            return Ok(());
        }
        let zxid = self.stream.read_i64()?;
        let digest_version = self.stream.read_i32()?;
        if digest_version < 2 {
            self.stream.read_string(&mut String::new())?;
        } else {
            self.stream.read_i64()?;
        }
        self.verify_seal()?;
        self.last_zxid = (zxid > 0).then_some(Zxid(zxid));
        if !self.stream.is_at_end()? {
            let zxid = Zxid(self.stream.read_i64()?);
            self.verify_seal()?;
            self.last_zxid = self.last_zxid.max((zxid.0 > 0).then_some(zxid));
        }
        Ok(())
    }

    fn verify_seal(&mut self) -> Result<(), CaptureError> {
        let computed = self.stream.checksum();
        let at = self.stream.position();
        let stored = self.stream.read_i64()?;
        if stored != i64::from(computed) {
            return Err(self.stream.damaged(
                at,
                format!("checksum is {stored:#x}, but the bytes before it give {computed:#x}"),
            ));
        }
        let mut end = String::new();
        self.stream.read_string(&mut end)
    }
}

fn skip_sessions(stream: &mut Stream) -> Result<u32, CaptureError> {
    let at = stream.position();
    let count = stream.read_i32()?;
    for _ in 0..count {
        stream.read_i64()?;
        stream.read_i32()?;
    }
    u32::try_from(count).map_err(|_| stream.damaged(at, format!("{count} sessions can't be")))
}

/// Kafka's znodes are readable by their ACL or not; nothing of it goes to KRaft.
fn skip_acls(stream: &mut Stream) -> Result<(), CaptureError> {
    let mut text = String::new();
    for _ in 0..stream.read_i32()? {
        stream.read_i64()?;
        for _ in 0..stream.read_i32()? {
            stream.read_i32()?;
            stream.read_string(&mut text)?;
            stream.read_string(&mut text)?;
        }
    }
    Ok(())
}

fn read_stat(stream: &mut Stream) -> Result<Stat, CaptureError> {
    // The order in which they are stored.
    let czxid = Zxid(stream.read_i64()?);
    let mzxid = Zxid(stream.read_i64()?);
    let ctime = stream.read_i64()?;
    let mtime = stream.read_i64()?;
    let version = stream.read_i32()?;
    let cversion = stream.read_i32()?;
    let aversion = stream.read_i32()?;
    let ephemeral_owner = stream.read_i64()?;
    let pzxid = Zxid(stream.read_i64()?);
    Ok(Stat {
        czxid,
        mzxid,
        pzxid,
        ctime,
        mtime,
        version,
        cversion,
        aversion,
        ephemeral_owner,
    })
}
