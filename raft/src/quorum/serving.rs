//! What a node answers when replicas fetch from it.
//!
//! | a fetch | answer |
//! |---|---|
//! | of another cluster, or of anything but the metadata log | an error for the whole request |
//! | of an earlier or later epoch, or of a node that does not lead | an error with leader and epoch; a leader stands anew beyond the later one |
//! | from where the logs part | where they do |
//! | from before the log | the newest checkpoint |
//! | otherwise | records, committed or not; at the end of the log it waits for more, or for a high watermark that it lacks |
//!
//! Source: KIP-595, KIP-630, KIP-853, KIP-1166.

use std::time::Duration;

use kraft_bridge_protocol::batch::BATCH_BYTES_MAX;
use kraft_bridge_protocol::rpc::{
    AnyResponse, EpochEndOffset, ErrorCode, FetchPartition, FetchPartitionResponse, FetchRequest,
    FetchResponse, FetchSnapshotRequest, FetchSnapshotResponse, FetchTopic, FetchTopicResponse, NodeEndpoint,
    QuorumTopic, SnapshotId, SnapshotPartition, SnapshotPartitionResponse, SnapshotTopic,
    SnapshotTopicResponse,
};
use kraft_bridge_protocol::wire::Blob;
use kraft_bridge_protocol::{Epoch, NodeId, Offset};

use super::effects::{Answer, CallId, RecordRange};
use super::roles::{Parked, Role};
use super::{Raft, ReplicaKey};
use crate::log::FetchPosition;

/// What a valid fetch found.
enum FetchOutcome {
    Records(RecordRange),
    Diverging(EpochEndOffset),
    Checkpoint(SnapshotId),
}

impl Raft {
    pub(super) fn handle_fetch(&mut self, call: CallId, request: &FetchRequest) {
        if let Err(error_code) = self.check_cluster(request.cluster_id.as_deref()) {
            return self.refuse_fetch(call, error_code);
        }
        let Some(asked) = FetchTopic::only_metadata_log(&request.topics) else {
            return self.refuse_fetch(call, ErrorCode::InvalidRequest);
        };
        let replica = request
            .replica_state
            .replica_id
            .or(request.replica_id)
            // Tools that read along have negative ids, and nobody keeps track of them.
            .filter(|id| *id >= NodeId(0))
            .map(|id| ReplicaKey {
                id,
                directory: asked.replica_directory_id,
            });
        let bytes_max = usize::try_from(request.max_bytes)
            .unwrap_or(0)
            .min(BATCH_BYTES_MAX);
        match self.judge_fetch(request, asked, replica, bytes_max) {
            Err(error_code) => {
                self.answer_fetch(call, Err(error_code));
                if replica.is_some() {
                    self.lead_beyond(asked.current_leader_epoch);
                }
            }
            Ok(FetchOutcome::Records(range)) => {
                if let Some(replica) = replica {
                    self.replica_fetched(replica, range.from);
                }
                self.answer_or_park(call, request.max_wait_ms, asked.high_watermark, range);
            }
            Ok(other) => self.answer_fetch(call, Ok(other)),
        }
    }

    fn judge_fetch(
        &self,
        request: &FetchRequest,
        asked: &FetchPartition,
        replica: Option<ReplicaKey>,
        bytes_max: usize,
    ) -> Result<FetchOutcome, ErrorCode> {
        let last = asked.last_fetched_epoch;
        let is_sane = request.max_wait_ms >= 0
            && asked.fetch_offset >= Offset(0)
            && last >= Epoch(0)
            && (last <= asked.current_leader_epoch || asked.current_leader_epoch < Epoch(0));
        if !is_sane {
            return Err(ErrorCode::InvalidRequest);
        }
        self.check_leads(asked.current_leader_epoch)?;
        if replica.is_some_and(|replica| replica.id == self.own_id()) {
            return Err(ErrorCode::UnknownServerError);
        }
        Ok(match self.log.fetch_position(asked.fetch_offset, last) {
            FetchPosition::Valid => FetchOutcome::Records(RecordRange {
                from: asked.fetch_offset,
                end: self.log.end,
                bytes_max,
            }),
            FetchPosition::Diverging(_) if mutant!(HidesDivergence) => FetchOutcome::Records(RecordRange {
                from: asked.fetch_offset.min(self.log.end),
                end: self.log.end,
                bytes_max,
            }),
            FetchPosition::Diverging(at) => FetchOutcome::Diverging(EpochEndOffset {
                epoch: at.epoch,
                end_offset: at.offset,
                ..Default::default()
            }),
            FetchPosition::Checkpoint(id) => FetchOutcome::Checkpoint(id.into()),
        })
    }

    /// Whether this node leads the epoch that the request is of.
    pub(super) fn check_leads(&self, epoch: Epoch) -> Result<(), ErrorCode> {
        if epoch < self.epoch {
            return Err(ErrorCode::FencedLeaderEpoch);
        }
        if epoch > self.epoch {
            return Err(ErrorCode::UnknownLeaderEpoch);
        }
        match &self.role {
            Role::Leader(_) if self.is_shutting_down => Err(ErrorCode::BrokerNotAvailable),
            Role::Leader(_) => Ok(()),
            _ => Err(ErrorCode::NotLeaderOrFollower),
        }
    }

    fn answer_or_park(&mut self, call: CallId, wait_ms: i32, known: Offset, range: RecordRange) {
        let wait = Duration::from_millis(u64::try_from(wait_ms).unwrap_or(0));
        let deadline = self.after(wait);
        let parked = Parked {
            call,
            from: range.from,
            bytes_max: range.bytes_max,
            known_high_watermark: known,
            deadline,
        };
        let Role::Leader(leader) = &mut self.role else {
            return;
        };
        if wait.is_zero() || parked.is_ready(self.log.end, leader.high_watermark) {
            self.answer_fetch(call, Ok(FetchOutcome::Records(range)));
        } else {
            leader.parked.push(parked);
        }
    }

    /// Answers the fetches that have something to get by now.
    pub(super) fn answer_parked(&mut self) {
        let end = self.log.end;
        self.answer_those(|parked, high_watermark| parked.is_ready(end, high_watermark));
    }

    /// Answers the fetches that waited long enough.
    pub(super) fn answer_late(&mut self) {
        let now = self.now.elapsed;
        self.answer_those(|parked, _| parked.deadline <= now);
    }

    fn answer_those(&mut self, is_ready: impl Fn(&Parked, Option<Offset>) -> bool) {
        let Role::Leader(leader) = &mut self.role else {
            return;
        };
        let high_watermark = leader.high_watermark;
        let (ready, parked) = std::mem::take(&mut leader.parked)
            .into_iter()
            .partition(|parked| is_ready(parked, high_watermark));
        leader.parked = parked;
        for Parked {
            call,
            from,
            bytes_max,
            ..
        } in ready
        {
            let end = self.log.end;
            self.answer_fetch(
                call,
                Ok(FetchOutcome::Records(RecordRange { from, end, bytes_max })),
            );
        }
    }

    /// A node that leads no more has nothing to wait for.
    pub(super) fn dismiss_callers(&mut self) {
        let Role::Leader(leader) = &mut self.role else {
            return;
        };
        for parked in std::mem::take(&mut leader.parked) {
            self.answer_fetch(parked.call, Err(ErrorCode::NotLeaderOrFollower));
        }
        self.dismiss_change();
    }

    pub(super) fn forget_caller(&mut self, call: CallId) {
        if let Role::Leader(leader) = &mut self.role {
            leader.parked.retain(|parked| parked.call != call);
            if let Some(change) = &mut leader.change {
                change.forget_caller(call);
            }
        }
    }

    fn refuse_fetch(&mut self, call: CallId, error_code: ErrorCode) {
        let response = FetchResponse {
            error_code,
            ..Default::default()
        };
        self.answer(call, Answer::Fetch(response, None));
    }

    fn answer_fetch(&mut self, call: CallId, outcome: Result<FetchOutcome, ErrorCode>) {
        let mut partition = FetchPartitionResponse {
            high_watermark: Offset(-1),
            current_leader: self.named_leader_and_epoch(),
            records: Some(Blob::default()),
            ..Default::default()
        };
        let mut records = None;
        if outcome.is_ok() {
            partition.log_start_offset = self.log.start;
            if let Role::Leader(leader) = &self.role {
                partition.high_watermark = leader.high_watermark.unwrap_or(Offset(-1));
            }
        }
        match outcome {
            Err(error_code) => partition.error_code = error_code,
            Ok(FetchOutcome::Records(range)) => records = (range.from < range.end).then_some(range),
            Ok(FetchOutcome::Diverging(at)) => partition.diverging_epoch = at,
            Ok(FetchOutcome::Checkpoint(id)) => partition.snapshot_id = id,
        }
        let endpoint = |(node_id, endpoint): (NodeId, crate::endpoint::Endpoint)| NodeEndpoint {
            node_id,
            host: endpoint.host,
            port: i32::from(endpoint.port),
            ..Default::default()
        };
        let response = FetchResponse {
            responses: FetchTopicResponse::metadata_log(partition),
            node_endpoints: self
                .named_leader_with_endpoint()
                .map(endpoint)
                .into_iter()
                .collect(),
            ..Default::default()
        };
        self.answer(call, Answer::Fetch(response, records));
    }

    pub(super) fn handle_fetch_snapshot(&mut self, call: CallId, request: &FetchSnapshotRequest) {
        let cluster = self.check_cluster(request.cluster_id.as_deref());
        if let Err(error_code) = cluster {
            let response = FetchSnapshotResponse {
                error_code,
                ..Default::default()
            };
            return self.answer(call, Answer::Whole(AnyResponse::FetchSnapshot(response)));
        }
        let asked = SnapshotTopic::only_metadata_log(&request.topics);
        let judged = self.judge_fetch_snapshot(request.replica_id, asked);
        let partition = SnapshotPartitionResponse {
            error_code: judged.err().unwrap_or(ErrorCode::None),
            // Left at its default it would name a checkpoint that there might be.
            snapshot_id: judged
                .ok()
                .and(asked)
                .map_or_else(SnapshotId::default, |asked| asked.snapshot_id.clone()),
            current_leader: self.named_leader_and_epoch(),
            position: judged.ok().and(asked).map_or(0, |asked| asked.position),
            ..Default::default()
        };
        let response = FetchSnapshotResponse {
            topics: SnapshotTopicResponse::metadata_log(partition),
            node_endpoints: self.leader_endpoint(),
            ..Default::default()
        };
        let Ok(replica) = judged else {
            return self.answer(call, Answer::Whole(AnyResponse::FetchSnapshot(response)));
        };
        if let Some(replica) = replica {
            self.voter_is_there(replica);
        }
        let bytes_max = usize::try_from(request.max_bytes)
            .unwrap_or(0)
            .min(BATCH_BYTES_MAX);
        self.answer(call, Answer::FetchSnapshot(response, bytes_max));
    }

    /// The replica that asks, if it may.
    fn judge_fetch_snapshot(
        &self,
        replica: Option<NodeId>,
        asked: Option<&SnapshotPartition>,
    ) -> Result<Option<ReplicaKey>, ErrorCode> {
        let asked = asked.ok_or(ErrorCode::UnknownTopicOrPartition)?;
        self.check_leads(asked.current_leader_epoch)?;
        if replica == Some(self.own_id()) {
            return Err(ErrorCode::UnknownServerError);
        }
        // The checkpoint that a quorum is formatted with is each node's own.
        let id = asked.snapshot_id.id().filter(|id| id.offset > Offset(0));
        id.ok_or(ErrorCode::SnapshotNotFound)?;
        Ok(replica.map(|id| ReplicaKey {
            id,
            directory: asked.replica_directory_id,
        }))
    }
}

impl Parked {
    fn is_ready(&self, end: Offset, high_watermark: Option<Offset>) -> bool {
        self.from < end || high_watermark.is_some_and(|known| self.known_high_watermark < known)
    }
}
