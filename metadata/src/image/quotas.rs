//! Client quotas.

use std::collections::BTreeMap;

use super::ReplayError;
use crate::records::{ClientQuotaRecord, MetadataRecord, QuotaEntityPart};

/// Whom a quota applies to: entity type (`user`, `client-id`, `ip`) to name, `None` for the default.
pub type QuotaEntity = BTreeMap<String, Option<String>>;

/// Quotas by entity, then by key. No inner map is empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClientQuotas(
    /// Value by key, by entity.
    pub BTreeMap<QuotaEntity, BTreeMap<String, f64>>,
);

impl ClientQuotas {
    pub(super) fn records(&self) -> impl Iterator<Item = MetadataRecord> {
        self.0.iter().flat_map(|(entity, quotas)| {
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

    pub(super) fn replay(&mut self, record: ClientQuotaRecord) -> Result<(), ReplayError> {
        let entity = entity(record.entity)?;
        if record.remove {
            if let Some(quotas) = self.0.get_mut(&entity) {
                quotas.remove(&record.key);
                if quotas.is_empty() {
                    self.0.remove(&entity);
                }
            }
        } else {
            self.0.entry(entity).or_default().insert(record.key, record.value);
        }
        Ok(())
    }
}

fn parts(entity: &QuotaEntity) -> Vec<QuotaEntityPart> {
    let part = |(entity_type, entity_name): (&String, &Option<String>)| QuotaEntityPart {
        entity_type: entity_type.clone(),
        entity_name: entity_name.clone(),
        ..Default::default()
    };
    entity.iter().map(part).collect()
}

/// The parts of an entity, whose order in the record means nothing.
fn entity(parts: Vec<QuotaEntityPart>) -> Result<QuotaEntity, ReplayError> {
    let types: Vec<&str> = parts.iter().map(|part| part.entity_type.as_str()).collect();
    let known = matches!(
        types.as_slice(),
        ["user" | "client-id" | "ip"] | ["user", "client-id"] | ["client-id", "user"]
    );
    if !known {
        return Err(ReplayError::QuotaEntity {
            entity: types.join(", "),
        });
    }
    Ok(parts
        .into_iter()
        .map(|part| (part.entity_type, part.entity_name))
        .collect())
}
