//! SaslHandshake and SaslAuthenticate: a login, in the words of its mechanism.

use super::{ErrorCode, Request};
use crate::wire::Blob;

crate::messages! {
    /// Names the mechanism of the login that follows.
    ///
    /// Source: `SaslHandshakeRequest.json`, Kafka 4.3. Its versions stay as they are for old clients (KAFKA-9577).
    SaslHandshakeRequest (key 17, versions 0..=1, flexible since never) {
        /// The mechanism.
        mechanism: String, since 0;
    }

    /// Whether the server has the mechanism.
    ///
    /// Source: `SaslHandshakeResponse.json`, Kafka 4.3.
    SaslHandshakeResponse (key 17, versions 0..=1, flexible since never) {
        /// `UNSUPPORTED_SASL_MECHANISM` if it has not.
        error_code: ErrorCode = ErrorCode::None, since 0;
        /// Every mechanism that it has.
        mechanisms: Vec<String>, since 0;
    }

    /// One word of the login.
    ///
    /// Source: `SaslAuthenticateRequest.json`, Kafka 4.3.
    SaslAuthenticateRequest (key 36, versions 0..=2, flexible since 2) {
        /// What the mechanism says.
        auth_bytes: Blob, since 0;
    }

    /// The server's word, or its refusal.
    ///
    /// Source: `SaslAuthenticateResponse.json`, Kafka 4.3.
    SaslAuthenticateResponse (key 36, versions 0..=2, flexible since 2) {
        /// `SASL_AUTHENTICATION_FAILED` for a refusal.
        error_code: ErrorCode = ErrorCode::None, since 0;
        /// Why it was refused.
        error_message: Option<String>, since 0;
        /// What the mechanism says.
        auth_bytes: Blob, since 0;
        /// Milliseconds after which the login must be renewed; 0 for never.
        session_lifetime_ms: i64, since 1;
    }
}

impl Request for SaslHandshakeRequest {
    type Response = SaslHandshakeResponse;
}

impl Request for SaslAuthenticateRequest {
    type Response = SaslAuthenticateResponse;
}
