//! One pass after the other over two sides that may be moving.

use std::time::{Duration, Instant};

use kraft_bridge_migration::capture::CaptureError;
use kraft_bridge_migration::diff::Scope;
use kraft_bridge_migration::parity::{self, Belief, Report, Settle, Standing, Terms};
use kraft_bridge_migration::znode::Zxid;
use kraft_bridge_protocol::Offset;

use super::{Kraft, TargetError, Zookeeper};
use crate::clock::pause;

/// Pauses between two readings of what differs.
const PAUSE: Duration = Duration::from_millis(500);
/// For so many windows a difference may change its values before it is given up.
const WINDOWS_MAX: u32 = 6;

/// Why a pass could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PassError {
    /// The ZooKeeper side can't be read.
    #[error(transparent)]
    Zookeeper(#[from] CaptureError),
    /// The KRaft side can't be read.
    #[error(transparent)]
    Kraft(#[from] TargetError),
}

/// Two sides that are compared, once or again and again.
pub(crate) struct Verification {
    zookeeper: Zookeeper,
    kraft: Kraft,
    settle: Settle,
    window: Duration,
    /// The moment that times count from.
    start: Instant,
    is_first: bool,
}

impl Verification {
    /// Compares two sides that have just been read. What differs on a side that runs must stay for `window`.
    #[expect(
        clippy::disallowed_methods,
        reason = "the edge, from which the time is passed in"
    )]
    pub(crate) fn new(zookeeper: Zookeeper, kraft: Kraft, window: Duration) -> Verification {
        let window = if zookeeper.is_live() || kraft.is_live() {
            window
        } else {
            Duration::ZERO
        };
        let settle = Settle::new(window);
        Verification {
            zookeeper,
            kraft,
            settle,
            window,
            start: Instant::now(),
            is_first: true,
        }
    }

    /// Brings both sides up to date and looks at what was touched, until whatever differs has stayed or is gone.
    ///
    /// # Errors
    ///
    /// [`PassError`]: then both sides must be read anew.
    pub(crate) fn pass(&mut self, terms: &Terms) -> Result<Belief, PassError> {
        let begun = self.start.elapsed();
        let mut rounds = 0;
        self.round(terms)?;
        loop {
            let now = self.start.elapsed();
            if !self.settle.is_open(now) || now - begun > self.window * WINDOWS_MAX {
                return Ok(self.settle.belief(now, rounds));
            }
            pause(PAUSE.min(self.window));
            self.round(terms)?;
            rounds += 1;
        }
    }

    fn round(&mut self, terms: &Terms) -> Result<(), PassError> {
        let mut scopes = self.settle.scopes();
        if std::mem::take(&mut self.is_first) {
            scopes.insert(Scope::All);
        } else {
            self.zookeeper.catch_up(&self.settle.paths(), &mut scopes)?;
            self.kraft.catch_up(&mut scopes)?;
        }
        let (observed, wanted) = (self.zookeeper.observed(), self.kraft.wanted());
        let found = parity::unexplained(observed, wanted, terms, &scopes);
        self.settle.pass(self.start.elapsed(), &scopes, found);
        Ok(())
    }

    /// How both sides stand after a pass, without the report.
    pub(crate) fn standing(&self, terms: &Terms, belief: &Belief) -> Standing {
        parity::standing(self.zookeeper.observed(), self.kraft.wanted(), terms, belief)
    }

    /// Where both sides were seen last.
    pub(crate) fn seen(&self) -> (Zxid, Offset) {
        (
            self.zookeeper.observed().summary.last_zxid,
            self.kraft.wanted().end.offset,
        )
    }

    /// The whole report, of both sides as they were read last.
    pub(crate) fn report(&self, terms: &Terms, belief: &Belief) -> Report {
        parity::compare(
            self.zookeeper.observed(),
            self.kraft.wanted(),
            terms,
            Some(belief),
        )
    }

    /// Ends what is open.
    pub(crate) fn close(self) {
        self.zookeeper.close();
    }
}
