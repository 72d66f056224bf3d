//! Partitions: assignments and states that do not fit together, as a table of rules.

use kraft_bridge_protocol::NodeId;

use super::Preflight;
use super::findings::{Findings, few, topic_path};
use crate::finding::Severity;
use crate::legacy::Partition;

/// Something that a partition may be, and what it means.
struct Rule {
    severity: Severity,
    code: &'static str,
    problem: &'static str,
    action: &'static str,
    applies: fn(&Partition) -> bool,
}

/// Findings are made per topic and rule: a topic has many partitions, and mostly the same fate.
const RULES: [Rule; 12] = [
    Rule {
        severity: Severity::Blocker,
        code: "partition-without-replicas",
        problem: "no broker is assigned",
        action: "refused: delete the topic, or give the partition replicas",
        applies: |partition| partition.replicas.is_empty() && partition.state.is_none(),
    },
    Rule {
        severity: Severity::Blocker,
        code: "duplicate-replica",
        problem: "a broker is assigned twice",
        action: "refused: mend the assignment with kafka-reassign-partitions",
        applies: |partition| has_duplicates(&partition.replicas),
    },
    Rule {
        severity: Severity::Blocker,
        code: "negative-broker-id",
        problem: "a broker's id is negative",
        action: "refused: mend the assignment with kafka-reassign-partitions",
        applies: |partition| {
            let isr = partition.state.iter().flat_map(|state| &state.isr);
            partition.replicas.iter().chain(isr).any(|id| id.0 < 0)
        },
    },
    Rule {
        severity: Severity::Warning,
        code: "state-without-assignment",
        problem: "there is a state, but the topic's assignment does not list the partition",
        action: "not carried; Kafka's own migration leaves it out too",
        applies: |partition| partition.replicas.is_empty() && partition.state.is_some(),
    },
    Rule {
        severity: Severity::Warning,
        code: "isr-outside-replicas",
        problem: "a broker is in sync that is not assigned",
        action: "carried without that broker",
        applies: |partition| {
            let isr = partition.state.iter().flat_map(|state| &state.isr);
            !partition.replicas.is_empty() && !is_subset(isr, &partition.replicas)
        },
    },
    Rule {
        severity: Severity::Warning,
        code: "isr-empty",
        problem: "no replica is in sync",
        action: "carried as it is: nobody leads it before an unclean election, which may lose its last messages; Kafka \
                 makes one by itself where unclean.leader.election.enable allows it, otherwise use kafka-leader-election",
        applies: |partition| !partition.replicas.is_empty() && partition.in_sync().next().is_none(),
    },
    Rule {
        severity: Severity::Info,
        code: "isr-empty-of-one",
        problem: "no replica is in sync, and there is only one",
        action: "carried with that one in sync: nobody has more",
        applies: Partition::has_lost_its_only_replica,
    },
    Rule {
        severity: Severity::Warning,
        code: "leader-not-in-isr",
        problem: "the leader is not in sync",
        action: "carried without a leader: one of the ISR will lead, and what only the old leader has is lost",
        applies: |partition| {
            let leader = partition.state.as_ref().and_then(|state| state.leader);
            partition.in_sync().next().is_some()
                && leader.is_some_and(|leader| !partition.in_sync().any(|id| id == leader))
        },
    },
    Rule {
        severity: Severity::Warning,
        code: "partition-without-state",
        problem: "no leader was ever elected",
        action: "carried with every replica in sync and leader epoch 0; if the partition held messages before, its \
                 state was lost: restore it",
        applies: |partition| !partition.replicas.is_empty() && partition.state.is_none(),
    },
    Rule {
        severity: Severity::Warning,
        code: "reassignment-outside-replicas",
        problem: "a reassignment adds or removes a broker that is not assigned",
        action: "carried as it is: cancel it with kafka-reassign-partitions --cancel if it does not end",
        applies: |partition| {
            partition.reassigned.as_ref().is_some_and(|reassigned| {
                let moved = reassigned.adding.iter().chain(&reassigned.removing);
                !is_subset(moved, &partition.replicas)
            })
        },
    },
    Rule {
        severity: Severity::Info,
        code: "reassignment-under-way",
        problem: "a reassignment is under way",
        action: "carried: it goes on once the brokers are back",
        applies: |partition| {
            let reassigned = partition.reassigned.as_ref();
            reassigned.is_some_and(|r| !r.adding.is_empty() || !r.removing.is_empty())
        },
    },
    Rule {
        severity: Severity::Info,
        code: "partition-recovering",
        problem: "the leader was elected uncleanly and has not recovered yet",
        action: "carried: its next leader recovers it",
        applies: |partition| partition.state.as_ref().is_some_and(|state| state.recovering),
    },
];

pub(super) fn check(preflight: &Preflight<'_>, findings: &mut Findings) {
    for (name, topic) in preflight.topics() {
        for rule in &RULES {
            let mut found = topic
                .partitions
                .iter()
                .filter(|(_, partition)| (rule.applies)(partition))
                .peekable();
            let Some((_, first)) = found.peek() else {
                continue;
            };
            let values = values(first);
            let ids: Vec<_> = found.map(|(id, _)| id).collect();
            let noun = if ids.len() == 1 { "partition" } else { "partitions" };
            findings.add(
                rule.severity,
                rule.code,
                topic_path(name),
                format!("{noun} {}: {} ({values})", few(&ids), rule.problem),
                rule.action,
            );
        }
    }
}

/// The values of one partition that show what is odd.
fn values(partition: &Partition) -> String {
    let ids = |ids: &[NodeId]| {
        let ids: Vec<String> = ids.iter().map(NodeId::to_string).collect();
        format!("[{}]", ids.join(","))
    };
    let mut text = format!("replicas {}", ids(&partition.replicas));
    if let Some(reassigned) = &partition.reassigned {
        text += &format!(
            ", adding {}, removing {}",
            ids(&reassigned.adding),
            ids(&reassigned.removing)
        );
    }
    if let Some(state) = &partition.state {
        let leader = state
            .leader
            .map_or_else(|| "none".to_owned(), |id| id.to_string());
        text += &format!(", leader {leader}, ISR {}", ids(&state.isr));
    }
    text
}

fn has_duplicates(ids: &[NodeId]) -> bool {
    ids.iter().enumerate().any(|(at, id)| ids[..at].contains(id))
}

fn is_subset<'a>(mut ids: impl Iterator<Item = &'a NodeId>, of: &[NodeId]) -> bool {
    ids.all(|id| of.contains(id))
}
