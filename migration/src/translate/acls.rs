//! Access control entries.

use kraft_bridge_metadata::records::{AccessControlEntryRecord, MetadataRecord};

use super::{Translation, ids};

pub(super) fn records<'a>(translation: &'a Translation<'_>) -> impl Iterator<Item = MetadataRecord> + 'a {
    translation.cluster.acls.iter().flat_map(|(pattern, acls)| {
        acls.iter().map(|acl| {
            AccessControlEntryRecord {
                id: ids::acl_id(translation.cluster_id, pattern, acl),
                resource_type: pattern.resource_type,
                resource_name: pattern.name.clone(),
                pattern_type: pattern.pattern_type,
                principal: acl.principal.clone(),
                host: acl.host.clone(),
                operation: acl.operation,
                permission_type: acl.permission,
                ..Default::default()
            }
            .into()
        })
    })
}
