//! Client quotas: `/config/{users,clients,ips}/<entity>` and `/config/users/<user>/clients/<client>`.

use std::collections::BTreeMap;
use std::fmt;

use super::configs::DEFAULT_ENTITY;
use super::notes::Notes;
use super::{ConfigMap, scram};
use crate::sanitizer;

/// Whom a quota part names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum QuotaName {
    /// Whoever has no quota of their own: `<default>` in ZooKeeper, null in KRaft.
    Default,
    /// One user, client id or address, with the path's escapes undone.
    Named(String),
}

/// Whom a quota applies to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum QuotaEntity {
    /// `/config/users/<u>`
    User(QuotaName),
    /// `/config/clients/<c>`
    Client(QuotaName),
    /// `/config/users/<u>/clients/<c>`
    UserClient(QuotaName, QuotaName),
    /// `/config/ips/<ip>`
    Ip(QuotaName),
}

impl fmt::Display for QuotaName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            QuotaName::Default => f.write_str(DEFAULT_ENTITY),
            // Somebody may really be called so.
            QuotaName::Named(name) if name == DEFAULT_ENTITY => write!(f, "'{name}'"),
            QuotaName::Named(name) => f.write_str(name),
        }
    }
}

/// `user alice, client-id <default>`.
impl fmt::Display for QuotaEntity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            QuotaEntity::User(user) => write!(f, "user {user}"),
            QuotaEntity::Client(client) => write!(f, "client-id {client}"),
            QuotaEntity::UserClient(user, client) => write!(f, "user {user}, client-id {client}"),
            QuotaEntity::Ip(ip) => write!(f, "ip {ip}"),
        }
    }
}

/// Keys of users and clients that Kafka counts in whole numbers.
const WHOLE: [&str; 3] = [
    "producer_byte_rate",
    "consumer_byte_rate",
    "connection_creation_rate",
];
/// The others.
const FRACTIONAL: [&str; 2] = ["request_percentage", "controller_mutation_rate"];

/// The name that a path segment stands for; noted when its escapes are broken.
pub(super) fn name(segment: &str, notes: &mut Notes<'_>) -> Option<QuotaName> {
    if segment == DEFAULT_ENTITY {
        return Some(QuotaName::Default);
    }
    let name = sanitizer::decode(segment).filter(|name| !name.is_empty());
    if name.is_none() {
        notes.undecodable(format_args!("{segment:?} is no escaped name"));
    }
    name.map(QuotaName::Named)
}

/// The quotas among the configs of an entity. SCRAM credentials stand beside them in a user's znode.
pub(super) fn decode(
    entity: &QuotaEntity,
    configs: &ConfigMap,
    notes: &mut Notes<'_>,
) -> BTreeMap<String, f64> {
    let mut quotas = BTreeMap::new();
    let of_user = matches!(entity, QuotaEntity::User(_));
    for (key, text) in configs {
        if of_user && scram::mechanism(key).is_some() {
            continue;
        }
        let of_ip = key == "connection_creation_rate";
        let known = WHOLE.contains(&key.as_str()) || FRACTIONAL.contains(&key.as_str());
        if !known || of_ip != matches!(entity, QuotaEntity::Ip(_)) {
            notes.warning(
                "unknown-quota",
                format!("{key} is no quota of this kind of entity"),
                "not carried",
            );
            continue;
        }
        match text.trim().parse::<f64>() {
            Ok(value) if value.is_finite() && value >= 0.0 => {
                if WHOLE.contains(&key.as_str()) && value.fract() != 0.0 {
                    notes.warning(
                        "fractional-quota",
                        format!("{key}={text} is not a whole number; ZooKeeper mode could not use it"),
                        "carried as it is; KRaft keeps quotas as fractional numbers",
                    );
                }
                quotas.insert(key.clone(), value);
            }
            _ => notes.blocker(
                "quota-not-a-number",
                format!("{key}={text:?} is no number that a quota can have"),
                "refused: set or remove the quota with kafka-configs",
            ),
        }
    }
    quotas
}
