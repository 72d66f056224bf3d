//! IncrementalAlterConfigs: some configs of resources are set, removed, or added to.
//!
//! Source: KIP-339.

use kraft_bridge_metadata::records::ConfigResource;
use kraft_bridge_protocol::rpc::{
    AlterableConfig, AlterableResource, ErrorCode, IncrementalAlterConfigsRequest,
    IncrementalAlterConfigsResponse,
};

use super::resource::{Changes, change_each};
use super::topic;
use crate::decision::Refusal;
use crate::draft::Draft;
use crate::requester::Requester;

/// Configs of brokers that are lists, of those that can change while a broker runs.
const BROKER_LISTS: [&str; 5] = [
    "log.cleanup.policy",
    "metric.reporters",
    "sasl.enabled.mechanisms",
    "ssl.cipher.suites",
    "ssl.enabled.protocols",
];

/// Changes configs, or says of each resource why not.
pub(crate) fn alter(
    draft: &mut Draft<'_>,
    requester: &dyn Requester,
    request: &IncrementalAlterConfigsRequest,
) -> IncrementalAlterConfigsResponse {
    let responses = change_each(
        draft,
        requester,
        &request.resources,
        |resource| (resource.resource_type, resource.resource_name.as_str()),
        changes,
        request.validate_only,
    );
    IncrementalAlterConfigsResponse {
        responses,
        ..Default::default()
    }
}

/// What the operations come to.
fn changes(
    draft: &Draft<'_>,
    kind: ConfigResource,
    resource: &AlterableResource,
) -> Result<Changes, Refusal> {
    let mut changes = Changes::new();
    for config in &resource.configs {
        let change = match config.config_operation {
            // Set to nothing is removed.
            SET => config.value.clone(),
            DELETE => None,
            APPEND | SUBTRACT => Some(of_list(draft, kind, &resource.resource_name, config)?),
            other => {
                return Err(Refusal::new(
                    ErrorCode::InvalidRequest,
                    format!("{other} is no operation on a config"),
                ));
            }
        };
        if changes.insert(config.name.clone(), change).is_some() {
            return Err(Refusal::new(
                ErrorCode::InvalidRequest,
                format!("{} is changed twice", config.name),
            ));
        }
    }
    Ok(changes)
}

const SET: i8 = 0;
const DELETE: i8 = 1;
const APPEND: i8 = 2;
const SUBTRACT: i8 = 3;

/// A list with something added or taken away.
fn of_list(
    draft: &Draft<'_>,
    kind: ConfigResource,
    resource: &str,
    config: &AlterableConfig,
) -> Result<String, Refusal> {
    let name = config.name.as_str();
    let is_list = match kind {
        ConfigResource::Topic => topic::is_list(draft, name).unwrap_or(false),
        // As lists they are known to brokers alone.
        ConfigResource::ClientMetrics | ConfigResource::Group => false,
        ConfigResource::Broker | ConfigResource::BrokerLogger => BROKER_LISTS.contains(&name),
    };
    if !is_list {
        return Err(Refusal::new(
            ErrorCode::InvalidConfig,
            format!("Can't add to or take from config {name}, which is no list."),
        ));
    }
    let now = draft
        .image
        .configs
        .get(kind, resource)
        .and_then(|configs| configs.get(name));
    let now = now.map_or(topic::default(draft, name), String::as_str);
    let elements = |list: &str| -> Vec<String> {
        let elements = list
            .split(',')
            .map(str::trim)
            .filter(|element| !element.is_empty());
        elements.map(str::to_owned).collect()
    };
    let (mut list, others) = (
        elements(now),
        elements(config.value.as_deref().unwrap_or_default()),
    );
    if config.config_operation == SUBTRACT {
        list.retain(|element| !others.contains(element));
    } else {
        for other in others {
            if !list.contains(&other) {
                list.push(other);
            }
        }
    }
    Ok(list.join(","))
}
