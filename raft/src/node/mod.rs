//! A node of the quorum with its log: the pure machine, and what it wants done to files, done.
//!
//! ```text
//!  Input ─▶ Raft::step ─▶ effects ─┬─ on files ─▶ Log ─▶ what came of it, back into the machine
//!                                  └─ all others ─▶ Outgoing, in order
//! ```
//!
//! The shell that has sockets and threads, and the simulation that has neither, drive the same node. After a failure of
//! the disk a node takes nothing more: it is started anew.

mod voters;

use std::io::Write as _;
use std::sync::Arc;

use kraft_bridge_protocol::rpc::{AnyRequest, AnyResponse, ErrorCode, FetchResponse, FetchSnapshotResponse};
use kraft_bridge_protocol::wire::Blob;
use kraft_bridge_protocol::{Offset, OffsetAndEpoch};

use crate::durable::FileError;
use crate::endpoint::Endpoint;
use crate::log::{CheckpointFile, Disk, Flush, Flushed, Log, LogConfig, LogError};
use crate::names;
use crate::quorum::{
    Answer, AppendId, CallId, Effect, Fault, Found, Input, LeaderAndEpoch, NotAppended, NotUpgraded, Now,
    Raft, RaftConfig, RecordRange, RequestId, VoterHistory,
};
use crate::reader::ReadError;
use voters::{read_controls, read_voters};

/// Why a node stopped. Nothing acknowledged is lost; start it again once the cause is gone.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// Its log failed, or is damaged.
    #[error(transparent)]
    Log(#[from] LogError),
    /// Its newest checkpoint cannot be read.
    #[error(transparent)]
    Checkpoint(#[from] ReadError),
    /// It cannot go on without losing something.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<FileError> for NodeError {
    fn from(error: FileError) -> Self {
        NodeError::Log(error.into())
    }
}

/// What the shell has to do, or to know. In order; nothing of it may be done before the node has said it.
#[derive(Debug)]
pub enum Outgoing {
    /// Wait for the disk, elsewhere, and bring the end back to [`Node::flushed`].
    Flush(Flush),
    /// Send a request; its end is told by [`Input::Response`].
    Send {
        /// Names the answer.
        id: RequestId,
        /// To whom.
        to: Endpoint,
        /// What.
        request: AnyRequest,
    },
    /// The answer to this request is not waited for any more.
    Forget(RequestId),
    /// Answer a request.
    Answer {
        /// Which.
        call: CallId,
        /// What.
        response: AnyResponse,
    },
    /// More is committed.
    HighWatermark(Offset),
    /// Another leader, epoch, or both.
    LeaderChanged(LeaderAndEpoch),
    /// The log was replaced by this checkpoint: what was replayed is void.
    Reset(OffsetAndEpoch),
    /// What became of [`Input::Append`].
    Appended {
        /// Which.
        id: AppendId,
        /// As [`Effect::Appended`].
        outcome: Result<(Offset, Offset), NotAppended>,
    },
    /// What became of [`Input::UpgradeKRaftVersion`].
    KRaftVersionUpgraded {
        /// Which.
        id: AppendId,
        /// As [`Effect::KRaftVersionUpgraded`].
        outcome: Result<(Offset, Offset), NotUpgraded>,
    },
}

/// A node with its log.
#[derive(Debug)]
pub struct Node {
    raft: Raft,
    log: Log,
    disk: Arc<dyn Disk>,
    /// A checkpoint that the leader sends.
    download: Option<CheckpointFile>,
}

impl Node {
    /// Starts a node on its directory, with what must be done first.
    ///
    /// # Errors
    ///
    /// [`NodeError`] when the directory is damaged or the system fails.
    pub fn start(
        config: RaftConfig,
        disk: Arc<dyn Disk>,
        log_config: LogConfig,
        now: Now,
    ) -> Result<(Node, Vec<Outgoing>), NodeError> {
        let log = Log::open(Arc::clone(&disk), log_config)?;
        let found = Found {
            log: log.outline(),
            high_watermark: log.high_watermark(),
            voters: read_voters(&log, VoterHistory::new(config.voters.clone()))?,
            quorum_state: log.quorum_state().cloned(),
        };
        let (raft, effects) = Raft::start(config, found, now);
        let mut node = Node {
            raft,
            log,
            disk,
            download: None,
        };
        let outgoing = node.perform(now, effects)?;
        Ok((node, outgoing))
    }

    /// Advances the node by one input.
    ///
    /// # Errors
    ///
    /// [`NodeError`]: the node must not be used any more, and nothing that came before is undone.
    pub fn step(&mut self, now: Now, input: Input) -> Result<Vec<Outgoing>, NodeError> {
        let effects = self.raft.step(now, input);
        self.perform(now, effects)
    }

    /// Takes note of a flush that was performed.
    ///
    /// # Errors
    ///
    /// As [`Node::step`].
    pub fn flushed(&mut self, now: Now, flushed: Flushed) -> Result<Vec<Outgoing>, NodeError> {
        let durable_end = self.log.finish_flush(flushed)?;
        self.step(now, Input::Flushed { durable_end })
    }

    /// Takes a checkpoint of this node's own state into service, and removes what it makes superfluous.
    ///
    /// # Errors
    ///
    /// As [`Node::step`].
    pub fn checkpoint_taken(&mut self, now: Now, file: &CheckpointFile) -> Result<Vec<Outgoing>, NodeError> {
        self.log.freeze_checkpoint(file)?;
        self.clean(now)
    }

    /// Removes the checkpoints and segments that need not be kept.
    ///
    /// # Errors
    ///
    /// As [`Node::step`].
    pub fn clean(&mut self, now: Now) -> Result<Vec<Outgoing>, NodeError> {
        self.log.clean(now.wall)?;
        let outline = self.log.outline();
        let input = Input::Checkpoints {
            start: outline.start,
            oldest: outline.oldest_checkpoint,
            newest: outline.newest_checkpoint,
        };
        self.step(now, input)
    }

    /// The machine.
    pub fn raft(&self) -> &Raft {
        &self.raft
    }

    /// The log.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Begins a checkpoint of this node's own state; [`Node::checkpoint_taken`] ends it.
    ///
    /// # Errors
    ///
    /// As [`Log::create_checkpoint`].
    pub fn begin_checkpoint(&mut self, id: OffsetAndEpoch) -> Result<CheckpointFile, LogError> {
        self.log.create_checkpoint(id)
    }

    /// Ends the log as after a clean stop.
    ///
    /// # Errors
    ///
    /// As [`Log::close`].
    pub fn close(self) -> Result<(), LogError> {
        self.log.close()
    }

    fn perform(&mut self, now: Now, effects: Vec<Effect>) -> Result<Vec<Outgoing>, NodeError> {
        let mut outgoing = Vec::new();
        for effect in effects {
            self.perform_one(now, effect, &mut outgoing)?;
        }
        Ok(outgoing)
    }

    fn perform_one(
        &mut self,
        now: Now,
        effect: Effect,
        outgoing: &mut Vec<Outgoing>,
    ) -> Result<(), NodeError> {
        match effect {
            Effect::PersistQuorumState(state) => self.log.write_quorum_state(state)?,
            Effect::Append(bytes) => {
                self.log.append_fetched(&bytes)?;
            }
            Effect::Flush => outgoing.push(Outgoing::Flush(self.log.begin_flush())),
            Effect::Truncate(to) => {
                let end = self.log.truncate(to)?;
                outgoing.extend(self.step(now, Input::Truncated { end })?);
            }
            Effect::BeginCheckpoint(id) => self.download = Some(self.log.receive_checkpoint(id)?),
            Effect::WriteCheckpoint(bytes) => self.write_checkpoint(&bytes)?,
            Effect::InstallCheckpoint(id) => {
                let input = self.install_checkpoint(id)?;
                if matches!(input, Input::CheckpointInstalled { .. }) {
                    outgoing.push(Outgoing::Reset(id));
                }
                outgoing.extend(self.step(now, input)?);
            }
            Effect::Send { id, to, request } => outgoing.push(Outgoing::Send { id, to, request }),
            Effect::Forget(id) => outgoing.push(Outgoing::Forget(id)),
            Effect::Answer { call, answer } => {
                let response = self.complete(answer)?;
                outgoing.push(Outgoing::Answer { call, response });
            }
            Effect::HighWatermark(offset) => {
                self.log.advance_high_watermark(offset);
                outgoing.push(Outgoing::HighWatermark(offset));
            }
            Effect::LeaderChanged(leader) => outgoing.push(Outgoing::LeaderChanged(leader)),
            Effect::Appended { id, outcome } => outgoing.push(Outgoing::Appended { id, outcome }),
            Effect::KRaftVersionUpgraded { id, outcome } => {
                outgoing.push(Outgoing::KRaftVersionUpgraded { id, outcome });
            }
            Effect::Fail(fault) => return Err(fault.into()),
        }
        Ok(())
    }

    fn write_checkpoint(&mut self, bytes: &[u8]) -> Result<(), NodeError> {
        let file = self.download.as_mut().expect("begun before it is written");
        let path = self.disk.path().to_owned();
        Ok(file
            .write_all(bytes)
            .map_err(FileError::at(&path, "write a checkpoint in"))?)
    }

    /// A checkpoint counts only once it has been read from its header to its footer.
    fn install_checkpoint(&mut self, id: OffsetAndEpoch) -> Result<Input, NodeError> {
        let file = self.download.take().expect("begun before it is installed");
        match read_controls(&*file.file(), &self.disk.path().join(names::checkpoint(id))) {
            Ok(controls) => {
                self.log.freeze_checkpoint(&file)?;
                if !mutant!(InstallsBesideLog) {
                    self.log.truncate_to_checkpoint(id)?;
                }
                Ok(Input::CheckpointInstalled { id, controls })
            }
            Err(NodeError::Checkpoint(error)) => {
                tracing::warn!(%error, "a checkpoint that was fetched is refused");
                Ok(Input::CheckpointRefused { id })
            }
            Err(error) => Err(error),
        }
    }

    fn complete(&self, answer: Answer) -> Result<AnyResponse, NodeError> {
        Ok(match answer {
            Answer::Whole(response) => response,
            Answer::Fetch(response, range) => AnyResponse::Fetch(self.with_records(response, range)?),
            Answer::FetchSnapshot(response, bytes_max) => {
                AnyResponse::FetchSnapshot(self.with_bytes(response, bytes_max)?)
            }
        })
    }

    fn with_records(
        &self,
        mut response: FetchResponse,
        range: Option<RecordRange>,
    ) -> Result<FetchResponse, NodeError> {
        let Some(range) = range else { return Ok(response) };
        let partition = &mut response.responses[0].partitions[0];
        let records = self.log.read(range.from, range.end, range.bytes_max)?;
        partition.records = Some(Blob(records));
        Ok(response)
    }

    fn with_bytes(
        &self,
        mut response: FetchSnapshotResponse,
        bytes_max: usize,
    ) -> Result<FetchSnapshotResponse, NodeError> {
        let partition = &mut response.topics[0].partitions[0];
        let id = partition
            .snapshot_id
            .id()
            .expect("named, or it would have been refused");
        let refusal = match self.log.open_checkpoint(id) {
            Err(LogError::Checkpoint { .. }) => Some(ErrorCode::SnapshotNotFound),
            opened => {
                let file = opened?;
                let size = file.length()?;
                match u64::try_from(partition.position)
                    .ok()
                    .filter(|position| *position < size)
                {
                    None => Some(ErrorCode::PositionOutOfRange),
                    Some(position) => {
                        let left = usize::try_from(size - position).unwrap_or(usize::MAX);
                        let mut bytes = vec![0; left.min(bytes_max)];
                        file.read_at(position, &mut bytes)?;
                        partition.size = i64::try_from(size).unwrap_or(i64::MAX);
                        partition.unaligned_records = Blob(bytes);
                        None
                    }
                }
            }
        };
        if let Some(error_code) = refusal {
            partition.error_code = error_code;
            // Left as it is it would name a checkpoint.
            partition.snapshot_id = Default::default();
        }
        Ok(response)
    }
}
