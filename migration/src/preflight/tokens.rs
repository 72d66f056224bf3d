//! Delegation tokens: their key, and those that have ended.

use super::Preflight;
use super::findings::Findings;

const ROOT: &str = "/delegation_token/tokens";

pub(super) fn check(preflight: &Preflight<'_>, findings: &mut Findings) {
    let tokens = &preflight.cluster.tokens;
    if tokens.is_empty() {
        return;
    }
    secret_key(preflight, findings);
    for (id, token) in tokens {
        if token.expiry_timestamp.min(token.max_timestamp) < preflight.now {
            findings.info(
                "token-expired",
                format!("{ROOT}/{id}"),
                format!("a token of {} has expired", token.owner),
                "carried; the controller removes it within an hour",
            );
        }
    }
}

/// A token's HMAC is derived from the key: with another one each token is void.
fn secret_key(preflight: &Preflight<'_>, findings: &mut Findings) {
    let (code, count) = ("tokens-need-their-key", preflight.cluster.tokens.len());
    let action = "carried: give controllers and brokers the same key as delegation.token.secret.key, or all tokens are void";
    match preflight.broker {
        Some(broker) if !broker.delegation_tokens => findings.warning(
            code,
            ROOT,
            format!(
                "delegation tokens: {count}; and {} has neither delegation.token.secret.key nor delegation.token.master.key",
                broker.file
            ),
            action,
        ),
        _ => findings.info(
            code,
            ROOT,
            format!("delegation tokens: {count}, which only the brokers' secret key makes valid"),
            action,
        ),
    }
}
