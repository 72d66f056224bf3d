//! What a benchmark prints.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

/// All that was measured.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    /// fdatasync of 4 KiB.
    pub(super) disk: Times,
    /// One node.
    pub(super) one: Commits,
    /// Three nodes on loopback.
    pub(super) three: Commits,
    /// From SIGKILL of the leader to the next commit; `None` if none was killed.
    pub(super) failover: Option<Times>,
    /// A log of many records.
    pub(super) replay: Replay,
    /// A checkpoint for many observers.
    pub(super) snapshots: Snapshots,
}

/// Many times of one thing, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Times {
    /// Half of them are no longer.
    pub(super) p50: u64,
    /// 99 of 100 are no longer.
    pub(super) p99: u64,
    /// The longest.
    pub(super) max: u64,
}

/// How a quorum commits.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Commits {
    /// One record after the other.
    pub(super) latency: Times,
    /// Records a second, when many hand over one each at once.
    pub(super) singly: f64,
    /// Records a second, when a few hand over batches of a thousand.
    pub(super) batched: f64,
}

/// How fast a log is read at a cold start.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Replay {
    /// Records in the log.
    pub(super) records: u32,
    /// Its bytes.
    pub(super) bytes: u64,
    /// Records a second that are checked when the log is opened.
    pub(super) opened: f64,
    /// Records a second that are handed out as bytes, each batch checked.
    pub(super) read: f64,
    /// Records a second that are replayed into an image.
    pub(super) replayed: f64,
}

/// How fast checkpoints are served.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Snapshots {
    /// Observers at once.
    pub(super) observers: u32,
    /// Bytes of the checkpoint.
    pub(super) bytes: u64,
    /// Bytes a second, to all of them together.
    pub(super) served: f64,
}

impl Times {
    /// Of at least one time.
    pub(super) fn of(mut times: Vec<Duration>) -> Times {
        times.sort();
        let at = |percent: usize| {
            let index = (times.len() * percent / 100).min(times.len() - 1);
            u64::try_from(times[index].as_micros()).unwrap_or(u64::MAX)
        };
        Times {
            p50: at(50),
            p99: at(99),
            max: at(100),
        }
    }
}

/// `events` a second.
pub(super) fn rate(events: f64, time: Duration) -> f64 {
    events / time.as_secs_f64().max(f64::EPSILON)
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = |micros: u64| f64::from(u32::try_from(micros).unwrap_or(u32::MAX)) / 1000.0;
        let (p50, p99, max) = (millis(self.p50), millis(self.p99), millis(self.max));
        write!(f, "p50 {p50:.2} ms, p99 {p99:.2} ms, longest {max:.2} ms")
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "disk: fdatasync of 4 KiB     {}", self.disk)?;
        for (name, commits) in [("one node", &self.one), ("three nodes", &self.three)] {
            let times = |times: u64, disk: u64| number(times) / number(disk).max(1.0);
            let p50 = times(commits.latency.p50, self.disk.p50);
            let p99 = times(commits.latency.p99, self.disk.p99);
            writeln!(f, "{name:11}: a commit         {}", commits.latency)?;
            writeln!(
                f,
                "             of one fdatasync  p50 {p50:.2} times, p99 {p99:.2} times"
            )?;
            let (singly, batched) = (commits.singly, commits.batched);
            writeln!(
                f,
                "             records a second  {singly:.0} one by one, {batched:.0} in batches"
            )?;
        }
        if let Some(failover) = &self.failover {
            writeln!(f, "failover: SIGKILL to commit  {failover}")?;
        }
        let Replay {
            records,
            bytes,
            opened,
            read,
            replayed,
        } = self.replay;
        writeln!(f, "replay: {records} records, {} MiB", bytes >> 20)?;
        writeln!(
            f,
            "             records a second  {opened:.0} opened, {read:.0} read back, {replayed:.0} into an image"
        )?;
        let Snapshots {
            observers,
            bytes,
            served,
        } = self.snapshots;
        let gigabytes = served / 1e9;
        writeln!(
            f,
            "snapshots: {observers} observers, {} MiB each  {gigabytes:.2} GB/s",
            bytes >> 20
        )
    }
}

fn number(micros: u64) -> f64 {
    f64::from(u32::try_from(micros).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_sorted_times() {
        let times = (1..=200).rev().map(Duration::from_micros).collect();
        assert_eq!(
            Times::of(times),
            Times {
                p50: 101,
                p99: 199,
                max: 200
            }
        );
        let one = Times::of(vec![Duration::from_millis(3)]);
        assert_eq!(one.to_string(), "p50 3.00 ms, p99 3.00 ms, longest 3.00 ms");
    }
}
