//! What clients do: they append to whoever says that it leads, and now and then to somebody else.

use kraft_bridge_raft::quorum::{AppendId, Input};

use crate::invariants::Violation;
use crate::replica::payload;
use crate::world::{Event, World};

/// Keys that the state machine has.
const KEYS: u64 = 6;

impl World {
    /// Appends something somewhere, and again after a while.
    pub(crate) fn append(&mut self) -> Result<(), Violation> {
        if self.is_healed {
            return Ok(());
        }
        let delay = self.random.millis(0, self.scenario.append_millis * 2);
        self.after(delay, Event::Append);
        let leaders: Vec<usize> = self.leading().collect();
        let at = match leaders.is_empty() || self.random.chance(30) {
            true => self.random.index(self.hosts.len()),
            false => self.random.pick(&leaders),
        };
        if self.hosts[at].paused_until > self.time {
            return Ok(());
        }
        let burst = if self.random.chance(50) { 10 } else { 1 };
        for _ in 0..burst {
            self.append_at(at)?;
        }
        Ok(())
    }

    /// Hosts that believe that they lead.
    pub(crate) fn leading(&self) -> impl Iterator<Item = usize> {
        self.hosts
            .iter()
            .filter(|host| host.leads())
            .map(|host| host.index)
    }

    /// Appends one batch at a host, in the epoch that it was told of last; returns the append.
    pub(crate) fn append_at(&mut self, at: usize) -> Result<u64, Violation> {
        let append = self.next_append();
        let records = usize::try_from(self.random.between(1, 3)).expect("few");
        let records: Vec<Vec<u8>> = (0..records)
            .map(|_| {
                let key = u8::try_from(self.random.between(0, KEYS - 1)).expect("few");
                let padding = self.random.index(40);
                payload(key, append, padding)
            })
            .collect();
        let Some(told) = self.hosts[at].running.as_ref().and_then(|running| running.told) else {
            return Ok(append);
        };
        self.ledger.begin(append, records.len());
        self.note(at, "append", || format!("is to append {append}"));
        let input = Input::Append {
            id: AppendId(append),
            epoch: told.epoch,
            records,
        };
        self.step(at, input)?;
        Ok(append)
    }
}
