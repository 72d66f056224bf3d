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

/// One change. It borrows from the log's entry, and its lists are decoded as they are walked through: an entry that
/// holds much takes no memory but its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Txn<'a> {
    /// A new znode.
    Create {
        /// Its path.
        path: &'a str,
        /// Its payload.
        data: &'a [u8],
        /// Session, or ZooKeeper's marks for containers and times to live; 0 for a persistent one.
        ephemeral_owner: i64,
        /// Children its parent ever had, itself included; `None` in logs of 3.3.
        parent_cversion: Option<i32>,
    },
    /// A znode is removed.
    Delete {
        /// Its path.
        path: &'a str,
    },
    /// A new payload.
    SetData {
        /// Its path.
        path: &'a str,
        /// The payload.
        data: &'a [u8],
        /// The version it gets.
        version: i32,
    },
    /// A new access control list.
    SetAcl {
        /// Its path.
        path: &'a str,
        /// The version the list gets.
        version: i32,
    },
    /// All of them, or none.
    Multi(Multi<'a>),
    /// A session began.
    CreateSession,
    /// A session ended, and its ephemeral znodes with it.
    CloseSession {
        /// Those that the server knew of; before 3.6 it didn't say.
        paths: Paths<'a>,
    },
    /// A version was right; changes nothing.
    Check,
    /// The request was refused; changes nothing.
    Error {
        /// ZooKeeper's error code.
        code: i32,
    },
}

/// Transactions that were all applied, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Multi<'a> {
    session: i64,
    count: i32,
    bytes: &'a [u8],
}

impl<'a> Multi<'a> {
    /// The transactions, in order.
    pub fn iter(&self) -> impl Iterator<Item = Txn<'a>> + use<'a> {
        let Multi {
            session,
            count,
            bytes,
        } = *self;
        let mut body = Body { bytes, at: 0 };
        (0..count).map(move |_| decode_part(&mut body, session).expect("was decoded once"))
    }
}

/// Paths of znodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Paths<'a> {
    count: i32,
    bytes: &'a [u8],
}

impl<'a> Paths<'a> {
    /// The paths, in order.
    pub fn iter(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let mut list = Body {
            bytes: self.bytes,
            at: 0,
        };
        (0..self.count).map(move |_| list.path().expect("was decoded once"))
    }
}

const CONTAINER_OWNER: i64 = i64::MIN;
const TTL_OWNER: i64 = 0xff << 56;
const TTL_MASK: i64 = !0 << 40;

/// Whether an owner is a session, and no mark of a container or a time to live (which clients don't see).
pub(crate) fn is_session(ephemeral_owner: i64) -> bool {
    ephemeral_owner != CONTAINER_OWNER && ephemeral_owner & TTL_MASK != TTL_OWNER
}

/// Decodes one entry of the log; on failure, says how far into `bytes` and what.
pub(crate) fn decode(bytes: &[u8]) -> Result<(TxnHeader, Txn<'_>), (usize, String)> {
    let mut body = Body { bytes, at: 0 };
    let decoded = decode_entry(&mut body);
    decoded.map_err(|problem| (body.at, problem))
}

fn decode_entry<'a>(body: &mut Body<'a>) -> Result<(TxnHeader, Txn<'a>), String> {
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

fn decode_multi<'a>(body: &mut Body<'a>, session: i64) -> Result<Txn<'a>, String> {
    let count = body.i32()?;
    let bytes = body.rest();
    for _ in 0..count {
        decode_part(body, session)?;
    }
    Ok(Txn::Multi(Multi {
        session,
        count,
        bytes,
    }))
}

fn decode_part<'a>(body: &mut Body<'a>, session: i64) -> Result<Txn<'a>, String> {
    let kind = body.i32()?;
    let bytes = body.bytes()?;
    decode_single(kind, &mut Body { bytes, at: 0 }, session)
}

fn decode_single<'a>(kind: i32, body: &mut Body<'a>, session: i64) -> Result<Txn<'a>, String> {
    Ok(match kind {
        1 | 15 | 19 | 21 => decode_create(kind, body, session)?,
        2 | 20 => Txn::Delete { path: body.path()? },
        5 | 16 => Txn::SetData {
            path: body.path()?,
            data: body.bytes()?,
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

fn decode_create<'a>(kind: i32, body: &mut Body<'a>, session: i64) -> Result<Txn<'a>, String> {
    let path = body.path()?;
    let data = body.bytes()?;
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
fn decode_closed<'a>(body: &mut Body<'a>) -> Paths<'a> {
    let mut list = Body {
        bytes: body.rest(),
        at: 0,
    };
    let Ok(count) = list.i32() else {
        return Paths::default();
    };
    let bytes = list.rest();
    if (0..count).any(|_| list.path().is_err()) {
        return Paths::default();
    }
    body.at += list.at;
    Paths { count, bytes }
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

    fn path(&mut self) -> Result<&'a str, String> {
        let path = std::str::from_utf8(self.bytes()?).map_err(|_| "a path that is not UTF-8")?;
        if !path.starts_with('/') {
            return Err("a path that does not begin with /".to_owned());
        }
        Ok(path)
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
