//! Offsets of the old high-level consumer: `/consumers/<group>/offsets/<topic>/<partition>`.

use kraft_bridge_protocol::{Offset, PartitionId};

use super::json;
use super::notes::Notes;

/// A position that only ZooKeeper holds; KRaft has no place for it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct ConsumerOffset {
    /// Consumer group.
    pub group: String,
    /// Topic.
    pub topic: String,
    /// Partition.
    pub partition: PartitionId,
    /// Next offset to read.
    pub offset: Offset,
}

impl ConsumerOffset {
    fn place(&self) -> (&str, &str, PartitionId) {
        (&self.group, &self.topic, self.partition)
    }
}

/// Keeps an offset in its place, instead of the one that was there: a consumer that runs changes it all the time.
pub(super) fn put(offsets: &mut Vec<ConsumerOffset>, offset: ConsumerOffset) {
    match offsets.binary_search_by(|other| other.place().cmp(&offset.place())) {
        Ok(at) => offsets[at] = offset,
        Err(at) => offsets.insert(at, offset),
    }
}

/// Forgets what a path below a group's has said; `rest` are its segments.
pub(super) fn forget(offsets: &mut Vec<ConsumerOffset>, group: &str, rest: &[&str]) {
    offsets.retain(|offset| {
        let partition = offset.partition.to_string();
        !["offsets", &offset.topic, &partition].starts_with(rest) || offset.group != group
    });
}

pub(super) fn decode(
    group: &str,
    topic: &str,
    partition: &str,
    data: &[u8],
    notes: &mut Notes<'_>,
) -> Option<ConsumerOffset> {
    let decoded = partition.parse().ok().zip(json::number_text(data));
    let Some((partition, offset)) = decoded else {
        notes.warning(
            "odd-consumer-offset",
            "the partition or the offset is no number".to_owned(),
            "left out of the list that the offsets command makes",
        );
        return None;
    };
    Some(ConsumerOffset {
        group: group.to_owned(),
        topic: topic.to_owned(),
        partition: PartitionId(partition),
        offset: Offset(offset),
    })
}
