//! Changes of every partition that a broker has a part in.
//!
//! They are found by going through all of them: a million partitions take milliseconds, and no index has to be kept.

use kraft_bridge_metadata::image::Partition;
use kraft_bridge_protocol::{NodeId, PartitionId, Uuid};

use super::{Change, Election};
use crate::draft::Draft;

/// Takes a broker that leaves out of every ISR, and elects others where it led.
pub(crate) fn remove_from_isrs(draft: &mut Draft<'_>, broker: NodeId) {
    for (topic_id, partition_id, election) in found(draft, |partition| partition.isr.contains(&broker)) {
        let change = Change::of(draft, topic_id, partition_id, election);
        if let Some(record) = change.and_then(|change| change.without(broker).record()) {
            draft.push(record);
        }
    }
}

/// The same of a broker that may have lost records: it is not eligible to lead either (KIP-966).
pub(crate) fn remove_lost(draft: &mut Draft<'_>, broker: NodeId) {
    let is_listed = |partition: &Partition| {
        partition.isr.contains(&broker) || partition.eligible_leader_replicas().contains(&broker)
    };
    for (topic_id, partition_id, election) in found(draft, is_listed) {
        let change = Change::of(draft, topic_id, partition_id, election);
        if let Some(record) = change.and_then(|change| change.without_lost(broker).record()) {
            draft.push(record);
        }
    }
}

/// Elects leaders where there are none and a broker that is there again can help.
pub(crate) fn elect_for(draft: &mut Draft<'_>, broker: NodeId) {
    let waits = |partition: &Partition| partition.leader.is_none() && partition.replicas.contains(&broker);
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
