//! Transactions of ZooKeeper's log, as far as they change znodes.
//!
//! ```text
//!  session:8 cxid:4 zxid:8 time:8 type:4   then, by type
//!    1 create, 15 create2      path data acl ephemeral:1 parent's cversion:4 (3.3 had no cversion)
//!   19 createContainer         path data acl parent's cversion:4
//!   21 createTTL               path data acl parent's cversion:4 ttl:8
//!    2 delete, 20 deleteContainer   path
//!    5 setData, 16 reconfig    path data version:4
//!    7 setACL                  path acl version:4
//!   14 multi                   count:4 (type:4 length:4 body)*
//!  -10 createSession           timeout:4
//!  -11 closeSession            paths (before 3.6: nothing)
//!   -1 error                   code:4
//!   13 check                   path version:4, inside multi only
//!  version:4 digest:8          from 3.6 on, of the whole tree
//! ```
//!
//! Source: `zookeeper.jute`, ZooKeeper's `SerializeUtils` and `EphemeralType`.

use crate::znode::Zxid;

/// What every transaction says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct TxnHeader {
    /// Session that asked for it.
    pub session: i64,
    /// Its place in the order of all changes.
    pub zxid: Zxid,
    /// When, in milliseconds since 1970.
    pub time: i64,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Txn {
    /// A new znode.
    Create {
        /// Its path.
        path: String,
        /// Its payload.
        data: Vec<u8>,
        /// Session, or ZooKeeper's marks for containers and times to live; 0 for a persistent one.
        ephemeral_owner: i64,
        /// Children its parent ever had, itself included; `None` in logs of 3.3.
        parent_cversion: Option<i32>,
    },
    /// A znode is removed.
    Delete {
        /// Its path.
        path: String,
    },
    /// A new payload.
    SetData {
        /// Its path.
        path: String,
        /// The payload.
        data: Vec<u8>,
        /// The version it gets.
        version: i32,
    },
    /// A new access control list.
    SetAcl {
        /// Its path.
        path: String,
        /// The version the list gets.
        version: i32,
    },
    /// All of them, or none.
    Multi(Vec<Txn>),
    /// A session began.
    CreateSession,
    /// A session ended, and its ephemeral znodes with it.
    CloseSession {
        /// Those that the server knew of; before 3.6 it didn't say.
        paths: Vec<String>,
    },
    /// A version was right; changes nothing.
    Check,
    /// The request was refused; changes nothing.
    Error {
        /// ZooKeeper's error code.
        code: i32,
    },
}

const CONTAINER_OWNER: i64 = i64::MIN;
const TTL_OWNER: i64 = 0xff << 56;
const TTL_MASK: i64 = !0 << 40;

/// Whether an owner is a session, and no mark of a container or a time to live (which clients don't see).
pub(crate) fn is_session(ephemeral_owner: i64) -> bool {
    ephemeral_owner != CONTAINER_OWNER && ephemeral_owner & TTL_MASK != TTL_OWNER
}

/// Decodes one entry of the log; on failure, says how far into `bytes` and what.
pub(crate) fn decode(bytes: &[u8]) -> Result<(TxnHeader, Txn), (usize, String)> {
    let mut body = Body { bytes, at: 0 };
    let decoded = decode_entry(&mut body);
    decoded.map_err(|problem| (body.at, problem))
}

fn decode_entry(body: &mut Body<'_>) -> Result<(TxnHeader, Txn), String> {
    let session = body.i64()?;
    body.i32()?;
    let header = TxnHeader {
        session,
        zxid: Zxid(body.i64()?),
        time: body.i64()?,
    };
    let kind = body.i32()?;
    let txn = match kind {
        14 => decode_multi(body, session)?,
        _ => decode_single(kind, body, session)?,
    };
    Ok((header, txn))
}

fn decode_multi(body: &mut Body<'_>, session: i64) -> Result<Txn, String> {
    let mut txns = Vec::new();
    for _ in 0..body.i32()? {
        let kind = body.i32()?;
        let length = body.bytes()?;
        let mut single = Body { bytes: length, at: 0 };
        txns.push(decode_single(kind, &mut single, session)?);
    }
    Ok(Txn::Multi(txns))
}

fn decode_single(kind: i32, body: &mut Body<'_>, session: i64) -> Result<Txn, String> {
    Ok(match kind {
        1 | 15 | 19 | 21 => decode_create(kind, body, session)?,
        2 | 20 => Txn::Delete { path: body.path()? },
        5 | 16 => Txn::SetData {
            path: body.path()?,
            data: body.bytes()?.to_vec(),
            version: body.i32()?,
        },
        7 => {
            let path = body.path()?;
            body.skip_acl()?;
            Txn::SetAcl {
                path,
                version: body.i32()?,
            }
        }
        13 => Txn::Check,
        -1 => Txn::Error { code: body.i32()? },
        -10 => Txn::CreateSession,
        -11 => Txn::CloseSession {
            paths: decode_closed(body),
        },
        other => return Err(format!("transaction type {other} is unknown")),
    })
}

fn decode_create(kind: i32, body: &mut Body<'_>, session: i64) -> Result<Txn, String> {
    let path = body.path()?;
    let data = body.bytes()?.to_vec();
    body.skip_acl()?;
    let is_ephemeral = matches!(kind, 1 | 15) && body.take(1)?[0] != 0;
    let parent_cversion = match body.rest().len() {
        0..4 if kind == 1 => None,
        _ => Some(body.i32()?).filter(|cversion| *cversion != -1),
    };
    let ephemeral_owner = match kind {
        19 => CONTAINER_OWNER,
        21 => TTL_OWNER | body.i64()?,
        _ if is_ephemeral => session,
        _ => 0,
    };
    Ok(Txn::Create {
        path,
        data,
        ephemeral_owner,
        parent_cversion,
    })
}

/// The paths of a closed session; none if the body is not a list (servers before 3.6, or told not to write it).
fn decode_closed(body: &mut Body<'_>) -> Vec<String> {
    let mut list = Body {
        bytes: body.rest(),
        at: 0,
    };
    let mut paths = Vec::new();
    let Ok(count) = list.i32() else { return Vec::new() };
    for _ in 0..count {
        match list.path() {
            Ok(path) => paths.push(path),
            Err(_) => return Vec::new(),
        }
    }
    body.at += list.at;
    paths
}

/// A transaction's bytes, read forward.
struct Body<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Body<'a> {
    fn rest(&self) -> &'a [u8] {
        &self.bytes[self.at..]
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], String> {
        let taken = self
            .rest()
            .get(..length)
            .ok_or("the transaction ends in the middle of a field")?;
        self.at += length;
        Ok(taken)
    }

    fn i32(&mut self) -> Result<i32, String> {
        let bytes = self.take(4)?;
        Ok(i32::from_be_bytes(bytes.try_into().expect("took four bytes")))
    }

    fn i64(&mut self) -> Result<i64, String> {
        let bytes = self.take(8)?;
        Ok(i64::from_be_bytes(bytes.try_into().expect("took eight bytes")))
    }

    fn bytes(&mut self) -> Result<&'a [u8], String> {
        match self.i32()? {
            -1 => Ok(&[]),
            length => {
                let length =
                    usize::try_from(length).map_err(|_| format!("a length of {length} can't be right"))?;
                self.take(length)
            }
        }
    }

    fn path(&mut self) -> Result<String, String> {
        let path = std::str::from_utf8(self.bytes()?).map_err(|_| "a path that is not UTF-8")?;
        if !path.starts_with('/') {
            return Err("a path that does not begin with /".to_owned());
        }
        Ok(path.to_owned())
    }

    fn skip_acl(&mut self) -> Result<(), String> {
        for _ in 0..self.i32()? {
            self.i32()?;
            self.bytes()?;
            self.bytes()?;
        }
        Ok(())
    }
}
