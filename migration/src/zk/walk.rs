//! In which order a live tree is read: many znodes in flight, delivered one by one in subtree order.
//!
//! ```text
//!  waiting ─next_batch─▶ in flight ─answered─▶ arrived ─next_step─▶ delivered
//!     ▲                     │ lost                │
//!     │                     ▼                     │
//!     │                  suspects (one at a time) │
//!     └───────── the children of what arrived ◀───┘
//! ```
//!
//! What is read next is always the first in subtree order that nobody has asked for. So the reading runs ahead of
//! the delivery by little more than what is in flight, whatever the shape of the tree: the memory holds the names of
//! the siblings not yet read along the way down, and the few thousand znodes around it.
//!
//! A lost connection takes all batches in flight with it, and one of them may be its reason (an answer that the
//! server, or something between, can't bring itself to send). So each is tried again alone, halved if it is lost
//! again, and a single path that is lost [`LOSSES_MAX`] times while nothing else is in flight is unreadable.
//!
//! No input or output happens here: `live.rs` carries batches to the ensemble and answers back.

use std::collections::{BTreeMap, BTreeSet};

use crate::znode::Stat;

/// How often a single path may cost the connection.
pub(crate) const LOSSES_MAX: u32 = 3;

/// Paths of the first batch: nothing is known yet of how long the answers are.
const FIRST_BATCH_PATHS: usize = 32;

/// What an answer takes per path beside payload and names.
const ANSWER_OVERHEAD: usize = 100;

/// How much may be asked for at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Batches in flight.
    pub(crate) batches: usize,
    /// Paths of a batch.
    pub(crate) batch_paths: usize,
    /// Bytes of a batch's paths.
    pub(crate) request_bytes: usize,
    /// Bytes that the answer to a batch should not exceed, as far as can be foreseen.
    pub(crate) answer_bytes: usize,
    /// Bytes of payloads that may wait for their delivery before the reading stops running ahead.
    pub(crate) held_bytes: usize,
}

/// A znode's place: its rank among its siblings, and those of all above it. Compares in subtree order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Position(Vec<u32>);

impl Position {
    fn child(&self, rank: u32) -> Position {
        Position([self.0.as_slice(), &[rank]].concat())
    }
}

/// Paths that are asked for together.
#[derive(Debug)]
pub(crate) struct Batch {
    positions: Vec<Position>,
    /// The absolute paths, in subtree order; never empty.
    pub(crate) paths: Vec<String>,
    is_suspect: bool,
    losses: u32,
}

/// What the ensemble says of one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It exists.
    Read {
        /// Payload, empty for none.
        data: Vec<u8>,
        /// Its stat when the payload was read.
        stat: Stat,
        /// Names of its children in any order.
        children: Vec<String>,
    },
    /// It doesn't, or not any more.
    Missing,
    /// It may not or cannot be read: why, and what to do.
    Unreadable(String),
}

/// A batch's answers did not arrive; says what arrived instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lost(pub(crate) String);

/// The next thing to tell, in subtree order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// Absolute path below the chroot.
    pub(crate) path: String,
    /// What stands there.
    pub(crate) what: Seen,
}

/// What stands at a path; as [`Answer`], without children.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// A znode.
    Znode {
        /// Payload.
        data: Vec<u8>,
        /// Stat.
        stat: Stat,
    },
    /// Nothing, although its parent named it a moment ago.
    Missing,
    /// A znode that can't be read.
    Unreadable(String),
}

/// Children of one parent that nobody has asked for yet.
#[derive(Debug)]
struct Siblings {
    parent: Position,
    /// Path of the parent with a slash at its end.
    prefix: String,
    next_rank: u32,
    names: std::vec::IntoIter<String>,
}

/// One walk through the tree.
#[derive(Debug)]
pub(crate) struct Walk {
    limits: Limits,
    /// A child of the root that is passed over with all below it.
    skipped_child: Option<&'static str>,
    /// By the position of the next sibling.
    waiting: BTreeMap<Position, Siblings>,
    /// By the position of the first path.
    suspects: BTreeMap<Position, Batch>,
    /// Positions of the first paths.
    in_flight: BTreeSet<Position>,
    arrived: BTreeMap<Position, Step>,
    held_bytes: usize,
    batch_paths: usize,
    /// Number of topics, once it is known.
    topics: Option<u64>,
}

impl Walk {
    /// A walk from the root (`/`) through everything but `skipped_child` of the root.
    pub(crate) fn new(limits: Limits, skipped_child: Option<&'static str>) -> Walk {
        let root = Batch {
            positions: vec![Position(Vec::new())],
            paths: vec!["/".to_owned()],
            is_suspect: true,
            losses: 0,
        };
        Walk {
            limits,
            skipped_child,
            waiting: BTreeMap::new(),
            suspects: BTreeMap::from([(Position(Vec::new()), root)]),
            in_flight: BTreeSet::new(),
            arrived: BTreeMap::new(),
            held_bytes: 0,
            batch_paths: limits.batch_paths.min(FIRST_BATCH_PATHS),
            topics: None,
        }
    }

    /// Number of topics, once it is known.
    #[cfg(feature = "live")]
    pub(crate) fn topics(&self) -> Option<u64> {
        self.topics
    }

    /// Whether everything has been delivered.
    pub(crate) fn is_done(&self) -> bool {
        self.waiting.is_empty()
            && self.suspects.is_empty()
            && self.in_flight.is_empty()
            && self.arrived.is_empty()
    }

    /// What to ask for next, if anything may be asked for now.
    pub(crate) fn next_batch(&mut self) -> Option<Batch> {
        if !self.suspects.is_empty() {
            if !self.in_flight.is_empty() {
                return None;
            }
            let (first, batch) = self.suspects.pop_first()?;
            self.in_flight.insert(first);
            return Some(batch);
        }
        let is_ahead = !self.in_flight.is_empty() && self.held_bytes > self.limits.held_bytes;
        if is_ahead || self.in_flight.len() >= self.limits.batches {
            return None;
        }
        let batch = self.collect_batch()?;
        self.in_flight.insert(batch.positions[0].clone());
        Some(batch)
    }

    fn collect_batch(&mut self) -> Option<Batch> {
        let (mut positions, mut paths, mut bytes) = (Vec::new(), Vec::new(), 0);
        while paths.len() < self.batch_paths && bytes < self.limits.request_bytes {
            let Some((position, mut siblings)) = self.waiting.pop_first() else {
                break;
            };
            let name = siblings.names.next().expect("siblings are never empty");
            let path = format!("{}{name}", siblings.prefix);
            bytes += path.len();
            paths.push(path);
            positions.push(position);
            siblings.next_rank += 1;
            self.wait_for(siblings);
        }
        (!paths.is_empty()).then_some(Batch {
            positions,
            paths,
            is_suspect: false,
            losses: 0,
        })
    }

    fn wait_for(&mut self, siblings: Siblings) {
        if siblings.names.len() > 0 {
            self.waiting
                .insert(siblings.parent.child(siblings.next_rank), siblings);
        }
    }

    /// Takes the answers to a batch, one for each of its paths.
    pub(crate) fn answered(&mut self, batch: Batch, answers: Result<Vec<Answer>, Lost>) {
        self.in_flight.remove(&batch.positions[0]);
        match answers {
            Ok(answers) if answers.len() == batch.paths.len() => {
                self.adapt(&answers);
                let paths = batch.positions.into_iter().zip(batch.paths);
                for ((position, path), answer) in paths.zip(answers) {
                    self.arrive(position, path, answer);
                }
            }
            Ok(answers) => self.suspect(batch, &format!("{} answers came", answers.len())),
            Err(Lost(problem)) => self.suspect(batch, &problem),
        }
    }

    /// Makes batches as long as their answers allow, going by the last one.
    fn adapt(&mut self, answers: &[Answer]) {
        let bytes: usize = answers.iter().map(answer_bytes).sum();
        let average = bytes / answers.len().max(1);
        self.batch_paths = (self.batch_paths * 2)
            .min(self.limits.answer_bytes / average.max(1))
            .clamp(1, self.limits.batch_paths);
    }

    fn arrive(&mut self, position: Position, path: String, answer: Answer) {
        let what = match answer {
            Answer::Read { data, stat, children } => {
                self.held_bytes += data.len();
                self.wait_for_children(&position, &path, children);
                Seen::Znode { data, stat }
            }
            Answer::Missing => Seen::Missing,
            Answer::Unreadable(reason) => Seen::Unreadable(reason),
        };
        self.arrived.insert(position, Step { path, what });
    }

    fn wait_for_children(&mut self, position: &Position, path: &str, mut names: Vec<String>) {
        if path == "/" {
            names.retain(|name| Some(name.as_str()) != self.skipped_child);
        }
        if path == "/brokers/topics" {
            self.topics = Some(names.len() as u64);
        }
        names.sort_unstable();
        self.wait_for(Siblings {
            parent: position.clone(),
            prefix: if path == "/" {
                path.to_owned()
            } else {
                format!("{path}/")
            },
            next_rank: 0,
            names: names.into_iter(),
        });
    }

    /// Has a lost batch tried again alone; what is lost alone is halved, and given up in the end.
    fn suspect(&mut self, mut batch: Batch, problem: &str) {
        if batch.is_suspect && batch.paths.len() > 1 {
            let half = batch.paths.len() / 2;
            let second = Batch {
                positions: batch.positions.split_off(half),
                paths: batch.paths.split_off(half),
                ..batch
            };
            self.suspects.insert(second.positions[0].clone(), second);
        } else if batch.is_suspect {
            batch.losses += 1;
            if batch.losses >= LOSSES_MAX {
                for (position, path) in batch.positions.into_iter().zip(batch.paths) {
                    self.arrive(position, path, Answer::Unreadable(lost_reason(problem)));
                }
                return;
            }
        }
        batch.is_suspect = true;
        self.suspects.insert(batch.positions[0].clone(), batch);
    }

    /// The next in subtree order, if it is known already.
    pub(crate) fn next_step(&mut self) -> Option<Step> {
        let (position, _) = self.arrived.first_key_value()?;
        let open = [
            self.waiting.keys().next(),
            self.suspects.keys().next(),
            self.in_flight.first(),
        ];
        if open.into_iter().flatten().any(|open| open < position) {
            return None;
        }
        let (_, step) = self.arrived.pop_first()?;
        if let Seen::Znode { data, .. } = &step.what {
            self.held_bytes -= data.len();
        }
        Some(step)
    }
}

fn answer_bytes(answer: &Answer) -> usize {
    match answer {
        Answer::Read { data, children, .. } => {
            let names: usize = children.iter().map(|name| name.len() + 4).sum();
            ANSWER_OVERHEAD + data.len() + names
        }
        Answer::Missing | Answer::Unreadable(_) => ANSWER_OVERHEAD,
    }
}

/// Why a path is unreadable that costs the connection each time.
pub(super) fn lost_reason(problem: &str) -> String {
    format!(
        "the connection was lost {LOSSES_MAX} times while it alone was read ({problem}): payload or list of children \
         is probably longer than what the servers, or a proxy before them, let pass. Raise jute.maxbuffer on every \
         ZooKeeper server, or make the znode smaller; the servers' logs say more"
    )
}

#[cfg(test)]
#[path = "walk_tests.rs"]
mod tests;
