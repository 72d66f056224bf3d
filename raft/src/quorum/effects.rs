//! What the machine is told, and what it asks to be done.

use kraft_bridge_protocol::control::ControlRecord;
use kraft_bridge_protocol::rpc::{AnyRequest, AnyResponse, FetchResponse, FetchSnapshotResponse};
use kraft_bridge_protocol::{Epoch, NodeId, Offset, OffsetAndEpoch};

use super::membership_upgrade::NotUpgraded;
use crate::endpoint::Endpoint;
use crate::quorum_state::QuorumState;

/// A request that another node sent, until it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub u64);

/// A request that this node sent, until its answer comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// Records that the state machine above wants in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AppendId(pub u64);

/// What happened.
#[derive(Clone, Debug)]
pub enum Input {
    /// Time went on.
    Tick,
    /// Another node asks; the answer comes as [`Effect::Answer`], perhaps later.
    Request {
        /// Names the answer.
        call: CallId,
        /// One that the quorum answers; see [`Answer`].
        request: AnyRequest,
    },
    /// Nobody waits for this answer any more.
    CallerGone {
        /// Which.
        call: CallId,
    },
    /// A request of this node was answered, or will not be.
    Response {
        /// Which.
        id: RequestId,
        /// The answer.
        outcome: Result<AnyResponse, NoAnswer>,
    },
    /// A connection to another node broke that stood before.
    ConnectionLost {
        /// Where it led.
        endpoint: Endpoint,
    },
    /// A flush ended.
    Flushed {
        /// All below it is on disk.
        durable_end: Offset,
    },
    /// The log was cut as [`Effect::Truncate`] asked.
    Truncated {
        /// Where it ends now: earlier than asked for if a batch held that offset.
        end: Offset,
    },
    /// The checkpoint was sound; it replaces the log, see [`Effect::InstallCheckpoint`].
    CheckpointInstalled {
        /// Which.
        id: OffsetAndEpoch,
        /// What it says of the voters.
        controls: Vec<ControlRecord>,
    },
    /// The checkpoint was not sound, and is gone.
    CheckpointRefused {
        /// Which.
        id: OffsetAndEpoch,
    },
    /// The node took a checkpoint, or removed what need not be kept.
    Checkpoints {
        /// Where the log starts now.
        start: Offset,
        /// The checkpoint that stands for least.
        oldest: Option<OffsetAndEpoch>,
        /// The checkpoint that stands for most.
        newest: Option<OffsetAndEpoch>,
    },
    /// The state machine above has records for the log: one batch, all or nothing.
    Append {
        /// Names the outcome.
        id: AppendId,
        /// The epoch that the state machine believes to lead.
        epoch: Epoch,
        /// Payloads.
        records: Vec<Vec<u8>>,
    },
    /// The state machine above was asked to raise `kraft.version`, from which on the log says who votes.
    UpgradeKRaftVersion {
        /// Names the outcome.
        id: AppendId,
        /// The epoch that the state machine believes to lead.
        epoch: Epoch,
        /// The level wanted.
        version: i16,
        /// Whether only to say if it can be done.
        validate_only: bool,
    },
    /// The state machine above cannot lead this epoch.
    Resign {
        /// Which.
        epoch: Epoch,
    },
    /// The node is to stop, after it has handed over what it leads.
    ShutDown,
}

/// Why a request got no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoAnswer {
    /// No connection, or it broke.
    Disconnected,
    /// The other node was silent for too long.
    TimedOut,
    /// The other node knows no version of the request that says all of it.
    Unsupported,
}

/// What must be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Write the election state; on disk before anything that follows.
    PersistQuorumState(QuorumState),
    /// Append whole batches at the end of the log.
    Append(Vec<u8>),
    /// Make durable what was appended, while other things go on; ends with [`Input::Flushed`].
    Flush,
    /// Cut the log, durably; ends with [`Input::Truncated`].
    Truncate(Offset),
    /// Begin to write a checkpoint that the leader sends, beside one that may have been begun before.
    BeginCheckpoint(OffsetAndEpoch),
    /// Go on with it.
    WriteCheckpoint(Vec<u8>),
    /// It is complete: check it, take it into service and let the log go on behind it. Ends with
    /// [`Input::CheckpointInstalled`] or [`Input::CheckpointRefused`].
    InstallCheckpoint(OffsetAndEpoch),
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
        answer: Answer,
    },
    /// More is committed.
    HighWatermark(Offset),
    /// Another leader, epoch, or both.
    LeaderChanged(LeaderAndEpoch),
    /// What became of [`Input::Append`].
    Appended {
        /// Which.
        id: AppendId,
        /// Offset of the first record and the end behind the last; committed once the high watermark gets there in
        /// the same epoch.
        outcome: Result<(Offset, Offset), NotAppended>,
    },
    /// What became of [`Input::UpgradeKRaftVersion`].
    KRaftVersionUpgraded {
        /// Which.
        id: AppendId,
        /// As [`Effect::Appended`]; no records if the level was in force already, or was only to be judged.
        outcome: Result<(Offset, Offset), NotUpgraded>,
    },
    /// The node cannot go on: stop it.
    Fail(Fault),
}

/// An answer; what has to be read from the log or a checkpoint is filled in by the caller.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// As it is.
    Whole(AnyResponse),
    /// With records of the log, if a range is given.
    Fetch(FetchResponse, Option<RecordRange>),
    /// With bytes of a checkpoint, its size, or `SNAPSHOT_NOT_FOUND`, `POSITION_OUT_OF_RANGE`: its one partition names
    /// checkpoint and position, and how many bytes to read at most is given.
    FetchSnapshot(FetchSnapshotResponse, usize),
}

/// Records to read from the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RecordRange {
    /// First record.
    pub from: Offset,
    /// Behind the last, at most.
    pub end: Offset,
    /// Most bytes; one batch comes whatever its length.
    pub bytes_max: usize,
}

/// Who leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LeaderAndEpoch {
    /// The epoch.
    pub epoch: Epoch,
    /// Its leader, if it is known.
    pub leader: Option<NodeId>,
    /// Where this node's own epoch begins in the log, if it leads: it may act once that record is committed and replayed.
    pub epoch_start: Option<Offset>,
}

/// Why records were not appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum NotAppended {
    /// Another node leads, or another epoch.
    #[error("this node does not lead that epoch")]
    NotLeader,
    /// Too much waits to be committed; try again later.
    #[error("too much waits to be committed")]
    Full,
    /// No batch can be that long.
    #[error("the records are more than a batch of 8 MiB holds")]
    TooLarge,
}

/// Why a node cannot go on.
#[derive(Clone, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Fault {
    /// The leader's log lacks records that were committed.
    #[error(
        "the leader of epoch {epoch} has a log that parts from this one at offset {offset}, below the high watermark \
         {high_watermark}: committed records were lost there; keep this directory, it may be the only one that has them"
    )]
    CommittedLost {
        /// The leader's epoch.
        epoch: Epoch,
        /// Where the logs part.
        offset: Offset,
        /// All below it is committed.
        high_watermark: Offset,
    },
}
