//! Messages on their way. None need ever arrive, so that no message has to be lost; whoever waits may give up.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use kraft_bridge_protocol::rpc::{AnyRequest, AnyResponse};
use kraft_bridge_raft::quorum::{CallId, NoAnswer, Raft, RequestId, RoleName};

/// What a message says.
#[derive(Debug)]
pub enum Content {
    /// One node asks.
    Request(AnyRequest),
    /// The other answers, or cannot.
    Response(Result<AnyResponse, NoAnswer>),
}

/// A message.
#[derive(Clone)]
pub struct Message {
    /// Who sent it.
    pub from: usize,
    /// Whom to.
    pub to: usize,
    /// The request that it is, or answers; `None` for a request that nobody waits for any more.
    pub id: Option<RequestId>,
    /// What it says.
    pub content: Arc<Content>,
    /// The same as bytes, by which messages are told apart.
    frame: Arc<[u8]>,
}

impl Message {
    /// A request.
    pub fn request(from: usize, to: usize, id: Option<RequestId>, request: AnyRequest) -> Message {
        let newest = request.api().known.as_ref().map_or(0, |known| *known.end());
        let frame = request
            .frame(newest, 0, None)
            .expect("what nodes send can be written");
        Message {
            from,
            to,
            id,
            frame: frame.into(),
            content: Arc::new(Content::Request(request)),
        }
    }

    /// An answer.
    pub fn response(
        from: usize,
        to: usize,
        id: RequestId,
        outcome: Result<AnyResponse, NoAnswer>,
    ) -> Message {
        let frame = match &outcome {
            Ok(response) => response
                .frame(newest_version(response), 0)
                .expect("what nodes send can be written"),
            Err(_) => Vec::new(),
        };
        Message {
            from,
            to,
            id: Some(id),
            frame: frame.into(),
            content: Arc::new(Content::Response(outcome)),
        }
    }

    /// Whether it is a request, or the answer to one, of this node under this name.
    pub fn is_about(&self, node: usize, id: RequestId) -> bool {
        self.id == Some(id) && self.asker() == node
    }

    /// The node whose request it is, or answers.
    pub fn asker(&self) -> usize {
        match *self.content {
            Content::Request(_) => self.from,
            Content::Response(_) => self.to,
        }
    }

    /// Whether it is a request that nobody waits for and that the node it goes to, `raft`, will never do anything about:
    /// what it says is over for good.
    pub fn is_void(&self, raft: &Raft) -> bool {
        let Content::Request(request) = &*self.content else {
            return false;
        };
        if self.id.is_some() {
            return false;
        }
        let (epoch, own) = (raft.epoch(), raft.replica().id);
        let (of, is_settled) = match request {
            AnyRequest::Vote(vote) => {
                let asked = &vote.topics[0].partitions[0];
                (asked.replica_epoch, asked.pre_vote || raft.voted().is_some())
            }
            AnyRequest::Fetch(fetch) => {
                let may_lead = matches!(raft.role(), RoleName::Candidate | RoleName::Leader);
                (fetch.topics[0].partitions[0].current_leader_epoch, !may_lead)
            }
            AnyRequest::BeginQuorumEpoch(begin) => {
                let follows = raft.role() == RoleName::Follower && raft.leader() != Some(own);
                (begin.topics[0].partitions[0].leader_epoch, follows)
            }
            AnyRequest::EndQuorumEpoch(end) => (end.topics[0].partitions[0].leader_epoch, false),
            _ => return false,
        };
        of < epoch || of == epoch && is_settled
    }

    fn key(&self) -> (usize, usize, Option<RequestId>, bool, &[u8]) {
        let is_request = matches!(*self.content, Content::Request(_));
        (self.from, self.to, self.id, is_request, &self.frame)
    }
}

/// The newest version of an answer that is known here, by the request of the same name.
fn newest_version(response: &AnyResponse) -> i16 {
    use kraft_bridge_protocol::messages::Message as _;
    use kraft_bridge_protocol::rpc::{
        BeginQuorumEpochRequest, EndQuorumEpochRequest, FetchRequest, VoteRequest,
    };
    match response {
        AnyResponse::Fetch(_) => *FetchRequest::VERSIONS.end(),
        AnyResponse::Vote(_) => *VoteRequest::VERSIONS.end(),
        AnyResponse::BeginQuorumEpoch(_) => *BeginQuorumEpochRequest::VERSIONS.end(),
        AnyResponse::EndQuorumEpoch(_) => *EndQuorumEpochRequest::VERSIONS.end(),
        other => unreachable!("nodes of the model do not answer {other:?}"),
    }
}

/// The call under which a node is asked: who asks, and under which name.
pub fn call(asker: usize, id: Option<RequestId>) -> CallId {
    let named = id.map(|id| u64::try_from(asker).expect("a few nodes") * NAMES + id.0);
    CallId(named.unwrap_or(u64::MAX))
}

/// Who asked, and under which name, if anybody waits for the answer.
pub fn asker(call: CallId) -> Option<(usize, RequestId)> {
    let asker = usize::try_from(call.0 / NAMES).expect("a few nodes");
    (call.0 != u64::MAX).then_some((asker, RequestId(call.0 % NAMES)))
}

/// More names than a node has requests under way.
const NAMES: u64 = 1 << 16;

impl PartialEq for Message {
    fn eq(&self, other: &Message) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Message {}

impl PartialOrd for Message {
    fn partial_cmp(&self, other: &Message) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Message {
    fn cmp(&self, other: &Message) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl Hash for Message {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.key().hash(hasher);
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} to {}: {:?}", self.from, self.to, self.content)
    }
}
