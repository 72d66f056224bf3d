//! What must always be so, one invariant a file, checked after every event.
//!
//! Two are kept elsewhere, because they are the purpose of the whole: [`crate::ledger`] holds every node to what was
//! committed and acknowledged, and [`crate::run`] demands that a healed quorum comes right.

mod check_quorum;
mod durability;
mod election;
mod high_watermark;
mod jvm_peer;
mod log_matching;
mod log_start;
mod new_epochs;
mod one_fetch;
mod truncation;
mod voter_sets;
mod votes;

use std::time::Duration;

use kraft_bridge_protocol::rpc::{AnyRequest, AnyResponse};
use kraft_bridge_protocol::{Offset, OffsetAndEpoch};
use kraft_bridge_raft::quorum::{Raft, Timeouts};

use crate::host::{Host, Running};
use crate::ledger::Ledger;

/// Something that must not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// What should have been so.
    pub invariant: &'static str,
    /// What is.
    pub problem: String,
}

impl Violation {
    /// A violation of an invariant.
    pub fn new(invariant: &'static str, problem: String) -> Violation {
        Violation { invariant, problem }
    }
}

/// What just happened to a node.
#[derive(Debug)]
pub enum Seen<'a> {
    /// It started.
    Started,
    /// It took an input.
    Stepped,
    /// It is about to take a request.
    Asked {
        /// Which.
        request: &'a AnyRequest,
    },
    /// It sends a request.
    Sends {
        /// Which.
        request: &'a AnyRequest,
    },
    /// It answers a request.
    Answers {
        /// Which.
        request: &'a AnyRequest,
        /// With what.
        response: &'a AnyResponse,
    },
    /// It is about to take an answer that it waits for.
    Receives {
        /// Whose.
        from: usize,
        /// To what.
        request: &'a AnyRequest,
        /// The answer.
        response: &'a AnyResponse,
    },
    /// It said that all below is committed, and the ledger agrees.
    Published {
        /// Where that ends.
        end: Offset,
    },
    /// It replaced its log by a checkpoint.
    Reset,
    /// It took a checkpoint of its own into service.
    TookCheckpoint {
        /// Which.
        id: OffsetAndEpoch,
    },
}

/// The world, seen from the node that something happened to.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// All hosts.
    pub hosts: &'a [Host],
    /// The node's.
    pub at: usize,
    /// What was committed.
    pub ledger: &'a Ledger,
    /// How patient all are.
    pub timeouts: Timeouts,
    /// What time it is.
    pub time: Duration,
}

impl<'a> View<'a> {
    fn host(&self) -> &'a Host {
        &self.hosts[self.at]
    }

    fn running(&self) -> &'a Running {
        let running = self.host().running.as_ref();
        running.expect("it was a process that something happened to")
    }

    fn raft(&self) -> &'a Raft {
        self.running().node.raft()
    }
}

/// An invariant.
trait Invariant: std::fmt::Debug {
    /// What must be so, in a sentence.
    fn sentence(&self) -> &'static str;

    /// Looks at what happened; says what is wrong, if anything is.
    fn see(&mut self, view: &View<'_>, seen: &Seen<'_>) -> Result<(), String>;
}

/// All of them.
#[derive(Debug)]
pub struct Invariants(Vec<Box<dyn Invariant>>);

impl Default for Invariants {
    fn default() -> Invariants {
        Invariants(vec![
            Box::new(election::OneLeader::default()),
            Box::new(new_epochs::BegunByCandidates::default()),
            Box::new(check_quorum::StepsDown::default()),
            Box::new(votes::Votes::default()),
            Box::new(high_watermark::Monotonic::default()),
            Box::new(durability::OnMajority),
            Box::new(log_matching::LogMatching::default()),
            Box::new(voter_sets::OneAtATime::default()),
            Box::new(truncation::KeepsCommitted),
            Box::new(log_start::AtCheckpoint),
            Box::new(one_fetch::OneFetch),
            Box::new(jvm_peer::KillsNoPeer::default()),
        ])
    }
}

impl Invariants {
    /// Holds what happened to all of them.
    ///
    /// # Errors
    ///
    /// [`Violation`]: the first one.
    pub fn see(&mut self, view: &View<'_>, seen: &Seen<'_>) -> Result<(), Violation> {
        for invariant in &mut self.0 {
            let checked = invariant.see(view, seen);
            let at = view.at;
            checked
                .map_err(|problem| Violation::new(invariant.sentence(), format!("host{at}: {problem}")))?;
        }
        Ok(())
    }
}
