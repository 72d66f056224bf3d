//! Delegation tokens.

use std::collections::BTreeSet;

use kraft_bridge_metadata::image;

use super::sink::{count, together};
use super::{Diff, Entity, Item, Rule, Sink, Value};
use crate::legacy::DelegationToken;
use crate::parity::Kind;

impl Diff<'_> {
    pub(super) fn tokens(&self, sink: &mut dyn Sink) {
        let (observed, wanted) = (&self.observed.tokens, &self.wanted.image.tokens);
        sink.count(Kind::Tokens, count(observed.len()), count(wanted.len()));
        for (id, zookeeper, kraft) in together(observed.iter(), wanted.iter()) {
            let entity = || Entity::Token(id.clone());
            match (zookeeper, kraft) {
                (Some(zookeeper), Some(kraft)) => fields(&entity, zookeeper, kraft, sink),
                (Some(zookeeper), None) => {
                    let expired = (zookeeper.expiry_timestamp < self.now).then_some(Rule::TokenExpired);
                    let item =
                        Item::missing(entity(), summary(&zookeeper.owner, zookeeper.expiry_timestamp.0));
                    sink.item(item.because(expired));
                }
                (None, Some(kraft)) => {
                    let value = summary(&kraft.owner, kraft.expiration_timestamp.0);
                    sink.item(Item::only_in_kraft(entity(), value));
                }
                (None, None) => {}
            }
        }
    }
}

fn summary(owner: &str, expires: i64) -> Value {
    Value::shown(format_args!("a token of {owner} that expires at {expires}"))
}

fn fields(
    entity: &dyn Fn() -> Entity,
    zookeeper: &DelegationToken,
    kraft: &image::DelegationToken,
    sink: &mut dyn Sink,
) {
    let renewers = |renewers: &[String]| {
        let sorted: BTreeSet<&str> = renewers.iter().map(String::as_str).collect();
        Value::shown(sorted.into_iter().collect::<Vec<_>>().join(", "))
    };
    for (field, old, new) in [
        (
            "owner",
            Value::shown(&zookeeper.owner),
            Value::shown(&kraft.owner),
        ),
        (
            "requester",
            Value::shown(&zookeeper.requester),
            Value::shown(&kraft.requester),
        ),
        (
            "renewers",
            renewers(&zookeeper.renewers),
            renewers(&kraft.renewers),
        ),
        (
            "issue timestamp",
            Value::shown(zookeeper.issue_timestamp),
            Value::shown(kraft.issue_timestamp),
        ),
        (
            "max timestamp",
            Value::shown(zookeeper.max_timestamp),
            Value::shown(kraft.max_timestamp),
        ),
        (
            "expiry timestamp",
            Value::shown(zookeeper.expiry_timestamp),
            Value::shown(kraft.expiration_timestamp),
        ),
    ] {
        if old != new {
            sink.item(Item::different(entity(), field, old, new));
        }
    }
}
