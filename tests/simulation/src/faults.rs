//! What breaks, when, and for how long.

use std::time::Duration;

use kraft_bridge_raft::log;
use kraft_bridge_raft::quorum::Input;

use crate::host::Host;
use crate::invariants::Violation;
use crate::life::End;
use crate::world::{Event, World};

/// Longest that a flush takes once all is well.
const QUICK_FLUSH_MILLIS: u64 = 2;

/// Something that breaks.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// A process is killed.
    Kill,
    /// A machine loses its power.
    PowerCut,
    /// A machine loses its power in the midst of what it writes next.
    PowerCutWhileWriting,
    /// A sync fails.
    SyncFails,
    /// A disk is full.
    DiskFull,
    /// A process stands still.
    Pause,
    /// Nothing comes through from one host to another.
    BlockOneWay,
    /// Nothing comes through to a host, or from it.
    Isolate,
    /// A connection breaks.
    BreakConnection,
    /// A monotonic clock jumps forward.
    ClockJumps,
    /// A monotonic clock runs at another speed.
    ClockDrifts,
    /// A wall clock is set.
    WallClockIsSet,
    /// A process is told to stop.
    ShutDown,
    /// A state machine gives leadership up.
    Resign,
    /// A directory is emptied, and gets a new id.
    Wipe,
}

impl Fault {
    /// All, the more frequent ones more than once.
    const ALL: [Fault; 22] = [
        Fault::Kill,
        Fault::Kill,
        Fault::PowerCut,
        Fault::PowerCut,
        Fault::PowerCutWhileWriting,
        Fault::PowerCutWhileWriting,
        Fault::SyncFails,
        Fault::DiskFull,
        Fault::Pause,
        Fault::Pause,
        Fault::BlockOneWay,
        Fault::BlockOneWay,
        Fault::Isolate,
        Fault::Isolate,
        Fault::BreakConnection,
        Fault::BreakConnection,
        Fault::ClockJumps,
        Fault::ClockDrifts,
        Fault::WallClockIsSet,
        Fault::ShutDown,
        Fault::Resign,
        Fault::Wipe,
    ];
}

/// Something that is mended.
#[derive(Clone, Copy, Debug)]
pub enum Repair {
    /// A process is started, if there is none.
    Start(usize),
    /// A direction lets through again.
    Unblock(usize, usize),
    /// A process that was told to stop and has not is killed.
    KillSlow(usize, u32),
}

impl World {
    /// Draws the next fault.
    pub(crate) fn schedule_fault(&mut self) {
        if self.is_healed {
            return;
        }
        let delay = self.random.millis(0, self.scenario.fault_millis * 2);
        let fault = self.random.pick(&Fault::ALL);
        self.after(delay, Event::Fault(fault));
    }

    pub(crate) fn break_something(&mut self, fault: Fault) -> Result<(), Violation> {
        self.schedule_fault();
        if self.is_healed {
            return Ok(());
        }
        let at = self.victim();
        self.note(at, "fault", || format!("suffers: {fault:?}"));
        match fault {
            Fault::Kill => self.end_if_running(at, End::Killed),
            Fault::PowerCut => self.end_if_running(at, End::PowerCut),
            Fault::PowerCutWhileWriting => self.arm(at, log::Fault::Stop),
            Fault::SyncFails => self.arm(at, log::Fault::SyncFails),
            Fault::DiskFull => self.arm(at, log::Fault::Full),
            Fault::Pause => {
                let pause = self.random.skewed_millis(5000);
                self.hosts[at].paused_until = self.time + pause;
            }
            Fault::BlockOneWay => {
                let other = self.random.index(self.hosts.len());
                self.block_for_a_while(at, other);
            }
            Fault::Isolate => self.isolate(at),
            Fault::BreakConnection => {
                let other = self.random.index(self.hosts.len());
                self.break_connection(at, other);
            }
            Fault::ClockJumps => {
                let by = self.random.skewed_millis(8000);
                self.hosts[at].clock.jump(self.time, by);
            }
            Fault::ClockDrifts => {
                let permille = self.random.between(700, 1400);
                self.hosts[at].clock.run_at(self.time, permille);
            }
            Fault::WallClockIsSet => {
                let off = i64::try_from(self.random.between(0, 7_200_000)).expect("hours");
                self.hosts[at].clock.set_wall(off - 3_600_000);
            }
            Fault::ShutDown => return self.shut_down(at),
            Fault::Resign => return self.resign(at),
            Fault::Wipe => self.wipe_if_safe(at),
        }
        Ok(())
    }

    /// A host, the leader rather than another.
    fn victim(&mut self) -> usize {
        let leader = self.hosts.iter().find(|host| host.leads()).map(|host| host.index);
        match leader.filter(|_| self.random.chance(300)) {
            Some(leader) => leader,
            None => self.random.index(self.hosts.len()),
        }
    }

    fn end_if_running(&mut self, at: usize, end: End) {
        if self.hosts[at].running.is_some() {
            // A process that is killed before it acts upon a failed sync leaves what the next one cannot tell from what is
            // on disk; that no program can help.
            let end = if self.hosts[at].has_failed() {
                End::PowerCut
            } else {
                end
            };
            self.end(at, end);
        }
    }

    fn arm(&mut self, at: usize, fault: log::Fault) {
        let steps = self.random.between(0, 30);
        self.hosts[at].arm(steps, fault);
    }

    fn isolate(&mut self, at: usize) {
        let [outwards, inwards] = match self.random.between(0, 3) {
            0 => [true, false],
            1 => [false, true],
            _ => [true, true],
        };
        let length = self.random.skewed_millis(10_000);
        for other in (0..self.hosts.len()).filter(|other| *other != at) {
            if outwards {
                self.block(at, other, length);
            }
            if inwards {
                self.block(other, at, length);
            }
        }
    }

    fn block_for_a_while(&mut self, from: usize, to: usize) {
        let length = self.random.skewed_millis(10_000);
        self.block(from, to, length);
    }

    fn block(&mut self, from: usize, to: usize, length: Duration) {
        self.network.block(from, to, true);
        self.after(length, Event::Repair(Repair::Unblock(from, to)));
    }

    fn shut_down(&mut self, at: usize) -> Result<(), Violation> {
        if self.hosts[at].paused_until > self.time {
            return Ok(());
        }
        let host = &mut self.hosts[at];
        let incarnation = host.incarnation;
        let Some(running) = host.running.as_mut().filter(|running| !running.is_shutting_down) else {
            return Ok(());
        };
        running.is_shutting_down = true;
        let patience = Duration::from_secs(5);
        self.after(patience, Event::Repair(Repair::KillSlow(at, incarnation)));
        self.step(at, Input::ShutDown)
    }

    fn resign(&mut self, at: usize) -> Result<(), Violation> {
        match self.hosts[at].node() {
            Some(node) if self.hosts[at].paused_until <= self.time => {
                let epoch = node.raft().epoch();
                self.step(at, Input::Resign { epoch })
            }
            _ => Ok(()),
        }
    }

    /// Ends a node that has handed over what it led, as a clean stop does.
    pub(crate) fn close_if_done(&mut self, at: usize) -> Result<(), Violation> {
        let is_done = |host: &Host| {
            let running = host.running.as_ref();
            running.is_some_and(|running| running.is_shutting_down && running.node.raft().has_shut_down())
        };
        if !is_done(&self.hosts[at]) {
            return Ok(());
        }
        let Some(running) = self.hosts[at].running.take() else {
            return Ok(());
        };
        self.note(at, "close", || "has shut down".to_owned());
        let closed = running.node.close();
        if let Err(error) = closed
            && !self.hosts[at].has_failed()
        {
            return Err(Violation::new(
                "nodes go on",
                format!("host{at} cannot close: {error}"),
            ));
        }
        let end = self.random.pick(&[End::Killed, End::PowerCut]);
        self.end(at, end);
        Ok(())
    }

    pub(crate) fn repair(&mut self, repair: Repair) -> Result<(), Violation> {
        match repair {
            Repair::Start(at) if self.hosts[at].running.is_none() => self.start(at),
            Repair::Start(_) => Ok(()),
            Repair::Unblock(from, to) => {
                self.network.block(from, to, false);
                Ok(())
            }
            Repair::KillSlow(at, incarnation) => {
                if self.hosts[at].incarnation == incarnation {
                    self.end_if_running(at, End::Killed);
                }
                Ok(())
            }
        }
    }

    /// Ends all faults: everything comes through, every node runs, disks are quick, clocks right.
    pub(crate) fn heal(&mut self) -> Result<(), Violation> {
        self.is_healed = true;
        self.network.heal();
        self.scenario.flush_millis_max = QUICK_FLUSH_MILLIS;
        for at in 0..self.hosts.len() {
            let running = self.hosts[at].running.as_ref();
            let is_leaving = running.is_some_and(|running| running.is_shutting_down);
            // One whose disk has failed may not have noticed yet.
            if is_leaving || self.hosts[at].has_failed() {
                self.end_if_running(at, End::Killed);
            }
            let host = &mut self.hosts[at];
            host.disarm();
            host.paused_until = self.time;
            host.clock.run_at(self.time, 1000);
            if host.running.is_none() {
                self.start(at)?;
            }
        }
        self.heal_cluster();
        Ok(())
    }
}
