//! Producer ids, and the cluster's own id.

use super::{Diff, Entity, Item, Rule, Sink, Value};
use crate::parity::Kind;

impl Diff<'_> {
    /// ZooKeeper holds the block handed out last, KRaft where the next one begins. An id that is given out twice
    /// would let one producer's records pass for another's.
    pub(super) fn producer_ids(&self, sink: &mut dyn Sink) {
        let zookeeper = self.observed.producer_ids.map(|block| block.last.0 + 1);
        let kraft = self
            .wanted
            .image
            .producer_ids
            .as_ref()
            .map(|record| record.next_producer_id.0);
        sink.count(
            Kind::ProducerIds,
            zookeeper.is_some().into(),
            kraft.is_some().into(),
        );
        let values = (zookeeper, kraft);
        if let Some(item) = Item::of_value(|| Entity::ProducerIds, "next id", values, Value::shown) {
            sink.item(item.because(self.producer_ids_rule(zookeeper, kraft)));
        }
    }

    fn producer_ids_rule(&self, zookeeper: Option<i64>, kraft: Option<i64>) -> Option<Rule> {
        if self.copied() {
            return (kraft > zookeeper).then_some(Rule::ProducerIdsMovedOn);
        }
        // A lower id in KRaft is explained by nothing else: it would be given out again.
        let begins = self.observed.producer_ids.map(|block| block.first.0);
        (kraft.is_some() && begins == kraft).then_some(Rule::ProducerIdsAhead)
    }

    /// A directory or quorum of another cluster differs here first.
    pub(super) fn cluster_id(&self, sink: &mut dyn Sink) {
        let (zookeeper, kraft) = (self.observed.cluster_id.as_deref(), self.kraft_cluster_id);
        sink.count(
            Kind::ClusterId,
            zookeeper.is_some().into(),
            kraft.is_some().into(),
        );
        let (Some(zookeeper), Some(kraft)) = (zookeeper, kraft) else {
            return;
        };
        if zookeeper != kraft {
            sink.item(Item::different(
                Entity::ClusterId,
                "id",
                Value::shown(zookeeper),
                Value::shown(kraft),
            ));
        }
    }
}
