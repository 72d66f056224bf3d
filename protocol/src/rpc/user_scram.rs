//! AlterUserScramCredentials: passwords of users, as far as a server need know them.
//!
//! Source: KIP-554.

use super::{ErrorCode, Request};
use crate::wire::Blob;

crate::messages! {
    /// Asks for credentials to be removed and set.
    ///
    /// Source: `AlterUserScramCredentialsRequest.json`, Kafka 4.3.
    AlterUserScramCredentialsRequest (key 51, versions 0..=0) {
        /// Those to be removed.
        deletions: Vec<ScramDeletion>, since 0;
        /// Those to be set.
        upsertions: Vec<ScramUpsertion>, since 0;
    }

    /// A credential to be removed.
    ScramDeletion (versions 0..=0) {
        /// The user.
        name: String, since 0;
        /// Kafka's number of the mechanism: 1 SCRAM-SHA-256, 2 SCRAM-SHA-512. One that nobody knows is answered with an
        /// error of its own.
        mechanism: i8, since 0;
    }

    /// A credential to be set.
    ScramUpsertion (versions 0..=0) {
        /// The user.
        name: String, since 0;
        /// Kafka's number of the mechanism.
        mechanism: i8, since 0;
        /// Rounds of the password hash.
        iterations: i32, since 0;
        /// Salt of the password hash.
        salt: Blob, since 0;
        /// The password hash: who has it can log in.
        salted_password: Blob, since 0;
    }

    /// Which credentials were changed.
    ///
    /// Source: `AlterUserScramCredentialsResponse.json`, Kafka 4.3.
    AlterUserScramCredentialsResponse (key 51, versions 0..=0) {
        /// How long the client is held back, in milliseconds.
        throttle_time_ms: i32, since 0;
        /// Each user.
        results: Vec<AlteredUser>, since 0;
    }

    /// What became of one user's credentials.
    AlteredUser (versions 0..=0) {
        /// The user.
        user: String, since 0;
        /// Why they were not changed.
        error_code: ErrorCode = ErrorCode::None, since 0;
        /// The same in words.
        error_message: Option<String>, since 0;
    }
}

impl Request for AlterUserScramCredentialsRequest {
    type Response = AlterUserScramCredentialsResponse;
}
