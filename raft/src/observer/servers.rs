//! Whom to ask: the leader, as far as it is known, or each of the bootstrap servers in turn.
//!
//! ```text
//!           named by an answer, newer epoch or same
//!  unknown ────────────────────────────────────────▶ leader
//!     ▲  └─ next bootstrap server, a pause a round     │
//!     └──────────── lost, or leads no more ────────────┘
//! ```

use std::collections::BTreeMap;
use std::time::Duration;

use kraft_bridge_protocol::rpc::LeaderIdAndEpoch;
use kraft_bridge_protocol::{Epoch, NodeId};

use super::ObserverError;
use crate::endpoint::Endpoint;

/// Pause between two rounds through the servers.
const PAUSE: Duration = Duration::from_millis(200);

/// Why a server gave no answer that helps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// What happened, and what to do.
    pub reason: String,
    /// Whether asking again would end the same way: a login that is refused, say.
    pub is_final: bool,
}

/// The servers, and what is known of their leader. Times count from any one moment.
#[derive(Debug)]
pub(super) struct Servers {
    bootstrap: Vec<Endpoint>,
    patience: Duration,
    epoch: Epoch,
    leader: Option<Endpoint>,
    /// Position among the bootstrap servers.
    next: usize,
    /// Fruitless answers since the last pause.
    tries: usize,
    pause_until: Duration,
    /// Since when nothing helped.
    waiting_since: Duration,
    losses: BTreeMap<Endpoint, Loss>,
}

/// What to do next about the servers.
#[derive(Debug)]
pub(super) enum Turn {
    Ask(Endpoint),
    Pause(Duration),
}

impl Servers {
    /// # Panics
    ///
    /// If there is no server.
    pub(super) fn new(bootstrap: Vec<Endpoint>, patience: Duration) -> Servers {
        assert!(
            !bootstrap.is_empty(),
            "a quorum is reached through one server at least"
        );
        Servers {
            bootstrap,
            patience,
            epoch: Epoch(0),
            leader: None,
            next: 0,
            tries: 0,
            pause_until: Duration::ZERO,
            waiting_since: Duration::ZERO,
            losses: BTreeMap::new(),
        }
    }

    /// The newest epoch seen.
    pub(super) fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Begins to wait for an answer that helps.
    pub(super) fn begin(&mut self, now: Duration) {
        self.waiting_since = now;
        self.losses.clear();
    }

    /// Whom to ask now.
    ///
    /// # Errors
    ///
    /// [`ObserverError::NoLeader`] when patience is at its end, or no server could ever help.
    pub(super) fn turn(&self, now: Duration) -> Result<Turn, ObserverError> {
        let is_hopeless = |server| self.losses.get(server).is_some_and(|loss| loss.is_final);
        let waited = now.saturating_sub(self.waiting_since);
        if waited >= self.patience || self.bootstrap.iter().all(is_hopeless) {
            return Err(self.no_leader(waited));
        }
        if now < self.pause_until {
            return Ok(Turn::Pause(self.pause_until - now));
        }
        let server = self.leader.as_ref().unwrap_or(&self.bootstrap[self.next]);
        Ok(Turn::Ask(server.clone()))
    }

    fn no_leader(&self, waited: Duration) -> ObserverError {
        let list = |servers: &mut dyn Iterator<Item = String>| servers.collect::<Vec<_>>();
        ObserverError::NoLeader {
            servers: list(&mut self.bootstrap.iter().map(Endpoint::to_string)).join(","),
            waited,
            reasons: list(
                &mut self
                    .losses
                    .iter()
                    .map(|(server, loss)| format!("{server} {}", loss.reason)),
            )
            .join("; "),
        }
    }

    /// `server` answered as the leader does.
    pub(super) fn leads(&mut self, server: &Endpoint) {
        self.leader = Some(server.clone());
    }

    /// `server` leads, and its answer brought the reading forward.
    pub(super) fn helped(&mut self, now: Duration, server: &Endpoint) {
        self.leads(server);
        self.tries = 0;
        self.begin(now);
    }

    /// `server` did not help, and did not say who could.
    pub(super) fn lost(&mut self, now: Duration, server: &Endpoint, loss: Loss) {
        if self.leader.as_ref() == Some(server) {
            self.leader = None;
        } else {
            self.next = (self.next + 1) % self.bootstrap.len();
        }
        self.losses.insert(server.clone(), loss);
        self.tries += 1;
        if self.tries.is_multiple_of(self.bootstrap.len()) {
            self.pause_until = now + PAUSE;
        }
    }

    /// `server` says who leads instead of it, as far as it knows; `endpoints` say where nodes are.
    pub(super) fn learn(
        &mut self,
        now: Duration,
        server: &Endpoint,
        said: &LeaderIdAndEpoch,
        endpoints: &[(NodeId, Endpoint)],
    ) {
        let endpoint = said
            .leader_id
            .and_then(|leader| endpoints.iter().find(|(id, _)| *id == leader))
            .map(|(_, endpoint)| endpoint.clone());
        let is_newer = said.leader_epoch > self.epoch;
        if is_newer {
            self.epoch = said.leader_epoch;
            self.leader = endpoint;
            return;
        }
        let is_named = said.leader_epoch == self.epoch && endpoint.as_ref().is_some_and(|it| it != server);
        let reason = match said.leader_id {
            _ if said.leader_epoch < self.epoch => format!("knows epoch {} only", said.leader_epoch),
            None => format!("knows no leader of epoch {}", self.epoch),
            Some(leader) => format!("says that node {leader} leads epoch {}", self.epoch),
        };
        self.lost(
            now,
            server,
            Loss {
                reason,
                is_final: false,
            },
        );
        if is_named {
            self.leader = endpoint;
        }
    }
}
