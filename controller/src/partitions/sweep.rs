//! Changes of every partition that a broker has a part in.
//!
//! They are found by going through all of them: a million partitions take milliseconds, and no index has to be kept.

use kraft_bridge_metadata::image::Partition;
use kraft_bridge_protocol::{NodeId, PartitionId, Uuid};

use super::{Change, Election};
use crate::draft::Draft;

/// Takes a broker that leaves out of every ISR, and elects others where it led.
pub(crate) fn remove_from_isrs(draft: &mut Draft<'_>, broker: NodeId) {
    remove_from(draft, broker, |partition| partition.isr.contains(&broker));
}

/// The same of a broker that is forgotten: what it is eligible for is looked at as well.
pub(crate) fn remove_forgotten(draft: &mut Draft<'_>, broker: NodeId) {
    remove_from(draft, broker, |partition| is_listed(partition, broker));
}

fn remove_from(draft: &mut Draft<'_>, broker: NodeId, is_so: impl Fn(&Partition) -> bool) {
    for (topic_id, partition_id, election) in found(draft, is_so) {
        let change = Change::of(draft, topic_id, partition_id, election);
        if let Some(record) = change.and_then(|change| change.without(broker).record()) {
            draft.push(record);
        }
    }
}

/// Whether a broker may lead the partition, or could if nobody else can.
fn is_listed(partition: &Partition, broker: NodeId) -> bool {
    partition.isr.contains(&broker) || partition.eligible_leader_replicas().contains(&broker)
}

/// The same of a broker that may have lost records: it is not eligible to lead either (KIP-966).
pub(crate) fn remove_lost(draft: &mut Draft<'_>, broker: NodeId) {
    remove_lost_from(draft, broker, |partition| is_listed(partition, broker));
}

/// The same only where it is eligible, and not in sync.
pub(crate) fn remove_eligible(draft: &mut Draft<'_>, broker: NodeId) {
    remove_lost_from(draft, broker, |partition| {
        partition.eligible_leader_replicas().contains(&broker)
    });
}

fn remove_lost_from(draft: &mut Draft<'_>, broker: NodeId, is_listed: impl Fn(&Partition) -> bool) {
    for (topic_id, partition_id, election) in found(draft, is_listed) {
        let change = Change::of(draft, topic_id, partition_id, election);
        if let Some(record) = change.and_then(|change| change.without_lost(broker).record()) {
            draft.push(record);
        }
    }
}

/// Elects leaders where there are none, since a broker that is there again may help, and a topic that has come to allow
/// unclean ones need not wait any longer.
pub(crate) fn elect_where_needed(draft: &mut Draft<'_>) {
    let waits = |partition: &Partition| partition.leader.is_none();
    for (topic_id, partition_id, election) in found(draft, waits) {
        let change = Change::of(draft, topic_id, partition_id, election);
        if let Some(record) = change.and_then(Change::record) {
            draft.push(record);
        }
    }
}

/// Whether a broker leads any partition.
pub(crate) fn leads_any(draft: &Draft<'_>, broker: NodeId) -> bool {
    let topics = draft.image.topics.iter();
    topics
        .flat_map(|(_, topic)| topic.partitions.values())
        .any(|partition| partition.leader == Some(broker))
}

/// The partitions that are so, with how their leaders are elected.
pub(super) fn found(
    draft: &Draft<'_>,
    is_so: impl Fn(&Partition) -> bool,
) -> Vec<(Uuid, PartitionId, Election)> {
    let mut found = Vec::new();
    for (name, topic) in draft.image.topics.iter() {
        let before = found.len();
        let numbers = topic.partitions.iter().filter(|(_, partition)| is_so(partition));
        found.extend(numbers.map(|(number, _)| (topic.id, *number, Election::Online)));
        if found.len() > before && draft.election(name) == Election::Unclean {
            let of_topic = &mut found[before..];
            of_topic
                .iter_mut()
                .for_each(|(_, _, election)| *election = Election::Unclean);
        }
    }
    found
}
