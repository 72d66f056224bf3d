//! How a node replicates: it fetches, one request at a time, each only when all that came before is on its disk.
//!
//! ```text
//!  Fetch ─▶ records ──────────────▶ Append, Flush ─▶ flushed ─▶ Fetch …
//!        ─▶ the logs part ────────▶ Truncate ─▶ Fetch …
//!        ─▶ a checkpoint instead ─▶ FetchSnapshot … ─▶ InstallCheckpoint ─▶ Fetch …
//!        ─▶ another leader ───────▶ Fetch there
//! ```
//!
//! While no leader is known, or the one that is does not answer, any server is asked: its error names the leader.
//!
//! Source: KIP-595, KIP-630, KIP-853.

use kraft_bridge_protocol::batch::Batch;
use kraft_bridge_protocol::rpc::{
    AnyRequest, AnyResponse, EpochEndOffset, ErrorCode, FetchPartition, FetchPartitionResponse, FetchRequest,
    FetchTopic, FetchTopicResponse, NodeEndpoint, QuorumTopic, ReplicaState,
};
use kraft_bridge_protocol::{Epoch, NodeId, Offset, OffsetAndEpoch};

use super::Raft;
use super::downloading::Download;
use super::effects::{Effect, Fault, NoAnswer};
use super::learning::Learned;
use super::outbox::Purpose;
use super::roles::Role;
use crate::endpoint::Endpoint;

/// How replication stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Fetching {
    /// An answer is waited for.
    pub(super) is_asking: bool,
    /// The log is being cut or replaced.
    pub(super) is_changing: bool,
    /// The checkpoint that is being fetched.
    pub(super) download: Option<Download>,
    /// The leader did not answer the last time: another server may know a newer one.
    tries_others: bool,
}

impl Fetching {
    pub(super) fn forget_request(&mut self) {
        self.is_asking = false;
        self.tries_others = false;
    }
}

impl Raft {
    /// Asks for what comes next, if nothing is under way.
    pub(super) fn fetch(&mut self) {
        let is_flushing = self.durable_end < self.log.end && !mutant!(FetchesBeforeFlush);
        let is_busy = self.fetching.is_asking || self.fetching.is_changing || is_flushing;
        if is_busy || self.is_shutting_down {
            return;
        }
        let leader = match &self.role {
            Role::Follower(follower) => follower.leader.clone(),
            Role::Unattached(_) => return self.look_for_leader(),
            _ => return,
        };
        self.fetching
            .download
            .take_if(|download| download.leader != leader.id || download.epoch != self.epoch);
        if self.fetching.tries_others {
            self.look_for_leader();
            self.fetching.tries_others = false;
            return;
        }
        let (purpose, request) = match &self.fetching.download {
            None => (Purpose::Fetch, AnyRequest::Fetch(self.fetch_request())),
            Some(download) => {
                let request = self.fetch_snapshot_request(download);
                (Purpose::FetchSnapshot, AnyRequest::FetchSnapshot(request))
            }
        };
        self.fetching.is_asking = self.send(&leader.endpoint, purpose, request);
    }

    /// Asks any server but this one; whoever does not lead says who does.
    fn look_for_leader(&mut self) {
        let mut servers = self.servers();
        while !servers.is_empty() {
            let count = u64::try_from(servers.len()).expect("a list in memory");
            let picked = usize::try_from(self.random.below(count)).expect("below the length");
            let server = servers.swap_remove(picked);
            let request = AnyRequest::Fetch(self.fetch_request());
            if self.send(&server, Purpose::Fetch, request) {
                self.fetching.is_asking = true;
                return;
            }
        }
    }

    fn servers(&self) -> Vec<Endpoint> {
        let of_voters = self
            .other_voters()
            .into_iter()
            .filter_map(|id| self.voter_endpoint(id))
            .cloned();
        let mut servers: Vec<Endpoint> = of_voters
            .chain(self.config.bootstrap_servers.iter().cloned())
            .collect();
        servers.sort();
        servers.dedup();
        servers.retain(|server| self.config.listeners.iter().all(|own| own.endpoint != *server));
        servers
    }

    fn fetch_request(&self) -> FetchRequest {
        let end = self.log_end();
        let own = self.config.replica;
        let partition = FetchPartition {
            current_leader_epoch: self.epoch,
            fetch_offset: end.offset,
            last_fetched_epoch: end.epoch,
            replica_directory_id: own.directory,
            high_watermark: self.high_watermark,
            ..Default::default()
        };
        FetchRequest {
            cluster_id: Some(self.config.cluster_id.clone()),
            replica_id: Some(own.id),
            replica_state: ReplicaState {
                replica_id: Some(own.id),
                ..Default::default()
            },
            max_wait_ms: i32::try_from(self.config.timeouts.patience().as_millis()).unwrap_or(i32::MAX),
            max_bytes: self.config.fetch_bytes_max,
            topics: FetchTopic::metadata_log(partition),
            ..Default::default()
        }
    }

    pub(super) fn handle_fetch_response(&mut self, from: &Endpoint, response: &AnyResponse) -> Learned {
        self.fetching.is_asking = false;
        let AnyResponse::Fetch(response) = response else {
            return Learned::Failed;
        };
        let Some(partition) = FetchTopicResponse::only_metadata_log(&response.responses) else {
            return self.learn_top_level(response.error_code);
        };
        let leader = &partition.current_leader;
        let endpoint = response
            .node_endpoints
            .iter()
            .find_map(|node| named(node, leader.leader_id));
        let learned = self.learn(
            partition.error_code,
            leader.leader_epoch,
            leader.leader_id,
            endpoint,
        );
        let follows = matches!(&self.role, Role::Follower(follower) if follower.leader.endpoint == *from);
        if learned == Learned::Payload && follows {
            return self.take_fetched(partition);
        }
        if partition.error_code == ErrorCode::NotLeaderOrFollower && follows {
            self.leader_lost(0);
        }
        // Whoever has nothing new to say need not be asked again at once.
        let knows_another = matches!(self.role, Role::Follower(_)) && !follows;
        if knows_another {
            Learned::Done
        } else {
            Learned::Failed
        }
    }

    fn take_fetched(&mut self, partition: &FetchPartitionResponse) -> Learned {
        let learned = if partition.diverging_epoch.epoch >= Epoch(0) {
            self.take_diverging(&partition.diverging_epoch)
        } else if let Some(id) = partition.snapshot_id.id() {
            self.take_offer(id)
        } else {
            let records = partition.records.as_ref().map_or(&[][..], |records| &records.0);
            self.take_records(records, partition.high_watermark)
        };
        if learned == Learned::Done {
            self.leader_answered();
        }
        learned
    }

    /// The leader is there.
    pub(super) fn leader_answered(&mut self) {
        let fetch = self.after(self.config.timeouts.fetch);
        if let Role::Follower(follower) = &mut self.role {
            follower.fetch = fetch;
            follower.has_fetched = true;
            follower.lost = None;
        }
    }

    fn take_diverging(&mut self, leaders: &EpochEndOffset) -> Learned {
        let end = self.log.diverging_end(OffsetAndEpoch {
            epoch: leaders.epoch,
            offset: leaders.end_offset,
        });
        let end = match mutant!(CutsCommitted) {
            true => Offset(self.high_watermark.0 - 1).min(end).max(self.log.start),
            false => end,
        };
        if self.loses_committed(end) {
            return Learned::Failed;
        }
        tracing::info!(node = %self.own_id(), from = %self.log.end, to = %end, "cuts its log where the leader's parts from it");
        self.fetching.is_changing = true;
        self.cut_outline(end);
        self.emit(Effect::Truncate(end));
        Learned::Done
    }

    /// Committed records are never given up: a leader without them must not be followed.
    pub(super) fn loses_committed(&mut self, end: Offset) -> bool {
        let is_lost = end < self.high_watermark && !mutant!(CutsCommitted);
        if is_lost {
            self.emit(Effect::Fail(Fault::CommittedLost {
                epoch: self.epoch,
                offset: end,
                high_watermark: self.high_watermark,
            }));
        }
        is_lost
    }

    fn cut_outline(&mut self, end: Offset) {
        self.log.end = end;
        self.log.epochs.truncate(end);
        self.durable_end = self.durable_end.min(end);
        self.voters.truncate(end);
        self.voters_changed();
    }

    pub(super) fn handle_truncated(&mut self, end: Offset) {
        self.fetching.is_changing = false;
        self.cut_outline(end);
    }

    fn take_records(&mut self, bytes: &[u8], high_watermark: Offset) -> Learned {
        let whole = match self.sound_length(bytes) {
            Ok(whole) => whole,
            Err(problem) => {
                tracing::warn!(node = %self.own_id(), offset = %self.log.end, %problem, "what the leader sent is left alone");
                return Learned::Failed;
            }
        };
        if whole > 0 {
            self.emit(Effect::Append(bytes[..whole].to_vec()));
            self.extend_outline(&bytes[..whole]);
        }
        let known = match mutant!(TrustsHighWatermark) {
            true => high_watermark,
            false => high_watermark.min(self.log.end),
        };
        self.raise_high_watermark(known);
        Learned::Done
    }

    /// Bytes of the whole batches, each sound and continuing the log. A last one may be cut off.
    fn sound_length(&self, bytes: &[u8]) -> Result<usize, String> {
        let OffsetAndEpoch {
            mut epoch,
            offset: mut end,
        } = self.log_end();
        let mut whole = 0;
        while whole < bytes.len() {
            let (batch, length) = match Batch::decode(&bytes[whole..]) {
                Ok(decoded) => decoded,
                Err(kraft_bridge_protocol::batch::BatchError::Truncated { .. }) if whole > 0 => break,
                Err(error) => return Err(error.to_string()),
            };
            let header = batch.header;
            if header.base_offset != end || header.epoch < epoch || header.epoch > self.epoch {
                let (offset, epoch) = (header.base_offset, header.epoch);
                return Err(format!(
                    "a batch at offset {offset} of epoch {epoch}, where {end} comes next"
                ));
            }
            (epoch, end) = (header.epoch, batch.end_offset());
            whole += length;
        }
        Ok(whole)
    }

    /// No answer: another server may know of another leader, and a broken connection may mean that this one is gone.
    pub(super) fn fetch_failed(&mut self, server: &Endpoint, no_answer: NoAnswer) {
        self.fetching.is_asking = false;
        let Role::Follower(follower) = &self.role else {
            return;
        };
        if follower.leader.endpoint == *server {
            self.fetching.tries_others = true;
            if no_answer == NoAnswer::Disconnected {
                self.leader_lost(0);
            }
        }
    }
}

fn named(node: &NodeEndpoint, leader: Option<NodeId>) -> Option<Endpoint> {
    (Some(node.node_id) == leader).then_some(Endpoint {
        host: node.host.clone(),
        port: u16::try_from(node.port).ok()?,
    })
}
