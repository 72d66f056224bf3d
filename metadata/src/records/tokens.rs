//! Delegation tokens.

use kraft_bridge_protocol::{Timestamp, messages};

messages! {
    /// Adds or renews a delegation token. Its HMAC is not here: every node derives it from the secret key.
    ///
    /// Source: `DelegationTokenRecord.json`, Kafka 4.3.
    DelegationTokenRecord (key 10, versions 0..=0) {
        /// Principal it acts for.
        owner: String, since 0;
        /// Principal that asked for it.
        requester: String, since 0;
        /// Principals that may renew it.
        renewers: Vec<String>, since 0;
        /// When it was issued.
        issue_timestamp: Timestamp, since 0;
        /// When it ends for good.
        max_timestamp: Timestamp, since 0;
        /// When it ends unless renewed.
        expiration_timestamp: Timestamp, since 0;
        /// Token id.
        token_id: String, since 0;
    }

    /// Removes a delegation token.
    ///
    /// Source: `RemoveDelegationTokenRecord.json`, Kafka 4.3.
    RemoveDelegationTokenRecord (key 26, versions 0..=0) {
        /// Token id.
        token_id: String, since 0;
    }
}
