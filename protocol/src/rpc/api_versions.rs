//! ApiVersions: which APIs and versions a node speaks, and which features it supports.
//!
//! A version that the node does not know is answered with `UNSUPPORTED_VERSION` in version 0, which names those that
//! it knows.

use super::{ErrorCode, Request};

crate::messages! {
    /// Asks a node what it speaks.
    ///
    /// Source: `ApiVersionsRequest.json`, Kafka 4.3.
    ApiVersionsRequest (key 18, versions 0..=4, flexible since 3) {
        /// Name of the client program: letters, digits, `-` and `.`.
        client_software_name: String, since 3;
        /// Its version, of the same characters.
        client_software_version: String, since 3;
    }

    /// What a node speaks.
    ///
    /// Source: `ApiVersionsResponse.json`, Kafka 4.3.
    ApiVersionsResponse (key 18, versions 0..=4, flexible since 3) {
        /// Why there is no answer.
        error_code: ErrorCode = ErrorCode::None, since 0;
        /// Every API, in no order.
        api_keys: Vec<ApiVersion>, since 0;
        /// How long the client is held back, in milliseconds.
        throttle_time_ms: i32, since 1;
        /// Features that the node supports; before version 4 without those whose minimum is 0.
        supported_features: Vec<SupportedFeature>, since 3, tag 0;
        /// Offset of the record that finalized features last; −1 if it is not known.
        finalized_features_epoch: i64 = -1, since 3, tag 1;
        /// Levels of the cluster; means something only if the epoch is known.
        finalized_features: Vec<FinalizedFeature>, since 3, tag 2;
        /// Whether a controller is configured for Kafka's own migration.
        zk_migration_ready: bool, since 3, tag 3;
    }

    /// Versions of one API.
    ApiVersion (versions 0..=0) {
        /// The API.
        api_key: i16, since 0;
        /// Lowest version.
        min_version: i16, since 0;
        /// Highest version.
        max_version: i16, since 0;
    }

    /// Levels of a feature that a node supports.
    SupportedFeature (versions 0..=0) {
        /// The feature.
        name: String, since 0;
        /// Lowest level.
        min_version: i16, since 0;
        /// Highest level.
        max_version: i16, since 0;
    }

    /// Level of a feature in the cluster.
    FinalizedFeature (versions 0..=0) {
        /// The feature.
        name: String, since 0;
        /// Highest level; the same as the lowest in KRaft.
        max_version_level: i16, since 0;
        /// Lowest level.
        min_version_level: i16, since 0;
    }
}

impl SupportedFeature {
    /// A feature with its lowest and highest level.
    pub fn new(name: &str, min_version: i16, max_version: i16) -> SupportedFeature {
        SupportedFeature {
            name: name.to_owned(),
            min_version,
            max_version,
            ..Default::default()
        }
    }
}

impl Request for ApiVersionsRequest {
    type Response = ApiVersionsResponse;
}
