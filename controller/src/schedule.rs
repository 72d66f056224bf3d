//! What is due by time alone.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::settings::Settings;

/// How soon the next round follows one that had more to do than it may do at once.
const MORE: Duration = Duration::from_millis(10);

/// Something that is done again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Task {
    /// A record that says nothing is written, so that everybody sees the log move.
    NoOp,
    /// Partitions are given back to their preferred leaders.
    Balance,
    /// Unclean leaders are elected where nobody leads.
    ElectUnclean,
    /// Tokens that have ended are removed.
    SweepTokens,
}

/// When each task is due.
#[derive(Debug)]
pub(crate) struct Schedule {
    next: BTreeMap<Task, Duration>,
    intervals: BTreeMap<Task, Duration>,
}

impl Schedule {
    /// Each task an interval from now.
    pub(crate) fn new(settings: &Settings, now: Duration) -> Schedule {
        let intervals = [
            (Task::NoOp, settings.idle_interval),
            (Task::Balance, settings.balance_interval),
            (Task::ElectUnclean, Some(settings.unclean_interval)),
            (Task::SweepTokens, Some(settings.token_sweep_interval)),
        ];
        let intervals: BTreeMap<Task, Duration> = intervals
            .into_iter()
            .filter_map(|(task, interval)| Some((task, interval?)))
            .collect();
        let next = intervals.iter().map(|(task, interval)| (*task, now + *interval));
        Schedule {
            next: next.collect(),
            intervals,
        }
    }

    /// A task that is due, which is next due an interval from now.
    pub(crate) fn take(&mut self, now: Duration) -> Option<Task> {
        let task = self
            .next
            .iter()
            .find(|(_, due)| **due <= now)
            .map(|(task, _)| *task)?;
        self.next.insert(task, now + self.intervals[&task]);
        Some(task)
    }

    /// There is more to do of this task: it is due again soon.
    pub(crate) fn soon(&mut self, task: Task, now: Duration) {
        self.next.insert(task, now + MORE);
    }

    /// When the next task is due.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        self.next.values().min().copied()
    }
}
