//! Metadata records: what a KRaft log is made of.
//!
//! ```text
//! frame version  unsigned varint   1
//! record type    unsigned varint   the key in each table
//! version        unsigned varint   of the body
//! body                             a flexible message
//! ```
//!
//! Each record is a table in the file of its noun; [`MetadataRecord`] lists them all.
//!
//! Source: KIP-500, KIP-746; the schemas in Kafka's `metadata` jar, 3.9 to 4.3.

mod acls;
mod brokers;
mod configs;
mod controllers;
mod features;
mod migration_state;
mod producer_ids;
mod quotas;
mod scram;
mod tokens;
mod topics;
mod transactions;

#[cfg(test)]
mod tests;

use std::ops::RangeInclusive;

pub use acls::*;
pub use brokers::*;
pub use configs::*;
pub use controllers::*;
pub use features::*;
use kraft_bridge_protocol::messages::{EncodeError, Message};
use kraft_bridge_protocol::wire::{Reader, WireError, WireProblem, write_unsigned_varint};
pub use migration_state::*;
pub use producer_ids::*;
pub use quotas::*;
pub use scram::*;
use serde::Serialize;
pub use tokens::*;
pub use topics::*;
pub use transactions::*;

/// Version of the frame around each record.
const FRAME_VERSION: u32 = 1;

macro_rules! records {
    ($($kind:ident($record:ident),)*) => {
        /// Any metadata record.
        #[derive(Clone, Debug, PartialEq, serde::Serialize)]
        #[serde(tag = "type", content = "data")]
        #[expect(missing_docs, reason = "each is the record of the same name")]
        pub enum MetadataRecord {
            $( $kind($record), )*
        }

        impl MetadataRecord {
            /// Name of the record's schema.
            pub fn name(&self) -> &'static str {
                match self { $( MetadataRecord::$kind(_) => $record::NAME, )* }
            }

            /// Record type, as it stands in the frame.
            pub fn key(&self) -> u32 {
                match self { $( MetadataRecord::$kind(_) => $record::KEY, )* }
            }

            /// Name of each record with the versions that its table knows.
            pub fn kinds() -> impl Iterator<Item = (&'static str, RangeInclusive<i16>)> {
                [$( ($record::NAME, $record::VERSIONS), )*].into_iter()
            }

            /// Serializes the record's fields, without its name.
            ///
            /// # Errors
            ///
            /// Those of `serializer`.
            pub fn serialize_data<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self { $( MetadataRecord::$kind(record) => record.serialize(serializer), )* }
            }

            #[cfg(test)]
            fn default_of(key: u32) -> Option<MetadataRecord> {
                match key { $( $record::KEY => Some($record::default().into()), )* _ => None }
            }

            fn encode_body(&self, version: i16, out: &mut Vec<u8>) -> Result<(), EncodeError> {
                match self { $( MetadataRecord::$kind(record) => record.encode(version, out), )* }
            }

            fn decode_body(key: u32, version: i16, reader: &mut Reader<'_>) -> Result<Self, WireError> {
                match key {
                    $( $record::KEY => $record::decode(version, reader).map(MetadataRecord::$kind), )*
                    _ => Err(reader.error(WireProblem::OutOfRange {
                        field: "record type",
                        value: i64::from(key),
                    })),
                }
            }
        }

        $(
            impl From<$record> for MetadataRecord {
                fn from(record: $record) -> MetadataRecord {
                    MetadataRecord::$kind(record)
                }
            }
        )*
    };
}

records! {
    RegisterBroker(RegisterBrokerRecord),
    UnregisterBroker(UnregisterBrokerRecord),
    Topic(TopicRecord),
    Partition(PartitionRecord),
    Config(ConfigRecord),
    PartitionChange(PartitionChangeRecord),
    FenceBroker(FenceBrokerRecord),
    UnfenceBroker(UnfenceBrokerRecord),
    RemoveTopic(RemoveTopicRecord),
    DelegationToken(DelegationTokenRecord),
    UserScramCredential(UserScramCredentialRecord),
    FeatureLevel(FeatureLevelRecord),
    ClientQuota(ClientQuotaRecord),
    ProducerIds(ProducerIdsRecord),
    BrokerRegistrationChange(BrokerRegistrationChangeRecord),
    AccessControlEntry(AccessControlEntryRecord),
    RemoveAccessControlEntry(RemoveAccessControlEntryRecord),
    NoOp(NoOpRecord),
    ZkMigrationState(ZkMigrationStateRecord),
    RemoveUserScramCredential(RemoveUserScramCredentialRecord),
    BeginTransaction(BeginTransactionRecord),
    EndTransaction(EndTransactionRecord),
    AbortTransaction(AbortTransactionRecord),
    RemoveDelegationToken(RemoveDelegationTokenRecord),
    RegisterController(RegisterControllerRecord),
    ClearElr(ClearElrRecord),
}

impl MetadataRecord {
    /// Appends frame and body at `version`.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] when the version is unknown or lacks a field that is set.
    pub fn encode(&self, version: i16, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        write_unsigned_varint(out, u64::from(FRAME_VERSION));
        write_unsigned_varint(out, u64::from(self.key()));
        write_unsigned_varint(out, u64::from(version.cast_unsigned()));
        self.encode_body(version, out)
    }

    /// Reads frame and body; returns the record with the version it was written at.
    ///
    /// # Errors
    ///
    /// [`WireError`] when the type or version is unknown, or the bytes are not such a record, or go on after it.
    pub fn decode(bytes: &[u8]) -> Result<(MetadataRecord, i16), WireError> {
        let mut reader = Reader::new(bytes);
        let frame = reader.unsigned_varint()?;
        if frame != FRAME_VERSION {
            let problem = WireProblem::OutOfRange {
                field: "frame version",
                value: i64::from(frame),
            };
            return Err(reader.error(problem));
        }
        let key = reader.unsigned_varint()?;
        let version = reader.unsigned_varint()?;
        let version = i16::try_from(version).map_err(|_| {
            reader.error(WireProblem::OutOfRange {
                field: "record version",
                value: i64::from(version),
            })
        })?;
        let record = MetadataRecord::decode_body(key, version, &mut reader)?;
        reader.finish()?;
        Ok((record, version))
    }
}
