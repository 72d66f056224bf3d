//! The committed records of the cluster, each held to the invariants when it is committed.

use kraft_bridge_metadata::image::{BrokerRegistration, MetadataImage, Partition, Replay};
use kraft_bridge_metadata::records::{LeaderRecovery, MetadataRecord};
use kraft_bridge_protocol::{NodeId, Offset};

use super::acked::Acked;
use super::brokers::Broker;
use super::invariants::{Committed, Leaders, check};
use super::{Cluster, Key, partition};
use crate::batches::{Stored, StoredBatch};
use crate::invariants::Violation;
use crate::replica::metadata_of;

/// Everything that was committed.
#[derive(Debug, Default)]
pub(super) struct MetadataLog {
    pub(super) records: Vec<(Offset, MetadataRecord)>,
    pub(super) replay: Replay,
    /// Behind the last batch.
    pub(super) end: Offset,
    leaders: Leaders,
}

impl MetadataLog {
    /// What all of it says.
    pub(super) fn image(&self) -> &MetadataImage {
        self.replay.image()
    }
}

impl Cluster {
    /// A batch is committed, perhaps not for the first time.
    ///
    /// # Errors
    ///
    /// [`Violation`].
    pub(crate) fn commit(&mut self, batch: &StoredBatch) -> Result<(), Violation> {
        if batch.end <= self.log.end {
            return Ok(());
        }
        for (stored, offset) in batch.records.iter().zip(batch.base.0..) {
            if let Stored::Data(payload) = stored
                && let Some(bytes) = metadata_of(payload)
            {
                let decoded = MetadataRecord::decode(bytes);
                let (record, _) = decoded.map_err(|error| wrong(format!("offset {offset}: {error}")))?;
                self.take(Offset(offset), record)?;
            }
        }
        self.log.end = batch.end;
        Ok(())
    }

    fn take(&mut self, offset: Offset, record: MetadataRecord) -> Result<(), Violation> {
        let key = key_of(&record);
        let image = self.log.replay.image();
        let was: Option<Partition> = key.and_then(|key| partition(image, key)).cloned();
        let earlier: Option<BrokerRegistration> =
            broker_of(&record).and_then(|id| image.brokers.get(&id)).cloned();
        let producer_ids = image.producer_ids.as_ref().map(|ids| ids.next_producer_id);
        let pushed = self.log.replay.push(offset, record.clone());
        pushed.map_err(|error| wrong(format!("offset {offset}: {error}")))?;
        let image = self.log.replay.image();
        if let Some(key) = key {
            settle_unclean(
                &mut self.acked,
                key,
                was.as_ref(),
                partition(image, key),
                &self.brokers,
            );
        }
        let committed = Committed {
            record: &record,
            image,
            key,
            was,
            earlier,
            producer_ids,
            brokers: &self.brokers,
            acked: &self.acked,
            has_elr: self.plan.has_elr,
        };
        check(&committed, &mut self.log.leaders, offset)?;
        if let MetadataRecord::RemoveTopic(record) = &record {
            self.acked.forget(record.topic_id);
        }
        self.log.records.push((offset, record));
        Ok(())
    }
}

/// Records are given up for a leader from outside the ISR that says so.
fn settle_unclean(
    acked: &mut Acked,
    key: Key,
    was: Option<&Partition>,
    now: Option<&Partition>,
    brokers: &[Broker],
) {
    let (Some(was), Some(now)) = (was, now) else {
        return;
    };
    let Some(leader) = now.leader.filter(|leader| !was.isr.contains(leader)) else {
        return;
    };
    if now.recovery == LeaderRecovery::Recovering && now.leader_epoch > was.leader_epoch {
        acked.give_up(key, now.leader_epoch, brokers[super::index(leader)].records(key));
    }
}

fn key_of(record: &MetadataRecord) -> Option<Key> {
    match record {
        MetadataRecord::Partition(record) => Some((record.topic_id, record.partition_id)),
        MetadataRecord::PartitionChange(record) => Some((record.topic_id, record.partition_id)),
        _ => None,
    }
}

fn broker_of(record: &MetadataRecord) -> Option<NodeId> {
    match record {
        MetadataRecord::RegisterBroker(record) => Some(record.broker_id),
        MetadataRecord::BrokerRegistrationChange(record) => Some(record.broker_id),
        _ => None,
    }
}

fn wrong(problem: String) -> Violation {
    Violation::new("every record goes with those before it", problem)
}
