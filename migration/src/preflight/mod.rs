//! Preflight: what an operator must know before anything is written.
//!
//! ```text
//! LegacyCluster ─┐                        ┌─▶ findings     the decoder's and one file's per concern
//! Summary ───────┼─▶ Preflight ─ report ──┼─▶ must return  per broker: what it alone holds in sync
//! BrokerFacts ───┘                        └─▶ totals, and what is not carried
//! ```
//!
//! Nothing is read and nothing is decided here that could not be read off the legacy model; `translate` does what
//! these findings say, and `migrate` refuses to begin while one of them is a blocker.

mod acls;
mod brokers;
mod cluster;
mod configs;
mod findings;
mod leftovers;
mod lengths;
mod must_return;
mod partitions;
mod quotas;
mod tokens;
mod topics;
mod totals;

use kraft_bridge_protocol::{NodeId, Timestamp};

use crate::capture::Summary;
use crate::finding::Finding;
use crate::legacy::{LegacyCluster, Topic};
use crate::target::Target;

use findings::Findings;
pub use must_return::MustReturn;
pub use totals::{NotCarried, Totals};

/// All that preflight looks at.
#[derive(Clone, Copy, Debug)]
pub struct Preflight<'a> {
    /// The cluster, passwords opened.
    pub cluster: &'a LegacyCluster,
    /// How it was read.
    pub summary: &'a Summary,
    /// What is known already: from decoding, and from opening the passwords.
    pub findings: &'a [Finding],
    /// What the migration aims at.
    pub target: &'a Target,
    /// What a broker's configuration file tells, if one was given.
    pub broker: Option<&'a BrokerFacts>,
    /// The present.
    pub now: Timestamp,
}

/// What only a broker's `server.properties` tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BrokerFacts {
    /// The file, for findings about it.
    pub file: String,
    /// `broker.id`, if the file has one.
    pub broker: Option<NodeId>,
    /// Number of log directories.
    pub log_dirs: usize,
    /// `authorizer.class.name`
    pub authorizer: Option<String>,
    /// Whether there are `super.users`.
    pub super_users: bool,
    /// Where the ACLs are, if elsewhere and not read from there: `host:2181/chroot`.
    pub acls_elsewhere: Option<String>,
    /// Whether there is a `delegation.token.secret.key`.
    pub delegation_tokens: bool,
    /// `inter.broker.protocol.version`
    pub inter_broker_protocol_version: Option<String>,
}

/// What an operator must know.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Every finding, the worst first, then by kind and path.
    pub findings: Vec<Finding>,
    /// Brokers that alone hold partitions in sync, the one with the most partitions first.
    pub must_return: Vec<MustReturn>,
    /// What is in the cluster.
    pub totals: Totals,
    /// What will not be in the new one.
    pub not_carried: NotCarried,
}

impl Preflight<'_> {
    /// Looks at everything.
    pub fn report(&self) -> Report {
        let mut findings = Findings::new(self.findings);
        cluster::check(self, &mut findings);
        brokers::check(self, &mut findings);
        topics::check(self, &mut findings);
        partitions::check(self, &mut findings);
        configs::check(self, &mut findings);
        quotas::check(self, &mut findings);
        acls::check(self, &mut findings);
        tokens::check(self, &mut findings);
        leftovers::check(self, &mut findings);
        lengths::check(self, &mut findings);
        Report {
            findings: findings.sorted(),
            must_return: must_return::must_return(self),
            totals: totals::totals(self),
            not_carried: totals::not_carried(self),
        }
    }

    /// Topics that live on, by name: all but those pending deletion.
    fn topics(&self) -> impl Iterator<Item = (&str, &Topic)> {
        self.cluster
            .topics
            .iter()
            .filter(|(name, _)| !self.cluster.pending_deletions.contains(*name))
            .map(|(name, topic)| (name.as_str(), topic))
    }
}

#[cfg(test)]
mod tests;
