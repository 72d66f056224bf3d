//! What must be so of every committed record, one invariant a file.

mod epochs;
mod fencing;
mod isr;
mod leaders;
mod producer_ids;
mod registrations;

use kraft_bridge_metadata::image::{BrokerRegistration, MetadataImage, Partition};
use kraft_bridge_metadata::records::MetadataRecord;
use kraft_bridge_protocol::{NodeId, Offset, ProducerId};

use super::acked::Acked;
use super::brokers::Broker;
use super::{Key, index, partition};
use crate::invariants::Violation;
pub(super) use leaders::Leaders;

/// A record that has just been committed, and the world at that moment.
pub(super) struct Committed<'a> {
    pub(super) record: &'a MetadataRecord,
    /// With the record.
    pub(super) image: &'a MetadataImage,
    /// The partition that the record is about.
    pub(super) key: Option<Key>,
    /// The same before the record.
    pub(super) was: Option<Partition>,
    /// The broker that the record is about, before it.
    pub(super) earlier: Option<BrokerRegistration>,
    /// Where producer ids went on before it.
    pub(super) producer_ids: Option<ProducerId>,
    pub(super) brokers: &'a [Broker],
    pub(super) acked: &'a Acked,
    pub(super) has_elr: bool,
}

impl<'a> Committed<'a> {
    /// Whether a broker has everything that was acknowledged, or its run is over.
    fn has_all(&self, key: Key, id: NodeId) -> bool {
        let broker = &self.brokers[index(id)];
        let known = self.image.brokers.get(&id);
        let is_over = known.is_none_or(|known| !broker.is_run(known.broker_epoch));
        is_over || self.acked.is_in(key, broker.records(key))
    }

    /// The partition with the record.
    fn partition(&self) -> Option<(Key, &'a Partition)> {
        let key = self.key?;
        Some((key, partition(self.image, key)?))
    }
}

type Check = fn(&Committed<'_>, &mut Leaders) -> Result<(), String>;

const ALL: [(&str, Check); 6] = [
    ("epochs of partitions only rise", epochs::check),
    (
        "one leader an epoch, in sync, and with all that was acknowledged",
        leaders::check,
    ),
    (
        "whoever is in an ISR is alive and has all that was acknowledged",
        isr::check,
    ),
    ("brokers that are fenced lead nothing", fencing::check),
    (
        "a broker's runs follow each other, and serve once they know of themselves",
        registrations::check,
    ),
    ("no producer id is handed out twice", producer_ids::check),
];

/// Holds a record to all of them.
///
/// # Errors
///
/// [`Violation`]: the first one.
pub(super) fn check(
    committed: &Committed<'_>,
    leaders: &mut Leaders,
    offset: Offset,
) -> Result<(), Violation> {
    for (sentence, check) in ALL {
        check(committed, leaders).map_err(|problem| {
            let (record, was) = (committed.record, &committed.was);
            let problem = format!("offset {offset}: {problem}; {record:?} upon {was:?}");
            Violation::new(sentence, problem)
        })?;
    }
    Ok(())
}
