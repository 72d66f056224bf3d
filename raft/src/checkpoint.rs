//! Checkpoints: snapshots of the metadata log, and `bootstrap.checkpoint`, which has the same form.
//!
//! ```text
//! control batch   SnapshotHeader [KRaftVersion Voters]     offsets count from 0 through the whole file
//! data batch      records
//! …
//! control batch   SnapshotFooter
//! ```
//!
//! A checkpoint named `<end offset>-<epoch>` stands for every record below the end offset. Each batch bears the
//! epoch. Kafka itself does not insist on the footer; our reader does.
//!
//! Source: KIP-630, KIP-853. Compared with what JVM writers emit in the tests.

use std::io::{self, Write};

use kraft_bridge_protocol::batch::{BatchBuilder, BatchHeader};
use kraft_bridge_protocol::control::{
    ControlRecord, KRaftVersion, SnapshotFooter, SnapshotHeader, Voter, Voters,
};
use kraft_bridge_protocol::{Epoch, Offset, Timestamp};

/// Records in one batch, as a JVM's snapshot writer has them.
const BATCH_RECORDS_MAX: i32 = 1024;
/// A batch is closed once it is this long; one record more can't reach Kafka's limit of 8 MiB, because no record
/// is as long as half of it.
const BATCH_BYTES_ENOUGH: usize = 1024 * 1024;

/// What a checkpoint says besides its records.
#[derive(Clone, Debug)]
pub struct CheckpointHeader {
    /// Epoch of the last record it stands for; 0 in a bootstrap checkpoint.
    pub epoch: Epoch,
    /// When it was written, as each batch tells.
    pub timestamp: Timestamp,
    /// Timestamp of the last record it stands for; 0 in a bootstrap checkpoint.
    pub last_contained_log_timestamp: Timestamp,
    /// The voter set, if it is kept in the log (`kraft.version` 1).
    pub voters: Option<Vec<Voter>>,
}

/// Writes a checkpoint record by record; memory stays at one batch.
#[derive(Debug)]
pub struct CheckpointWriter<W: Write> {
    out: W,
    epoch: Epoch,
    timestamp: Timestamp,
    next_offset: i64,
    batch: BatchBuilder,
    records: u64,
}

impl<W: Write> CheckpointWriter<W> {
    /// Begins a checkpoint.
    ///
    /// # Errors
    ///
    /// When `out` cannot be written. The other methods fail alike.
    pub fn new(out: W, header: CheckpointHeader) -> io::Result<CheckpointWriter<W>> {
        let CheckpointHeader {
            epoch,
            timestamp,
            last_contained_log_timestamp,
            voters,
        } = header;
        let batch = BatchBuilder::default();
        let mut writer = CheckpointWriter {
            out,
            epoch,
            timestamp,
            next_offset: 0,
            batch,
            records: 0,
        };
        let mut first = vec![ControlRecord::SnapshotHeader(SnapshotHeader {
            last_contained_log_timestamp,
            ..Default::default()
        })];
        if let Some(voters) = voters {
            first.push(ControlRecord::KRaftVersion(KRaftVersion {
                kraft_version: 1,
                ..Default::default()
            }));
            first.push(ControlRecord::Voters(Voters {
                voters,
                ..Default::default()
            }));
        }
        writer.control_batch(&first)?;
        Ok(writer)
    }

    /// Appends one data record.
    ///
    /// # Errors
    ///
    /// When the checkpoint cannot be written, or the record is too long for any batch.
    pub fn push(&mut self, value: &[u8]) -> io::Result<()> {
        if value.len() > kraft_bridge_protocol::batch::BATCH_BYTES_MAX / 2 {
            let problem = format!(
                "a record of {} bytes does not fit into a batch of the log",
                value.len()
            );
            return Err(io::Error::new(io::ErrorKind::InvalidInput, problem));
        }
        self.batch.push(None, value);
        self.records += 1;
        if self.batch.count() == BATCH_RECORDS_MAX || self.batch.length() >= BATCH_BYTES_ENOUGH {
            self.flush_batch(false)?;
        }
        Ok(())
    }

    /// Ends the checkpoint; returns the number of data records and where it was written to.
    ///
    /// # Errors
    ///
    /// When the checkpoint cannot be written.
    pub fn finish(mut self) -> io::Result<(u64, W)> {
        if self.batch.count() > 0 {
            self.flush_batch(false)?;
        }
        self.control_batch(&[ControlRecord::SnapshotFooter(SnapshotFooter::default())])?;
        self.out.flush()?;
        Ok((self.records, self.out))
    }

    fn control_batch(&mut self, records: &[ControlRecord]) -> io::Result<()> {
        for record in records {
            let (key, value) = record.encode();
            self.batch.push(Some(&key), &value);
        }
        self.flush_batch(true)
    }

    fn flush_batch(&mut self, control: bool) -> io::Result<()> {
        let count = i64::from(self.batch.count());
        let bytes = self.batch.finish(BatchHeader {
            base_offset: Offset(self.next_offset),
            epoch: self.epoch,
            timestamp: self.timestamp,
            control,
        });
        self.next_offset += count;
        self.out.write_all(&bytes)
    }
}
