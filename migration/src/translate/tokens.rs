//! Delegation tokens.

use kraft_bridge_metadata::records::{DelegationTokenRecord, MetadataRecord};

use super::Translation;

pub(super) fn records<'a>(translation: &'a Translation<'_>) -> impl Iterator<Item = MetadataRecord> + 'a {
    translation.cluster.tokens.iter().map(|(id, token)| {
        DelegationTokenRecord {
            owner: token.owner.clone(),
            requester: token.requester.clone(),
            renewers: token.renewers.clone(),
            issue_timestamp: token.issue_timestamp,
            max_timestamp: token.max_timestamp,
            expiration_timestamp: token.expiry_timestamp,
            token_id: id.clone(),
            ..Default::default()
        }
        .into()
    })
}
