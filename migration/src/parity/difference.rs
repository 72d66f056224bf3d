//! One difference between the two sides, as a report lists it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Kind;

/// What differs. Ordered: the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// ZooKeeper has it, KRaft does not.
    MissingInKraft,
    /// Both have it, with another value in one field.
    Different,
    /// KRaft has it, ZooKeeper does not.
    OnlyInKraft,
}

impl What {
    /// The word that names it in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            What::MissingInKraft => "missing-in-kraft",
            What::Different => "different",
            What::OnlyInKraft => "only-in-kraft",
        }
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// One difference: which entity, which field of it, and what each side says.
///
/// An entity that only one side has is one difference, whatever its fields; otherwise there is one for each field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// Kind of the entity.
    pub kind: Kind,
    /// Which one, in Kafka's own words: `orders`, `orders-3`, `User:alice, client-id:<default>`.
    pub entity: String,
    /// Where ZooKeeper keeps it, or would.
    pub path: String,
    /// What differs.
    pub what: What,
    /// The field, if a field differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What ZooKeeper says; absent when it says nothing. A secret is `[redacted]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zookeeper: Option<String>,
    /// What KRaft says; absent when it says nothing. A secret is `[redacted]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kraft: Option<String>,
    /// Name of the rule that explains or ignores it; absent for what needs an operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nothing = "nothing";
        let zookeeper = self.zookeeper.as_deref().unwrap_or(nothing);
        let kraft = self.kraft.as_deref().unwrap_or(nothing);
        write!(f, "{} {}", self.kind, self.entity)?;
        if let Some(field) = &self.field {
            write!(f, ", {field}")?;
        }
        match self.what {
            What::MissingInKraft => write!(f, ": missing in KRaft; ZooKeeper has {zookeeper}")?,
            What::OnlyInKraft => write!(f, ": only in KRaft, which has {kraft}")?,
            What::Different => write!(f, ": ZooKeeper has {zookeeper}, KRaft has {kraft}")?,
        }
        write!(f, " ({})", self.path)?;
        self.rule.as_ref().map_or(Ok(()), |rule| write!(f, " [{rule}]"))
    }
}
