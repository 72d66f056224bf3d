//! How often the log hears of one address: whoever knocks a thousand times a second must not fill the disk.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

/// How long an address is passed over after it was told of.
const SILENCE: Duration = Duration::from_secs(10);
/// How many addresses are told apart; beyond that all others share one turn.
const ADDRESSES_MAX: usize = 1024;

/// Of whom the log has heard lately.
#[derive(Debug, Default)]
pub(super) struct Complaints {
    by_address: BTreeMap<Option<IpAddr>, Turn>,
}

#[derive(Debug)]
struct Turn {
    told: Duration,
    passed_over: u64,
}

impl Complaints {
    /// Whether to tell of this address `now`, as time has passed since any fixed moment: if so, of how many others
    /// since it was told of last nothing was said.
    pub(super) fn take_turn(&mut self, address: IpAddr, now: Duration) -> Option<u64> {
        let key = self.key(address, now);
        match self.by_address.get_mut(&key) {
            Some(turn) if now < turn.told + SILENCE => {
                turn.passed_over += 1;
                None
            }
            found => {
                let passed_over = found.map_or(0, |turn| turn.passed_over);
                let turn = Turn {
                    told: now,
                    passed_over: 0,
                };
                self.by_address.insert(key, turn);
                Some(passed_over)
            }
        }
    }

    fn key(&mut self, address: IpAddr, now: Duration) -> Option<IpAddr> {
        let is_full = self.by_address.len() >= ADDRESSES_MAX;
        if is_full && !self.by_address.contains_key(&Some(address)) {
            self.by_address.retain(|_, turn| now < turn.told + SILENCE);
        }
        let has_room = self.by_address.len() < ADDRESSES_MAX;
        (has_room || self.by_address.contains_key(&Some(address))).then_some(address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(number: u32) -> IpAddr {
        IpAddr::from(number.to_be_bytes())
    }

    #[test]
    fn an_address_is_told_of_once_in_ten_seconds_with_the_number_of_the_others() {
        let mut complaints = Complaints::default();
        let mut at = |millis, of| complaints.take_turn(address(of), Duration::from_millis(millis));
        assert_eq!(at(0, 1), Some(0));
        assert_eq!(at(1, 1), None);
        assert_eq!(at(1, 2), Some(0));
        assert_eq!(at(9_999, 1), None);
        assert_eq!(at(10_000, 1), Some(2));
        assert_eq!(at(20_000, 1), Some(0));
    }

    #[test]
    fn many_addresses_share_one_turn_and_little_memory() {
        let mut complaints = Complaints::default();
        let told = (0..3_000).filter(|number| {
            let turn = complaints.take_turn(address(*number), Duration::ZERO);
            turn.is_some()
        });
        assert_eq!(told.count(), ADDRESSES_MAX + 1);
        assert_eq!(complaints.by_address.len(), ADDRESSES_MAX + 1);
        assert!(complaints.take_turn(address(200_000), SILENCE).is_some());
        assert_eq!(complaints.by_address.len(), 1);
    }
}
