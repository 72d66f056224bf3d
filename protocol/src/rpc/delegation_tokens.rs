//! CreateDelegationToken, RenewDelegationToken and ExpireDelegationToken: the life of a token.
//!
//! Source: KIP-48; KIP-373 (version 3: tokens for others).

use super::{ErrorCode, Request};
use crate::Timestamp;
use crate::wire::Blob;

crate::messages! {
    /// Asks for a token.
    ///
    /// Source: `CreateDelegationTokenRequest.json`, Kafka 4.3.
    CreateDelegationTokenRequest (key 38, versions 1..=3, flexible since 2) {
        /// Type of whom it shall act for; `None` or empty for who asks.
        owner_principal_type: Option<String>, since 3;
        /// The name.
        owner_principal_name: Option<String>, since 3;
        /// Who may renew it, besides.
        renewers: Vec<TokenRenewer>, since 0;
        /// How long it may live at most, in milliseconds; -1 for as long as the cluster allows.
        max_lifetime_ms: i64, since 0;
    }

    /// Somebody who may renew a token.
    TokenRenewer (versions 0..=3) {
        /// Type of the principal: `User`.
        principal_type: String, since 0;
        /// Its name.
        principal_name: String, since 0;
    }

    /// The token.
    ///
    /// Source: `CreateDelegationTokenResponse.json`, Kafka 4.3.
    CreateDelegationTokenResponse (key 38, versions 1..=3, flexible since 2) {
        /// Why there is none.
        error_code: ErrorCode = ErrorCode::None, since 0;
        /// Type of whom it acts for.
        principal_type: String, since 0;
        /// The name.
        principal_name: String, since 0;
        /// Type of who asked.
        token_requester_principal_type: String, since 3 or dropped;
        /// The name.
        token_requester_principal_name: String, since 3 or dropped;
        /// When it was issued.
        issue_timestamp: Timestamp, since 0;
        /// When it ends unless renewed.
        expiry_timestamp: Timestamp, since 0;
        /// When it ends for good.
        max_timestamp: Timestamp, since 0;
        /// Its id.
        token_id: String, since 0;
        /// Its secret.
        hmac: Blob, since 0;
        /// How long the client is held back, in milliseconds.
        throttle_time_ms: i32, since 0;
    }

    /// Asks for a token to live longer.
    ///
    /// Source: `RenewDelegationTokenRequest.json`, Kafka 4.3.
    RenewDelegationTokenRequest (key 39, versions 1..=2, flexible since 2) {
        /// Its secret, by which it is known.
        hmac: Blob, since 0;
        /// How long from now on, in milliseconds; -1 for as long as the cluster allows.
        renew_period_ms: i64, since 0;
    }

    /// How long it lives now.
    ///
    /// Source: `RenewDelegationTokenResponse.json`, Kafka 4.3.
    RenewDelegationTokenResponse (key 39, versions 1..=2, flexible since 2) {
        /// Why it was not renewed.
        error_code: ErrorCode = ErrorCode::None, since 0;
        /// When it ends.
        expiry_timestamp: Timestamp, since 0;
        /// How long the client is held back, in milliseconds.
        throttle_time_ms: i32, since 0;
    }

    /// Asks for a token to end.
    ///
    /// Source: `ExpireDelegationTokenRequest.json`, Kafka 4.3.
    ExpireDelegationTokenRequest (key 40, versions 1..=2, flexible since 2) {
        /// Its secret, by which it is known.
        hmac: Blob, since 0;
        /// When, from now, in milliseconds; less than 0 for at once.
        expiry_time_period_ms: i64, since 0;
    }

    /// When it ends.
    ///
    /// Source: `ExpireDelegationTokenResponse.json`, Kafka 4.3.
    ExpireDelegationTokenResponse (key 40, versions 1..=2, flexible since 2) {
        /// Why its end was not set.
        error_code: ErrorCode = ErrorCode::None, since 0;
        /// When it ends.
        expiry_timestamp: Timestamp, since 0;
        /// How long the client is held back, in milliseconds.
        throttle_time_ms: i32, since 0;
    }
}

impl Request for CreateDelegationTokenRequest {
    type Response = CreateDelegationTokenResponse;
}

impl Request for RenewDelegationTokenRequest {
    type Response = RenewDelegationTokenResponse;
}

impl Request for ExpireDelegationTokenRequest {
    type Response = ExpireDelegationTokenResponse;
}
