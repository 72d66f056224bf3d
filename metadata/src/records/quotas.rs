//! Client quotas.

use kraft_bridge_protocol::messages;

messages! {
    /// Sets or removes one quota of one entity.
    ///
    /// Source: `ClientQuotaRecord.json`, Kafka 4.3.
    ClientQuotaRecord (key 14, versions 0..=0) {
        /// Whom it applies to, part by part.
        entity: Vec<QuotaEntityPart>, since 0;
        /// Quota key.
        key: String, since 0;
        /// Quota; meaningless when it is removed.
        value: f64, since 0;
        /// Whether the quota is removed.
        remove: bool, since 0;
    }

    /// One part of a quota's entity.
    QuotaEntityPart (versions 0..=0) {
        /// `user`, `client-id` or `ip`.
        entity_type: String, since 0;
        /// Name; `None` for whoever has no quota of their own.
        entity_name: Option<String>, since 0;
    }
}
