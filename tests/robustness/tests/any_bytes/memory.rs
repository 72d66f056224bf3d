//! How much memory reading takes, and how much it may: twice the input and a mebibyte.
//!
//! | input | what counts |
//! |---|---|
//! | a file | its length; a frame of a capture, a batch or a payload is held once, with room for what it expands to |
//! | a sealed capture | 19 MiB more while the passphrase becomes a key: that is what makes guessing dear |
//! | a compressed snapshot | instead of its length, that of its longest payload: it is delivered in one piece |
//! | a payload on its way into the legacy model | `model.rs`: the model is what was asked for |
//! | a data directory | as its files; besides, a number per znode and what the logs touched (`model.rs`) |
//!
//! Counted is what Rust allocates. zstd has some 150 KB of its own for each frame, whatever it holds.

use std::sync::{Mutex, MutexGuard, PoisonError};

use kraft_bridge_robustness::Kind;
use peak_alloc::PeakAlloc;

/// Counts what is allocated. A buffer that grows counts twice while it moves, as if it always had to.
#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

const MEBIBYTE: usize = 1024 * 1024;

/// Held by every test that measures: memory is the process's.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The most that was allocated at one moment of `run`, in bytes, beyond what was before.
///
/// The threads of the test harness allocate and free as well, now and then between two of these lines:
/// a `run` that needs next to nothing may then seem to need less than nothing.
pub(crate) fn peak(run: impl FnOnce()) -> usize {
    HEAP.reset_peak_usage();
    let before = HEAP.current_usage();
    run();
    HEAP.peak_usage().saturating_sub(before)
}

/// What reading an input of this many bytes may take.
pub(crate) fn allowed(kind: &Kind, input: usize) -> usize {
    let passphrase = if kind.name == "sealed_capture" {
        19 * MEBIBYTE
    } else {
        0
    };
    // The elements of a request are many and small.
    let expansion = if kind.name == "request" { 9 } else { 2 };
    expansion * input + MEBIBYTE + passphrase
}
