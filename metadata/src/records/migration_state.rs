//! State of Kafka's own migration, and the record that says nothing.

use kraft_bridge_protocol::{codes, messages};

codes! {
    /// How far Kafka's own migration is (KIP-866).
    MigrationState: i8 {
        /// Born in KRaft mode.
        None = 0,
        /// The copy is complete, brokers change over.
        Migration = 1,
        /// The copy is not complete.
        PreMigration = 2,
        /// Done with ZooKeeper.
        PostMigration = 3,
    }
}

messages! {
    /// Says how far Kafka's own migration is. Kafka 4 neither writes nor heeds it.
    ///
    /// Source: `ZkMigrationRecord.json`, Kafka 4.3.
    ZkMigrationStateRecord (key 21, versions 0..=0) {
        /// The state.
        zk_migration_state: MigrationState = MigrationState::None, since 0;
    }

    /// Keeps the log moving while nothing happens.
    ///
    /// Source: `NoOpRecord.json`, Kafka 4.3.
    NoOpRecord (key 20, versions 0..=0) {}
}
