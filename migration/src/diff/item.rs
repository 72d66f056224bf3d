//! One raw difference, before it is put into words.

use std::fmt;

use super::{Entity, Rule};
use crate::parity::{Difference, What};

/// A side's value of a field, as text; secrets never leave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// What it is.
    Shown(String),
    /// A secret, by its salted digest.
    Secret(SecretDigest),
}

/// Salted SHA-256 of a secret: equal for equal secrets of one run, useless in any other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecretDigest(pub [u8; 32]);

impl Value {
    /// A value that may be shown.
    pub fn shown(value: impl fmt::Display) -> Value {
        Value::Shown(value.to_string())
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Shown(text) => f.write_str(text),
            Value::Secret(_) => f.write_str("[redacted]"),
        }
    }
}

/// One difference: an entity that only one side has, or one field in which both differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What it is about.
    pub entity: Entity,
    /// What differs.
    pub what: What,
    /// The field, if a field differs.
    pub field: Option<&'static str>,
    /// What ZooKeeper says, if anything.
    pub zookeeper: Option<Value>,
    /// What KRaft says, if anything.
    pub kraft: Option<Value>,
    /// Why it is to be expected, if it is.
    pub rule: Option<Rule>,
}

impl Item {
    /// What only ZooKeeper has.
    pub fn missing(entity: Entity, zookeeper: Value) -> Item {
        let (zookeeper, kraft) = (Some(zookeeper), None);
        Item {
            entity,
            what: What::MissingInKraft,
            field: None,
            zookeeper,
            kraft,
            rule: None,
        }
    }

    /// What only KRaft has.
    pub fn only_in_kraft(entity: Entity, kraft: Value) -> Item {
        let (zookeeper, kraft) = (None, Some(kraft));
        Item {
            entity,
            what: What::OnlyInKraft,
            field: None,
            zookeeper,
            kraft,
            rule: None,
        }
    }

    /// A field in which both sides differ.
    pub fn different(entity: Entity, field: &'static str, zookeeper: Value, kraft: Value) -> Item {
        let (zookeeper, kraft) = (Some(zookeeper), Some(kraft));
        Item {
            entity,
            what: What::Different,
            field: Some(field),
            zookeeper,
            kraft,
            rule: None,
        }
    }

    /// Compares one value that each side may have; `None` if they say the same.
    pub(super) fn of_value<T: PartialEq>(
        entity: impl FnOnce() -> Entity,
        field: &'static str,
        (zookeeper, kraft): (Option<T>, Option<T>),
        value: impl Fn(T) -> Value,
    ) -> Option<Item> {
        match (zookeeper, kraft) {
            (Some(old), Some(new)) if old != new => {
                Some(Item::different(entity(), field, value(old), value(new)))
            }
            (Some(zookeeper), None) => Some(Item::missing(entity(), value(zookeeper))),
            (None, Some(kraft)) => Some(Item::only_in_kraft(entity(), value(kraft))),
            _ => None,
        }
    }

    /// With the rule by which it is to be expected, if there is one.
    #[must_use]
    pub fn because(self, rule: impl Into<Option<Rule>>) -> Item {
        Item {
            rule: rule.into(),
            ..self
        }
    }
}

impl From<&Item> for Difference {
    fn from(item: &Item) -> Difference {
        Difference {
            kind: item.entity.kind(),
            entity: item.entity.to_string(),
            path: item.entity.path(),
            what: item.what,
            field: item.field.map(str::to_owned),
            zookeeper: item.zookeeper.as_ref().map(Value::to_string),
            kraft: item.kraft.as_ref().map(Value::to_string),
            rule: item.rule.map(|rule| rule.name().to_owned()),
        }
    }
}
