//! SCRAM credentials.

use kraft_bridge_protocol::wire::Blob;
use kraft_bridge_protocol::{codes, messages};

codes! {
    /// Hash that a credential is made with.
    ScramMechanism: i8 {
        /// `SCRAM-SHA-256`
        Sha256 = 1,
        /// `SCRAM-SHA-512`
        Sha512 = 2,
    }
}

messages! {
    /// Sets one credential of one user.
    ///
    /// Source: `UserScramCredentialRecord.json`, Kafka 4.3.
    UserScramCredentialRecord (key 11, versions 0..=0) {
        /// User name.
        name: String, since 0;
        /// Hash.
        mechanism: ScramMechanism = ScramMechanism::Sha256, since 0;
        /// Salt of the password hash.
        salt: Blob, since 0;
        /// Verifies the client.
        stored_key: Blob, since 0;
        /// Proves the server.
        server_key: Blob, since 0;
        /// Rounds of the password hash.
        iterations: i32, since 0;
    }

    /// Removes one credential of one user.
    ///
    /// Source: `RemoveUserScramCredentialRecord.json`, Kafka 4.3.
    RemoveUserScramCredentialRecord (key 22, versions 0..=0) {
        /// User name.
        name: String, since 0;
        /// Hash.
        mechanism: ScramMechanism = ScramMechanism::Sha256, since 0;
    }
}
