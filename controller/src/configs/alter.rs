//! IncrementalAlterConfigs: some configs of topics and brokers are set, removed, or added to.
//!
//! Source: KIP-339; KAFKA-14136 (configs of brokers are written even if they stay the same); KIP-966 (what keeps the
//! ELR sound).

use std::collections::BTreeMap;

use kraft_bridge_metadata::acls::CLUSTER_NAME;
use kraft_bridge_metadata::records::{
    AclOperation, ClearElrRecord, ConfigRecord, ConfigResource, ResourceType,
};
use kraft_bridge_metadata::release::ELR_FEATURE;
use kraft_bridge_protocol::NodeId;
use kraft_bridge_protocol::rpc::{
    AlterableConfig, AlterableResource, AlteredResource, ErrorCode, IncrementalAlterConfigsRequest,
    IncrementalAlterConfigsResponse,
};

use super::check_topic;
use super::topic::{default_list, is_list};
use crate::decision::{Refusal, Rights};
use crate::distinct::distinct;
use crate::draft::{Draft, Size};

/// Removing replicas from what counts as in sync is what this one guards.
const MIN_INSYNC_REPLICAS: &str = "min.insync.replicas";
/// Configs of brokers that are lists, of those that can change while a broker runs.
const BROKER_LISTS: [&str; 5] = [
    "log.cleanup.policy",
    "metric.reporters",
    "sasl.enabled.mechanisms",
    "ssl.cipher.suites",
    "ssl.enabled.protocols",
];

/// What shall become of each config of a resource: a value, or none.
type Changes = BTreeMap<String, Option<String>>;

/// The changes of a resource that is of this kind.
type Plan = (ConfigResource, Changes);

/// Changes configs, or says of each resource why not.
pub(crate) fn alter(
    draft: &mut Draft<'_>,
    rights: &dyn Rights,
    request: &IncrementalAlterConfigsRequest,
) -> IncrementalAlterConfigsResponse {
    let key = |resource: &AlterableResource| (resource.resource_type, resource.resource_name.clone());
    let named = distinct(&request.resources, key);
    let plans: Vec<(&AlterableResource, Result<Plan, Refusal>)> = named
        .into_iter()
        .map(|(resource, once)| (resource, once.and_then(|()| plan(draft, rights, resource))))
        .collect();
    let fits = plans
        .iter()
        .filter_map(|(resource, plan)| Some(size(resource, &plan.as_ref().ok()?.1)));
    let fits = fits.sum::<Size>().check();
    let mut responses = Vec::with_capacity(plans.len());
    for (resource, plan) in plans {
        let done = fits.clone().and_then(|()| {
            let (kind, changes) = plan?;
            if !request.validate_only {
                write(draft, kind, &resource.resource_name, changes);
            }
            Ok(())
        });
        let refusal = done.err();
        responses.push(AlteredResource {
            error_code: refusal.as_ref().map_or(ErrorCode::None, |refusal| refusal.error),
            error_message: refusal.and_then(|refusal| refusal.message),
            resource_type: resource.resource_type,
            resource_name: resource.resource_name.clone(),
            ..Default::default()
        });
    }
    IncrementalAlterConfigsResponse {
        responses,
        ..Default::default()
    }
}

/// Of each config, and of what they may empty.
fn size(resource: &AlterableResource, changes: &Changes) -> Size {
    let name = resource.resource_name.len();
    let configs = changes.iter().map(|(key, value)| {
        let value = value.as_ref().map_or(0, String::len);
        Size::record(name + key.len() + value)
    });
    configs.chain([Size::record(name)]).sum()
}

fn plan(draft: &Draft<'_>, rights: &dyn Rights, resource: &AlterableResource) -> Result<Plan, Refusal> {
    let name = &resource.resource_name;
    let kind = match ConfigResource::from_code(resource.resource_type) {
        Some(kind @ (ConfigResource::Topic | ConfigResource::Broker)) => kind,
        _ => {
            return Err(Refusal::new(
                ErrorCode::UnsupportedVersion,
                format!(
                    "configs of resource type {} cannot be changed here",
                    resource.resource_type
                ),
            ));
        }
    };
    let (operation, error) = (AclOperation::AlterConfigs, authorization_error(kind));
    let may = match kind {
        ConfigResource::Topic => rights.may(operation, ResourceType::Topic, name),
        _ => rights.may(operation, ResourceType::Cluster, CLUSTER_NAME),
    };
    if !may {
        return Err(error.into());
    }
    check_resource(draft, kind, name)?;
    let changes = changes(draft, kind, resource)?;
    check_changes(draft, kind, name, &changes)?;
    Ok((kind, changes))
}

fn authorization_error(kind: ConfigResource) -> ErrorCode {
    match kind {
        ConfigResource::Topic => ErrorCode::TopicAuthorizationFailed,
        _ => ErrorCode::ClusterAuthorizationFailed,
    }
}

/// Whether there is such a topic, or a broker or controller; the empty name is that of all brokers.
fn check_resource(draft: &Draft<'_>, kind: ConfigResource, name: &str) -> Result<(), Refusal> {
    if kind == ConfigResource::Topic {
        return match draft.image.topics.get(name) {
            Some(_) => Ok(()),
            None if name.is_empty() => Err(Refusal::new(
                ErrorCode::InvalidRequest,
                "Default topic resources are not allowed.",
            )),
            None => Err(Refusal::new(
                ErrorCode::UnknownTopicOrPartition,
                format!("The topic '{name}' does not exist."),
            )),
        };
    }
    if name.is_empty() {
        return Ok(());
    }
    let id = name
        .parse()
        .ok()
        .filter(|id| *id >= NodeId(0))
        .ok_or_else(|| Refusal::new(ErrorCode::InvalidRequest, format!("{name:?} is no broker id")))?;
    let is_there = draft.image.brokers.contains_key(&id)
        || draft.image.controllers.contains_key(&id)
        || draft.settings.node_id == id;
    is_there.then_some(()).ok_or_else(|| {
        Refusal::new(
            ErrorCode::BrokerIdNotRegistered,
            format!("No broker with id {id} found."),
        )
    })
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
            SET => Some(config.value.clone().ok_or_else(|| {
                Refusal::new(
                    ErrorCode::InvalidConfig,
                    format!("Null value not supported for: {}", config.name),
                )
            })?),
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
        ConfigResource::Topic => is_list(draft, name).unwrap_or(false),
        _ => BROKER_LISTS.contains(&name),
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
    let now = now.map_or(default_list(name), String::as_str);
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

fn check_changes(
    draft: &Draft<'_>,
    kind: ConfigResource,
    name: &str,
    changes: &Changes,
) -> Result<(), Refusal> {
    if kind == ConfigResource::Topic {
        let mut configs = draft.image.configs.get(kind, name).cloned().unwrap_or_default();
        for (name, value) in changes {
            match value {
                Some(value) => configs.insert(name.clone(), value.clone()),
                None => configs.remove(name),
            };
        }
        return check_topic(draft, &configs);
    }
    // With eligible leaders every controller must count the same replicas as enough.
    let is_elr_on = draft.image.features.levels.contains_key(ELR_FEATURE);
    match changes.get(MIN_INSYNC_REPLICAS).filter(|_| is_elr_on) {
        Some(_) if !name.is_empty() => Err(Refusal::new(
            ErrorCode::InvalidConfig,
            "Broker-level min.insync.replicas cannot be altered while ELR is enabled.",
        )),
        Some(None) => Err(Refusal::new(
            ErrorCode::InvalidConfig,
            "Cluster-level min.insync.replicas cannot be removed while ELR is enabled.",
        )),
        _ => Ok(()),
    }
}

fn write(draft: &mut Draft<'_>, kind: ConfigResource, resource: &str, changes: Changes) {
    let touches_elr = changes.contains_key(MIN_INSYNC_REPLICAS);
    for (name, value) in changes {
        let now = draft
            .image
            .configs
            .get(kind, resource)
            .and_then(|configs| configs.get(&name));
        // A broker looks at its files again when it is told of a config, even of the same value.
        if kind == ConfigResource::Topic && now == value.as_ref() {
            continue;
        }
        draft.push(ConfigRecord {
            resource_type: kind,
            resource_name: resource.to_owned(),
            name,
            value,
            ..Default::default()
        });
    }
    if touches_elr && draft.image.features.levels.contains_key(ELR_FEATURE) {
        let topic_name = match kind {
            ConfigResource::Topic => resource.to_owned(),
            _ => String::new(),
        };
        draft.push(ClearElrRecord {
            topic_name,
            ..Default::default()
        });
    }
}
