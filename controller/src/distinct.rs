//! What a request names, each once: naming a thing twice is refused for that thing, with one answer.

use std::collections::BTreeMap;

use kraft_bridge_protocol::rpc::ErrorCode;

use crate::decision::Refusal;

/// A thing that is named, and whether it is so once.
pub(crate) type Named<'a, T> = (&'a T, Result<(), Refusal>);

/// Each thing where it is named first, refused if it is named again. Takes no more than `n log n`, whatever is sent.
pub(crate) fn distinct<'a, T, K: Ord>(things: &'a [T], key: impl Fn(&'a T) -> K) -> Vec<Named<'a, T>> {
    let mut places: BTreeMap<K, usize> = BTreeMap::new();
    let mut distinct: Vec<Named<'a, T>> = Vec::with_capacity(things.len());
    for thing in things {
        let next = distinct.len();
        let place = *places.entry(key(thing)).or_insert(next);
        if place == next {
            distinct.push((thing, Ok(())));
        } else {
            distinct[place].1 = Err(Refusal::new(
                ErrorCode::InvalidRequest,
                "it is named more than once",
            ));
        }
    }
    distinct
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_comes_once_and_those_named_twice_are_refused() {
        let named = distinct(&["a", "b", "a", "c", "a"], |name| *name);
        let named: Vec<_> = named.iter().map(|(name, once)| (**name, once.is_ok())).collect();
        assert_eq!(named, [("a", false), ("b", true), ("c", true)]);
    }

    #[test]
    fn a_long_request_is_gone_through_in_no_time() {
        let names: Vec<u32> = (0..500_000).chain(0..500_000).collect();
        let named = distinct(&names, |name| *name);
        assert_eq!(named.len(), 500_000);
        assert!(named.iter().all(|(_, once)| once.is_err()));
    }
}
