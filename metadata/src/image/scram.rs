//! SCRAM credentials.

use std::collections::BTreeMap;

use crate::records::{MetadataRecord, ScramMechanism, UserScramCredentialRecord};

/// A credential, as its record tells it.
pub type ScramCredential = UserScramCredentialRecord;

/// Credentials by user and mechanism.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScramCredentials(
    /// By user name and mechanism.
    pub BTreeMap<(String, ScramMechanism), ScramCredential>,
);

impl ScramCredentials {
    pub(super) fn records(&self) -> impl Iterator<Item = MetadataRecord> {
        self.0.values().cloned().map(MetadataRecord::from)
    }

    pub(super) fn set(&mut self, record: UserScramCredentialRecord) {
        self.0.insert((record.name.clone(), record.mechanism), record);
    }

    pub(super) fn remove(&mut self, user: &str, mechanism: ScramMechanism) {
        self.0.remove(&(user.to_owned(), mechanism));
    }
}
