//! Client quotas.

use super::sink::{count, together};
use super::{Diff, Entity, Item, Sink, Value};
use crate::parity::Kind;

impl Diff<'_> {
    pub(super) fn quotas(&self, sink: &mut dyn Sink) {
        let wanted = self.wanted.quotas();
        for (entity, zookeeper, kraft) in together(self.observed.quotas.iter(), wanted.iter()) {
            let (zookeeper, kraft) = (
                zookeeper.into_iter().flatten(),
                kraft.into_iter().flat_map(|quotas| quotas.iter()),
            );
            for (key, zookeeper, kraft) in together(zookeeper, kraft) {
                sink.count(
                    Kind::Quotas,
                    count(zookeeper.iter().len()),
                    count(kraft.iter().len()),
                );
                let of = || Entity::Quota(entity.clone(), key.clone());
                match (zookeeper, kraft) {
                    (Some(value), None) => sink.item(Item::missing(of(), Value::shown(value))),
                    (None, Some(value)) => sink.item(Item::only_in_kraft(of(), Value::shown(value))),
                    (Some(old), Some(new)) if old != new => {
                        sink.item(Item::different(
                            of(),
                            "value",
                            Value::shown(old),
                            Value::shown(new),
                        ));
                    }
                    _ => {}
                }
            }
        }
    }
}
