//! The parity report: what was compared, what differs, and what that means.
//!
//! ```text
//! Report
//! ├─ verdict, time, tool
//! ├─ zookeeper, kraft      what each side was, and at which zxid or offset it was seen
//! ├─ totals                per kind: how many entities, how many of them equal
//! ├─ differences           what an operator has to look at, worst first
//! ├─ explained, ignored    what differs for a known reason, or by the operator's own word
//! ├─ not_compared          what could not be read, so that nothing is said about it
//! └─ notices               what is odd without being a difference
//! ```
//!
//! The same inputs and the same time give the same bytes: lists are sorted, maps are ordered.

use std::collections::BTreeMap;
use std::fmt;

use kraft_bridge_protocol::{Epoch, Offset};
use serde::{Deserialize, Serialize};

use super::{Difference, Kind};
use crate::finding::{Finding, Severity};
use crate::legacy::MigrationZnode;
use crate::znode::Zxid;

/// Version of the report's JSON schema; grows when a reader of the former one would misread it.
pub const SCHEMA_VERSION: u32 = 1;

/// What the comparison established. Ordered: the worst is the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Both sides hold the same, apart from what is explained or ignored.
    Equal,
    /// Something could not be compared; what could is equal.
    NotEstablished,
    /// At least one difference needs an operator.
    Different,
}

impl Verdict {
    /// What so many differences that need an operator, and what could not be compared, come to.
    pub(super) fn of(differences: u64, not_compared: &[Notice]) -> Verdict {
        if differences > 0 {
            Verdict::Different
        } else if not_compared.is_empty() {
            Verdict::Equal
        } else {
            Verdict::NotEstablished
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Verdict::Equal => "equal",
            Verdict::NotEstablished => "not established",
            Verdict::Different => "different",
        })
    }
}

/// How the two sides stand to each other, which decides what may differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Relation {
    /// KRaft was made from ZooKeeper once; since then only KRaft goes on.
    Copied,
    /// A migrating controller writes every change to both.
    DualWrite,
}

/// What the ZooKeeper side was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ZookeeperSide {
    /// What was read, as a person would name it. Never holds a password.
    pub source: String,
    /// `/cluster/id`
    pub cluster_id: Option<String>,
    /// Transactions at or before this one were seen.
    pub first_zxid: Zxid,
    /// No transaction after this one was seen.
    pub last_zxid: Zxid,
    /// Znodes that were read.
    pub znodes: u64,
    /// When the youngest znode was written, RFC 3339; absent when there is none.
    pub youngest: Option<String>,
    /// `/migration`, if Kafka's own migration, or ours, has been at work.
    pub migration: Option<MigrationZnode>,
    /// SHA-256 over everything that was compared but secrets, hexadecimal. See [`super::digest`].
    pub digest: String,
}

/// What the KRaft side was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KraftSide {
    /// What was read, as a person would name it. Never holds a password.
    pub target: String,
    /// Cluster id, if the target tells it.
    pub cluster_id: Option<String>,
    /// Exclusive end offset of what was read: the high watermark of a live quorum.
    pub end_offset: Offset,
    /// Epoch of the last record.
    pub epoch: Epoch,
    /// Records that were read, those of a checkpoint included.
    pub records: u64,
    /// Level of `metadata.version`, by name.
    pub metadata_version: Option<String>,
    /// State of Kafka's own migration as the log tells it, absent where no record does.
    pub migration_state: Option<String>,
    /// SHA-256 over everything that was compared but secrets, hexadecimal. See [`super::digest`].
    pub digest: String,
}

/// What was compared of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Totals {
    /// Entities that ZooKeeper has; for decisions, requests that were asked.
    pub zookeeper: u64,
    /// Entities that KRaft has; for decisions, requests that were asked.
    pub kraft: u64,
    /// Differences that need an operator: in ZooKeeper only.
    pub missing_in_kraft: u64,
    /// Differences that need an operator: in KRaft only.
    pub only_in_kraft: u64,
    /// Differences that need an operator: field by field.
    pub different: u64,
    /// Differences with a known reason.
    pub explained: u64,
    /// Differences that the operator said to ignore.
    pub ignored: u64,
}

impl Totals {
    /// Differences that need an operator.
    pub fn unexplained(&self) -> u64 {
        self.missing_in_kraft + self.only_in_kraft + self.different
    }
}

/// What a rule says, and how much it explains here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RuleUse {
    /// What it says.
    pub text: String,
    /// Differences that it explains; `explained` lists the first of them only, if there are very many.
    pub differences: u64,
}

/// Something worth knowing that is no difference, or the reason why something was not compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Notice {
    /// How much it matters.
    pub severity: Severity,
    /// Znode, file or record it is about.
    pub path: String,
    /// Stable name of its kind, kebab-case.
    pub code: String,
    /// What is odd. Never a secret.
    pub problem: String,
    /// What it means for the comparison, or what the operator has to do.
    pub action: String,
}

impl From<Finding> for Notice {
    fn from(finding: Finding) -> Notice {
        let Finding {
            severity,
            path,
            code,
            problem,
            action,
        } = finding;
        Notice {
            severity,
            path,
            code: code.to_owned(),
            problem,
            action,
        }
    }
}

/// How often differences were read again before they were believed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Settling {
    /// Times that differing entities were read again; 0 when both sides stand still.
    pub rounds: u32,
    /// Differences that went away meanwhile: the cluster was moving.
    pub settled: u64,
}

/// The whole report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// [`SCHEMA_VERSION`] of the tool that wrote it.
    pub schema_version: u32,
    /// Version of the tool that wrote it.
    pub tool_version: String,
    /// When the comparison ended, RFC 3339.
    pub time: String,
    /// What it established.
    pub verdict: Verdict,
    /// How the sides stand to each other.
    pub relation: Relation,
    /// The ZooKeeper side.
    pub zookeeper: ZookeeperSide,
    /// The KRaft side.
    pub kraft: KraftSide,
    /// Per kind that was compared.
    pub totals: BTreeMap<Kind, Totals>,
    /// Kinds that were left out at the operator's word (`--only`).
    pub left_out: Vec<Kind>,
    /// What needs an operator, worst first.
    pub differences: Vec<Difference>,
    /// What differs for a known reason.
    pub explained: Vec<Difference>,
    /// What differs and was to be ignored.
    pub ignored: Vec<Difference>,
    /// The rules that explain something, by name.
    pub rules: BTreeMap<String, RuleUse>,
    /// What could not be compared, and why.
    pub not_compared: Vec<Notice>,
    /// What is worth knowing besides.
    pub notices: Vec<Notice>,
    /// How differences on moving sides settled.
    pub settling: Settling,
}
