//! What an administrator wants of users: ACLs, credentials, tokens and quotas.

use super::*;
use crate::Timestamp;

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn the_description_of_acls_is_kafkas_byte_for_byte() {
    are_kafkas(
        |_| DescribeAclsRequest {
            resource_type_filter: 2,
            pattern_type_filter: 4,
            principal_filter: text("User:alice"),
            operation: 1,
            permission_type: 3,
            ..Default::default()
        },
        |_| DescribeAclsResponse {
            throttle_time_ms: 1,
            error_code: ErrorCode::SecurityDisabled,
            error_message: no(),
            resources: vec![DescribedAclResource {
                resource_type: 2,
                resource_name: "orders".to_owned(),
                pattern_type: 4,
                acls: vec![DescribedAcl {
                    principal: "User:alice".to_owned(),
                    host: "*".to_owned(),
                    operation: 3,
                    permission_type: 2,
                    ..Default::default()
                }],
                ..Default::default()
            }],
            ..Default::default()
        },
    );
}

#[test]
fn the_creation_of_acls_is_kafkas_byte_for_byte() {
    are_kafkas(
        |_| CreateAclsRequest {
            creations: vec![AclCreation {
                resource_type: 2,
                resource_name: "orders".to_owned(),
                resource_pattern_type: 4,
                principal: "User:alice".to_owned(),
                host: "*".to_owned(),
                operation: 3,
                permission_type: 2,
                ..Default::default()
            }],
            ..Default::default()
        },
        |_| CreateAclsResponse {
            throttle_time_ms: 1,
            results: vec![
                CreatedAcl::default(),
                CreatedAcl {
                    error_code: ErrorCode::InvalidRequest,
                    error_message: no(),
                    ..Default::default()
                },
            ],
            ..Default::default()
        },
    );
}

#[test]
fn the_deletion_of_acls_is_kafkas_byte_for_byte() {
    are_kafkas(
        |_| DeleteAclsRequest {
            filters: vec![AclFilter {
                resource_type_filter: 2,
                resource_name_filter: text("orders"),
                pattern_type_filter: 4,
                host_filter: text("*"),
                operation: 1,
                permission_type: 1,
                ..Default::default()
            }],
            ..Default::default()
        },
        |_| DeleteAclsResponse {
            throttle_time_ms: 1,
            filter_results: vec![
                FilteredAcls {
                    matching_acls: vec![DeletedAcl {
                        error_code: ErrorCode::UnknownServerError,
                        error_message: no(),
                        resource_type: 2,
                        resource_name: "orders".to_owned(),
                        pattern_type: 4,
                        principal: "User:alice".to_owned(),
                        host: "*".to_owned(),
                        operation: 3,
                        permission_type: 2,
                        ..Default::default()
                    }],
                    ..Default::default()
                },
                FilteredAcls {
                    error_code: ErrorCode::InvalidRequest,
                    error_message: no(),
                    ..Default::default()
                },
            ],
            ..Default::default()
        },
    );
}

#[test]
fn the_creation_of_tokens_is_kafkas_byte_for_byte() {
    are_kafkas(create_token, |version| CreateDelegationTokenResponse {
        error_code: ErrorCode::DelegationTokenAuthDisabled,
        principal_type: "User".to_owned(),
        principal_name: "alice".to_owned(),
        token_requester_principal_type: since(3, version, "User".to_owned()),
        token_requester_principal_name: since(3, version, "admin".to_owned()),
        issue_timestamp: Timestamp(5),
        expiry_timestamp: Timestamp(6),
        max_timestamp: Timestamp(7),
        token_id: "t".to_owned(),
        hmac: Blob(b"secret".to_vec()),
        throttle_time_ms: 1,
        ..Default::default()
    });
}

fn create_token(version: i16) -> CreateDelegationTokenRequest {
    CreateDelegationTokenRequest {
        owner_principal_type: since(3, version, text("User")),
        owner_principal_name: since(3, version, text("alice")),
        renewers: vec![TokenRenewer {
            principal_type: "User".to_owned(),
            principal_name: "bob".to_owned(),
            ..Default::default()
        }],
        max_lifetime_ms: -1,
        ..Default::default()
    }
}

#[test]
fn the_renewal_and_the_end_of_tokens_are_kafkas_byte_for_byte() {
    are_kafkas(
        |_| RenewDelegationTokenRequest {
            hmac: Blob(b"secret".to_vec()),
            renew_period_ms: -1,
            ..Default::default()
        },
        |_| RenewDelegationTokenResponse {
            error_code: ErrorCode::DelegationTokenNotFound,
            expiry_timestamp: Timestamp(6),
            throttle_time_ms: 1,
            ..Default::default()
        },
    );
    are_kafkas(
        |_| ExpireDelegationTokenRequest {
            hmac: Blob(b"secret".to_vec()),
            expiry_time_period_ms: 9,
            ..Default::default()
        },
        |_| ExpireDelegationTokenResponse {
            error_code: ErrorCode::DelegationTokenExpired,
            expiry_timestamp: Timestamp(6),
            throttle_time_ms: 1,
            ..Default::default()
        },
    );
}

#[test]
fn changes_of_quotas_are_kafkas_byte_for_byte() {
    let part = |entity_type: &str, entity_name| QuotaEntityName {
        entity_type: entity_type.to_owned(),
        entity_name,
        ..Default::default()
    };
    let change = |key: &str, value, remove| QuotaChange {
        key: key.to_owned(),
        value,
        remove,
        ..Default::default()
    };
    are_kafkas(
        |_| AlterClientQuotasRequest {
            entries: vec![QuotaAlteration {
                entity: vec![part("user", text("alice")), part("client-id", None)],
                ops: vec![change("k", 1.5, false), change("n", 0.0, true)],
                ..Default::default()
            }],
            validate_only: true,
            ..Default::default()
        },
        |_| AlterClientQuotasResponse {
            throttle_time_ms: 1,
            entries: vec![AlteredQuota {
                error_code: ErrorCode::InvalidRequest,
                error_message: no(),
                entity: vec![part("user", None)],
                ..Default::default()
            }],
            ..Default::default()
        },
    );
}

#[test]
fn changes_of_credentials_are_kafkas_byte_for_byte() {
    are_kafkas(
        |_| AlterUserScramCredentialsRequest {
            deletions: vec![ScramDeletion {
                name: "bob".to_owned(),
                mechanism: 1,
                ..Default::default()
            }],
            upsertions: vec![ScramUpsertion {
                name: "alice".to_owned(),
                mechanism: 2,
                iterations: 4096,
                salt: Blob(b"salt".to_vec()),
                salted_password: Blob(b"secret".to_vec()),
                ..Default::default()
            }],
            ..Default::default()
        },
        |_| AlterUserScramCredentialsResponse {
            throttle_time_ms: 1,
            results: vec![AlteredUser {
                user: "bob".to_owned(),
                error_code: ErrorCode::ResourceNotFound,
                error_message: no(),
                ..Default::default()
            }],
            ..Default::default()
        },
    );
}
