//! The whole quorum: its nodes, what is on its way between them, and what became of it.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use kraft_bridge_protocol::rpc::AnyRequest;
use kraft_bridge_raft::quorum::{Input, NoAnswer, RequestId, RoleName};

use crate::bounds::Bounds;
use crate::disk::Disk;
use crate::history::{History, Step};
use crate::member::{self, Member, Said};
use crate::network::{self, Content, Message};

/// How much of what is bounded has happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Spent {
    /// Times that a node stood for election.
    pub stands: u8,
    /// Times that a node which knows no leader was heard.
    pub lookups: u8,
    /// Records appended.
    pub records: u8,
    /// Crashes.
    pub crashes: u8,
    /// Requests given up, and connections broken.
    pub losses: u8,
    /// Requests that came twice, and leaders that announced themselves again.
    pub duplicates: u8,
    /// Resignations.
    pub resignations: u8,
}

/// A state of the quorum.
#[derive(Clone, Debug)]
pub struct Quorum {
    nodes: Vec<(Arc<Member>, u64)>,
    history: (Arc<History>, u64),
    /// What is on its way, in order, each once.
    pub network: Vec<Message>,
    /// What has happened of what is bounded.
    pub spent: Spent,
}

impl Quorum {
    /// All nodes started on empty disks.
    pub fn start(bounds: &Bounds) -> Quorum {
        let started: Vec<_> = (0..bounds.voters)
            .map(|at| Member::start(bounds, at, Disk::default()))
            .collect();
        let history = History::default();
        let mut quorum = Quorum {
            nodes: started
                .iter()
                .map(|(member, _)| (Arc::new(member.clone()), 0))
                .collect(),
            history: (Arc::new(history), 0),
            network: Vec::new(),
            spent: Spent::default(),
        };
        for (at, (member, said)) in started.into_iter().enumerate() {
            quorum.put(bounds, at, member, said);
        }
        quorum
    }

    /// A node.
    pub fn node(&self, at: usize) -> &Member {
        &self.nodes[at].0
    }

    /// All of them.
    pub fn nodes(&self) -> impl Iterator<Item = &Member> {
        self.nodes.iter().map(|(member, _)| &**member)
    }

    /// What was once so.
    pub fn history(&self) -> &History {
        &self.history.0
    }

    /// Hands a node an input, after `prepare` has set up its machine.
    pub fn step(&mut self, bounds: &Bounds, at: usize, prepare: impl FnOnce(&mut Member), input: Input) {
        let mut member = self.node(at).clone();
        prepare(&mut member);
        let said = member.step(bounds, input);
        self.spent.stands += u8::from(!stands(self.node(at)) && stands(&member));
        self.note(at, &member, &said, false);
        self.put(bounds, at, member, said);
    }

    /// Delivers a message, which stays on its way if it is to arrive twice.
    pub fn deliver(&mut self, bounds: &Bounds, message: &Message, arrives_again: bool) {
        if !arrives_again {
            self.network.retain(|other| other != message);
        }
        let input = match &*message.content {
            Content::Request(request) => Input::Request {
                call: network::call(message.from, message.id),
                request: request.clone(),
            },
            Content::Response(outcome) => Input::Response {
                id: message.id.expect("answers are to requests that wait"),
                outcome: outcome.clone(),
            },
        };
        self.step(bounds, message.to, |_| {}, input);
    }

    /// A node crashes and is started again; what it had not flushed may survive.
    pub fn crash(&mut self, bounds: &Bounds, at: usize, survives: bool) {
        self.rename_requests(bounds, at, &BTreeMap::new());
        let (member, said) = Member::start(bounds, at, self.node(at).disk.after_crash(survives));
        self.note(at, &member, &said, true);
        self.put(bounds, at, member, said);
    }

    /// Whether a request of a node may still be answered.
    pub fn is_under_way(&self, at: usize, id: RequestId) -> bool {
        let call = network::call(at, Some(id));
        self.network.iter().any(|message| message.is_about(at, id))
            || self.nodes().any(|node| node.raft.waiting_calls().contains(&call))
    }

    /// Whether a node knows no leader to fetch from.
    fn is_lost(&self, at: usize) -> bool {
        self.node(at).raft.role() == RoleName::Unattached
    }

    /// Whether nobody hears a node that looks for a leader any more.
    pub fn is_unheard(&self, bounds: &Bounds, at: usize) -> bool {
        self.is_lost(at) && self.spent.lookups >= bounds.lookups
    }

    fn note(&mut self, at: usize, after: &Member, said: &[Said], restarted: bool) {
        let before = Arc::clone(&self.nodes[at].0);
        let disks: Vec<&Disk> = (0..self.nodes.len())
            .map(|other| {
                if other == at {
                    &after.disk
                } else {
                    &self.node(other).disk
                }
            })
            .collect();
        let mut history = self.history().clone();
        history.note(&Step {
            at,
            before: &before,
            after,
            restarted,
            said,
            disks: &disks,
        });
        let digest = history.digest();
        self.history = (Arc::new(history), digest);
    }

    /// Takes a node as it is after a step, and what it said.
    fn put(&mut self, bounds: &Bounds, at: usize, mut member: Member, said: Vec<Said>) {
        let name = |to: &_, is_fetch| {
            let to = u64::try_from(member::index(to)).expect("a few nodes");
            RequestId(2 * to + u64::from(is_fetch))
        };
        let names = member.raft.forget_time(name);
        member.raft.draw_from(0);
        let digest = member.digest();
        self.nodes[at] = (Arc::new(member), digest);
        self.rename_requests(bounds, at, &names);
        for one in said {
            self.send(bounds, at, one, &names);
        }
        // Nobody waits for a fetch that came after it was given up.
        if self
            .node(at)
            .raft
            .waiting_calls()
            .contains(&network::call(at, None))
        {
            self.forget_call(bounds, at, at, None);
        }
        let nodes = &self.nodes;
        self.network
            .retain(|message| !message.is_void(&nodes[message.to].0.raft));
        self.network.sort();
        self.network.dedup();
    }

    /// Names the requests of a node anew; those without a new name are not waited for any more.
    fn rename_requests(&mut self, bounds: &Bounds, at: usize, names: &BTreeMap<RequestId, RequestId>) {
        self.network.retain_mut(|message| {
            if message.asker() != at {
                return true;
            }
            message.id = message.id.and_then(|id| names.get(&id).copied());
            message.id.is_some() || matches!(*message.content, Content::Request(_))
        });
        for other in 0..self.nodes.len() {
            for call in self.node(other).raft.waiting_calls() {
                if let Some((asker, id)) = network::asker(call)
                    && asker == at
                    && !names.contains_key(&id)
                {
                    self.forget_call(bounds, other, at, Some(id));
                }
            }
        }
    }

    /// A fetch that waits at a node will not be answered.
    fn forget_call(&mut self, bounds: &Bounds, at: usize, asker: usize, id: Option<RequestId>) {
        let call = network::call(asker, id);
        let mut member = self.node(at).clone();
        let said = member.step(bounds, Input::CallerGone { call });
        self.put(bounds, at, member, said);
    }

    fn send(&mut self, bounds: &Bounds, from: usize, said: Said, names: &BTreeMap<RequestId, RequestId>) {
        match said {
            Said::Send {
                request: AnyRequest::Fetch(_),
                ..
            } if self.is_unheard(bounds, from) => {}
            Said::Send { id, to, request } => {
                let looks_up = matches!(request, AnyRequest::Fetch(_)) && self.is_lost(from);
                self.spent.lookups += u8::from(looks_up);
                let id = names.get(&id).copied();
                let message = match (is_pre_vote(&request) && bounds.is_older(to), id) {
                    (false, id) => Message::request(from, to, id, request),
                    (true, Some(id)) => Message::response(to, from, id, Err(NoAnswer::Unsupported)),
                    (true, None) => return,
                };
                self.network.push(message);
            }
            Said::Answer { call, response } => {
                let waits = |(asker, id): &(usize, RequestId)| {
                    self.node(*asker)
                        .raft
                        .waiting_requests()
                        .any(|waiting| waiting == *id)
                };
                if let Some((asker, id)) = network::asker(call).filter(waits) {
                    self.network
                        .push(Message::response(from, asker, id, Ok(response)));
                }
            }
            Said::Committed(_) | Said::Failed(_) => {}
        }
    }

    fn key(&self) -> (impl Iterator<Item = u64>, u64, &[Message], Spent) {
        let nodes = self.nodes.iter().map(|(_, digest)| *digest);
        (nodes, self.history.1, &self.network, self.spent)
    }
}

fn stands(member: &Member) -> bool {
    matches!(member.raft.role(), RoleName::Prospective | RoleName::Candidate)
}

fn is_pre_vote(request: &AnyRequest) -> bool {
    matches!(request, AnyRequest::Vote(vote) if vote.topics[0].partitions[0].pre_vote)
}

impl PartialEq for Quorum {
    fn eq(&self, other: &Quorum) -> bool {
        let (nodes, history, network, spent) = self.key();
        let (other_nodes, other_history, other_network, other_spent) = other.key();
        nodes.eq(other_nodes) && (history, network, spent) == (other_history, other_network, other_spent)
    }
}

impl Hash for Quorum {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        let (nodes, history, network, spent) = self.key();
        nodes.for_each(|digest| digest.hash(hasher));
        (history, network, spent).hash(hasher);
    }
}
