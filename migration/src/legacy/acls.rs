//! ACLs: `/kafka-acl/<Type>/<name>` (literal) and `/kafka-acl-extended/prefixed/<Type>/<name>`.
//!
//! `{"version":1,"acls":[{"principal":"User:alice","permissionType":"Allow","operation":"Read","host":"*"}]}`

use std::collections::BTreeSet;

pub use kraft_bridge_metadata::acls::{Acl, ResourcePattern};
pub use kraft_bridge_metadata::records::{AclOperation, AclPermission, PatternType, ResourceType};
use serde_json::{Map, Value};

use super::json::{self, int, required};
use super::notes::Notes;

/// The resource type that a path segment names; noted when there is none.
///
/// Kafka skips directories it does not know. A DENY may be in them, so we do not.
pub(super) fn resource_type(segment: &str, notes: &mut Notes<'_>) -> Option<ResourceType> {
    let found = by_name(ResourceType::ALL, ResourceType::name, segment);
    if found.is_none() {
        notes.blocker(
            "unknown-acl-resource-type",
            format!("{segment:?} is no resource type of Kafka's, so its ACLs can't be carried"),
            "refused: remove the ACLs with the tool that made them",
        );
    }
    found
}

/// The entries of one resource. One bad entry is noted and does not hide the others.
pub(super) fn decode(data: &[u8], notes: &mut Notes<'_>) -> BTreeSet<Acl> {
    let Some(object) = json::object(data, notes) else {
        return BTreeSet::new();
    };
    if object.is_empty() {
        return BTreeSet::new();
    }
    if required(&object, "version", int, notes).is_some_and(|version| version != 1) {
        notes.undecodable("version is not 1");
    }
    let Some(entries) = required(&object, "acls", Value::as_array, notes) else {
        return BTreeSet::new();
    };
    let mut acls = BTreeSet::new();
    for entry in entries {
        let Some(acl) = entry.as_object().and_then(|entry| decode_entry(entry, notes)) else {
            notes.undecodable(format_args!("ACL {entry}"));
            continue;
        };
        if !acls.insert(acl) {
            notes.info(
                "duplicate-acl",
                format!("the ACL {entry} is there twice"),
                "carried once",
            );
        }
    }
    acls
}

fn decode_entry(entry: &Map<String, Value>, notes: &mut Notes<'_>) -> Option<Acl> {
    let text = |key: &str| entry.get(key).and_then(Value::as_str);
    let principal = text("principal")?;
    if principal.split_once(':').is_none_or(|(kind, _)| kind.is_empty()) {
        notes.undecodable(format_args!(
            "principal {principal:?} is not of the form Type:name"
        ));
    }
    Some(Acl {
        principal: principal.to_owned(),
        host: text("host")?.to_owned(),
        operation: by_name(AclOperation::ALL, AclOperation::name, text("operation")?)?,
        permission: by_name(AclPermission::ALL, AclPermission::name, text("permissionType")?)?,
    })
}

/// The value of that name, whatever its case, as Kafka reads it.
fn by_name<T: Copy>(all: &[T], name: impl Fn(T) -> &'static str, text: &str) -> Option<T> {
    all.iter()
        .copied()
        .find(|value| name(*value).eq_ignore_ascii_case(text))
}
