//! A metadata record as it is shown: without its secrets.

use kraft_bridge_metadata::records::{
    ConfigRecord, MetadataRecord, ScramMechanism, UserScramCredentialRecord,
};
use kraft_bridge_migration::capture::redact;
use serde::{Serialize, Serializer};

use super::REDACTED;

/// Serializes a record's fields with [`REDACTED`] in place of each secret.
pub(super) struct Shown<'a>(pub(super) &'a MetadataRecord);

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            MetadataRecord::UserScramCredential(credential) => {
                ShownCredential::new(credential).serialize(serializer)
            }
            MetadataRecord::Config(config) => show_config(config).serialize(serializer),
            other => other.serialize_data(serializer),
        }
    }
}

/// A credential; tags of a newer schema, whatever they are, are not shown.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownCredential<'a> {
    name: &'a str,
    mechanism: ScramMechanism,
    salt: &'static str,
    stored_key: &'static str,
    server_key: &'static str,
    iterations: i32,
}

impl<'a> ShownCredential<'a> {
    fn new(credential: &'a UserScramCredentialRecord) -> ShownCredential<'a> {
        ShownCredential {
            name: &credential.name,
            mechanism: credential.mechanism,
            salt: REDACTED,
            stored_key: REDACTED,
            server_key: REDACTED,
            iterations: credential.iterations,
        }
    }
}

fn show_config(config: &ConfigRecord) -> ConfigRecord {
    let is_secret = |value: &String| redact::is_secret_config(&config.name, value);
    ConfigRecord {
        value: config.value.clone().map(|value| {
            if is_secret(&value) {
                REDACTED.to_owned()
            } else {
                value
            }
        }),
        ..config.clone()
    }
}
