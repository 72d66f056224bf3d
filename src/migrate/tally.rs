//! Counts records by kind and digests their bytes, as they pass by.

use std::collections::BTreeMap;

use kraft_bridge_metadata::records::MetadataRecord;
use kraft_bridge_metadata::release::MetadataVersion;
use kraft_bridge_migration::translate::encode;
use sha2::{Digest, Sha256};

/// What a sequence of records was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Number of records by the name of their schema.
    pub(crate) kinds: BTreeMap<&'static str, u64>,
    digest: Sha256Digest,
}

#[derive(Clone, Debug, Default)]
struct Sha256Digest(Sha256);

impl PartialEq for Sha256Digest {
    fn eq(&self, other: &Sha256Digest) -> bool {
        self.0.clone().finalize() == other.0.clone().finalize()
    }
}

impl Eq for Sha256Digest {}

impl Tally {
    /// The tally of records as a writer of this level encodes them.
    pub(crate) fn of(
        records: impl Iterator<Item = MetadataRecord>,
        metadata_version: MetadataVersion,
    ) -> Tally {
        let mut tally = Tally::default();
        for record in records {
            tally.count(&record, &encode(metadata_version, &record));
        }
        tally
    }

    /// Counts a record with its encoded form.
    pub(crate) fn count(&mut self, record: &MetadataRecord, encoded: &[u8]) {
        *self.kinds.entry(record.name()).or_default() += 1;
        self.digest.0.update((encoded.len() as u64).to_be_bytes());
        self.digest.0.update(encoded);
    }

    /// Number of records.
    pub(crate) fn records(&self) -> u64 {
        self.kinds.values().sum()
    }

    /// SHA-256 over each record's length (8 bytes, big-endian) and bytes, in hexadecimal.
    pub(crate) fn digest(&self) -> String {
        let digest = self.digest.0.clone().finalize();
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
