//! All chance of a run: one seed, one sequence.

use std::time::Duration;

/// Pseudo-random numbers.
#[derive(Clone, Debug)]
pub struct Random(kraft_bridge_raft::random::Random);

impl Random {
    /// The sequence of a seed.
    pub fn new(seed: u64) -> Random {
        Random(kraft_bridge_raft::random::Random::new(seed))
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0.number()
    }

    /// A number from `least` to `most`, both included.
    pub fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.number() % (most - least + 1)
    }

    /// An index into something of this length, which is not 0.
    pub fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.number() % length as u64).expect("below a length in memory")
    }

    /// True `permille` times of a thousand.
    pub fn chance(&mut self, permille: u64) -> bool {
        self.number() % 1000 < permille
    }

    /// One of these.
    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.index(choices.len())]
    }

    /// So many milliseconds, in steps of a microsecond.
    pub fn millis(&mut self, least: u64, most: u64) -> Duration {
        Duration::from_micros(self.between(least * 1000, most * 1000))
    }

    /// A time that is mostly short and sometimes very long: each bound is reached as often as its half.
    pub fn skewed_millis(&mut self, most: u64) -> Duration {
        let shrink = self.between(0, 10);
        Duration::from_micros(self.between(0, most * 1000) >> shrink)
    }
}
