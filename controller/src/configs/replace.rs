//! AlterConfigs: all configs of resources at once; what is not named is removed.
//!
//! Source: KIP-133.

use std::collections::BTreeMap;

use kraft_bridge_metadata::records::ConfigResource;
use kraft_bridge_protocol::rpc::{AlterConfigsRequest, AlterConfigsResponse, ErrorCode, ReplacedResource};

use super::resource::{Changes, Plan, admit, carry_out, check_changes};
use crate::decision::Refusal;
use crate::distinct::distinct;
use crate::draft::Draft;
use crate::requester::Requester;

/// Replaces configs, or says of each resource why not.
pub(crate) fn replace(
    draft: &mut Draft<'_>,
    requester: &dyn Requester,
    request: &AlterConfigsRequest,
) -> AlterConfigsResponse {
    let key = |resource: &ReplacedResource| (resource.resource_type, resource.resource_name.clone());
    let named = distinct(&request.resources, key);
    let plans = named.into_iter().map(|(resource, once)| Plan {
        resource_type: resource.resource_type,
        name: &resource.resource_name,
        changes: once.and_then(|()| plan(draft, requester, resource)),
    });
    let plans = plans.collect();
    AlterConfigsResponse {
        responses: carry_out(draft, plans, request.validate_only),
        ..Default::default()
    }
}

fn plan(
    draft: &Draft<'_>,
    requester: &dyn Requester,
    resource: &ReplacedResource,
) -> Result<(ConfigResource, Changes), Refusal> {
    let name = &resource.resource_name;
    let kind = admit(requester, resource.resource_type, name)?;
    // What is there now is removed, unless it is named.
    let now = draft.image.configs.get(kind, name);
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
    check_changes(draft, kind, name, &changes)?;
    Ok((kind, changes))
}
