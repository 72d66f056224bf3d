//! A KRaft side for a ZooKeeper side, as the bytes of its records, and what comparing the two takes.

use std::error::Error;
use std::time::Instant;

use kraft_bridge_metadata::image::Replay;
use kraft_bridge_metadata::records::{MetadataRecord, PartitionRecord};
use kraft_bridge_metadata::release::Release;
use kraft_bridge_migration::legacy::LegacyCluster;
use kraft_bridge_migration::parity::decisions::DecisionOptions;
use kraft_bridge_migration::parity::{Ignore, Kind, Terms, Wanted};
use kraft_bridge_migration::target::Target;
use kraft_bridge_migration::translate::{Translation, encode};
use kraft_bridge_protocol::{Epoch, Offset, OffsetAndEpoch, Timestamp};

/// Encoded records, one after the other.
pub(crate) struct Records {
    bytes: Vec<u8>,
    lengths: Vec<usize>,
}

impl Records {
    /// The records that the cluster becomes, each partition changed.
    pub(crate) fn of(
        cluster: &LegacyCluster,
        release: Release,
        mut change: impl FnMut(&mut PartitionRecord),
    ) -> Records {
        let target = Target {
            release,
            min_insync_replicas: None,
        };
        let cluster_id = cluster.cluster_id.as_deref().unwrap_or_default();
        let mut records = Records {
            bytes: Vec::new(),
            lengths: Vec::new(),
        };
        for mut record in Translation::new(cluster, cluster_id, &target).records() {
            if let MetadataRecord::Partition(partition) = &mut record {
                change(partition);
            }
            let bytes = encode(target.metadata_version(), &record);
            records.bytes.extend_from_slice(&bytes);
            records.lengths.push(bytes.len());
        }
        records
    }

    /// Decodes and replays them.
    pub(crate) fn replay(&self) -> Result<Replay, Box<dyn Error>> {
        let mut replay = Replay::default();
        let (mut rest, mut offset) = (self.bytes.as_slice(), 0);
        for length in &self.lengths {
            let (record, after) = rest.split_at(*length);
            replay.push(Offset(offset), MetadataRecord::decode(record)?.0)?;
            (rest, offset) = (after, offset + 1);
        }
        Ok(replay)
    }
}

/// Lets a partition be led as in ZooKeeper: the made-up data directory has no other leaders.
pub(crate) fn lead(partition: &mut PartitionRecord) {
    partition.leader = partition.replicas.first().copied();
}

/// The KRaft side as the comparison takes it.
pub(crate) fn wanted<'a>(replay: &'a Replay, cluster: &'a LegacyCluster) -> Wanted<'a> {
    Wanted {
        replay,
        target: "made up",
        cluster_id: cluster.cluster_id.as_deref(),
        end: OffsetAndEpoch {
            epoch: Epoch(1),
            offset: Offset(0),
        },
    }
}

/// Compares these kinds.
pub(crate) fn terms(kinds: impl IntoIterator<Item = Kind>) -> Terms {
    Terms {
        kinds: kinds.into_iter().collect(),
        ignore: Ignore::default(),
        decisions: DecisionOptions::default(),
        now: Timestamp(0),
        salt: [0; 32],
    }
}

/// What `work` returns, and how many seconds it took.
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let start = Instant::now();
    let done = work();
    (done, start.elapsed().as_secs_f64())
}
