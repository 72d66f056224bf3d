//! Delegation tokens: `/delegation_token/tokens/<token id>`, payload versions 1 to 3.

use kraft_bridge_protocol::Timestamp;
use serde_json::Value;

use super::json::{self, int, required};
use super::notes::Notes;
use crate::sanitizer;

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

pub(super) fn decode(data: &[u8], token_id: &str, notes: &mut Notes<'_>) -> Option<DelegationToken> {
    let object = json::object(data, notes)?;
    let version = required(&object, "version", int, notes)?;
    if !(1..=3).contains(&version) {
        notes.undecodable(format_args!("version {version}"));
    }
    let owner = required(&object, "owner", principal, notes)?;
    let requester = match object.get("tokenRequester") {
        Some(_) => required(&object, "tokenRequester", principal, notes)?,
        None => owner.clone(),
    };
    let renewers = |value: &Value| value.as_array()?.iter().map(principal).collect();
    if object
        .get("tokenId")
        .and_then(Value::as_str)
        .is_some_and(|id| id != token_id)
    {
        notes.undecodable("tokenId is not the name of the znode");
    }
    let mut timestamp = |key| required(&object, key, Value::as_i64, notes).map(Timestamp);
    Some(DelegationToken {
        issue_timestamp: timestamp("issueTimestamp")?,
        max_timestamp: timestamp("maxTimestamp")?,
        expiry_timestamp: timestamp("expiryTimestamp")?,
        owner,
        requester,
        renewers: required(&object, "renewers", renewers, notes)?,
    })
}

/// A principal as tokens store it: escaped as a whole.
fn principal(value: &Value) -> Option<String> {
    sanitizer::decode(value.as_str()?).filter(|principal| principal.contains(':'))
}
