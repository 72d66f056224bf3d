//! The two clocks of a node, neither of which runs as the world's does.

use std::time::Duration;

use kraft_bridge_protocol::Timestamp;
use kraft_bridge_raft::quorum::Now;

/// What the wall clocks show when a world begins, in milliseconds.
const BEGINNING: i64 = 1_700_000_000_000;

/// The clocks of one node.
#[derive(Clone, Debug)]
pub struct Clock {
    /// What the monotonic clock showed at `since`.
    shown: Duration,
    /// By the world's time.
    since: Duration,
    /// How fast it runs: 1000 as the world does.
    permille: u64,
    /// How far the wall clock is off, in milliseconds.
    wall_off: i64,
}

impl Default for Clock {
    /// A clock that is right.
    fn default() -> Clock {
        Clock {
            shown: Duration::ZERO,
            since: Duration::ZERO,
            permille: 1000,
            wall_off: 0,
        }
    }
}

impl Clock {
    /// What both clocks show.
    pub fn now(&self, world: Duration) -> Now {
        let millis = i64::try_from(world.as_millis()).expect("a world is short");
        Now {
            elapsed: self.elapsed(world),
            wall: Timestamp(BEGINNING + millis + self.wall_off),
        }
    }

    fn elapsed(&self, world: Duration) -> Duration {
        let passed = nanos(world.saturating_sub(self.since));
        self.shown + Duration::from_nanos(passed * self.permille / 1000)
    }

    /// When, by the world's time, the monotonic clock will show this.
    pub fn when(&self, shown: Duration) -> Duration {
        let left = nanos(shown.saturating_sub(self.shown));
        self.since + Duration::from_nanos((left * 1000).div_ceil(self.permille))
    }

    /// Lets the monotonic clock jump forward, as after a suspension.
    pub fn jump(&mut self, world: Duration, by: Duration) {
        self.shown = self.elapsed(world) + by;
        self.since = world;
    }

    /// Lets the monotonic clock run at another speed from now on.
    pub fn run_at(&mut self, world: Duration, permille: u64) {
        self.jump(world, Duration::ZERO);
        self.permille = permille;
    }

    /// Sets the wall clock, forward or back.
    pub fn set_wall(&mut self, off_millis: i64) {
        self.wall_off = off_millis;
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).expect("a world is short")
}
