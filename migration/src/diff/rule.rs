//! Rules: why two sides that hold the same cluster may differ. Each is named in the report.

macro_rules! rules {
    ($( $(#[doc = $doc:literal])* $rule:ident = $name:literal; )*) => {
        /// Why a difference is to be expected.
        ///
        /// Source: KIP-866 for what the migration leaves out, KIP-966 for eligible leaders.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Rule { $( $(#[doc = $doc])* $rule, )* }

        impl Rule {
            /// Every rule.
            pub const ALL: &'static [Rule] = &[$( Rule::$rule, )*];

            /// Stable name, as reports give it.
            pub const fn name(self) -> &'static str {
                match self { $( Rule::$rule => $name, )* }
            }

            /// What the rule says, for whoever reads a report.
            pub const fn text(self) -> &'static str {
                match self { $( Rule::$rule => concat!($( $doc, )*).trim_ascii(), )* }
            }
        }
    };
}

rules! {
    /// The topic is pending deletion in ZooKeeper, so it is not carried over.
    PendingDeletion = "pending-deletion";
    /// The cluster gave the topic no id; the one in KRaft is derived from its name and creation.
    DerivedTopicId = "derived-topic-id";
    /// The znodes hold a state of a partition that the topic's assignment does not list; Kafka ignores it.
    NoAssignment = "no-assignment";
    /// No state was ever written for the partition; every replica counts as in sync, and the first one leads.
    NoState = "no-state";
    /// The partition has no leader yet: its brokers have not registered with the KRaft controllers.
    LeaderFenced = "leader-fenced";
    /// The in-sync replicas are written as eligible leader replicas: each of them may lead as soon as it returns.
    IsrAsElr = "isr-as-elr";
    /// The stored ISR names brokers without a replica, or nobody although the only replica has everything.
    IsrMended = "isr-mended";
    /// KRaft has elected leaders and changed the ISR since it took over; its epochs are higher than ZooKeeper's.
    LeadershipMovedOn = "leadership-moved-on";
    /// Since KRaft took over, the reassignment that was running has been completed.
    ReassignmentCompleted = "reassignment-completed";
    /// The config exists for no release from 4.0 on, which drops it when it reads the log.
    ConfigDropped = "config-dropped";
    /// The config belongs to a topic that does not exist, so it is not carried over.
    ConfigWithoutTopic = "config-without-topic";
    /// With eligible leader replicas, min.insync.replicas is kept for the whole cluster and for no single broker.
    MinInsyncReplicas = "min-insync-replicas";
    /// The token has expired; KRaft removes such tokens.
    TokenExpired = "token-expired";
    /// Producer ids have been given out since KRaft took over.
    ProducerIdsMovedOn = "producer-ids-moved-on";
    /// ZooKeeper mode has no such thing, so only KRaft can hold it.
    KraftOnly = "kraft-only";
    /// ZooKeeper mode cannot hold a resource of such a name; going back to it would lose the entry.
    NotRepresentable = "not-representable";
    /// The entries are the same on both sides; KRaft's authorizer does not take a name that begins with * for one that * covers.
    AuthorizerOfMode = "authorizer-of-mode";
    /// In dual write a znode counts its writes and a partition its changes, of which one write may hold several.
    PartitionEpochCounted = "partition-epoch-counted";
    /// In dual write Kafka keeps in ZooKeeper the block that begins where KRaft goes on; no id is given out twice.
    ProducerIdsAhead = "producer-ids-ahead";
    /// ZooKeeper lists brokers in ZooKeeper mode that are alive, KRaft those that have registered with it.
    BrokerRegistration = "broker-registration";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_of_the_report_lists_every_rule_with_its_text() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/parity-report.md");
        let document = std::fs::read_to_string(path).unwrap();
        for rule in Rule::ALL {
            let row = format!("| `{}` | {} |", rule.name(), rule.text());
            assert!(document.contains(&row), "{row}");
        }
    }
}
