//! What is asked: chosen at random, once for both, and then put in each one's own ids and epochs.
//!
//! What Kafka's controllers answer by `UNKNOWN_SERVER_ERROR` is not asked, since they hand their leadership over on top of
//! it: an operation on a config that nobody knows, an interval of client metrics that is no number, an ACL on "any"
//! resource, a recovery state of partitions that there is not. Ours refuse it, and go on.

use fastrand::Rng;
use kraft_bridge_metadata::image::{MetadataImage, Topic};
use kraft_bridge_protocol::rpc::AnyRequest;
use kraft_bridge_protocol::{NodeId, Uuid};

use crate::side::{Release, Side};
use crate::{administration, brokers, partitions};

/// Brokers that are spoken for.
pub(crate) const BROKERS: std::ops::RangeInclusive<i32> = 1..=5;

/// A request as each of the two is to be asked.
pub(crate) type Ask = Box<dyn Fn(&Side) -> AnyRequest>;

/// What is there to choose from: it is the same on both sides.
pub(crate) struct Choice<'a> {
    pub(crate) random: &'a mut Rng,
    pub(crate) release: &'static Release,
    pub(crate) image: &'a MetadataImage,
}

impl Choice<'_> {
    /// Something to ask, one thing after the other.
    pub(crate) fn ask(&mut self) -> Vec<Ask> {
        match self.random.u32(0..100) {
            0..18 => brokers::ask(self),
            18..60 => vec![partitions::ask(self)],
            _ => vec![administration::ask(self)],
        }
    }

    /// Whether it is so this time, in so many of a hundred.
    pub(crate) fn chance(&mut self, percent: u32) -> bool {
        self.random.u32(0..100) < percent
    }

    pub(crate) fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.random.usize(0..of.len())].clone()
    }

    /// A few brokers, most often different ones that are there.
    pub(crate) fn some_brokers(&mut self) -> Vec<NodeId> {
        let mut ids: Vec<i32> = BROKERS.collect();
        self.random.shuffle(&mut ids);
        ids.truncate(self.random.usize(1..=3));
        if self.chance(4) {
            ids.push(self.one(&[9, ids[0], -1]));
        }
        ids.into_iter().map(NodeId).collect()
    }

    /// The name of a topic that is there, or could be.
    pub(crate) fn topic(&mut self) -> String {
        let names: Vec<&str> = self.image.topics.iter().map(|(name, _)| name).collect();
        match names.is_empty() || self.chance(10) {
            true => self.new_topic(),
            false => self.one(&names).to_owned(),
        }
    }

    /// A name that a topic may have, or may not.
    pub(crate) fn new_topic(&mut self) -> String {
        if self.chance(8) {
            let long = "x".repeat(250);
            return self
                .one(&[
                    "",
                    ".",
                    "..",
                    "a b",
                    "ä",
                    "__cluster_metadata",
                    "t.1",
                    "t_1",
                    &long,
                ])
                .to_owned();
        }
        format!("topic-{}", self.random.u32(0..12))
    }
}

/// The side's id of a topic; of one that is not there, an id that nothing has.
pub(crate) fn id(side: &Side, topic: &str) -> Uuid {
    side.image()
        .topics
        .get(topic)
        .map_or(Uuid::from_u128(77), |topic: &Topic| topic.id)
}
