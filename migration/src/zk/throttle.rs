//! How fast an ensemble that serves others is read.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Spreads the reads over time.
pub(super) struct Throttle {
    per_second: Option<u32>,
    next: Instant,
}

impl Throttle {
    /// At most `per_second` znodes in a second, if that is bounded.
    pub(super) fn new(per_second: Option<u32>) -> Throttle {
        Throttle {
            per_second,
            next: Instant::now(),
        }
    }

    /// Paths that may be asked for at once, so that a tenth of a second is the coarsest step.
    pub(super) fn batch_paths(&self, paths_max: usize) -> usize {
        match self.per_second {
            Some(rate) => usize::try_from(rate / 10)
                .unwrap_or(paths_max)
                .clamp(1, paths_max),
            None => paths_max,
        }
    }

    /// Waits until `paths` more may be read.
    pub(super) async fn admit(&mut self, paths: usize) {
        let Some(rate) = self.per_second else { return };
        sleep_until(self.next).await;
        let share = Duration::from_secs_f64(paths as f64 / f64::from(rate.max(1)));
        self.next = self.next.max(Instant::now()) + share;
    }
}
