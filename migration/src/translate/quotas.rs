//! Client quotas.

use kraft_bridge_metadata::records::{ClientQuotaRecord, MetadataRecord, QuotaEntityPart};

use super::Translation;
use crate::legacy::{QuotaEntity, QuotaName};

pub(super) fn records<'a>(translation: &'a Translation<'_>) -> impl Iterator<Item = MetadataRecord> + 'a {
    translation.cluster.quotas.iter().flat_map(|(entity, quotas)| {
        quotas.iter().map(|(key, value)| {
            ClientQuotaRecord {
                entity: parts(entity),
                key: key.clone(),
                value: *value,
                ..Default::default()
            }
            .into()
        })
    })
}

fn parts(entity: &QuotaEntity) -> Vec<QuotaEntityPart> {
    match entity {
        QuotaEntity::User(user) => vec![part("user", user)],
        QuotaEntity::Client(client) => vec![part("client-id", client)],
        QuotaEntity::UserClient(user, client) => vec![part("user", user), part("client-id", client)],
        QuotaEntity::Ip(ip) => vec![part("ip", ip)],
    }
}

fn part(entity_type: &str, name: &QuotaName) -> QuotaEntityPart {
    let entity_name = match name {
        QuotaName::Default => None,
        QuotaName::Named(name) => Some(name.clone()),
    };
    QuotaEntityPart {
        entity_type: entity_type.to_owned(),
        entity_name,
        ..Default::default()
    }
}
