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
                Item::of_value(of, "value", (zookeeper, kraft), Value::shown)
                    .into_iter()
                    .for_each(|item| sink.item(item));
            }
        }
    }
}
