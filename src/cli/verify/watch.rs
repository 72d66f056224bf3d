//! `verify --watch`: pass after pass, a line for each, and the whole report whenever what differs has changed.

use std::collections::BTreeSet;
use std::fmt;
use std::time::{Duration, Instant};

use kraft_bridge_migration::parity::{Belief, Notice, Place, Standing, Terms, Verdict, rfc3339};
use kraft_bridge_migration::znode::Zxid;
use kraft_bridge_protocol::Offset;
use serde::Serialize;

use super::{Verify, outcome};
use crate::cli::{Outcome, Output};
use crate::clock;
use crate::report::Delivery;
use crate::verify::Verification;

/// How often, and how many times.
pub(super) struct Watch {
    pub(super) every: Duration,
    /// No end if `None`.
    pub(super) passes: Option<u64>,
}

/// What one pass found.
#[derive(Serialize)]
#[serde(rename_all = "camelCase", tag = "kind", rename = "pass")]
struct PassLine {
    time: String,
    verdict: Verdict,
    last_zxid: Zxid,
    end_offset: Offset,
    differences: u64,
    settled: u64,
    /// Seconds since the last pass that was clean; absent until there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    clean_seconds_ago: Option<u64>,
}

/// A pass that could not be made.
#[derive(Serialize)]
#[serde(rename_all = "camelCase", tag = "kind", rename = "failed")]
struct FailedLine {
    problem: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    clean_seconds_ago: Option<u64>,
}

/// What is known from pass to pass.
#[derive(Default)]
struct State {
    last_clean: Option<Instant>,
    /// Where it differed, and what could not be compared, when the whole report was given last.
    reported: Option<(BTreeSet<Place>, Vec<Notice>)>,
}

impl Watch {
    /// Goes on until the passes are through; the last one decides how the command ends.
    ///
    /// # Errors
    ///
    /// When the last pass could not be made, or the first one could not even begin.
    pub(super) fn run(
        self,
        verify: &Verify,
        mut terms: Terms,
        delivery: &Delivery,
        out: &mut Output,
    ) -> anyhow::Result<Outcome> {
        let mut state = State::default();
        let mut verification = Some(verify.open()?);
        let mut pass = 0;
        loop {
            pass += 1;
            terms.now = clock::report_time()?;
            let ended = state.pass(verify, &mut verification, &terms, delivery, out);
            if self.passes == Some(pass) {
                verification.into_iter().for_each(Verification::close);
                return ended.and_then(|standing| outcome(standing.verdict, &standing.not_compared));
            }
            if let Err(error) = ended {
                // What failed in the middle is read anew, from the start.
                verification = None;
                let problem = format!("{error:#}");
                let clean_seconds_ago = state.clean_seconds_ago();
                one_line(
                    out,
                    &FailedLine {
                        problem,
                        clean_seconds_ago,
                    },
                )?;
            }
            clock::pause(self.every);
        }
    }
}

impl State {
    fn pass(
        &mut self,
        verify: &Verify,
        verification: &mut Option<Verification>,
        terms: &Terms,
        delivery: &Delivery,
        out: &mut Output,
    ) -> anyhow::Result<Standing> {
        let verification = match verification {
            Some(verification) => verification,
            None => verification.insert(verify.open()?),
        };
        let belief = verification.pass(terms)?;
        let standing = verification.standing(terms, &belief);
        if standing.verdict == Verdict::Equal {
            self.last_clean = Some(now());
        }
        let line = PassLine::new(verification, terms, &belief, &standing, self.clean_seconds_ago());
        // A report takes a walk through both sides; what has not changed need not be told again.
        let found = (belief.places.clone(), standing.not_compared.clone());
        if self.reported.as_ref() != Some(&found) {
            delivery.deliver(&verification.report(terms, &belief), out)?;
            self.reported = Some(found);
        }
        one_line(out, &line)?;
        Ok(standing)
    }

    fn clean_seconds_ago(&self) -> Option<u64> {
        Some(now().duration_since(self.last_clean?).as_secs())
    }
}

impl PassLine {
    fn new(
        verification: &Verification,
        terms: &Terms,
        belief: &Belief,
        standing: &Standing,
        clean_seconds_ago: Option<u64>,
    ) -> PassLine {
        let (last_zxid, end_offset) = verification.seen();
        PassLine {
            time: rfc3339(terms.now),
            verdict: standing.verdict,
            last_zxid,
            end_offset,
            differences: belief.places.len() as u64,
            settled: belief.settling.settled,
            clean_seconds_ago,
        }
    }
}

impl fmt::Display for PassLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PassLine {
            time,
            verdict,
            last_zxid,
            end_offset,
            differences,
            settled,
            ..
        } = self;
        write!(
            f,
            "{time}  {verdict}: {differences} differences at zxid {last_zxid} and offset {end_offset}"
        )?;
        if *settled > 0 {
            write!(f, ", {settled} settled")?;
        }
        write!(f, "; {}", Age(self.clean_seconds_ago))
    }
}

impl fmt::Display for FailedLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "not compared: {}; {}",
            self.problem,
            Age(self.clean_seconds_ago)
        )
    }
}

/// Age of the last clean result.
struct Age(Option<u64>);

impl fmt::Display for Age {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(seconds) => write!(f, "last clean {seconds} s ago"),
            None => f.write_str("never clean so far"),
        }
    }
}

fn one_line(out: &mut Output, line: &(impl Serialize + fmt::Display)) -> anyhow::Result<()> {
    let mut lines = out.lines();
    lines.line(line)?;
    Ok(lines.finish()?)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the age of a result is told in real time"
)]
fn now() -> Instant {
    Instant::now()
}
