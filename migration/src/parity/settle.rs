//! On a moving cluster a difference is believed only once it has stayed: a change reaches one side before the other.
//!
//! ```text
//!  found ─▶ suspect ─ still there, with the same values, for the whole window ─▶ believed
//!              │ ▲
//!              │ └─ other values: the window begins anew
//!              └─ gone: it has settled, and is counted
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::Settling;
use crate::diff::{Entity, Item, Scope};

/// An entity and, if it is a field that differs, that field.
pub type Place = (Entity, Option<&'static str>);

/// What is to be believed of the differences that were found.
#[derive(Clone, Debug, Default)]
pub struct Belief {
    /// Where a difference has stayed.
    pub places: BTreeSet<Place>,
    /// Differences that neither stayed nor went away.
    pub open: Vec<Item>,
    /// How often was read again, and how many went away.
    pub settling: Settling,
}

/// Differences that are being watched. Times count from any one moment.
#[derive(Clone, Debug)]
pub struct Settle {
    /// How long a difference must stay.
    window: Duration,
    suspects: BTreeMap<Place, Suspect>,
    settled: u64,
}

#[derive(Clone, Debug)]
struct Suspect {
    item: Item,
    /// When it was first seen with these values.
    since: Duration,
}

impl Settle {
    /// Believes what stays for so long; with zero, everything at once.
    pub fn new(window: Duration) -> Settle {
        Settle {
            window,
            suspects: BTreeMap::new(),
            settled: 0,
        }
    }

    /// Takes in what a pass found within `scopes`; differences elsewhere are as they were.
    pub fn pass(&mut self, now: Duration, scopes: &BTreeSet<Scope>, found: Vec<Item>) {
        let mut found: BTreeMap<Place, Item> = found.into_iter().map(|item| (place(&item), item)).collect();
        let settled = &mut self.settled;
        self.suspects.retain(|place, suspect| match found.remove(place) {
            Some(item) => {
                if item != suspect.item {
                    *suspect = Suspect { item, since: now };
                }
                true
            }
            None => {
                let looked_at = scopes.contains(&Scope::All) || scopes.contains(&Scope::of_entity(&place.0));
                *settled += u64::from(looked_at);
                !looked_at
            }
        });
        let new = found
            .into_iter()
            .map(|(place, item)| (place, Suspect { item, since: now }));
        self.suspects.extend(new);
    }

    /// What a report made now may say, after so many rounds of reading again.
    pub fn belief(&self, now: Duration, rounds: u32) -> Belief {
        let (stayed, open): (Vec<_>, Vec<_>) = self
            .suspects
            .iter()
            .partition(|(_, suspect)| self.has_stayed(suspect, now));
        Belief {
            places: stayed.into_iter().map(|(place, _)| place.clone()).collect(),
            open: open
                .into_iter()
                .map(|(_, suspect)| suspect.item.clone())
                .collect(),
            settling: Settling {
                rounds,
                settled: self.settled,
            },
        }
    }

    /// Whether there is a difference that is not believed yet.
    pub fn is_open(&self, now: Duration) -> bool {
        self.suspects
            .values()
            .any(|suspect| !self.has_stayed(suspect, now))
    }

    fn has_stayed(&self, suspect: &Suspect, now: Duration) -> bool {
        now.saturating_sub(suspect.since) >= self.window
    }

    /// Whether nothing differs.
    pub fn is_clean(&self) -> bool {
        self.suspects.is_empty()
    }

    /// What to look at again.
    pub fn scopes(&self) -> BTreeSet<Scope> {
        self.suspects
            .keys()
            .map(|(entity, _)| Scope::of_entity(entity))
            .collect()
    }

    /// Znodes to read again.
    pub fn paths(&self) -> BTreeSet<String> {
        self.suspects.keys().map(|(entity, _)| entity.path()).collect()
    }

    /// Differences that went away.
    pub fn settled(&self) -> u64 {
        self.settled
    }
}

fn place(item: &Item) -> Place {
    (item.entity.clone(), item.field)
}
