//! Delegation tokens: they are made, prolonged and ended, and those that have ended are swept away.
//!
//! ```text
//!  created ──▶ expires (renewed: later, but not after its maximum) ──▶ swept
//! ```
//!
//! Source: KIP-48, KIP-373; KAFKA-17415 (times that overflow).

use std::time::Duration;

use kraft_bridge_metadata::image::DelegationToken;
use kraft_bridge_metadata::records::{
    AclOperation, DelegationTokenRecord, RemoveDelegationTokenRecord, ResourceType,
};
use kraft_bridge_metadata::release::MetadataVersion;
use kraft_bridge_protocol::rpc::{
    CreateDelegationTokenRequest, CreateDelegationTokenResponse, ErrorCode, ExpireDelegationTokenRequest,
    ExpireDelegationTokenResponse, RenewDelegationTokenRequest, RenewDelegationTokenResponse,
};
use kraft_bridge_protocol::wire::Blob;
use kraft_bridge_protocol::{Timestamp, Uuid};

use crate::draft::{BATCH_RECORDS_MAX, Draft};
use crate::requester::Requester;
use crate::settings::TokenSecret;

/// The one type of principals that tokens know.
const USER: &str = "User";

/// Makes a token for who asks, or for somebody else.
pub(crate) fn create(
    draft: &mut Draft<'_>,
    requester: &dyn Requester,
    random: &mut fastrand::Rng,
    now: Timestamp,
    request: &CreateDelegationTokenRequest,
) -> CreateDelegationTokenResponse {
    let asking = requester.principal();
    let owner = match (&request.owner_principal_type, &request.owner_principal_name) {
        (kind, Some(name)) if !name.is_empty() => format!("{}:{name}", kind.as_deref().unwrap_or_default()),
        _ => asking.to_owned(),
    };
    let (principal_type, principal_name) = parts(&owner);
    let (asking_type, asking_name) = parts(asking);
    let answer = CreateDelegationTokenResponse {
        principal_type,
        principal_name,
        token_requester_principal_type: asking_type,
        token_requester_principal_name: asking_name,
        issue_timestamp: Timestamp(-1),
        expiry_timestamp: Timestamp(-1),
        max_timestamp: Timestamp(-1),
        ..Default::default()
    };
    match plan(draft, requester, random, now, owner, request) {
        Ok((token, hmac)) => {
            draft.push(token.clone());
            CreateDelegationTokenResponse {
                issue_timestamp: token.issue_timestamp,
                expiry_timestamp: token.expiration_timestamp,
                max_timestamp: token.max_timestamp,
                token_id: token.token_id,
                hmac,
                ..answer
            }
        }
        Err(error_code) => CreateDelegationTokenResponse { error_code, ..answer },
    }
}

fn plan(
    draft: &Draft<'_>,
    requester: &dyn Requester,
    random: &mut fastrand::Rng,
    now: Timestamp,
    owner: String,
    request: &CreateDelegationTokenRequest,
) -> Result<(DelegationTokenRecord, Blob), ErrorCode> {
    if !requester.may_ask_for_tokens() {
        return Err(ErrorCode::DelegationTokenRequestNotAllowed);
    }
    let is_for_another = owner != requester.principal();
    if is_for_another && !requester.may(AclOperation::CreateTokens, ResourceType::User, &owner) {
        return Err(ErrorCode::DelegationTokenAuthorizationFailed);
    }
    let secret = secret(draft)?;
    if request
        .renewers
        .iter()
        .any(|renewer| renewer.principal_type != USER)
    {
        return Err(ErrorCode::InvalidPrincipalType);
    }
    let lifetime = at_most(draft.settings.token_lifetime_max, request.max_lifetime_ms);
    let max_timestamp = later(now, lifetime);
    let token_id = Uuid::version_4(random.u128(..).to_be_bytes()).to_string();
    let hmac = secret.of_token(&token_id);
    let renewers = request.renewers.iter();
    let token = DelegationTokenRecord {
        owner,
        requester: requester.principal().to_owned(),
        renewers: renewers
            .map(|renewer| format!("{}:{}", renewer.principal_type, renewer.principal_name))
            .collect(),
        issue_timestamp: now,
        max_timestamp,
        expiration_timestamp: max_timestamp.min(later(now, millis(draft.settings.token_renewal))),
        token_id,
        ..Default::default()
    };
    Ok((token, hmac))
}

/// Has a token live longer.
pub(crate) fn renew(
    draft: &mut Draft<'_>,
    requester: &dyn Requester,
    now: Timestamp,
    request: &RenewDelegationTokenRequest,
) -> RenewDelegationTokenResponse {
    let renewed = find(draft, requester, &request.hmac).and_then(|(token, may_change)| {
        // Whoever may not renew it is not told before that it has ended.
        not_over(&token, now)?;
        may_change
            .then_some(token)
            .ok_or(ErrorCode::DelegationTokenOwnerMismatch)
    });
    let period = at_most(draft.settings.token_renewal, request.renew_period_ms);
    let (error_code, expiry_timestamp) = outcome(renewed.map(|token| prolong(draft, token, now, period)));
    RenewDelegationTokenResponse {
        error_code,
        expiry_timestamp,
        ..Default::default()
    }
}

/// Has a token end at a time, or at once.
pub(crate) fn expire(
    draft: &mut Draft<'_>,
    requester: &dyn Requester,
    now: Timestamp,
    request: &ExpireDelegationTokenRequest,
) -> ExpireDelegationTokenResponse {
    let period = request.expiry_time_period_ms;
    let expired = find(draft, requester, &request.hmac).and_then(|(token, may_change)| {
        if !may_change {
            return Err(ErrorCode::DelegationTokenOwnerMismatch);
        }
        if period < 0 {
            remove(draft, token.token_id);
            return Ok(now);
        }
        not_over(&token, now)?;
        Ok(prolong(draft, token, now, period))
    });
    let (error_code, expiry_timestamp) = outcome(expired);
    ExpireDelegationTokenResponse {
        error_code,
        expiry_timestamp,
        ..Default::default()
    }
}

fn outcome(end: Result<Timestamp, ErrorCode>) -> (ErrorCode, Timestamp) {
    match end {
        Ok(end) => (ErrorCode::None, end),
        Err(error) => (error, Timestamp(-1)),
    }
}

/// Removes tokens that have ended, as many as a batch holds; returns whether there are more.
pub(crate) fn sweep(draft: &mut Draft<'_>, now: Timestamp) -> bool {
    let tokens = draft.image.tokens.values();
    let over: Vec<String> = tokens
        .filter(|token| not_over(token, now).is_err())
        .map(|token| token.token_id.clone())
        .collect();
    let leaves_more = over.len() > BATCH_RECORDS_MAX;
    for token_id in over.into_iter().take(BATCH_RECORDS_MAX) {
        remove(draft, token_id);
    }
    leaves_more
}

fn remove(draft: &mut Draft<'_>, token_id: String) {
    draft.push(RemoveDelegationTokenRecord {
        token_id,
        ..Default::default()
    });
}

/// Sets a token's end, which is never after its maximum.
fn prolong(draft: &mut Draft<'_>, token: DelegationToken, now: Timestamp, period: i64) -> Timestamp {
    let end = token.max_timestamp.min(later(now, period));
    draft.push(DelegationTokenRecord {
        expiration_timestamp: end,
        ..token
    });
    end
}

/// The token with this secret, and whether who asks may change it.
fn find(
    draft: &Draft<'_>,
    requester: &dyn Requester,
    wanted: &Blob,
) -> Result<(DelegationToken, bool), ErrorCode> {
    if !requester.may_ask_for_tokens() {
        return Err(ErrorCode::DelegationTokenRequestNotAllowed);
    }
    let secret = secret(draft)?;
    let mut tokens = draft.image.tokens.values();
    let token = tokens
        .find(|token| secret.is_of_token(&token.token_id, &wanted.0))
        .ok_or(ErrorCode::DelegationTokenNotFound)?;
    let asking = requester.principal();
    let renewers = token.renewers.iter().map(String::as_str);
    let may_change = [token.owner.as_str(), token.requester.as_str()]
        .into_iter()
        .chain(renewers)
        .any(|principal| principal == asking);
    Ok((token.clone(), may_change))
}

/// The secret that tokens' secrets follow from, if there are to be tokens.
fn secret<'a>(draft: &Draft<'a>) -> Result<&'a TokenSecret, ErrorCode> {
    let secret = draft.settings.token_secret.as_ref();
    let secret = secret.ok_or(ErrorCode::DelegationTokenAuthDisabled)?;
    match draft.level() >= MetadataVersion::DELEGATION_TOKENS {
        true => Ok(secret),
        false => Err(ErrorCode::UnsupportedVersion),
    }
}

fn not_over(token: &DelegationToken, now: Timestamp) -> Result<(), ErrorCode> {
    match token.max_timestamp < now || token.expiration_timestamp < now {
        true => Err(ErrorCode::DelegationTokenExpired),
        false => Ok(()),
    }
}

/// What is asked for in milliseconds, if it is less than what the cluster allows.
fn at_most(most: Duration, asked: i64) -> i64 {
    match asked > 0 {
        true => millis(most).min(asked),
        false => millis(most),
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn later(now: Timestamp, millis: i64) -> Timestamp {
    Timestamp(now.0.saturating_add(millis))
}

fn parts(principal: &str) -> (String, String) {
    let (kind, name) = principal.split_once(':').unwrap_or((USER, principal));
    (kind.to_owned(), name.to_owned())
}
