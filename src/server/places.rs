//! How many connections a listener bears with, in all and from one address.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// The places of one listener.
#[derive(Debug)]
pub(super) struct Places {
    in_all_max: usize,
    per_address_max: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    in_all: usize,
    by_address: BTreeMap<IpAddr, usize>,
}

/// A place, until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    places: Arc<Places>,
    address: IpAddr,
}

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Full {
    #[error("{0} connections are open (max.connections, or half of what ulimit -n allows)")]
    InAll(usize),
    #[error("{0} connections are open from this address (max.connections.per.ip)")]
    ForAddress(usize),
}

impl Places {
    pub(super) fn new(in_all_max: usize, per_address_max: usize) -> Arc<Places> {
        Arc::new(Places {
            in_all_max,
            per_address_max,
            taken: Mutex::default(),
        })
    }

    /// Takes a place for a connection from this address.
    ///
    /// # Errors
    ///
    /// [`Full`] if there is none.
    pub(super) fn take(self: &Arc<Places>, address: IpAddr) -> Result<Place, Full> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.in_all >= self.in_all_max {
            return Err(Full::InAll(taken.in_all));
        }
        let of_address = taken.by_address.get(&address).copied().unwrap_or(0);
        if of_address >= self.per_address_max {
            return Err(Full::ForAddress(of_address));
        }
        taken.in_all += 1;
        taken.by_address.insert(address, of_address + 1);
        Ok(Place {
            places: Arc::clone(self),
            address,
        })
    }

    fn give_back(&self, address: IpAddr) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.in_all -= 1;
        match taken.by_address.get_mut(&address) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(taken.by_address.remove(&address)),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.give_back(self.address);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, last])
    }

    #[test]
    fn a_place_is_free_again_when_its_connection_ends() {
        let places = Places::new(3, 2);
        let first = places.take(address(1)).unwrap();
        let _second = places.take(address(1)).unwrap();
        assert_eq!(places.take(address(1)).unwrap_err(), Full::ForAddress(2));
        let _third = places.take(address(2)).unwrap();
        assert_eq!(places.take(address(3)).unwrap_err(), Full::InAll(3));

        drop(first);
        let _again = places.take(address(1)).unwrap();
        assert_eq!(places.take(address(1)).unwrap_err(), Full::InAll(3));
    }

    #[test]
    fn addresses_without_connections_are_forgotten() {
        let places = Places::new(10, 10);
        drop(
            (0..9)
                .map(|last| places.take(address(last)).unwrap())
                .collect::<Vec<_>>(),
        );
        assert!(places.taken.lock().unwrap().by_address.is_empty());
    }
}
