//! Votes and pre-votes: asked for, granted, counted.
//!
//! | who is asked | a pre-vote | a vote of its epoch |
//! |---|---|---|
//! | Leader | no | no |
//! | Follower | if it never fetched from its leader, or lost it, and the log is no shorter | no |
//! | Candidate, Resigned | if the log is no shorter | no |
//! | Unattached, Prospective | if the log is no shorter | the same one again; else if no leader is known and the log is no shorter |
//!
//! A vote is bound to its epoch and on disk before it is told. A pre-vote binds nobody.
//!
//! Source: KIP-595, KIP-996.

use std::collections::BTreeSet;

use kraft_bridge_protocol::rpc::{
    AnyRequest, AnyResponse, ErrorCode, QuorumTopic, VotePartition, VotePartitionResponse, VoteRequest,
    VoteResponse, VoteTopic, VoteTopicResponse,
};
use kraft_bridge_protocol::{Epoch, NodeId, OffsetAndEpoch, Uuid};

use super::learning::Learned;
use super::outbox::Purpose;
use super::roles::{Role, Votes};
use super::{ANY_DIRECTORY, Raft, ReplicaKey};

impl Raft {
    pub(super) fn handle_vote(&mut self, request: &VoteRequest) -> VoteResponse {
        let refused = |error_code| VoteResponse {
            error_code,
            ..Default::default()
        };
        if let Err(error) = self.check_cluster(request.cluster_id.as_deref()) {
            return refused(error);
        }
        let Some(asked) = VoteTopic::only_metadata_log(&request.topics) else {
            return refused(ErrorCode::InvalidRequest);
        };
        let (error_code, vote_granted) = match self.judge_vote(request.voter_id, asked) {
            Ok(vote_granted) => (ErrorCode::None, vote_granted),
            Err(error_code) => (error_code, false),
        };
        let partition = VotePartitionResponse {
            error_code,
            leader_id: self.named_leader(),
            leader_epoch: self.epoch,
            vote_granted,
            ..Default::default()
        };
        VoteResponse {
            topics: VoteTopicResponse::metadata_log(partition),
            node_endpoints: self.leader_endpoint(),
            ..Default::default()
        }
    }

    fn judge_vote(&mut self, voter: Option<NodeId>, asked: &VotePartition) -> Result<bool, ErrorCode> {
        let (epoch, last) = (asked.replica_epoch, asked.last_offset_epoch);
        let is_sane = asked.last_offset.0 >= 0
            && last >= Epoch(0)
            && (last < epoch || asked.pre_vote && last == epoch)
            && asked.replica_id >= NodeId(0);
        if !is_sane {
            return Err(ErrorCode::InvalidRequest);
        }
        if epoch < self.epoch {
            return Err(ErrorCode::FencedLeaderEpoch);
        }
        if epoch > self.epoch {
            self.become_unattached(epoch, None);
        }
        self.check_voter_key(voter, asked.voter_directory_id)?;
        let candidate = ReplicaKey {
            id: asked.replica_id,
            directory: asked.replica_directory_id,
        };
        let log = OffsetAndEpoch {
            epoch: last,
            offset: asked.last_offset,
        };
        Ok(match asked.pre_vote {
            true => self.would_vote_for(log),
            false => self.vote_for(candidate, log),
        })
    }

    fn would_vote_for(&self, log: OffsetAndEpoch) -> bool {
        let is_free = match &self.role {
            Role::Leader(_) => false,
            Role::Follower(follower) => !follower.has_fetched || follower.lost.is_some(),
            _ => true,
        };
        is_free && (log >= self.log_end() || mutant!(VotesForShorterLogs))
    }

    fn vote_for(&mut self, candidate: ReplicaKey, log: OffsetAndEpoch) -> bool {
        if !matches!(self.role, Role::Unattached(_) | Role::Prospective(_)) {
            return false;
        }
        if let Some(voted) = self.voted
            && !mutant!(VotesTwice)
        {
            let is_same_directory =
                voted.directory == ANY_DIRECTORY || voted.directory == candidate.directory;
            return voted.id == candidate.id && is_same_directory;
        }
        let is_shorter = log < self.log_end() && !mutant!(VotesForShorterLogs);
        if self.leader().is_some() || is_shorter {
            return false;
        }
        self.voted = Some(candidate);
        self.become_unattached(self.epoch, None);
        true
    }

    /// A request that names a voter is for that one only.
    pub(super) fn check_voter_key(&self, id: Option<NodeId>, directory: Uuid) -> Result<(), ErrorCode> {
        let own = self.config.replica;
        let is_meant =
            id.is_none_or(|id| id == own.id) && (directory == ANY_DIRECTORY || directory == own.directory);
        is_meant.then_some(()).ok_or(ErrorCode::InvalidVoterKey)
    }

    /// Asks every voter that has not answered.
    pub(super) fn ask_for_votes(&mut self) {
        let (votes, pre_vote) = match &self.role {
            Role::Prospective(prospective) => (&prospective.votes, true),
            Role::Candidate(candidate) if !candidate.has_lost => (&candidate.votes, false),
            _ => return,
        };
        let unasked: Vec<ReplicaKey> = self
            .voters
            .current()
            .keys()
            .filter(|voter| !votes.has_answered(voter.id))
            .collect();
        for voter in unasked {
            let request = AnyRequest::Vote(self.vote_request(voter, pre_vote));
            self.send_to_voter(
                voter.id,
                Purpose::Vote {
                    voter: voter.id,
                    pre_vote,
                },
                request,
            );
        }
    }

    fn vote_request(&self, voter: ReplicaKey, pre_vote: bool) -> VoteRequest {
        let end = self.log_end();
        let partition = VotePartition {
            replica_epoch: self.epoch,
            replica_id: self.own_id(),
            replica_directory_id: self.config.replica.directory,
            voter_directory_id: voter.directory,
            last_offset_epoch: end.epoch,
            last_offset: end.offset,
            pre_vote,
            ..Default::default()
        };
        VoteRequest {
            cluster_id: Some(self.config.cluster_id.clone()),
            voter_id: Some(voter.id),
            topics: VoteTopic::metadata_log(partition),
            ..Default::default()
        }
    }

    /// Takes an answer to a vote or pre-vote that still matters.
    pub(super) fn handle_vote_response(
        &mut self,
        voter: NodeId,
        pre_vote: bool,
        response: &AnyResponse,
    ) -> Learned {
        let AnyResponse::Vote(response) = response else {
            return Learned::Failed;
        };
        let Some(answered) = VoteTopicResponse::only_metadata_log(&response.topics) else {
            return self.learn_top_level(response.error_code);
        };
        let endpoints = Raft::named_endpoint(&response.node_endpoints, answered.leader_id);
        let learned = self.learn(
            answered.error_code,
            answered.leader_epoch,
            answered.leader_id,
            endpoints,
        );
        match learned {
            Learned::Payload => self.record_vote(voter, pre_vote, answered.vote_granted),
            // Another replica is in the voter's place and cannot vote for it; the voter may come back.
            Learned::Done if answered.error_code == ErrorCode::InvalidVoterKey => return Learned::Failed,
            _ => {}
        }
        learned
    }

    pub(super) fn record_vote(&mut self, voter: NodeId, pre_vote: bool, is_granted: bool) {
        match &mut self.role {
            Role::Prospective(prospective) if pre_vote => {
                prospective.votes.record(voter, is_granted);
                self.count_pre_votes();
            }
            Role::Candidate(candidate) if !pre_vote => {
                candidate.votes.record(voter, is_granted);
                self.count_votes();
            }
            _ => {}
        }
    }

    /// A voter that knows no pre-votes is there, and that is all it can say.
    pub(super) fn pre_vote_unsupported(&mut self, voter: NodeId) {
        if let Role::Prospective(prospective) = &self.role {
            let is_granted = prospective.counts_unsupported;
            self.record_vote(voter, true, is_granted);
        }
    }

    pub(super) fn count_pre_votes(&mut self) {
        let Role::Prospective(prospective) = &self.role else {
            return;
        };
        let votes = &prospective.votes;
        if self.of_voters(&votes.granted) >= self.voters.current().majority() {
            self.become_candidate();
        } else if self.is_hopeless(votes) {
            self.give_up_standing();
        }
    }

    pub(super) fn count_votes(&mut self) {
        let Role::Candidate(candidate) = &self.role else {
            return;
        };
        let votes = &candidate.votes;
        if self.of_voters(&votes.granted) >= self.voters.current().majority() {
            let granting = votes.granted.clone();
            self.become_leader(&granting);
        } else if !candidate.has_lost && self.is_hopeless(votes) {
            let timeouts = self.config.timeouts;
            let retry = self.after(timeouts.lost_leader_delay) + self.random.up_to(timeouts.backoff_max);
            if let Role::Candidate(candidate) = &mut self.role {
                candidate.has_lost = true;
                candidate.election = retry;
            }
        }
    }

    /// Whether those that have not said no are too few.
    fn is_hopeless(&self, votes: &Votes) -> bool {
        let voters = self.voters.current();
        voters.len() - self.of_voters(&votes.rejected) < voters.majority()
    }

    /// How many of these still vote.
    fn of_voters(&self, ids: &BTreeSet<NodeId>) -> usize {
        let voters = self.voters.current();
        ids.iter().filter(|id| voters.get(**id).is_some()).count()
    }
}
