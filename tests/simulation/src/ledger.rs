//! What was committed, as the first node that said so had it, and what the workload was told.
//!
//! Every other node is held to it, and so is every later moment: what is in the ledger never changes.

use std::collections::BTreeMap;

use kraft_bridge_protocol::control::ControlRecord;
use kraft_bridge_protocol::{Epoch, Offset, OffsetAndEpoch};

use crate::batches::{Stored, StoredBatch};
use crate::digest::Digest;
use crate::replica::{Contents, append_of};

/// What became of an append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The node has not said anything.
    Unknown,
    /// It was not appended, and must never be seen.
    Refused,
    /// It was appended here; it may be committed or not.
    Accepted(Offset, Offset),
    /// It was acknowledged, and must never be lost.
    Acknowledged(Offset, Offset),
}

#[derive(Clone, Copy, Debug)]
struct Committed {
    epoch: Epoch,
    digest: u64,
    /// Of the contents behind the batch, if it ends here.
    contents: Option<u64>,
}

/// All that was committed.
#[derive(Debug, Default)]
pub struct Ledger {
    committed: Vec<Committed>,
    contents: Contents,
    appends: BTreeMap<u64, Fate>,
    /// Records of each append.
    lengths: BTreeMap<u64, i64>,
    /// Where the records of an append were committed.
    found: BTreeMap<u64, Offset>,
    acknowledged: u64,
    voter_sets: u64,
}

impl Ledger {
    /// End of what is committed, with the epoch of the last record.
    pub fn end(&self) -> OffsetAndEpoch {
        OffsetAndEpoch {
            epoch: self.committed.last().map_or(Epoch(0), |last| last.epoch),
            offset: offset(self.committed.len()),
        }
    }

    /// Epoch of a committed record.
    pub fn epoch_at(&self, at: Offset) -> Option<Epoch> {
        Some(self.committed.get(index(at)?)?.epoch)
    }

    /// Digest of the contents behind the committed batch that ends here.
    pub fn contents_at(&self, end: Offset) -> Option<u64> {
        match index(end)?.checked_sub(1) {
            None => Some(Contents::default().digest()),
            Some(last) => self.committed.get(last)?.contents,
        }
    }

    /// Appends that were acknowledged.
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged
    }

    /// Voters records that were committed.
    pub fn voter_sets(&self) -> u64 {
        self.voter_sets
    }

    /// What became of an append.
    pub fn fate(&self, append: u64) -> Fate {
        self.appends.get(&append).copied().unwrap_or(Fate::Unknown)
    }

    /// The workload begins an append of so many records.
    pub fn begin(&mut self, append: u64, records: usize) {
        self.appends.insert(append, Fate::Unknown);
        self.lengths.insert(append, offset(records).0);
    }

    /// A node says what it did with an append.
    pub fn settle(&mut self, append: u64, fate: Fate) {
        self.appends.insert(append, fate);
    }

    /// A node says that a batch is committed.
    ///
    /// # Errors
    ///
    /// A sentence, when another one was committed there.
    pub fn commit(&mut self, batch: &StoredBatch) -> Result<(), String> {
        let first = index(batch.base).expect("offsets are not negative");
        if first > self.committed.len() {
            return Err(format!("{} is committed before what comes before", batch.base));
        }
        for (at, record) in batch.records.iter().enumerate() {
            let digest = digest(record);
            match self.committed.get(first + at) {
                Some(known) if known.epoch != batch.epoch || known.digest != digest => {
                    let (was, is, at) = (known.epoch, batch.epoch, offset(first + at));
                    return Err(format!(
                        "another record of epoch {is} is committed at {at}, where one of epoch {was} was"
                    ));
                }
                Some(_) => {}
                None => self.add(batch.epoch, record, digest)?,
            }
        }
        if batch.end == self.end().offset
            && let Some(last) = self.committed.last_mut()
        {
            last.contents = Some(self.contents.digest());
        }
        Ok(())
    }

    fn add(&mut self, epoch: Epoch, record: &Stored, digest: u64) -> Result<(), String> {
        let at = offset(self.committed.len());
        if let Stored::Data(payload) = record {
            let append = append_of(payload);
            if self.fate(append) == Fate::Refused {
                return Err(format!("append {append} was refused, and is committed at {at}"));
            }
            let first = *self.found.entry(append).or_insert(at);
            if at.0 - first.0 >= self.lengths.get(&append).copied().unwrap_or(0) {
                return Err(format!(
                    "append {append} is committed at {first} and again at {at}"
                ));
            }
            self.contents.apply(at, payload);
        }
        self.voter_sets += u64::from(matches!(record, Stored::Control(ControlRecord::Voters(_))));
        self.committed.push(Committed {
            epoch,
            digest,
            contents: None,
        });
        Ok(())
    }

    /// The workload is told that its append is committed.
    ///
    /// # Errors
    ///
    /// A sentence, when something else is committed there.
    pub fn acknowledge(&mut self, append: u64, base: Offset, end: Offset) -> Result<(), String> {
        self.acknowledged += 1;
        self.appends.insert(append, Fate::Acknowledged(base, end));
        match self.found.get(&append) {
            Some(found) if *found == base && end <= self.end().offset => Ok(()),
            found => Err(format!(
                "append {append} is acknowledged at {base}, and committed at {found:?}"
            )),
        }
    }
}

fn digest(record: &Stored) -> u64 {
    match record {
        Stored::Control(control) => {
            let (key, value) = control.encode();
            Digest::of(&(key, value))
        }
        Stored::Data(payload) => Digest::of(payload),
    }
}

fn offset(index: usize) -> Offset {
    Offset(i64::try_from(index).expect("a log in memory"))
}

fn index(offset: Offset) -> Option<usize> {
    usize::try_from(offset.0).ok()
}
