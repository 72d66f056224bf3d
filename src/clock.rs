//! The present, and waiting: what only the edge does.

use std::time::{Duration, Instant, SystemTime};

use anyhow::Context;
use kraft_bridge_protocol::Timestamp;
use kraft_bridge_raft::quorum::Now;

/// The present.
///
/// # Errors
///
/// When the clock is before 1970, or too far ahead for any log.
#[expect(
    clippy::disallowed_methods,
    reason = "the edge, from which the time is passed in"
)]
pub(crate) fn now() -> anyhow::Result<Timestamp> {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let millis = since_1970.context("the clock is before 1970")?.as_millis();
    Ok(Timestamp(
        i64::try_from(millis).context("the clock is too far ahead")?,
    ))
}

/// The present, or the time that `SOURCE_DATE_EPOCH` sets, so that a report can be made again byte for byte.
///
/// # Errors
///
/// As [`now`], or when the variable is no number of seconds.
pub(crate) fn report_time() -> anyhow::Result<Timestamp> {
    let Ok(text) = std::env::var("SOURCE_DATE_EPOCH") else {
        return now();
    };
    let seconds: i64 = text
        .parse()
        .with_context(|| format!("SOURCE_DATE_EPOCH={text} is no number of seconds"))?;
    Ok(Timestamp(seconds.saturating_mul(1000)))
}

/// Waits, where there is no event to wait for: what is outside must be asked again.
#[expect(
    clippy::disallowed_methods,
    reason = "the edge: nothing else is to be done meanwhile"
)]
pub(crate) fn pause(duration: Duration) {
    std::thread::sleep(duration);
}

/// The clocks of a node that runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock(Instant);

impl Clock {
    /// Begins to count.
    #[expect(
        clippy::disallowed_methods,
        reason = "the edge, from which the time is passed in"
    )]
    pub(crate) fn start() -> Clock {
        Clock(Instant::now())
    }

    /// Time since the start.
    pub(crate) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }

    /// Both times.
    pub(crate) fn now(self) -> Now {
        Now {
            elapsed: self.elapsed(),
            wall: wall(),
        }
    }
}

/// What the clock on the wall shows; 1970 if it is set to before that.
#[expect(
    clippy::disallowed_methods,
    reason = "the edge, from which the time is passed in"
)]
pub(crate) fn wall() -> Timestamp {
    let since_1970 = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp(i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX))
}
