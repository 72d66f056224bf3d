//! Access control entries. Ids are KRaft's own and mean nothing here.

use std::collections::BTreeSet;

use kraft_bridge_metadata::acls::{Acl, ResourcePattern};

use super::sink::{count, together};
use super::{Diff, Entity, Item, Rule, Sink, Value};
use crate::parity::Kind;

type AclSet = BTreeSet<Acl>;

impl Diff<'_> {
    pub(super) fn acls(&self, sink: &mut dyn Sink) {
        for (pattern, zookeeper, kraft) in together(self.observed.acls.iter(), self.wanted.acls().iter()) {
            acls_of(pattern, zookeeper, kraft, sink);
        }
    }
}

fn acls_of(
    pattern: &ResourcePattern,
    zookeeper: Option<&AclSet>,
    kraft: Option<&AclSet>,
    sink: &mut dyn Sink,
) {
    let len = |acls: Option<&AclSet>| count(acls.map_or(0, BTreeSet::len));
    sink.count(Kind::Acls, len(zookeeper), len(kraft));
    if zookeeper == kraft {
        return;
    }
    let none = AclSet::new();
    let (zookeeper, kraft) = (zookeeper.unwrap_or(&none), kraft.unwrap_or(&none));
    let mut only_in_kraft: Vec<&Acl> = kraft.difference(zookeeper).collect();
    for acl in zookeeper.difference(kraft) {
        let entity = Entity::Acl(pattern.clone(), acl.clone());
        let changed = only_in_kraft
            .iter()
            .position(|other| changed_field(acl, other).is_some());
        let item = match changed
            .map(|at| only_in_kraft.remove(at))
            .and_then(|other| changed_field(acl, other))
        {
            Some((field, old, new)) => Item::different(entity, field, old, new),
            None => Item::missing(entity, Value::shown(acl)),
        };
        sink.item(item);
    }
    // Names of znodes hold no slash, and these two mean something else in a path.
    let has_no_znode = pattern.name.contains('/') || [".", "..", ""].contains(&pattern.name.as_str());
    for acl in only_in_kraft {
        let item = Item::only_in_kraft(Entity::Acl(pattern.clone(), acl.clone()), Value::shown(acl));
        sink.item(item.because(has_no_znode.then_some(Rule::NotRepresentable)));
    }
}

/// The one field in which two entries differ, with both values; `None` when they differ in more.
fn changed_field(a: &Acl, b: &Acl) -> Option<(&'static str, Value, Value)> {
    let fields = [
        (
            "principal",
            Value::shown(&a.principal),
            Value::shown(&b.principal),
        ),
        ("host", Value::shown(&a.host), Value::shown(&b.host)),
        (
            "operation",
            Value::shown(a.operation.name()),
            Value::shown(b.operation.name()),
        ),
        (
            "permission",
            Value::shown(a.permission.name()),
            Value::shown(b.permission.name()),
        ),
    ];
    let mut different = fields.into_iter().filter(|(_, a, b)| a != b);
    different.next().filter(|_| different.next().is_none())
}
