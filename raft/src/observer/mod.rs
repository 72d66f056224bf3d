//! Reads the metadata log of a quorum that runs, as one more observer, and changes nothing there.
//!
//! ```text
//!  begin ─▶ next ─▶ Ask ──▶ (a server) ──▶ fetched, checkpoint_fetched, lost ─▶ next ─▶ … ─▶ Done, StartOver
//!
//!  offset 0 ─Fetch─▶ the leader offers a checkpoint ─FetchSnapshot, piece by piece─▶ its end ┐
//!           └──────▶ or records ◀────────────────────Fetch───────────────────────────────────┘
//! ```
//!
//! A pure machine: it is told the time and what was answered, and says what to ask whom. Only records below the high
//! watermark are given out: they are committed, so what was read once stays true. It fetches as no replica (id −1) and
//! never waits at the server, so that the leader neither counts nor lists it.
//!
//! Source: KIP-595 (Fetch of the metadata log, leader discovery), KIP-630 (checkpoints), KIP-853 (endpoints in answers).

mod answers;
mod servers;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::time::Duration;

use kraft_bridge_protocol::rpc::{
    ErrorCode, FetchPartition, FetchRequest, FetchSnapshotRequest, FetchTopic, QuorumTopic,
    SnapshotPartition, SnapshotTopic,
};
use kraft_bridge_protocol::{Epoch, Offset, OffsetAndEpoch};

use crate::endpoint::Endpoint;
use crate::names;
use crate::reader::ReadError;
use crate::stream::CheckpointStream;

pub use servers::Loss;
use servers::{Servers, Turn};

/// Most bytes that are asked for at once; a batch that is longer comes all the same.
const FETCH_BYTES_MAX: i32 = 1024 * 1024;

/// Where a log begins.
const START: OffsetAndEpoch = OffsetAndEpoch {
    epoch: Epoch(0),
    offset: Offset(0),
};

/// What to read, and how.
#[derive(Clone, Debug)]
pub struct ObserverOptions {
    /// Servers to find the leader by; at least one.
    pub servers: Vec<Endpoint>,
    /// The cluster that it must be; any if `None`.
    pub cluster_id: Option<String>,
    /// Longest time without an answer that helps.
    pub patience: Duration,
}

/// Why the log cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ObserverError {
    /// Nobody that could be reached leads, for too long.
    #[error("no leader of the quorum at {servers} was found (waited {} ms): {reasons}", waited.as_millis())]
    NoLeader {
        /// The bootstrap servers.
        servers: String,
        /// How long one was looked for.
        waited: Duration,
        /// What became of each server.
        reasons: String,
    },
    /// The server has an authorizer, and we may not read.
    #[error(
        "{server}: CLUSTER_AUTHORIZATION_FAILED: reading the metadata log needs ClusterAction on the cluster"
    )]
    NotAuthorized {
        /// Who refused.
        server: Endpoint,
    },
    /// It is the quorum of another cluster.
    #[error("{server}: the quorum is not that of cluster {expected}: INCONSISTENT_CLUSTER_ID")]
    OtherCluster {
        /// Who refused.
        server: Endpoint,
        /// The cluster that it should be.
        expected: String,
    },
    /// The server does not serve the metadata log.
    #[error("{server}: it refuses to serve the metadata log: {error}; is this the listener of a controller?")]
    Refused {
        /// Who refused.
        server: Endpoint,
        /// Why.
        error: ErrorCode,
    },
    /// The answer contradicts the request or itself.
    #[error("{server}: {problem}")]
    Unsound {
        /// Who answered.
        server: Endpoint,
        /// What is wrong.
        problem: String,
    },
    /// What the leader sent is no sound part of a log.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// What to do next.
#[derive(Debug)]
pub enum Step {
    /// Ask a server, and say what it answered.
    Ask(Endpoint, Question),
    /// Wait so long, and ask what to do then.
    Pause(Duration),
    /// Everything that was committed when the reading began has been given out.
    Done(ReadUpTo),
    /// All that was given out until now is void; the next reading begins at the start.
    StartOver(StartOver),
}

/// What to ask.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "each is the request of the same name")]
pub enum Question {
    Fetch(FetchRequest),
    FetchSnapshot(FetchSnapshotRequest),
}

/// How far a reading came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadUpTo {
    /// Where the next reading goes on.
    pub end: OffsetAndEpoch,
    /// High watermark, as the leader said last.
    pub high_watermark: Offset,
    /// The checkpoint that stands for everything before its offset, if the log was not read from its start.
    pub from_checkpoint: Option<OffsetAndEpoch>,
}

/// Why what was read is void.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartOver {
    /// The leader has a newer checkpoint instead of the records from here on.
    LogStartsLater,
    /// The log was cut off below what had been read: committed records were lost.
    Diverged,
    /// The checkpoint, or the leader that sent it, went away before all of it was read.
    CheckpointGone,
}

/// An observer of the metadata log. Times count from any one moment.
#[derive(Debug)]
pub struct Observer {
    cluster_id: Option<String>,
    servers: Servers,
    reading: Reading,
    /// Where what was given out ends.
    end: OffsetAndEpoch,
    from_checkpoint: Option<OffsetAndEpoch>,
    /// Bytes of the log that were given out.
    log_bytes: u64,
    high_watermark: Offset,
    /// Offset to read up to, once it is known.
    target: Option<Offset>,
    start_over: Option<StartOver>,
}

#[derive(Debug)]
enum Reading {
    Log,
    Checkpoint {
        id: OffsetAndEpoch,
        stream: CheckpointStream,
    },
}

impl Observer {
    /// An observer that has read nothing yet.
    ///
    /// # Panics
    ///
    /// If the options name no server.
    pub fn new(options: ObserverOptions) -> Observer {
        Observer {
            cluster_id: options.cluster_id,
            servers: Servers::new(options.servers, options.patience),
            reading: Reading::Log,
            end: START,
            from_checkpoint: None,
            log_bytes: 0,
            high_watermark: Offset(-1),
            target: None,
            start_over: None,
        }
    }

    /// Begins to read what is committed by now and has not been given out yet.
    pub fn begin(&mut self, now: Duration) {
        self.servers.begin(now);
        self.target = None;
    }

    /// What to do next.
    ///
    /// # Errors
    ///
    /// [`ObserverError::NoLeader`] when none was found for too long.
    pub fn next(&mut self, now: Duration) -> Result<Step, ObserverError> {
        if let Some(reason) = self.start_over.take() {
            self.reading = Reading::Log;
            self.end = START;
            self.from_checkpoint = None;
            self.log_bytes = 0;
            return Ok(Step::StartOver(reason));
        }
        if matches!(self.reading, Reading::Log) && self.target.is_some_and(|target| target <= self.end.offset)
        {
            return Ok(Step::Done(ReadUpTo {
                end: self.end,
                high_watermark: self.high_watermark,
                from_checkpoint: self.from_checkpoint,
            }));
        }
        Ok(match self.servers.turn(now)? {
            Turn::Ask(server) => Step::Ask(server, self.question()),
            Turn::Pause(pause) => Step::Pause(pause),
        })
    }

    fn question(&self) -> Question {
        match &self.reading {
            Reading::Log => Question::Fetch(self.fetch()),
            Reading::Checkpoint { id, stream } => Question::FetchSnapshot(self.fetch_snapshot(*id, stream)),
        }
    }

    fn fetch(&self) -> FetchRequest {
        let partition = FetchPartition {
            current_leader_epoch: self.servers.epoch(),
            fetch_offset: self.end.offset,
            last_fetched_epoch: self.end.epoch,
            partition_max_bytes: FETCH_BYTES_MAX,
            ..Default::default()
        };
        FetchRequest {
            cluster_id: self.cluster_id.clone(),
            // An answer that waits would be one that the leader has to remember.
            max_wait_ms: 0,
            max_bytes: FETCH_BYTES_MAX,
            topics: FetchTopic::metadata_log(partition),
            ..Default::default()
        }
    }

    fn fetch_snapshot(&self, id: OffsetAndEpoch, stream: &CheckpointStream) -> FetchSnapshotRequest {
        let partition = SnapshotPartition {
            current_leader_epoch: self.servers.epoch(),
            snapshot_id: id.into(),
            position: i64::try_from(stream.arrived()).unwrap_or(i64::MAX),
            ..Default::default()
        };
        FetchSnapshotRequest {
            cluster_id: self.cluster_id.clone(),
            max_bytes: FETCH_BYTES_MAX,
            topics: SnapshotTopic::metadata_log(partition),
            ..Default::default()
        }
    }

    /// The server could not be asked, or its answer not be used.
    pub fn lost(&mut self, now: Duration, server: &Endpoint, loss: Loss) {
        self.servers.lost(now, server, loss);
    }
}

/// What errors call the log of a server.
fn log_of(server: &Endpoint) -> PathBuf {
    PathBuf::from(format!("{server}, {}", names::METADATA_PARTITION))
}

/// What errors call a checkpoint of a server.
fn checkpoint_of(server: &Endpoint, id: OffsetAndEpoch) -> PathBuf {
    PathBuf::from(format!("{server}, {}", names::checkpoint(id)))
}
