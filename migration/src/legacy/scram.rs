//! SCRAM credentials, which share `/config/users/<user>` with that user's quotas.
//!
//! `"SCRAM-SHA-512":"salt=…,stored_key=…,server_key=…,iterations=8192"`, each part in standard base64.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
pub use kraft_bridge_metadata::records::ScramMechanism;

use super::notes::Notes;
use super::{ConfigMap, Secret};
use crate::secrets::LEFT_OUT;

/// Fewest rounds that Kafka lets a credential be made with.
const ITERATIONS_MIN: i32 = 4096;

/// What the server keeps to check a user's password (RFC 5802).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScramCredential {
    /// Salt of the password hash.
    pub salt: Vec<u8>,
    /// Verifies the client.
    pub stored_key: Secret<Vec<u8>>,
    /// Proves the server to the client.
    pub server_key: Secret<Vec<u8>>,
    /// Rounds of the password hash.
    pub iterations: i32,
}

/// The mechanism of a credential that stands among a user's configs under this key.
pub(super) fn mechanism(key: &str) -> Option<ScramMechanism> {
    match key {
        "SCRAM-SHA-256" => Some(ScramMechanism::Sha256),
        "SCRAM-SHA-512" => Some(ScramMechanism::Sha512),
        _ => None,
    }
}

/// The credentials among the configs of a user.
pub(super) fn decode(
    configs: &ConfigMap,
    notes: &mut Notes<'_>,
) -> BTreeMap<ScramMechanism, ScramCredential> {
    let mut credentials = BTreeMap::new();
    for (key, text) in configs {
        let Some(mechanism) = mechanism(key) else {
            continue;
        };
        if text.contains(LEFT_OUT) {
            notes.blocker(
                "secret-left-out",
                format!("{key} was left out when the capture was made"),
                "refused: make the capture with secrets, or read the source itself",
            );
        } else if let Some(credential) = decode_credential(text) {
            if credential.iterations < ITERATIONS_MIN {
                notes.warning(
                    "few-scram-iterations",
                    format!(
                        "{key} has {} iterations, fewer than {ITERATIONS_MIN}",
                        credential.iterations
                    ),
                    "carried as it is; set the password anew",
                );
            }
            credentials.insert(mechanism, credential);
        } else {
            // The text itself is a secret.
            notes.undecodable(format_args!("{key} is no SCRAM credential"));
        }
    }
    credentials
}

fn decode_credential(text: &str) -> Option<ScramCredential> {
    let parts: BTreeMap<&str, &str> = text
        .split(',')
        .map(|part| part.trim().split_once('='))
        .collect::<Option<_>>()?;
    let bytes = |key: &str| {
        STANDARD
            .decode(parts.get(key)?)
            .ok()
            .filter(|bytes| !bytes.is_empty())
    };
    let iterations = parts
        .get("iterations")?
        .parse()
        .ok()
        .filter(|iterations| *iterations > 0)?;
    (parts.len() == 4).then_some(())?;
    Some(ScramCredential {
        salt: bytes("salt")?,
        stored_key: Secret(bytes("stored_key")?),
        server_key: Secret(bytes("server_key")?),
        iterations,
    })
}
