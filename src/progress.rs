//! Progress on a terminal: what has been done, at what rate, and how long it will take. Silent otherwise.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use kraft_bridge_migration::capture::{Capture, CaptureError, SinkError, Summary, ZnodeSink};
use kraft_bridge_migration::znode::Znode;

/// How often the line is drawn anew, so that it moves even while a server keeps us waiting.
const TICK: Duration = Duration::from_millis(200);

/// A sink that counts what goes through it.
pub(crate) struct Progress<'a> {
    sink: &'a mut dyn ZnodeSink,
    bar: ProgressBar,
}

impl<'a> Progress<'a> {
    /// Shows how `sink` is filled.
    pub(crate) fn reading(sink: &'a mut dyn ZnodeSink) -> Progress<'a> {
        Progress {
            sink,
            bar: bar("{spinner} read {human_pos} znodes, {per_sec}, {elapsed}"),
        }
    }

    /// Reads `capture` to its end.
    ///
    /// # Errors
    ///
    /// As the capture itself.
    pub(crate) fn follow(mut self, capture: &mut dyn Capture) -> Result<Summary, CaptureError> {
        let read = capture.read(&mut self);
        self.bar.finish_and_clear();
        read
    }
}

impl ZnodeSink for Progress<'_> {
    fn expect(&mut self, znodes: u64) {
        self.bar.set_length(znodes);
        self.bar.set_style(style(
            "{bar:30} {human_pos} of {human_len} znodes, {per_sec}, {eta} left",
        ));
        self.sink.expect(znodes);
    }

    fn znode(&mut self, znode: &Znode<'_>) -> Result<(), SinkError> {
        self.bar.inc(1);
        self.sink.znode(znode)
    }

    fn gone(&mut self, path: &str) -> Result<(), SinkError> {
        self.sink.gone(path)
    }

    fn unreadable(&mut self, path: &str, reason: &str) -> Result<(), SinkError> {
        self.sink.unreadable(path, reason)
    }
}

/// A bar for records that are being written, `total` of them.
pub(crate) fn writing(total: u64) -> ProgressBar {
    let bar = bar("{bar:30} {human_pos} of {human_len} records, {per_sec}, {eta} left");
    bar.set_length(total);
    bar
}

/// A bar for a metadata log that is being read; its length is not known of a quorum that runs.
pub(crate) fn reading_log(bytes: Option<u64>) -> ProgressBar {
    let bar = match bytes {
        Some(_) => bar(
            "{bar:30} {binary_bytes} of {binary_total_bytes} of the metadata log, {binary_bytes_per_sec}, {eta} left",
        ),
        None => bar("{spinner} read {human_pos} records of the metadata log, {per_sec}, {elapsed}"),
    };
    if let Some(bytes) = bytes {
        bar.set_length(bytes);
    }
    bar
}

fn bar(template: &str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    bar.set_style(style(template));
    bar.enable_steady_tick(TICK);
    bar
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the template is a constant")
}
