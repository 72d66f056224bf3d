//! What producers were told is there, and so must never be lost.

use std::collections::BTreeMap;

use kraft_bridge_protocol::{LeaderEpoch, Uuid};

use super::Key;

/// A record of a partition: the epoch of the leader that wrote it, and what.
pub(super) type Entry = (LeaderEpoch, u64);

/// The acknowledged records of every partition.
#[derive(Debug, Default)]
pub(super) struct Acked {
    logs: BTreeMap<Key, Vec<Entry>>,
    /// Where records were given up for a leader: what earlier leaders say from then on is void.
    given_up: BTreeMap<Key, LeaderEpoch>,
    /// Records that were acknowledged.
    pub(super) count: u64,
}

impl Acked {
    /// A leader says that all of this is there.
    ///
    /// # Errors
    ///
    /// A sentence, when it lacks what was acknowledged before.
    pub(super) fn extend(&mut self, key: Key, epoch: LeaderEpoch, log: &[Entry]) -> Result<(), String> {
        if self.given_up.get(&key).is_some_and(|since| epoch < *since) {
            return Ok(());
        }
        let known = self.logs.entry(key).or_default();
        let common = known.len().min(log.len());
        if known[..common] != log[..common] {
            return Err(format!(
                "two leaders of {key:?} have acknowledged different records"
            ));
        }
        if log.len() > known.len() {
            self.count += (log.len() - known.len()) as u64;
            *known = log.to_vec();
        }
        Ok(())
    }

    /// Whether a replica has all of it.
    pub(super) fn is_in(&self, key: Key, log: &[Entry]) -> bool {
        self.logs.get(&key).is_none_or(|acked| log.starts_with(acked))
    }

    /// An unclean leader was elected: what it lacks is given up.
    pub(super) fn give_up(&mut self, key: Key, epoch: LeaderEpoch, log: &[Entry]) {
        let acked = self.logs.entry(key).or_default();
        acked.truncate(common_prefix(acked, log));
        self.given_up.insert(key, epoch);
    }

    /// A topic is deleted.
    pub(super) fn forget(&mut self, topic: Uuid) {
        self.logs.retain(|(of, _), _| *of != topic);
        self.given_up.retain(|(of, _), _| *of != topic);
    }
}

/// How many records two logs begin with alike.
pub(super) fn common_prefix(one: &[Entry], other: &[Entry]) -> usize {
    one.iter()
        .zip(other)
        .take_while(|(one, other)| one == other)
        .count()
}
