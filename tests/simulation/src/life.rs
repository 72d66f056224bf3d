//! How a process starts, ends, waits for its disk, and follows what is committed.

use std::time::Duration;

use kraft_bridge_protocol::{Offset, OffsetAndEpoch};
use kraft_bridge_raft::log::{Flush, Survivors};
use kraft_bridge_raft::node::NodeError;
use kraft_bridge_raft::quorum::{AppendId, LeaderAndEpoch, NotAppended, RoleName};

use crate::batches;
use crate::checkpoints::read_checkpoint;
use crate::faults::Repair;
use crate::invariants::{Seen, Violation};
use crate::ledger::Fate;
use crate::world::{Event, Waiting, World};

/// How a process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// It is killed: what it wrote is there, on disk or not.
    Killed,
    /// The power goes: what was not synced may be lost.
    PowerCut,
}

impl World {
    /// Starts a process on a host that has none.
    pub(crate) fn start(&mut self, at: usize) -> Result<(), Violation> {
        let seed = self.random.number();
        let host = &mut self.hosts[at];
        match host.start(&self.scenario, self.time, seed) {
            Ok(outgoing) => {
                self.note(at, "start", || "starts".to_owned());
                self.see(at, &Seen::Started)?;
                self.catch_up_with_checkpoint(at)?;
                self.take(at, outgoing)
            }
            Err(error) => self.fail(at, &error),
        }
    }

    /// Ends a process against its will.
    pub(crate) fn end(&mut self, at: usize, end: End) {
        self.note(at, "end", || format!("ends: {end:?}"));
        self.statistics.crashes += 1;
        let host = &mut self.hosts[at];
        host.running = None;
        if end == End::PowerCut {
            let survivors = self.random.pick(&Survivors::ALL);
            let host = &mut self.hosts[at];
            host.disk = host.disk.after_crash(survivors);
        }
        self.hosts[at].disarm();
        for other in 0..self.hosts.len() {
            if other != at {
                self.break_connection(other, at);
                self.break_connection(at, other);
            }
        }
        if !self.is_healed {
            let delay = self.random.skewed_millis(6000);
            self.after(delay, Event::Repair(Repair::Start(at)));
        }
    }

    /// A node failed: its disk must have.
    pub(crate) fn fail(&mut self, at: usize, error: &NodeError) -> Result<(), Violation> {
        if !self.hosts[at].has_failed() {
            let problem = format!("host{at} stopped although its disk is well: {error}");
            return Err(Violation::new("nodes go on", problem));
        }
        self.hosts[at].keep();
        let end = self.random.pick(&[End::Killed, End::PowerCut]);
        // A machine that has stopped is not merely killed.
        let has_stopped = error.to_string().contains("the machine has stopped");
        self.end(at, if has_stopped { End::PowerCut } else { end });
        Ok(())
    }

    pub(crate) fn begin_flush(&mut self, at: usize, flush: Flush) {
        let delay = self.random.skewed_millis(self.scenario.flush_millis_max) + Duration::from_micros(50);
        let flush = match self.random.chance(500) {
            true => Waiting::ToBegin(flush),
            false => Waiting::ToReport(flush.perform()),
        };
        let incarnation = self.hosts[at].incarnation;
        let event = Event::Flush {
            at,
            incarnation,
            flush,
        };
        self.after(delay, event);
    }

    pub(crate) fn finish_flush(
        &mut self,
        at: usize,
        incarnation: u32,
        flush: Waiting,
    ) -> Result<(), Violation> {
        let host = &mut self.hosts[at];
        let now = host.clock.now(self.time);
        let Some(running) = host.running.as_mut().filter(|_| host.incarnation == incarnation) else {
            return Ok(());
        };
        let flushed = match flush {
            Waiting::ToBegin(flush) => flush.perform(),
            Waiting::ToReport(flushed) => flushed,
        };
        let outgoing = running.node.flushed(now, flushed);
        self.note(at, "flushed", || "has flushed".to_owned());
        match outgoing {
            Ok(outgoing) => self.take(at, outgoing),
            Err(error) => self.fail(at, &error),
        }
    }

    /// A node says that more is committed.
    pub(crate) fn publish(&mut self, at: usize, end: Offset) -> Result<(), Violation> {
        self.note(at, "high watermark", || {
            format!("says that all below {end} is committed")
        });
        let Some(running) = &mut self.hosts[at].running else {
            return Ok(());
        };
        let log = running.node.log();
        if running.replica.end.offset < log.start_offset() {
            self.catch_up_with_checkpoint(at)?;
        }
        let Some(running) = &mut self.hosts[at].running else {
            return Ok(());
        };
        let committed = batches::read(running.node.log(), running.replica.end.offset, end);
        let wrong = |problem| Violation::new("committed data never changes", format!("host{at}: {problem}"));
        for batch in committed.map_err(wrong)? {
            self.ledger.commit(&batch).map_err(wrong)?;
            if let Some(cluster) = &mut self.cluster {
                cluster.commit(&batch)?;
            }
            running.replica.replay(&batch);
            if self.ledger.contents_at(batch.end) != Some(running.replica.contents.digest()) {
                return Err(wrong(format!(
                    "its state at {} is not what the log comes to",
                    batch.end
                )));
            }
        }
        self.see(at, &Seen::Published { end })?;
        self.acknowledge(at, end)
    }

    /// Tells the workload what a leader has committed in the epoch that it was appended in.
    fn acknowledge(&mut self, at: usize, end: Offset) -> Result<(), Violation> {
        let Some(running) = &mut self.hosts[at].running else {
            return Ok(());
        };
        let raft = running.node.raft();
        let (leads, epoch) = (raft.role() == RoleName::Leader, raft.epoch());
        for (append, appended_in, base, its_end) in std::mem::take(&mut running.accepted) {
            if !leads || appended_in != epoch {
                continue;
            }
            if its_end > end {
                running.accepted.push((append, appended_in, base, its_end));
                continue;
            }
            let kept = self.ledger.acknowledge(append, base, its_end);
            kept.map_err(|problem| Violation::new("an acknowledged append is never lost", problem))?;
        }
        Ok(())
    }

    /// A checkpoint replaced the log.
    pub(crate) fn reset(&mut self, at: usize, id: OffsetAndEpoch) -> Result<(), Violation> {
        self.statistics.resets += 1;
        self.note(at, "reset", || format!("goes on behind checkpoint {id:?}"));
        self.see(at, &Seen::Reset)?;
        self.catch_up_with_checkpoint(at)
    }

    /// Loads the newest checkpoint, if it stands for more than was replayed.
    fn catch_up_with_checkpoint(&mut self, at: usize) -> Result<(), Violation> {
        let Some(running) = &mut self.hosts[at].running else {
            return Ok(());
        };
        let newest = running.node.log().newest_checkpoint().map(|newest| newest.id);
        let Some(id) = newest.filter(|id| id.offset > running.replica.end.offset) else {
            return Ok(());
        };
        let wrong = |problem| {
            let problem = format!("host{at}, checkpoint {}-{}: {problem}", id.offset, id.epoch);
            Violation::new("a checkpoint equals what it stands for", problem)
        };
        let replica = read_checkpoint(running.node.log(), id).map_err(wrong)?;
        if self.ledger.contents_at(id.offset) != Some(replica.contents.digest()) {
            return Err(wrong("it holds something else".to_owned()));
        }
        running.replica = replica;
        Ok(())
    }

    pub(crate) fn told(&mut self, at: usize, leader: LeaderAndEpoch) {
        if leader.epoch_start.is_some() {
            self.statistics.elections += 1;
        }
        if let Some(running) = &mut self.hosts[at].running {
            running.told = Some(leader);
        }
    }

    /// A node says what became of an append.
    pub(crate) fn appended(
        &mut self,
        at: usize,
        id: AppendId,
        outcome: Result<(Offset, Offset), NotAppended>,
    ) {
        self.note(at, "appended", || format!("{id:?}: {outcome:?}"));
        let Some(running) = &mut self.hosts[at].running else {
            return;
        };
        match outcome {
            Ok((base, end)) => {
                let epoch = running.node.raft().epoch();
                running.accepted.push((id.0, epoch, base, end));
                self.ledger.settle(id.0, Fate::Accepted(base, end));
            }
            Err(_) => self.ledger.settle(id.0, Fate::Refused),
        }
    }
}
