//! SCRAM credentials, which share `/config/users/<user>` with that user's quotas.

use super::Secret;

/// Hash that a credential is made with. The numbers are Kafka's codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[repr(i8)]
pub enum ScramMechanism {
    /// `SCRAM-SHA-256`
    #[serde(rename = "SCRAM-SHA-256")]
    Sha256 = 1,
    /// `SCRAM-SHA-512`
    #[serde(rename = "SCRAM-SHA-512")]
    Sha512 = 2,
}

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
