//! Delegation tokens: `/delegation_token/tokens/<token id>`.

use kraft_bridge_protocol::Timestamp;

/// A delegation token, without its HMAC, which every broker derives from the cluster's secret key.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct DelegationToken {
    /// Principal it acts for, `User:alice`.
    pub owner: String,
    /// Principal that asked for it.
    pub requester: String,
    /// Principals that may renew it, in stored order.
    pub renewers: Vec<String>,
    /// When it was issued.
    pub issue_timestamp: Timestamp,
    /// When it ends for good.
    pub max_timestamp: Timestamp,
    /// When it ends unless renewed.
    pub expiry_timestamp: Timestamp,
}
