//! Finalized features.

use super::sink::{count, together};
use super::{Diff, Entity, Item, Rule, Sink, Value};
use crate::parity::Kind;

impl Diff<'_> {
    pub(super) fn features(&self, sink: &mut dyn Sink) {
        let (observed, wanted) = (&self.observed.features, &self.wanted.image.features.levels);
        sink.count(Kind::Features, count(observed.len()), count(wanted.len()));
        for (name, zookeeper, kraft) in together(observed.iter(), wanted.iter()) {
            let only = zookeeper.is_none().then_some(Rule::KraftOnly);
            let entity = || Entity::Feature(name.clone());
            if let Some(item) = Item::of_value(entity, "level", (zookeeper, kraft), Value::shown) {
                sink.item(item.because(only));
            }
        }
    }
}
