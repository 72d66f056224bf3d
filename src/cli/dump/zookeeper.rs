//! ZooKeeper's own files: a snapshot by its znodes, a log by its transactions.

use std::fmt;
use std::path::Path;

use kraft_bridge_migration::capture::data_dir::{SnapshotReader, StoredZnode, Txn, TxnHeader, TxnLogReader};
use serde::Serialize;

use super::Lines;
use super::payload::{Payload, ZnodeLine};

pub(super) fn dump_snapshot(path: &Path, lines: &mut Lines) -> anyhow::Result<()> {
    let mut reader = SnapshotReader::open(path)?;
    let mut znode = StoredZnode::default();
    let mut position = reader.position();
    while reader.next_into(&mut znode)? {
        let path = if znode.path.is_empty() { "/" } else { &znode.path };
        lines.line(&ZnodeLine {
            position: Some(position),
            path,
            payload: Payload::new(path, &znode.data),
            stat: znode.stat,
        })?;
        position = reader.position();
    }
    Ok(())
}

/// A transaction that was being written when the server died ends the log, as for ZooKeeper; a warning tells of it.
pub(super) fn dump_log(path: &Path, lines: &mut Lines) -> anyhow::Result<()> {
    let mut reader = TxnLogReader::open(path, u64::MAX)?;
    let mut position = reader.position();
    while let Some((header, txn)) = reader.next_txn()? {
        lines.line(&TransactionLine {
            position,
            header,
            changes: changes(txn),
        })?;
        position = reader.position();
    }
    if reader.is_torn() {
        tracing::warn!(
            file = %path.display(),
            offset = position,
            "what follows is no whole transaction: it was being written when the server died"
        );
    }
    Ok(())
}

#[derive(Serialize)]
#[serde(tag = "kind", rename = "transaction")]
struct TransactionLine {
    position: u64,
    #[serde(flatten)]
    header: TxnHeader,
    changes: Vec<Change>,
}

impl fmt::Display for TransactionLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TxnHeader { session, zxid, time } = self.header;
        write!(
            f,
            "byte {} zxid {zxid} session 0x{session:x} time {time}:",
            self.position
        )?;
        for (index, change) in self.changes.iter().enumerate() {
            f.write_str(if index == 0 { " " } else { "; " })?;
            change.fmt(f)?;
        }
        Ok(())
    }
}

/// One change, as it is shown.
#[derive(Serialize)]
#[serde(tag = "op", rename_all = "camelCase", rename_all_fields = "camelCase")]
enum Change {
    Create {
        path: String,
        #[serde(flatten)]
        payload: Payload,
        ephemeral_owner: i64,
    },
    Delete {
        path: String,
    },
    SetData {
        path: String,
        #[serde(flatten)]
        payload: Payload,
        version: i32,
    },
    SetAcl {
        path: String,
        version: i32,
    },
    CreateSession,
    CloseSession {
        paths: Vec<String>,
    },
    Check,
    Error {
        code: i32,
    },
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Change::Create {
                path,
                payload,
                ephemeral_owner: 0,
            } => write!(f, "create {path} {payload}"),
            Change::Create {
                path,
                payload,
                ephemeral_owner,
            } => write!(f, "create {path} owner 0x{ephemeral_owner:x} {payload}"),
            Change::Delete { path } => write!(f, "delete {path}"),
            Change::SetData {
                path,
                payload,
                version,
            } => write!(f, "set {path} version {version} {payload}"),
            Change::SetAcl { path, version } => write!(f, "set ACL of {path} version {version}"),
            Change::CreateSession => f.write_str("session begins"),
            Change::CloseSession { paths } if paths.is_empty() => f.write_str("session ends"),
            Change::CloseSession { paths } => write!(f, "session ends, and with it {}", paths.join(", ")),
            Change::Check => f.write_str("check"),
            Change::Error { code } => write!(f, "refused with error {code}"),
        }
    }
}

/// What a transaction does, a multi one's parts in order.
fn changes(txn: Txn<'_>) -> Vec<Change> {
    let change = match txn {
        Txn::Multi(txns) => return txns.iter().flat_map(changes).collect(),
        Txn::Create {
            path,
            data,
            ephemeral_owner,
            parent_cversion: _,
        } => Change::Create {
            payload: Payload::new(path, data),
            path: path.to_owned(),
            ephemeral_owner,
        },
        Txn::Delete { path } => Change::Delete {
            path: path.to_owned(),
        },
        Txn::SetData { path, data, version } => Change::SetData {
            payload: Payload::new(path, data),
            path: path.to_owned(),
            version,
        },
        Txn::SetAcl { path, version } => Change::SetAcl {
            path: path.to_owned(),
            version,
        },
        Txn::CreateSession => Change::CreateSession,
        Txn::CloseSession { paths } => Change::CloseSession {
            paths: paths.iter().map(str::to_owned).collect(),
        },
        Txn::Check => Change::Check,
        Txn::Error { code } => Change::Error { code },
    };
    vec![change]
}
