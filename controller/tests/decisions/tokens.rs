//! Delegation tokens.

use std::time::Duration;

use kraft_bridge_controller::{Requester, Settings, TokenSecret};
use kraft_bridge_metadata::records::{AclOperation, ResourceType};
use kraft_bridge_protocol::rpc::{
    AnyRequest, AnyResponse, CreateDelegationTokenRequest, CreateDelegationTokenResponse, ErrorCode,
    ExpireDelegationTokenRequest, RenewDelegationTokenRequest, TokenRenewer,
};
use kraft_bridge_protocol::wire::Blob;
use kraft_bridge_protocol::{NodeId, Timestamp};

use crate::bed::{ALICE, Bed, CLUSTER, LEVEL, START};

const HOUR_MS: i64 = 3_600_000;
const HOUR: Duration = Duration::from_hours(1);

/// Somebody who logged in, or came with a token.
struct Somebody {
    name: &'static str,
    came_with_token: bool,
}

impl Requester for Somebody {
    fn may(&self, _: AclOperation, _: ResourceType, _: &str) -> bool {
        false
    }

    fn principal(&self) -> &str {
        self.name
    }

    fn client_id(&self) -> Option<&str> {
        None
    }

    fn may_ask_for_tokens(&self) -> bool {
        !self.came_with_token
    }
}

fn somebody(name: &'static str) -> Somebody {
    Somebody {
        name,
        came_with_token: false,
    }
}

fn with_tokens(level: i16) -> Bed {
    let settings = Settings {
        token_secret: Some(TokenSecret::new("hush".to_owned())),
        ..Settings::new(NodeId(3000), CLUSTER)
    };
    Bed::with(settings, &[("metadata.version", level)], &[])
}

fn wanted(max_lifetime_ms: i64, renewer: &str) -> CreateDelegationTokenRequest {
    CreateDelegationTokenRequest {
        renewers: vec![TokenRenewer {
            principal_type: "User".to_owned(),
            principal_name: renewer.to_owned(),
            ..Default::default()
        }],
        max_lifetime_ms,
        ..Default::default()
    }
}

impl Bed {
    fn token_for(
        &mut self,
        who: &dyn Requester,
        request: CreateDelegationTokenRequest,
    ) -> CreateDelegationTokenResponse {
        match self.ask_as(who, AnyRequest::CreateDelegationToken(request)) {
            AnyResponse::CreateDelegationToken(response) => response,
            answer => panic!("{answer:?}"),
        }
    }

    fn renew(
        &mut self,
        who: &dyn Requester,
        hmac: &Blob,
        renew_period_ms: i64,
    ) -> Result<Timestamp, ErrorCode> {
        let request = RenewDelegationTokenRequest {
            hmac: hmac.clone(),
            renew_period_ms,
            ..Default::default()
        };
        match self.ask_as(who, AnyRequest::RenewDelegationToken(request)) {
            AnyResponse::RenewDelegationToken(response) => match response.error_code {
                ErrorCode::None => Ok(response.expiry_timestamp),
                error => Err(error),
            },
            answer => panic!("{answer:?}"),
        }
    }

    fn expire(&mut self, who: &dyn Requester, hmac: &Blob, period: i64) -> Result<Timestamp, ErrorCode> {
        let request = ExpireDelegationTokenRequest {
            hmac: hmac.clone(),
            expiry_time_period_ms: period,
            ..Default::default()
        };
        match self.ask_as(who, AnyRequest::ExpireDelegationToken(request)) {
            AnyResponse::ExpireDelegationToken(response) => match response.error_code {
                ErrorCode::None => Ok(response.expiry_timestamp),
                error => Err(error),
            },
            answer => panic!("{answer:?}"),
        }
    }
}

#[test]
fn a_token_lives_a_day_and_when_renewed_a_week() {
    let mut bed = with_tokens(LEVEL);
    let token = bed.token_for(&somebody(ALICE), wanted(-1, "bob"));
    assert_eq!(token.error_code, ErrorCode::None);
    assert_eq!(token.expiry_timestamp, Timestamp(START.0 + 24 * HOUR_MS));
    assert_eq!(token.max_timestamp, Timestamp(START.0 + 7 * 24 * HOUR_MS));
    assert_eq!(token.hmac.0.len(), 64);
    bed.wait(23 * HOUR);
    for who in [ALICE, "User:bob"] {
        let end = bed.renew(&somebody(who), &token.hmac, -1);
        assert_eq!(end, Ok(Timestamp(START.0 + 47 * HOUR_MS)), "{who}");
    }
    assert_eq!(
        bed.renew(&somebody("User:mallory"), &token.hmac, -1),
        Err(ErrorCode::DelegationTokenOwnerMismatch)
    );
    assert_eq!(
        bed.renew(&somebody(ALICE), &token.hmac, HOUR_MS),
        Ok(Timestamp(START.0 + 24 * HOUR_MS))
    );
}

#[test]
fn a_token_that_has_ended_is_told_so_and_then_swept_away() {
    let mut bed = with_tokens(LEVEL);
    let token = bed.token_for(&somebody(ALICE), wanted(HOUR_MS / 2, "bob"));
    let other = bed.token_for(&somebody(ALICE), wanted(-1, "bob"));
    bed.wait(HOUR / 2 + Duration::from_secs(1));
    let over = Err(ErrorCode::DelegationTokenExpired);
    assert_eq!(bed.renew(&somebody(ALICE), &token.hmac, -1), over);
    assert_eq!(bed.expire(&somebody(ALICE), &token.hmac, 1), over);
    bed.wait(HOUR / 2);
    let left: Vec<&String> = bed.replica.tokens.keys().collect();
    assert_eq!(left, [&other.token_id]);
    let unknown = Err(ErrorCode::DelegationTokenNotFound);
    assert_eq!(bed.renew(&somebody(ALICE), &token.hmac, -1), unknown);
}

#[test]
fn a_token_can_be_ended_at_once_or_soon() {
    let mut bed = with_tokens(LEVEL);
    let token = bed.token_for(&somebody(ALICE), wanted(-1, "bob"));
    let soon = bed.expire(&somebody("User:bob"), &token.hmac, HOUR_MS);
    assert_eq!(soon, Ok(Timestamp(START.0 + HOUR_MS)));
    let late = bed.expire(&somebody(ALICE), &token.hmac, i64::MAX);
    assert_eq!(late, Ok(token.max_timestamp), "no later than it can live");
    let mismatch = Err(ErrorCode::DelegationTokenOwnerMismatch);
    assert_eq!(bed.expire(&somebody("User:mallory"), &token.hmac, -1), mismatch);
    assert_eq!(bed.expire(&somebody(ALICE), &token.hmac, -1), Ok(START));
    assert!(bed.replica.tokens.is_empty());
}

#[test]
fn a_token_for_somebody_else_needs_leave() {
    let mut bed = with_tokens(LEVEL);
    let for_bob = || CreateDelegationTokenRequest {
        owner_principal_type: Some("User".to_owned()),
        owner_principal_name: Some("bob".to_owned()),
        ..wanted(-1, "carol")
    };
    let refused = bed.token_for(&somebody(ALICE), for_bob());
    assert_eq!(refused.error_code, ErrorCode::DelegationTokenAuthorizationFailed);
    let token = bed.token_for(&crate::bed::May(true), for_bob());
    assert_eq!(token.error_code, ErrorCode::None);
    let stored = &bed.replica.tokens[&token.token_id];
    assert_eq!((&*stored.owner, &*stored.requester), ("User:bob", ALICE));
    assert_eq!(stored.renewers, ["User:carol"]);
}

#[test]
fn there_are_no_tokens_where_they_cannot_be() {
    let asked = |bed: &mut Bed, who: &Somebody| bed.token_for(who, wanted(-1, "bob")).error_code;
    let alice = somebody(ALICE);
    assert_eq!(
        asked(&mut Bed::new(LEVEL, &[]), &alice),
        ErrorCode::DelegationTokenAuthDisabled
    );
    assert_eq!(asked(&mut with_tokens(13), &alice), ErrorCode::UnsupportedVersion);
    let with_token = Somebody {
        came_with_token: true,
        ..alice
    };
    assert_eq!(
        asked(&mut with_tokens(LEVEL), &with_token),
        ErrorCode::DelegationTokenRequestNotAllowed
    );
    let mut renewer = wanted(-1, "bob");
    renewer.renewers[0].principal_type = "Group".to_owned();
    let refused = with_tokens(LEVEL).token_for(&somebody(ALICE), renewer);
    assert_eq!(refused.error_code, ErrorCode::InvalidPrincipalType);
}
