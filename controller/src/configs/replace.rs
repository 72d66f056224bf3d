//! AlterConfigs: all configs of resources at once; what is not named is removed.
//!
//! Source: KIP-133.

use std::collections::BTreeMap;

use kraft_bridge_metadata::records::ConfigResource;
use kraft_bridge_protocol::rpc::{AlterConfigsRequest, AlterConfigsResponse, ErrorCode, ReplacedResource};

use super::resource::{Changes, change_each};
use crate::decision::Refusal;
use crate::draft::Draft;
use crate::requester::Requester;

/// Replaces configs, or says of each resource why not.
pub(crate) fn replace(
    draft: &mut Draft<'_>,
    requester: &dyn Requester,
    request: &AlterConfigsRequest,
) -> AlterConfigsResponse {
    let responses = change_each(
        draft,
        requester,
        &request.resources,
        |resource| (resource.resource_type, resource.resource_name.as_str()),
        changes,
        request.validate_only,
    );
    AlterConfigsResponse {
        responses,
        ..Default::default()
    }
}

/// What makes a resource's configs those that are named, and no others.
fn changes(draft: &Draft<'_>, kind: ConfigResource, resource: &ReplacedResource) -> Result<Changes, Refusal> {
    // What is there now is removed, unless it is named.
    let now = draft.image.configs.get(kind, &resource.resource_name);
    let now = now.into_iter().flat_map(BTreeMap::keys);
    let mut changes: Changes = now.map(|key| (key.clone(), None)).collect();
    for config in &resource.configs {
        let value = config.value.clone().ok_or_else(|| {
            Refusal::new(
                ErrorCode::InvalidConfig,
                format!("Null value not supported for: {}", config.name),
            )
        })?;
        changes.insert(config.name.clone(), Some(value));
    }
    Ok(changes)
}
