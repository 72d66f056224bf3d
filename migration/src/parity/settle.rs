//! On a moving cluster a difference is believed only once it has stayed: a change reaches one side before the other.
//!
//! ```text
//!  found ─▶ suspect ─ still there, with the same values, for the whole window ─▶ believed
//!              │ ▲
//!              │ └─ other values: the window begins anew
//!              └─ gone: it has settled, and is counted
//! ```

use std::collections::{BTreeMap, BTreeSet};

use kraft_bridge_protocol::Timestamp;

use crate::diff::{Entity, Item, Scope};

/// An entity and, if it is a field that differs, that field.
pub type Place = (Entity, Option<&'static str>);

/// Differences that are being watched.
#[derive(Clone, Debug)]
pub struct Settle {
    /// How long a difference must stay, in milliseconds.
    window: i64,
    suspects: BTreeMap<Place, Suspect>,
    settled: u64,
}

#[derive(Clone, Debug)]
struct Suspect {
    item: Item,
    /// When it was first seen with these values.
    since: Timestamp,
}

impl Settle {
    /// Believes what stays for so many milliseconds; with 0, everything at once.
    pub fn new(window: i64) -> Settle {
        Settle {
            window,
            suspects: BTreeMap::new(),
            settled: 0,
        }
    }

    /// Takes in what a pass found within `scopes`; differences elsewhere are as they were.
    pub fn pass(&mut self, now: Timestamp, scopes: &BTreeSet<Scope>, found: Vec<Item>) {
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

    /// Differences that have stayed long enough.
    pub fn believed(&self, now: Timestamp) -> BTreeSet<Place> {
        let stayed = self
            .suspects
            .iter()
            .filter(|(_, suspect)| self.has_stayed(suspect, now));
        stayed.map(|(place, _)| place.clone()).collect()
    }

    /// Whether there is a difference that is not believed yet.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.suspects
            .values()
            .any(|suspect| !self.has_stayed(suspect, now))
    }

    fn has_stayed(&self, suspect: &Suspect, now: Timestamp) -> bool {
        now.0.saturating_sub(suspect.since.0) >= self.window
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
