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

    /// What a report made now may say, after so many rounds of reading again; what has settled is counted anew.
    pub fn belief(&mut self, now: Duration, rounds: u32) -> Belief {
        let settled = std::mem::take(&mut self.settled);
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
            settling: Settling { rounds, settled },
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
}

fn place(item: &Item) -> Place {
    (item.entity.clone(), item.field)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::Value;

    const WINDOW: Duration = Duration::from_secs(10);

    fn topic(name: &str, id: &str) -> Item {
        Item::different(
            Entity::Topic(name.to_owned()),
            "id",
            Value::shown("a"),
            Value::shown(id),
        )
    }

    fn everywhere() -> BTreeSet<Scope> {
        BTreeSet::from([Scope::All])
    }

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_difference_is_believed_once_it_has_stayed_as_it_is_for_the_whole_window() {
        let mut settle = Settle::new(WINDOW);
        settle.pass(seconds(0), &everywhere(), vec![topic("orders", "b")]);
        settle.pass(seconds(9), &everywhere(), vec![topic("orders", "b")]);
        assert!(settle.is_open(seconds(9)) && settle.belief(seconds(9), 1).places.is_empty());
        settle.pass(seconds(10), &everywhere(), vec![topic("orders", "b")]);
        assert!(!settle.is_open(seconds(10)));
        assert_eq!(settle.belief(seconds(10), 2).places.len(), 1);
    }

    #[test]
    fn other_values_begin_the_window_anew() {
        let mut settle = Settle::new(WINDOW);
        settle.pass(seconds(0), &everywhere(), vec![topic("orders", "b")]);
        settle.pass(seconds(9), &everywhere(), vec![topic("orders", "c")]);
        let belief = settle.belief(seconds(12), 1);
        assert_eq!((belief.places.len(), belief.open.len()), (0, 1));
    }

    #[test]
    fn what_goes_away_is_counted_and_never_told() {
        let mut settle = Settle::new(WINDOW);
        settle.pass(
            seconds(0),
            &everywhere(),
            vec![topic("orders", "b"), topic("audit", "b")],
        );
        settle.pass(seconds(1), &everywhere(), vec![topic("audit", "b")]);
        assert_eq!(
            settle.belief(seconds(30), 1).settling,
            Settling {
                rounds: 1,
                settled: 1
            }
        );
        assert_eq!(settle.belief(seconds(60), 0).settling.settled, 0, "counted once");
        assert_eq!(
            settle.scopes(),
            BTreeSet::from([Scope::Topic("audit".to_owned())])
        );
    }

    #[test]
    fn what_was_not_looked_at_stays_as_it_was() {
        let mut settle = Settle::new(WINDOW);
        settle.pass(seconds(0), &everywhere(), vec![topic("orders", "b")]);
        settle.pass(
            seconds(5),
            &BTreeSet::from([Scope::Topic("audit".to_owned())]),
            Vec::new(),
        );
        assert_eq!(settle.belief(seconds(10), 1).places.len(), 1);
    }

    #[test]
    fn on_sides_that_stand_still_everything_is_believed_at_once() {
        let mut settle = Settle::new(Duration::ZERO);
        settle.pass(seconds(0), &everywhere(), vec![topic("orders", "b")]);
        assert!(!settle.is_open(seconds(0)));
    }
}
