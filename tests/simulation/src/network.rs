//! What happens to messages between two hosts.

use std::time::Duration;

use crate::random::Random;
use crate::scenario::NetworkQuality;

/// The network.
#[derive(Debug)]
pub struct Network {
    /// How it behaves where nothing is broken.
    pub quality: NetworkQuality,
    hosts: usize,
    /// From which host nothing comes through to which.
    blocked: Vec<bool>,
    /// The connection from which host to which is in use: nothing comes back by an older one.
    connections: Vec<u32>,
}

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passage {
    /// It arrives after so long.
    Arrives(Duration),
    /// It does not; the sender of the request learns that the connection broke after so long, if ever.
    Lost(Option<Duration>),
}

impl Network {
    /// Between so many hosts.
    pub fn new(quality: NetworkQuality, hosts: usize) -> Network {
        Network {
            quality,
            hosts,
            blocked: vec![false; hosts * hosts],
            connections: vec![0; hosts * hosts],
        }
    }

    fn at(&self, from: usize, to: usize) -> usize {
        from * self.hosts + to
    }

    /// Draws what becomes of a message.
    pub fn passage(&self, random: &mut Random, from: usize, to: usize) -> Passage {
        let is_lost = random.chance(self.quality.lost) || self.blocked[self.at(from, to)];
        match is_lost {
            true => Passage::Lost(self.report(random)),
            false => Passage::Arrives(self.delay(random)),
        }
    }

    /// How long a message is on its way.
    pub fn delay(&self, random: &mut Random) -> Duration {
        random.skewed_millis(self.quality.delay_millis_max) + Duration::from_micros(20)
    }

    /// How long it takes until a broken connection is noticed, if it is.
    pub fn report(&self, random: &mut Random) -> Option<Duration> {
        random
            .chance(600)
            .then(|| random.skewed_millis(self.quality.delay_millis_max * 4))
    }

    /// Whether a request arrives a second time.
    pub fn doubles(&self, random: &mut Random) -> bool {
        random.chance(self.quality.doubled)
    }

    /// The connection in use.
    pub fn connection(&self, from: usize, to: usize) -> u32 {
        self.connections[self.at(from, to)]
    }

    /// Another connection is used from now on.
    pub fn reconnect(&mut self, from: usize, to: usize) {
        let at = self.at(from, to);
        self.connections[at] += 1;
    }

    /// Blocks one direction, or lets it through again.
    pub fn block(&mut self, from: usize, to: usize, is_blocked: bool) {
        let at = self.at(from, to);
        self.blocked[at] = is_blocked;
    }

    /// Everything comes through again, at once.
    pub fn heal(&mut self) {
        self.blocked.fill(false);
        self.quality = NetworkQuality::GOOD;
    }
}
