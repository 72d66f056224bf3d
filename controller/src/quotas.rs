//! AlterClientQuotas.
//!
//! Source: KIP-546; KIP-612 (rates of connections by address), KIP-599 (rate of changes).

use std::collections::BTreeMap;
use std::net::IpAddr;

use kraft_bridge_metadata::image::QuotaEntity;
use kraft_bridge_metadata::records::{ClientQuotaRecord, QuotaEntityPart};
use kraft_bridge_protocol::rpc::{
    AlterClientQuotasRequest, AlterClientQuotasResponse, AlteredQuota, ErrorCode, QuotaAlteration,
    QuotaEntityName,
};

use crate::decision::Refusal;
use crate::draft::{Draft, Size};

const USER: &str = "user";
const CLIENT_ID: &str = "client-id";
const IP: &str = "ip";

/// What a quota is counted in.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// Whole, up to the most that Kafka keeps it as.
    Whole(f64),
    Any,
}

const LONG_MAX: f64 = i64::MAX as f64;
const INT_MAX: f64 = i32::MAX as f64;

/// Quotas of users and clients.
const CLIENT_QUOTAS: &[(&str, Kind)] = &[
    ("producer_byte_rate", Kind::Whole(LONG_MAX)),
    ("consumer_byte_rate", Kind::Whole(LONG_MAX)),
    ("request_percentage", Kind::Any),
    ("controller_mutation_rate", Kind::Any),
];
/// Quotas of addresses.
const IP_QUOTAS: &[(&str, Kind)] = &[("connection_creation_rate", Kind::Whole(INT_MAX))];

/// A value for each key, or none.
type Changes = BTreeMap<String, Option<f64>>;

/// An entity as the request names it, and its changes.
type Plan<'a> = (&'a [QuotaEntityName], Result<(QuotaEntity, Changes), Refusal>);

/// Changes quotas, each entity's or says why not.
pub(crate) fn alter(draft: &mut Draft<'_>, request: &AlterClientQuotasRequest) -> AlterClientQuotasResponse {
    let mut plans: Vec<Plan<'_>> = Vec::new();
    let mut seen: BTreeMap<QuotaEntity, usize> = BTreeMap::new();
    for entry in &request.entries {
        let plan = plan(entry);
        let named = entity_of(&entry.entity);
        // The entity of an earlier entry is answered once, and then for both.
        match seen.get(&named) {
            Some(at) => {
                plans[*at].1 = Err(Refusal::new(
                    ErrorCode::InvalidRequest,
                    "the entity is named twice: name it once, with all its quotas",
                ));
            }
            None => {
                seen.insert(named, plans.len());
                plans.push((&entry.entity, plan));
            }
        }
    }
    let sizes = plans
        .iter()
        .flat_map(|(_, plan)| plan)
        .map(|(entity, changes)| size(entity, changes));
    let fits = sizes.sum::<Size>().check();
    let mut entries = Vec::with_capacity(plans.len());
    for (entity, plan) in plans {
        let refusal = fits.clone().and(plan).map(|(entity, changes)| {
            if !request.validate_only {
                write(draft, &entity, changes);
            }
        });
        let refusal = refusal.err();
        entries.push(AlteredQuota {
            error_code: refusal.as_ref().map_or(ErrorCode::None, |refusal| refusal.error),
            error_message: refusal.and_then(|refusal| refusal.message),
            entity: entity.to_vec(),
            ..Default::default()
        });
    }
    AlterClientQuotasResponse {
        entries,
        ..Default::default()
    }
}

/// The parts of an entity, whose order means nothing.
fn entity_of(parts: &[QuotaEntityName]) -> QuotaEntity {
    let parts = parts.iter();
    parts
        .map(|part| (part.entity_type.clone(), part.entity_name.clone()))
        .collect()
}

fn size(entity: &QuotaEntity, changes: &Changes) -> Size {
    let parts = entity.iter();
    let entity: usize = parts
        .map(|(kind, name)| kind.len() + name.as_ref().map_or(0, String::len))
        .sum();
    changes.keys().map(|key| Size::record(entity + key.len())).sum()
}

fn plan(entry: &QuotaAlteration) -> Result<(QuotaEntity, Changes), Refusal> {
    let invalid = |message: String| Refusal::new(ErrorCode::InvalidRequest, message);
    let mut changes = Changes::new();
    for change in &entry.ops {
        let value = (!change.remove).then_some(change.value);
        if changes.insert(change.key.clone(), value).is_some() {
            return Err(invalid(format!("Duplicate quota key {}", change.key)));
        }
    }
    let entity = entity_of(&entry.entity);
    if entity.len() < entry.entity.len() {
        return Err(invalid("a part of the entity is named twice".to_owned()));
    }
    let quotas = quotas_of(&entity).map_err(invalid)?;
    for (key, value) in &changes {
        // A quota that is not there may be removed, whatever it is called.
        let Some(value) = *value else { continue };
        let kind = quotas
            .iter()
            .find(|(known, _)| known == key)
            .map(|(_, kind)| *kind);
        check(key, value, kind).map_err(invalid)?;
    }
    Ok((entity, changes))
}

/// The quotas that an entity can have.
fn quotas_of(entity: &QuotaEntity) -> Result<&'static [(&'static str, Kind)], String> {
    for (kind, name) in entity {
        if ![USER, CLIENT_ID, IP].contains(&kind.as_str()) {
            return Err(format!("Unhandled client quota entity type: {kind}"));
        }
        if name.as_ref().is_some_and(String::is_empty) {
            return Err(format!("Empty {kind} not supported"));
        }
    }
    match entity.get(IP) {
        None if entity.is_empty() => Err("Invalid empty client quota entity".to_owned()),
        None => Ok(CLIENT_QUOTAS),
        Some(_) if entity.len() > 1 => Err(
            "Invalid quota entity combination, IP entity should not be combined with User or ClientId"
                .to_owned(),
        ),
        // Names of hosts would have to be looked up, and by each broker to the same end.
        Some(Some(ip)) if ip.parse::<IpAddr>().is_err() => {
            Err(format!("{ip} is no IP address: name the host by its address"))
        }
        Some(_) => Ok(IP_QUOTAS),
    }
}

fn check(key: &str, value: f64, kind: Option<Kind>) -> Result<(), String> {
    let Some(kind) = kind else {
        return Err(format!("Invalid configuration key {key}"));
    };
    if value <= 0.0 {
        return Err(format!("Quota {key} must be greater than 0"));
    }
    match kind {
        Kind::Whole(most) if value > most => Err(format!("Proposed value for {key} is too large")),
        Kind::Whole(_) if (value % 1.0).abs() > 1e-6 => Err(format!("{key} cannot be a fractional value.")),
        Kind::Whole(_) | Kind::Any => Ok(()),
    }
}

fn write(draft: &mut Draft<'_>, entity: &QuotaEntity, changes: Changes) {
    for (key, value) in changes {
        let now = draft
            .image
            .client_quotas
            .0
            .get(entity)
            .and_then(|quotas| quotas.get(&key).copied());
        if now == value {
            continue;
        }
        let parts = entity.iter().map(|(entity_type, entity_name)| QuotaEntityPart {
            entity_type: entity_type.clone(),
            entity_name: entity_name.clone(),
            ..Default::default()
        });
        draft.push(ClientQuotaRecord {
            entity: parts.collect(),
            key,
            value: value.unwrap_or_default(),
            remove: value.is_none(),
            ..Default::default()
        });
    }
}
