//! Brokers: those that ZooKeeper lists as alive, and those registered with KRaft.
//!
//! Once KRaft has taken over, brokers leave `/brokers/ids` and register anew, so nothing here can be held against
//! either side. In dual write each broker in ZooKeeper mode stands in both.

use kraft_bridge_metadata::image::BrokerRegistration;
use kraft_bridge_protocol::NodeId;

use super::sink::{count, together};
use super::{Diff, Entity, Item, Rule, Sink, Value};
use crate::legacy::Broker;
use crate::parity::Kind;

impl Diff<'_> {
    pub(super) fn brokers(&self, sink: &mut dyn Sink) {
        let (observed, wanted) = (&self.observed.brokers, &self.wanted.image.brokers);
        sink.count(Kind::Brokers, count(observed.len()), count(wanted.len()));
        for (id, zookeeper, kraft) in together(observed.iter(), wanted.iter()) {
            self.broker(*id, zookeeper, kraft, sink);
        }
    }

    fn broker(
        &self,
        id: NodeId,
        zookeeper: Option<&Broker>,
        kraft: Option<&BrokerRegistration>,
        sink: &mut dyn Sink,
    ) {
        let entity = Entity::Broker(id);
        match (zookeeper, kraft) {
            (Some(broker), None) => {
                let item = Item::missing(
                    entity,
                    Value::shown(format_args!("alive{}", rack(broker.rack.as_deref()))),
                );
                sink.item(item.because(self.copied().then_some(Rule::BrokerRegistration)));
            }
            (None, Some(broker)) => {
                let lost = !self.copied() && broker.is_migrating_zk_broker && !broker.fenced;
                let item = Item::only_in_kraft(entity, Value::shown(state(broker)));
                sink.item(item.because((!lost).then_some(Rule::BrokerRegistration)));
            }
            (Some(zookeeper), Some(kraft))
                if !self.copied() && kraft.is_migrating_zk_broker && zookeeper.rack != kraft.rack =>
            {
                let shown = |rack: &Option<String>| Value::shown(rack.as_deref().unwrap_or("none"));
                sink.item(Item::different(
                    entity,
                    "rack",
                    shown(&zookeeper.rack),
                    shown(&kraft.rack),
                ));
            }
            _ => {}
        }
    }
}

fn rack(rack: Option<&str>) -> String {
    rack.map_or_else(String::new, |rack| format!(", rack {rack}"))
}

fn state(broker: &BrokerRegistration) -> String {
    let fenced = if broker.fenced { "fenced" } else { "unfenced" };
    format!("a registration, {fenced}{}", rack(broker.rack.as_deref()))
}
