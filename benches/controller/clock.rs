//! The one place where time is read.

use std::time::{Duration, Instant};

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// What comes of it, and how long it took.
pub(crate) fn timed<T>(act: impl FnOnce() -> T) -> (T, Duration) {
    let begun = now();
    let done = act();
    (done, begun.elapsed())
}

#[expect(
    clippy::disallowed_methods,
    reason = "nobody tells when another process is ready"
)]
pub(crate) fn pause(time: Duration) {
    std::thread::sleep(time);
}
