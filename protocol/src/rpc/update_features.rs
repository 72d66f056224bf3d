//! UpdateFeatures: other levels of the cluster's features, `metadata.version` among them.
//!
//! Source: KIP-584; KIP-778 (version 1: kinds of change, trials); KIP-1022 (version 2: all or nothing).

use super::{ErrorCode, Request};

crate::messages! {
    /// Asks for other levels.
    ///
    /// Source: `UpdateFeaturesRequest.json`, Kafka 4.3.
    UpdateFeaturesRequest (key 57, versions 0..=2) {
        /// How long it may take, in milliseconds.
        timeout_ms: i32 = 60_000, since 0;
        /// The changes.
        feature_updates: Vec<FeatureUpdate>, since 0;
        /// Whether to check the request and change nothing.
        validate_only: bool, since 1;
    }

    /// Change of one feature.
    FeatureUpdate (versions 0..=2) {
        /// The feature.
        feature: String, since 0;
        /// The level that it shall have; less than 1 to have the feature no more.
        max_version_level: i16, since 0;
        /// Whether the level may be lower than it is.
        allow_downgrade: bool, since 0, until 0;
        /// Kafka's number of the change: 1 to a higher level, 2 to a lower one without loss, 3 to a lower one whatever
        /// is lost. One that nobody knows is answered with an error of its own.
        upgrade_type: i8 = 1, since 1;
    }

    /// Whether the levels were changed.
    ///
    /// Source: `UpdateFeaturesResponse.json`, Kafka 4.3.
    UpdateFeaturesResponse (key 57, versions 0..=2) {
        /// How long the client is held back, in milliseconds.
        throttle_time_ms: i32, since 0;
        /// Why nothing at all was; from version 2 on the worst of all.
        error_code: ErrorCode = ErrorCode::None, since 0;
        /// The same in words.
        error_message: Option<String>, since 0;
        /// Each feature.
        results: Vec<UpdatedFeature>, since 0, until 1 or dropped;
    }

    /// What became of one feature.
    UpdatedFeature (versions 0..=0) {
        /// The feature.
        feature: String, since 0;
        /// Why it was not changed.
        error_code: ErrorCode = ErrorCode::None, since 0;
        /// The same in words.
        error_message: Option<String>, since 0;
    }
}

impl Request for UpdateFeaturesRequest {
    type Response = UpdateFeaturesResponse;
}
