//! What happened, as one number to compare runs by, and on request as text to read.

use std::hash::{Hash, Hasher};
use std::time::Duration;

use crate::digest::Digest;

/// The history of a run.
#[derive(Debug)]
pub struct History {
    digest: Digest,
    /// Things that happened.
    pub events: u64,
    lines: Option<Vec<String>>,
}

/// What a readable history shows.
const LEGEND: &str =
    "milliseconds, host [role of epoch, high watermark/durable end/end of the log], what happens";

impl History {
    /// An empty one; with text if it is to be read.
    pub fn new(readable: bool) -> History {
        History {
            digest: Digest::EMPTY,
            events: 0,
            lines: readable.then(|| vec![LEGEND.to_owned()]),
        }
    }

    /// Takes note of something: `what` for the number, `text` for readers.
    pub fn note(&mut self, time: Duration, what: &(impl Hash + ?Sized), text: impl FnOnce() -> String) {
        self.events += 1;
        time.hash(&mut self.digest);
        what.hash(&mut self.digest);
        if let Some(lines) = &mut self.lines {
            lines.push(format!("{:>10.3} {}", time.as_secs_f64() * 1000.0, text()));
        }
    }

    /// One number for all of it.
    pub fn digest(&self) -> u64 {
        self.digest.finish()
    }

    /// The text, empty unless asked for.
    pub fn into_lines(self) -> Vec<String> {
        self.lines.unwrap_or_default()
    }
}
