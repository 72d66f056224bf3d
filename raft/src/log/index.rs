//! A segment's sparse indexes: where to begin looking for an offset, or for a time.
//!
//! ```text
//! <base>.index       8 bytes an entry    i32 last offset of a batch − base, i32 position where the batch begins
//! <base>.timeindex  12 bytes an entry    i64 timestamp, i32 offset − base of the batch that bears it
//! ```
//!
//! A batch gets an entry when more than 4096 bytes were appended since the entry before; the first batch
//! never gets one. A time entry is added along with it if time went on, and one for the last batch of a
//! segment that is complete. They are kept in memory and written when the segment is complete: whoever opens
//! the directory next, JVM or not, makes them anew from the log.
//!
//! Source: Kafka documentation, `index.interval.bytes`; compared with a JVM's files in the tests.

use kraft_bridge_protocol::batch::Batch;
use kraft_bridge_protocol::{Offset, Timestamp};

/// Bytes of log between two entries (`index.interval.bytes`, which the metadata log does not let one change).
pub(super) const INTERVAL_BYTES: u64 = 4096;

/// Both indexes of one segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Index {
    base: Offset,
    /// Offset relative to the base, position.
    offsets: Vec<(i32, u32)>,
    /// Timestamp, offset relative to the base.
    times: Vec<(i64, i32)>,
    bytes_since_entry: u64,
    /// The highest timestamp so far and the first batch that bore it.
    latest: Option<(i64, i32)>,
}

impl Index {
    pub(super) fn new(base: Offset) -> Index {
        Index {
            base,
            offsets: Vec::new(),
            times: Vec::new(),
            bytes_since_entry: 0,
            latest: None,
        }
    }

    /// Takes a batch that begins at `position`; offsets fit into 32 bits because a segment is rolled before
    /// they do not.
    pub(super) fn add(&mut self, batch: &Batch<'_>, position: u64) {
        let last = batch.end_offset().0 - 1 - self.base.0;
        let (Ok(last), Ok(position)) = (i32::try_from(last), u32::try_from(position)) else {
            return;
        };
        let Timestamp(timestamp) = batch.header.timestamp;
        if self.latest.is_none_or(|(latest, _)| latest < timestamp) {
            self.latest = Some((timestamp, last));
        }
        if self.bytes_since_entry > INTERVAL_BYTES {
            self.offsets.push((last, position));
            self.times.extend(self.next_time());
            self.bytes_since_entry = 0;
        }
        self.bytes_since_entry += batch.length() as u64;
    }

    /// Forgets what was added from the last entry before `position` on, and returns where that batch begins: once
    /// the batches from there on are added again, it is as if none behind `position` had ever been. `None` if
    /// there is no entry: begin anew.
    pub(super) fn rewind(&mut self, position: u64) -> Option<u64> {
        let kept = self.offsets.partition_point(|(_, at)| u64::from(*at) < position);
        let (last, from) = self.offsets[kept.checked_sub(1)?];
        self.offsets.truncate(kept - 1);
        let before = self.offsets.last().map_or(-1, |(last, _)| *last);
        // A time entry stands for the batches since the entry before; the batch at this one gives its own again.
        let entry = self.times.iter().find(|(_, offset)| *offset > before);
        let pending = entry.filter(|(_, offset)| *offset < last).copied();
        self.times.retain(|(_, offset)| *offset <= before);
        self.latest = pending.or(self.times.last().copied());
        self.bytes_since_entry = INTERVAL_BYTES + 1;
        Some(u64::from(from))
    }

    /// A position at or before the batch that holds `offset`.
    pub(super) fn position_before(&self, offset: Offset) -> u64 {
        let relative = offset.0 - self.base.0;
        let after = self
            .offsets
            .partition_point(|(last, _)| i64::from(*last) <= relative);
        match after.checked_sub(1) {
            Some(entry) => u64::from(self.offsets[entry].1),
            None => 0,
        }
    }

    /// Content of the offset index.
    pub(super) fn encode_offsets(&self) -> Vec<u8> {
        let entries = self.offsets.iter();
        entries
            .flat_map(|(offset, position)| [offset.to_be_bytes(), position.to_be_bytes()])
            .flatten()
            .collect()
    }

    /// Content of the time index of a segment that is complete.
    pub(super) fn encode_times(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (timestamp, offset) in self.times.iter().copied().chain(self.next_time()) {
            bytes.extend_from_slice(&timestamp.to_be_bytes());
            bytes.extend_from_slice(&offset.to_be_bytes());
        }
        bytes
    }

    /// The highest timestamp, unless the last entry has it.
    fn next_time(&self) -> Option<(i64, i32)> {
        let last = self.times.last().map(|(timestamp, _)| *timestamp);
        self.latest
            .filter(|(latest, _)| last.is_none_or(|last| last < *latest))
    }
}

#[cfg(test)]
mod tests {
    use kraft_bridge_protocol::Epoch;
    use kraft_bridge_protocol::batch::{BatchBuilder, BatchHeader};
    use proptest::prelude::*;

    use super::*;

    /// Batches of one record each, from offset 7 on: each with the length of its value and its timestamp.
    fn encoded(batches: &[(usize, i64)]) -> Vec<Vec<u8>> {
        let numbered = (7..).zip(batches);
        let batches = numbered.map(|(offset, (length, timestamp))| {
            let mut batch = BatchBuilder::default();
            batch.push(None, &vec![0; *length]);
            batch.finish(BatchHeader {
                base_offset: Offset(offset),
                epoch: Epoch(1),
                timestamp: Timestamp(*timestamp),
                control: false,
            })
        });
        batches.collect()
    }

    /// Adds those from `from` on that end at `end` or before.
    fn add(index: &mut Index, batches: &[Vec<u8>], from: u64, end: u64) {
        let mut position = 0;
        for bytes in batches {
            let next = position + bytes.len() as u64;
            if position >= from && next <= end {
                index.add(&Batch::decode(bytes).unwrap().0, position);
            }
            position = next;
        }
    }

    proptest! {
        #[test]
        fn an_index_rewound_is_that_of_a_segment_that_never_was_longer(
            batches in proptest::collection::vec((1..3000usize, 0..20i64), 1..40), kept in 0..40usize
        ) {
            let batches = encoded(&batches);
            let end: u64 = batches.iter().take(kept).map(|bytes| bytes.len() as u64).sum();
            let mut index = Index::new(Offset(7));
            add(&mut index, &batches, 0, u64::MAX);
            let mut fresh = Index::new(Offset(7));
            add(&mut fresh, &batches, 0, end);

            let from = index.rewind(end);
            if let Some(from) = from {
                prop_assert!(from < end && end - from <= INTERVAL_BYTES + 2 * 3100);
                add(&mut index, &batches, from, end);
                prop_assert_eq!(index, fresh);
            } else {
                prop_assert!(fresh.offsets.is_empty());
            }
        }
    }
}
