//! Metadata transactions (KIP-868).

use kraft_bridge_protocol::messages;

messages! {
    /// What follows is seen by nobody until the transaction ends.
    ///
    /// Source: `BeginTransactionRecord.json`, Kafka 4.3.
    BeginTransactionRecord (key 23, versions 0..=0) {
        /// What it is for.
        name: Option<String>, since 0, tag 0;
    }

    /// What came since the transaction began holds.
    ///
    /// Source: `EndTransactionRecord.json`, Kafka 4.3.
    EndTransactionRecord (key 24, versions 0..=0) {}

    /// What came since the transaction began never was.
    ///
    /// Source: `AbortTransactionRecord.json`, Kafka 4.3.
    AbortTransactionRecord (key 25, versions 0..=0) {
        /// Why.
        reason: Option<String>, since 0, tag 0;
    }
}
