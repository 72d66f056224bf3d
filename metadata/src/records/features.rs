//! Finalized features.

use kraft_bridge_protocol::messages;

messages! {
    /// Finalizes the level of a feature; level 0 removes it.
    ///
    /// Source: `FeatureLevelRecord.json`, Kafka 4.3.
    FeatureLevelRecord (key 12, versions 0..=0) {
        /// Feature name.
        name: String, since 0;
        /// Level.
        feature_level: i16, since 0;
    }
}
