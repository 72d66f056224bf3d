//! The image of what is committed, kept up to date on a thread of its own, and checkpoints of it.
//!
//! ```text
//!  high watermark ─▶ Event::Read ─▶ batches ─▶ Replay ─▶ Published: features, ACLs, credentials for the listener
//!                                                └─ enough since the last one ─▶ checkpoint, while commits go on
//! ```

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use kraft_bridge_metadata::authorizer::Authorizer;
use kraft_bridge_metadata::image::{Replay, ReplayError};
use kraft_bridge_metadata::records::MetadataRecord;
use kraft_bridge_metadata::release::MetadataVersion;
use kraft_bridge_protocol::batch::{Batch, BatchError};
use kraft_bridge_protocol::wire::WireError;
use kraft_bridge_protocol::{Offset, OffsetAndEpoch, Timestamp};
use kraft_bridge_raft::checkpoint::{CheckpointHeader, CheckpointWriter};
use kraft_bridge_raft::durable::FileError;
use kraft_bridge_raft::log::{CheckpointFile, DiskFile, LogError};
use kraft_bridge_raft::names;
use kraft_bridge_raft::reader::{Entry, ReadError};
use kraft_bridge_raft::stream::for_each_of_checkpoint;
use tokio::sync::{oneshot, watch};

use super::driver::{Event, Events};
use super::reading::{Committed, NewCheckpoint};
use super::status::Status;
use crate::clock;
use crate::config::AuthorizerConfig;

/// When a node writes a checkpoint of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CheckpointSettings {
    /// `metadata.log.max.record.bytes.between.snapshots`
    pub(super) bytes: u64,
    /// `metadata.log.max.snapshot.interval.ms`; never if `None`.
    pub(super) interval: Option<Duration>,
}

/// Why the log could not be replayed, or a checkpoint not be written. The node must not go on: what it cannot replay it
/// could not lead.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReplayingError {
    /// A record is none that is known here.
    #[error(
        "offset {offset}: no metadata record that is known: {error}; does the cluster run a later metadata.version?"
    )]
    Record {
        /// Of the record.
        offset: Offset,
        /// What is wrong.
        error: WireError,
    },
    /// A record does not go with those before it.
    #[error("offset {offset}: {error}")]
    Replay {
        /// Of the record.
        offset: Offset,
        /// What is wrong.
        error: ReplayError,
    },
    /// A committed batch is malformed.
    #[error("offset {offset}: {error}")]
    Batch {
        /// Of the batch.
        offset: Offset,
        /// What is wrong.
        error: BatchError,
    },
    /// A checkpoint in service cannot be read.
    #[error(transparent)]
    Checkpoint(#[from] ReadError),
    /// The log gave no answer.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The checkpoint's file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// A checkpoint cannot be written.
    #[error("a checkpoint cannot be written: {0}")]
    Write(#[from] io::Error),
}

/// What is committed, as far as it has been replayed.
#[derive(Debug, Default)]
pub(super) struct Published {
    /// The records so far.
    pub(super) replay: Replay,
    /// Where they end.
    pub(super) end: Option<OffsetAndEpoch>,
    /// Who decides what callers may do.
    pub(super) authorizer: Option<Arc<Authorizer>>,
}

impl Published {
    /// Takes the ACLs as they are now, if ACLs decide anything.
    fn renew_authorizer(&mut self, config: Option<&AuthorizerConfig>) {
        if let Some(config) = config {
            let acls = self.replay.image().acls_by_pattern();
            self.authorizer = Some(Arc::new(config.authorizer(acls)));
        }
    }
}

/// Shared with the listener.
pub(super) type Image = Arc<RwLock<Published>>;

/// Replays what is committed.
pub(super) struct Replayer {
    image: Image,
    events: Events,
    status: watch::Receiver<Status>,
    authorizer: Option<AuthorizerConfig>,
    checkpoints: CheckpointSettings,
    /// Of the last batch replayed.
    last_timestamp: Timestamp,
    /// Replayed since the last checkpoint.
    bytes: u64,
    checkpointed: Timestamp,
}

impl Replayer {
    /// Nothing replayed yet: only super users may do anything.
    pub(super) fn new(
        events: Events,
        status: watch::Receiver<Status>,
        authorizer: Option<AuthorizerConfig>,
        checkpoints: CheckpointSettings,
    ) -> Replayer {
        let published = Published {
            authorizer: authorizer.as_ref().map(|config| Arc::new(config.without_acls())),
            ..Published::default()
        };
        Replayer {
            image: Arc::new(RwLock::new(published)),
            events,
            status,
            authorizer,
            checkpoints,
            last_timestamp: Timestamp(0),
            bytes: 0,
            checkpointed: clock::wall(),
        }
    }

    /// What it replays into.
    pub(super) fn image(&self) -> Image {
        Arc::clone(&self.image)
    }

    /// Replays until the node stops.
    ///
    /// # Errors
    ///
    /// [`ReplayingError`] when it cannot go on.
    pub(super) async fn run(mut self) -> Result<(), ReplayingError> {
        loop {
            let from = self.end().map(|end| end.offset);
            let Some(piece) = self.ask(|reply| Event::Read(from, reply)).await.transpose()? else {
                return Ok(());
            };
            match piece {
                Committed::Nothing => {
                    if self.status.changed().await.is_err() {
                        return Ok(());
                    }
                }
                Committed::Checkpoint(id, file) => self.load(id, &*file)?,
                Committed::Batches(bytes, committed) => self.replay(&bytes, committed)?,
            }
            self.checkpoint_if_due().await?;
        }
    }

    fn end(&self) -> Option<OffsetAndEpoch> {
        self.image.read().unwrap_or_else(PoisonError::into_inner).end
    }

    /// Asks the node; `None` when it has stopped.
    async fn ask<T>(&self, event: impl FnOnce(oneshot::Sender<T>) -> Event) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        self.events.0.send(event(reply)).await.ok()?;
        answer.await.ok()
    }

    /// Begins anew with a checkpoint; what was published stays until the checkpoint is read.
    fn load(&mut self, id: OffsetAndEpoch, file: &dyn DiskFile) -> Result<(), ReplayingError> {
        let path = PathBuf::from(names::checkpoint(id));
        let mut replay = Replay::default();
        for_each_of_checkpoint(file, &path, |place, entry| match entry {
            Entry::Data(bytes) => push(&mut replay, place.offset, bytes).map(|_| ()),
            Entry::Control(_) => Ok(()),
        })?;
        self.bytes = 0;
        let mut published = self.image.write().unwrap_or_else(PoisonError::into_inner);
        published.replay = replay;
        published.end = Some(id);
        published.renew_authorizer(self.authorizer.as_ref());
        Ok(())
    }

    fn replay(&mut self, bytes: &[u8], committed: Offset) -> Result<(), ReplayingError> {
        let mut published = self.image.write().unwrap_or_else(PoisonError::into_inner);
        let mut touches_acls = published.end.is_none();
        let mut rest = bytes;
        while !rest.is_empty() {
            let end = published.end.map_or(Offset(0), |end| end.offset);
            let malformed = |error| ReplayingError::Batch { offset: end, error };
            let (batch, length) = Batch::decode(rest).map_err(malformed)?;
            if batch.end_offset() > committed {
                break;
            }
            touches_acls |= replay_batch(&mut published.replay, &batch, end)?;
            published.end = Some(OffsetAndEpoch {
                epoch: batch.header.epoch,
                offset: batch.end_offset(),
            });
            self.last_timestamp = batch.header.timestamp;
            self.bytes += length as u64;
            rest = &rest[length..];
        }
        if touches_acls {
            published.renew_authorizer(self.authorizer.as_ref());
        }
        Ok(())
    }

    async fn checkpoint_if_due(&mut self) -> Result<(), ReplayingError> {
        let now = clock::wall();
        let age = u64::try_from(now.0 - self.checkpointed.0).unwrap_or(0);
        let is_old = self
            .checkpoints
            .interval
            .is_some_and(|interval| Duration::from_millis(age) >= interval);
        let is_due = self.bytes >= self.checkpoints.bytes || (is_old && self.bytes > 0);
        let can_be = {
            let published = self.image.read().unwrap_or_else(PoisonError::into_inner);
            // A checkpoint never ends within a transaction.
            published.replay.open_transaction().is_none()
        };
        if is_due && can_be {
            self.checkpoint(now).await
        } else {
            Ok(())
        }
    }

    async fn checkpoint(&mut self, now: Timestamp) -> Result<(), ReplayingError> {
        self.bytes = 0;
        self.checkpointed = now;
        let Some(id) = self.end() else { return Ok(()) };
        let begun = self
            .ask(|reply| Event::BeginCheckpoint(id, reply))
            .await
            .transpose()?;
        let Some(Some(new)) = begun else { return Ok(()) };
        let file = self.write(id, new, now)?;
        tracing::info!(offset = %id.offset, epoch = %id.epoch, "wrote a checkpoint");
        // A node that has stopped needs none.
        drop(self.events.0.send(Event::CheckpointWritten(file)).await);
        Ok(())
    }

    fn write(
        &self,
        id: OffsetAndEpoch,
        new: NewCheckpoint,
        now: Timestamp,
    ) -> Result<CheckpointFile, ReplayingError> {
        let header = CheckpointHeader {
            epoch: id.epoch,
            timestamp: now,
            last_contained_log_timestamp: self.last_timestamp,
            voters: new.voters,
        };
        let mut writer = CheckpointWriter::new(new.file, header)?;
        let published = self.image.read().unwrap_or_else(PoisonError::into_inner);
        let image = published.replay.image();
        let level = image
            .features
            .metadata_version()
            .unwrap_or(MetadataVersion::UNTOLD);
        for record in image.records() {
            let bytes = level
                .encode(&record)
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
            writer.push(&bytes)?;
        }
        let (_, file) = writer.finish()?;
        Ok(file)
    }
}

/// Takes the records from `from` on in; returns whether ACLs are among them.
fn replay_batch(replay: &mut Replay, batch: &Batch<'_>, from: Offset) -> Result<bool, ReplayingError> {
    let mut touches_acls = false;
    if batch.header.control {
        return Ok(touches_acls);
    }
    for record in batch.records() {
        let offset = batch.header.base_offset;
        let record = record.map_err(|error| ReplayingError::Batch { offset, error })?;
        if record.offset >= from {
            touches_acls |= push(replay, record.offset, record.value)?;
        }
    }
    Ok(touches_acls)
}

/// Takes a record in; returns whether it may change what callers are allowed to do.
fn push(replay: &mut Replay, offset: Offset, bytes: &[u8]) -> Result<bool, ReplayingError> {
    let decoded = MetadataRecord::decode(bytes);
    let (record, _) = decoded.map_err(|error| ReplayingError::Record { offset, error })?;
    let touches_acls = matches!(
        record,
        MetadataRecord::AccessControlEntry(_)
            | MetadataRecord::RemoveAccessControlEntry(_)
            | MetadataRecord::EndTransaction(_)
    );
    replay
        .push(offset, record)
        .map_err(|error| ReplayingError::Replay { offset, error })?;
    Ok(touches_acls)
}
