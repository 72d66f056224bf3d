//! AlterClientQuotas: how much clients may ask for.
//!
//! Source: KIP-546.

use super::{ErrorCode, Request};

crate::messages! {
    /// Asks for quotas to be changed.
    ///
    /// Source: `AlterClientQuotasRequest.json`, Kafka 4.3.
    AlterClientQuotasRequest (key 49, versions 0..=1, flexible since 1) {
        /// The changes, by whom they are for.
        entries: Vec<QuotaAlteration>, since 0;
        /// Whether to check the request and change nothing.
        validate_only: bool, since 0;
    }

    /// Changes for one entity.
    QuotaAlteration (versions 0..=1) {
        /// Whom they are for, part by part.
        entity: Vec<QuotaEntityName>, since 0;
        /// The changes.
        ops: Vec<QuotaChange>, since 0;
    }

    /// One part of an entity.
    QuotaEntityName (versions 0..=1) {
        /// `user`, `client-id` or `ip`.
        entity_type: String, since 0;
        /// Its name; `None` for the default of its type.
        entity_name: Option<String>, since 0;
    }

    /// Change of one quota.
    QuotaChange (versions 0..=1) {
        /// The key.
        key: String, since 0;
        /// The quota; meaningless when it is removed.
        value: f64, since 0;
        /// Whether it is removed.
        remove: bool, since 0;
    }

    /// Which quotas were changed.
    ///
    /// Source: `AlterClientQuotasResponse.json`, Kafka 4.3.
    AlterClientQuotasResponse (key 49, versions 0..=1, flexible since 1) {
        /// How long the client is held back, in milliseconds.
        throttle_time_ms: i32, since 0;
        /// Each entity.
        entries: Vec<AlteredQuota>, since 0;
    }

    /// What became of one entity's changes.
    AlteredQuota (versions 0..=1) {
        /// Why they were not made.
        error_code: ErrorCode = ErrorCode::None, since 0;
        /// The same in words.
        error_message: Option<String>, since 0;
        /// Whom they are for.
        entity: Vec<QuotaEntityName>, since 0;
    }
}

impl Request for AlterClientQuotasRequest {
    type Response = AlterClientQuotasResponse;
}
