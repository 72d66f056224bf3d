//! SCRAM credentials. All but the number of iterations is secret.

use kraft_bridge_metadata::image;

use super::sink::{count, together};
use super::{Diff, Entity, Item, Sink, Value};
use crate::legacy::ScramCredential;
use crate::parity::Kind;

impl Diff<'_> {
    pub(super) fn scram(&self, sink: &mut dyn Sink) {
        let (observed, wanted) = (&self.observed.scram, &self.wanted.image.scram.0);
        sink.count(Kind::Scram, count(observed.len()), count(wanted.len()));
        for (key, zookeeper, kraft) in together(observed.iter(), wanted.iter()) {
            let entity = || Entity::Scram(key.0.clone(), key.1);
            match (zookeeper, kraft) {
                (Some(zookeeper), Some(kraft)) => self.credential(&entity, zookeeper, kraft, sink),
                (Some(zookeeper), None) => {
                    sink.item(Item::missing(entity(), iterations(zookeeper.iterations)))
                }
                (None, Some(kraft)) => sink.item(Item::only_in_kraft(entity(), iterations(kraft.iterations))),
                (None, None) => {}
            }
        }
    }

    fn credential(
        &self,
        entity: &dyn Fn() -> Entity,
        zookeeper: &ScramCredential,
        kraft: &image::ScramCredential,
        sink: &mut dyn Sink,
    ) {
        for (field, old, new) in [
            ("salt", &zookeeper.salt, &kraft.salt.0),
            ("stored key", &zookeeper.stored_key.0, &kraft.stored_key.0),
            ("server key", &zookeeper.server_key.0, &kraft.server_key.0),
        ] {
            let (old, new) = (self.secret(&[old]), self.secret(&[new]));
            if old != new {
                sink.item(Item::different(entity(), field, old, new));
            }
        }
        if zookeeper.iterations != kraft.iterations {
            let (old, new) = (Value::shown(zookeeper.iterations), Value::shown(kraft.iterations));
            sink.item(Item::different(entity(), "iterations", old, new));
        }
    }
}

fn iterations(iterations: i32) -> Value {
    Value::shown(format_args!("a credential of {iterations} iterations"))
}
