//! One number for anything that can be hashed: FNV-1a, the same in every run.

use std::hash::{Hash, Hasher};

/// A hasher whose results do not depend on the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest(u64);

impl Digest {
    /// Of nothing.
    pub const EMPTY: Digest = Digest(0xcbf2_9ce4_8422_2325);

    /// Of one thing.
    pub fn of(thing: &(impl Hash + ?Sized)) -> u64 {
        let mut digest = Digest::EMPTY;
        thing.hash(&mut digest);
        digest.finish()
    }
}

impl Hasher for Digest {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
