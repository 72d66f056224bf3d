//! SCRAM credentials.

use kraft_bridge_metadata::records::{MetadataRecord, UserScramCredentialRecord};
use kraft_bridge_protocol::wire::Blob;

use super::Translation;

pub(super) fn records<'a>(translation: &'a Translation<'_>) -> impl Iterator<Item = MetadataRecord> + 'a {
    translation
        .cluster
        .scram
        .iter()
        .map(|((user, mechanism), credential)| {
            UserScramCredentialRecord {
                name: user.clone(),
                mechanism: *mechanism,
                salt: Blob(credential.salt.clone()),
                stored_key: Blob(credential.stored_key.0.clone()),
                server_key: Blob(credential.server_key.0.clone()),
                iterations: credential.iterations,
                ..Default::default()
            }
            .into()
        })
}
