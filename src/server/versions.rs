//! ApiVersions: what a caller is told of this node, before and after its login alike.
//!
//! | asked | answered |
//! |---|---|
//! | a version that is known | everything, in that version |
//! | another version | `UNSUPPORTED_VERSION` in version 0, with the versions of ApiVersions alone |
//! | a client software name or version that is none | `INVALID_REQUEST` |
//!
//! Before version 4, a feature whose lowest level is 0 is left out: older clients fail on it.
//!
//! Source: KIP-511; answers of Kafka 3.9.2 and 4.3.1.

use kraft_bridge_protocol::messages::Message;
use kraft_bridge_protocol::rpc::{
    AnyResponse, Api, ApiVersion, ApiVersionsRequest, ApiVersionsResponse, ErrorCode, Request, RequestHeader,
    SaslAuthenticateRequest, SaslHandshakeRequest,
};

use super::Features;

/// First version with the client software's name and version.
const SOFTWARE_SINCE: i16 = 3;
/// First version whose callers bear with features that begin at level 0.
const LEVEL_0_SINCE: i16 = 4;

/// All that a listener serves: what `handler` does, and what the listener answers itself.
pub(super) fn served(handler: Vec<ApiVersion>) -> Vec<ApiVersion> {
    fn own<R: Request>() -> ApiVersion {
        let api = i16::try_from(R::KEY).ok().and_then(Api::of);
        api.and_then(Api::versions)
            .expect("APIs of the listener are in the table")
    }
    let own = [
        own::<SaslHandshakeRequest>(),
        own::<ApiVersionsRequest>(),
        own::<SaslAuthenticateRequest>(),
    ];
    let mut all = handler;
    all.retain(|api| own.iter().all(|own| own.api_key != api.api_key));
    all.extend(own);
    all.sort_by_key(|api| api.api_key);
    all
}

/// The answer in version 0 to a request for versions in one that is not known.
pub(super) fn refusal(header: &RequestHeader) -> Option<AnyResponse> {
    let is_asked = u32::try_from(header.api_key) == Ok(ApiVersionsRequest::KEY);
    if !is_asked || ApiVersionsRequest::VERSIONS.contains(&header.api_version) {
        return None;
    }
    let own = Api::of(header.api_key).and_then(Api::versions);
    Some(AnyResponse::ApiVersions(ApiVersionsResponse {
        error_code: ErrorCode::UnsupportedVersion,
        api_keys: own.into_iter().collect(),
        ..Default::default()
    }))
}

/// The answer to a request for versions.
pub(super) fn answer(
    request: &ApiVersionsRequest,
    version: i16,
    served: &[ApiVersion],
    features: Features,
) -> ApiVersionsResponse {
    let is_named = [&request.client_software_name, &request.client_software_version]
        .into_iter()
        .all(|text| is_software_name(text));
    if version >= SOFTWARE_SINCE && !is_named {
        return ApiVersionsResponse {
            error_code: ErrorCode::InvalidRequest,
            ..Default::default()
        };
    }
    let mut response = ApiVersionsResponse {
        api_keys: served.to_vec(),
        ..Default::default()
    };
    if version >= SOFTWARE_SINCE {
        response.supported_features = features.supported;
        response.finalized_features = features.finalized;
        response.finalized_features_epoch = features.finalized_epoch;
    }
    if version < LEVEL_0_SINCE {
        response
            .supported_features
            .retain(|feature| feature.min_version > 0);
    }
    response
}

/// Letters, digits, and between them also `-` and `.`.
fn is_software_name(text: &str) -> bool {
    let is_edge = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    is_edge(bytes.first())
        && is_edge(bytes.last())
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
}

#[cfg(test)]
mod tests {
    use kraft_bridge_protocol::rpc::SupportedFeature;

    use super::*;

    fn request(name: &str, version: &str) -> ApiVersionsRequest {
        ApiVersionsRequest {
            client_software_name: name.to_owned(),
            client_software_version: version.to_owned(),
            ..Default::default()
        }
    }

    fn features() -> Features {
        Features {
            supported: vec![
                SupportedFeature::new("kraft.version", 0, 1),
                SupportedFeature::new("metadata.version", 7, 30),
            ],
            finalized: Vec::new(),
            finalized_epoch: 42,
        }
    }

    fn supported(version: i16) -> Vec<String> {
        let response = answer(&request("a", "1"), version, &served(Vec::new()), features());
        assert_eq!(response.error_code, ErrorCode::None);
        let names = response
            .supported_features
            .into_iter()
            .map(|feature| feature.name);
        names.collect()
    }

    #[test]
    fn features_that_begin_at_0_are_told_from_version_4_and_none_before_version_3() {
        assert_eq!(supported(4), ["kraft.version", "metadata.version"]);
        assert_eq!(supported(3), ["metadata.version"]);
        assert!(supported(2).is_empty());
    }

    #[test]
    fn every_answer_has_a_place_for_all_it_says() {
        for version in ApiVersionsRequest::VERSIONS {
            let response = answer(&request("a", "1"), version, &served(Vec::new()), features());
            assert!(
                AnyResponse::ApiVersions(response).frame(version, 1).is_ok(),
                "{version}"
            );
        }
    }

    #[test]
    fn software_without_a_proper_name_is_refused_where_it_gives_one() {
        for (name, version) in [
            ("", "1"),
            ("a", ""),
            ("-a", "1"),
            ("a.", "1"),
            ("a b", "1"),
            ("ä", "1"),
        ] {
            let error = |at| answer(&request(name, version), at, &[], features()).error_code;
            assert_eq!(error(3), ErrorCode::InvalidRequest, "{name:?} {version:?}");
            assert_eq!(error(2), ErrorCode::None);
        }
        let error = answer(&request("apache-kafka-java", "4.3.1"), 4, &[], features()).error_code;
        assert_eq!(error, ErrorCode::None);
    }

    #[test]
    fn a_version_that_is_not_known_is_answered_with_those_that_are() {
        let header = |api_key, api_version| RequestHeader {
            api_key,
            api_version,
            correlation_id: 7,
            client_id: None,
        };
        assert_eq!(refusal(&header(18, 4)), None);
        assert_eq!(refusal(&header(1, 99)), None);
        let Some(AnyResponse::ApiVersions(response)) = refusal(&header(18, 5)) else {
            panic!("expected a refusal");
        };
        assert_eq!(response.error_code, ErrorCode::UnsupportedVersion);
        let known = response.api_keys.iter();
        let known: Vec<_> = known
            .map(|api| (api.api_key, api.min_version, api.max_version))
            .collect();
        assert_eq!(known, [(18, 0, 4)]);
    }
}
