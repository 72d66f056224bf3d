//! Delegation tokens.

use std::collections::BTreeMap;

use crate::records::DelegationTokenRecord;

/// A token, as its record tells it.
pub type DelegationToken = DelegationTokenRecord;

pub(super) fn set(tokens: &mut BTreeMap<String, DelegationToken>, record: DelegationTokenRecord) {
    tokens.insert(record.token_id.clone(), record);
}
