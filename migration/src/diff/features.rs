//! Finalized features.

use super::sink::{count, together};
use super::{Diff, Entity, Item, Rule, Sink, Value};
use crate::parity::Kind;

impl Diff<'_> {
    pub(super) fn features(&self, sink: &mut dyn Sink) {
        let (observed, wanted) = (&self.observed.features, &self.wanted.image.features.levels);
        sink.count(Kind::Features, count(observed.len()), count(wanted.len()));
        for (name, zookeeper, kraft) in together(observed.iter(), wanted.iter()) {
            let entity = || Entity::Feature(name.clone());
            match (zookeeper, kraft) {
                (Some(level), None) => sink.item(Item::missing(entity(), Value::shown(level))),
                (None, Some(level)) => {
                    sink.item(Item::only_in_kraft(entity(), Value::shown(level)).because(Rule::KraftOnly));
                }
                (Some(old), Some(new)) if old != new => {
                    sink.item(Item::different(
                        entity(),
                        "level",
                        Value::shown(old),
                        Value::shown(new),
                    ));
                }
                _ => {}
            }
        }
    }
}
