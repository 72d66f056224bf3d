//! What a client says before anything else: what it speaks, and who it is.

use super::*;

#[test]
fn api_versions_is_kafkas_byte_for_byte() {
    are_kafkas(
        |version| match version {
            0..=2 => ApiVersionsRequest::default(),
            _ => ApiVersionsRequest {
                client_software_name: "kraft-bridge".to_owned(),
                client_software_version: "0.1.0".to_owned(),
                ..Default::default()
            },
        },
        |version| {
            let api = |api_key, min_version, max_version| ApiVersion {
                api_key,
                min_version,
                max_version,
                ..Default::default()
            };
            let answer = ApiVersionsResponse {
                api_keys: vec![api(1, 4, 18), api(59, 0, 1)],
                throttle_time_ms: i32::from(version > 0),
                ..Default::default()
            };
            if version < 3 {
                return answer;
            }
            ApiVersionsResponse {
                supported_features: vec![SupportedFeature {
                    name: "metadata.version".to_owned(),
                    min_version: 7,
                    max_version: 30,
                    ..Default::default()
                }],
                finalized_features_epoch: 42,
                finalized_features: vec![FinalizedFeature {
                    name: "metadata.version".to_owned(),
                    max_version_level: 22,
                    min_version_level: 21,
                    ..Default::default()
                }],
                zk_migration_ready: true,
                ..answer
            }
        },
    );
}

#[test]
fn a_login_is_kafkas_byte_for_byte() {
    are_kafkas(
        |_| SaslHandshakeRequest {
            mechanism: "SCRAM-SHA-512".to_owned(),
            ..Default::default()
        },
        |_| SaslHandshakeResponse {
            error_code: ErrorCode::UnsupportedSaslMechanism,
            mechanisms: vec!["PLAIN".to_owned(), "GSSAPI".to_owned()],
            ..Default::default()
        },
    );
    are_kafkas(
        |_| SaslAuthenticateRequest {
            auth_bytes: Blob(b"n,,n=a".to_vec()),
            ..Default::default()
        },
        |version| SaslAuthenticateResponse {
            error_code: ErrorCode::SaslAuthenticationFailed,
            error_message: Some("no".to_owned()),
            auth_bytes: Blob(b"r=1".to_vec()),
            session_lifetime_ms: if version > 0 { 60_000 } else { 0 },
            ..Default::default()
        },
    );
}
