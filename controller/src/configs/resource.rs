//! A resource that configs belong to: who may change them, what they may be, and how the change is written.
//!
//! Source: KIP-133, KIP-339; KIP-714 (client metrics), KIP-1043 (groups); KAFKA-14136 (configs of brokers are written even
//! if they stay the same); KIP-966 (what keeps the ELR sound).

use std::collections::BTreeMap;

use kraft_bridge_metadata::acls::CLUSTER_NAME;
use kraft_bridge_metadata::records::{
    AclOperation, ClearElrRecord, ConfigRecord, ConfigResource, ResourceType,
};
use kraft_bridge_metadata::release::ELR_FEATURE;
use kraft_bridge_protocol::NodeId;
use kraft_bridge_protocol::rpc::{AlteredResource, ErrorCode};

use super::{check_client_metrics, check_group, check_topic};
use crate::decision::Refusal;
use crate::distinct::distinct;
use crate::draft::{Draft, Size};
use crate::effective::MIN_INSYNC_REPLICAS;
use crate::requester::Requester;
use crate::topics;

/// What shall become of each config of a resource: a value, or none.
pub(super) type Changes = BTreeMap<String, Option<String>>;

/// The kind and the name of a resource as a request has them, and what shall become of its configs.
type Plan<'a> = ((i8, &'a str), Result<(ConfigResource, Changes), Refusal>);

/// Changes the configs of each resource that a request names, or says why not; a request that is too large is refused as
/// a whole.
///
/// `key` tells the kind and the name of a resource, `changes` what is asked for.
pub(super) fn change_each<'a, R>(
    draft: &mut Draft<'_>,
    requester: &dyn Requester,
    resources: &'a [R],
    key: impl Fn(&'a R) -> (i8, &'a str),
    changes: impl Fn(&Draft<'_>, ConfigResource, &'a R) -> Result<Changes, Refusal>,
    validate_only: bool,
) -> Vec<AlteredResource> {
    let plan = |draft: &Draft<'_>, resource| {
        let (resource_type, name) = key(resource);
        let kind = admit(requester, resource_type, name)?;
        let changes = changes(draft, kind, resource)?;
        check_changes(draft, kind, name, &changes)?;
        Ok((kind, changes))
    };
    let plans: Vec<Plan<'_>> = distinct(resources, &key)
        .into_iter()
        .map(|(resource, once)| (key(resource), once.and_then(|()| plan(draft, resource))))
        .collect();
    let sizes = plans
        .iter()
        .filter_map(|((_, name), plan)| Some(size(name, &plan.as_ref().ok()?.1)));
    let fits = sizes.sum::<Size>().check();
    let mut responses = Vec::with_capacity(plans.len());
    for ((resource_type, name), plan) in plans {
        let done = fits.clone().and(plan).map(|(kind, changes)| {
            if !validate_only {
                write(draft, kind, name, changes);
            }
        });
        let refusal = done.err();
        responses.push(AlteredResource {
            error_code: refusal.as_ref().map_or(ErrorCode::None, |refusal| refusal.error),
            error_message: refusal.and_then(|refusal| refusal.message),
            resource_type,
            resource_name: name.to_owned(),
            ..Default::default()
        });
    }
    responses
}

/// Of each config, and of what they may empty.
fn size(name: &str, changes: &Changes) -> Size {
    let configs = changes.iter().map(|(key, value)| {
        let value = value.as_ref().map_or(0, String::len);
        Size::record(name.len() + key.len() + value)
    });
    configs.chain([Size::record(name.len())]).sum()
}

/// The kind of resource, if who asks may change its configs.
fn admit(requester: &dyn Requester, resource_type: i8, name: &str) -> Result<ConfigResource, Refusal> {
    let kind = ConfigResource::from_code(resource_type).ok_or_else(|| {
        Refusal::new(
            ErrorCode::UnsupportedVersion,
            format!("Unknown resource type {resource_type}."),
        )
    })?;
    let (resource_type, resource, error) = match kind {
        ConfigResource::Topic => (ResourceType::Topic, name, ErrorCode::TopicAuthorizationFailed),
        ConfigResource::Group => (ResourceType::Group, name, ErrorCode::GroupAuthorizationFailed),
        ConfigResource::Broker | ConfigResource::ClientMetrics => (
            ResourceType::Cluster,
            CLUSTER_NAME,
            ErrorCode::ClusterAuthorizationFailed,
        ),
        ConfigResource::BrokerLogger => {
            return Err(Refusal::new(
                ErrorCode::InvalidRequest,
                "what a controller logs is set by RUST_LOG when it starts",
            ));
        }
    };
    if !requester.may(AclOperation::AlterConfigs, resource_type, resource) {
        return Err(error.into());
    }
    Ok(kind)
}

/// Whether there can be such changes: as Kafka does, first the name is looked at, then the configs that would be, and
/// only then whether the resource is there.
fn check_changes(
    draft: &Draft<'_>,
    kind: ConfigResource,
    name: &str,
    changes: &Changes,
) -> Result<(), Refusal> {
    match kind {
        ConfigResource::Broker | ConfigResource::BrokerLogger => {
            check_min_insync_replicas(draft, name, changes)?;
            check_broker(draft, name)
        }
        ConfigResource::Topic => {
            check_topic_name(name)?;
            check_topic(draft, &changed(draft, kind, name, changes))?;
            check_topic_exists(draft, name)
        }
        ConfigResource::ClientMetrics => {
            check_named(name, "Subscription name can't be empty")?;
            check_client_metrics(&changed(draft, kind, name, changes))
        }
        ConfigResource::Group => {
            check_named(name, "Default group resources are not allowed.")?;
            check_group(draft, &changed(draft, kind, name, changes))
        }
    }
}

fn check_named(name: &str, message: &str) -> Result<(), Refusal> {
    match name.is_empty() {
        true => Err(Refusal::new(ErrorCode::InvalidRequest, message)),
        false => Ok(()),
    }
}

fn check_topic_name(name: &str) -> Result<(), Refusal> {
    check_named(name, "Default topic resources are not allowed.")?;
    topics::check_name(name)
}

fn check_topic_exists(draft: &Draft<'_>, name: &str) -> Result<(), Refusal> {
    draft.image.topics.get(name).map(|_| ()).ok_or_else(|| {
        Refusal::new(
            ErrorCode::UnknownTopicOrPartition,
            format!("The topic '{name}' does not exist."),
        )
    })
}

/// Whether there is such a broker or controller; the empty name is that of all brokers.
fn check_broker(draft: &Draft<'_>, name: &str) -> Result<(), Refusal> {
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

/// The configs as they would be.
fn changed(
    draft: &Draft<'_>,
    kind: ConfigResource,
    name: &str,
    changes: &Changes,
) -> BTreeMap<String, String> {
    let mut configs = draft.image.configs.get(kind, name).cloned().unwrap_or_default();
    for (name, value) in changes {
        match value {
            Some(value) => configs.insert(name.clone(), value.clone()),
            None => configs.remove(name),
        };
    }
    configs
}

/// With eligible leaders every controller must count the same replicas as enough.
fn check_min_insync_replicas(draft: &Draft<'_>, name: &str, changes: &Changes) -> Result<(), Refusal> {
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
    let mut touches_elr = false;
    for (name, value) in changes {
        let now = draft
            .image
            .configs
            .get(kind, resource)
            .and_then(|configs| configs.get(&name));
        // A broker looks at its files again when it is told of a config, even of the same value.
        if kind != ConfigResource::Broker && now == value.as_ref() {
            continue;
        }
        touches_elr |= name == MIN_INSYNC_REPLICAS;
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
