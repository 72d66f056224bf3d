//! What is compared, kind by kind: one for each noun of a cluster's metadata.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

macro_rules! kinds {
    ($( $(#[$doc:meta])* $kind:ident = $name:literal, $title:literal; )*) => {
        /// A kind of entity. Ordered as reports list them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Kind { $( $(#[$doc])* #[serde(rename = $name)] $kind, )* }

        impl Kind {
            /// Every kind, in the order of reports.
            pub const ALL: &'static [Kind] = &[$( Kind::$kind, )*];

            /// The word that names it on the command line and in JSON.
            pub const fn name(self) -> &'static str {
                match self { $( Kind::$kind => $name, )* }
            }

            /// What a reader calls it.
            pub const fn title(self) -> &'static str {
                match self { $( Kind::$kind => $title, )* }
            }
        }
    };
}

kinds! {
    /// The cluster's id.
    ClusterId = "cluster-id", "Cluster id";
    /// Topics: whether they are there, and under which id.
    Topics = "topics", "Topics";
    /// Partitions: replicas, reassignment, leadership.
    Partitions = "partitions", "Partitions";
    /// Config overrides of topics, key by key.
    TopicConfigs = "topic-configs", "Topic configs";
    /// Dynamic configs of brokers and their default, key by key.
    BrokerConfigs = "broker-configs", "Broker configs";
    /// Client quotas of every combination of user, client and address, key by key.
    Quotas = "quotas", "Client quotas";
    /// SCRAM credentials.
    Scram = "scram", "SCRAM credentials";
    /// Access control entries.
    Acls = "acls", "ACLs";
    /// What the ACLs decide, request by request.
    AclDecisions = "acl-decisions", "ACL decisions";
    /// Delegation tokens.
    Tokens = "tokens", "Delegation tokens";
    /// The block of producer ids to be given out next.
    ProducerIds = "producer-ids", "Producer ids";
    /// Finalized features.
    Features = "features", "Features";
    /// Brokers that are alive or registered.
    Brokers = "brokers", "Brokers";
    /// Configs of resources that ZooKeeper mode does not have: client metrics, groups.
    OtherConfigs = "other-configs", "Other configs";
}

impl Kind {
    /// The kind whose walk comes by the entities of this one.
    pub(crate) fn walked_with(self) -> Kind {
        match self {
            Kind::Partitions | Kind::TopicConfigs => Kind::Topics,
            other => other,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The text names no kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is nothing that is compared: give {}", names())]
pub struct ParseKindError {
    /// What was given.
    pub text: String,
}

fn names() -> String {
    let names: Vec<_> = Kind::ALL.iter().map(|kind| kind.name()).collect();
    names.join(", ")
}

impl FromStr for Kind {
    type Err = ParseKindError;

    fn from_str(text: &str) -> Result<Kind, ParseKindError> {
        let found = Kind::ALL.iter().copied().find(|kind| kind.name() == text);
        found.ok_or_else(|| ParseKindError {
            text: text.to_owned(),
        })
    }
}
