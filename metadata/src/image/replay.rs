//! Replays a log or checkpoint, metadata transactions included (KIP-868).

use kraft_bridge_protocol::Offset;

use super::{MetadataImage, ReplayError};
use crate::records::MetadataRecord;

/// An image with the transaction that may be open at its end.
///
/// What an open transaction holds is not in the image: it joins when the transaction ends, and is dropped when it is
/// aborted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Replay {
    image: MetadataImage,
    open: Option<(OpenTransaction, Vec<MetadataRecord>)>,
    records: u64,
}

/// A transaction that has begun and not ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenTransaction {
    /// Offset of the record that began it.
    pub begun_at: Offset,
    /// What it is for, as that record says.
    pub name: String,
}

impl Replay {
    /// Takes the record at `offset` in.
    ///
    /// # Errors
    ///
    /// [`ReplayError`] when the record does not go with what came before it. Records of a transaction are tried at
    /// its end.
    pub fn push(&mut self, offset: Offset, record: MetadataRecord) -> Result<(), ReplayError> {
        self.records += 1;
        match record {
            MetadataRecord::BeginTransaction(begin) => {
                if self.open.is_some() {
                    return Err(ReplayError::NestedTransaction);
                }
                let name = begin.name.unwrap_or_default();
                self.open = Some((
                    OpenTransaction {
                        begun_at: offset,
                        name,
                    },
                    Vec::new(),
                ));
            }
            MetadataRecord::EndTransaction(_) => {
                let (_, records) = self.open.take().ok_or(ReplayError::NoTransaction)?;
                records
                    .into_iter()
                    .try_for_each(|record| self.image.replay(record))?;
            }
            MetadataRecord::AbortTransaction(_) => drop(self.open.take().ok_or(ReplayError::NoTransaction)?),
            record => match &mut self.open {
                Some((_, records)) => records.push(record),
                None => self.image.replay(record)?,
            },
        }
        Ok(())
    }

    /// What the records so far say, without those of an open transaction.
    pub fn image(&self) -> &MetadataImage {
        &self.image
    }

    /// The transaction that is open after the last record.
    pub fn open_transaction(&self) -> Option<&OpenTransaction> {
        self.open.as_ref().map(|(transaction, _)| transaction)
    }

    /// Records taken in so far, transaction markers included.
    pub fn records(&self) -> u64 {
        self.records
    }
}
