//! What a topic is configured to, from all the places that say.
//!
//! ```text
//! topic ▸ this controller's own dynamic configs ▸ those of all brokers ▸ its configuration file ▸ Kafka's default
//! ```

use std::borrow::Cow;
use std::collections::BTreeMap;

use kraft_bridge_metadata::records::ConfigResource;
use kraft_bridge_protocol::rpc::{ConfigSource, CreatedConfig};

use crate::configs::{KAFKA_4, topic_defaults};
use crate::draft::Draft;
use crate::partitions::Election;

/// Whether a replica that lacks records may lead if no other can.
const UNCLEAN_ELECTIONS: &str = "unclean.leader.election.enable";
/// So many replicas must be in sync for a write to be acknowledged.
pub(crate) const MIN_INSYNC_REPLICAS: &str = "min.insync.replicas";

/// What a broker's key counts in.
#[derive(Clone, Copy)]
enum Unit {
    /// The same as the topic's.
    Same,
    /// Where the topic's counts milliseconds.
    Minutes,
    /// Where the topic's counts milliseconds.
    Hours,
}

use Unit::{Hours, Minutes, Same};

/// Keys of brokers that topics inherit from, the first of a topic's key before the next.
///
/// Source: `ServerTopicConfigSynonyms` of Kafka 3.9 and 4.3.
const INHERITED: &[(&str, &str, Unit)] = &[
    ("cleanup.policy", "log.cleanup.policy", Same),
    ("compression.gzip.level", "compression.gzip.level", Same),
    ("compression.lz4.level", "compression.lz4.level", Same),
    ("compression.type", "compression.type", Same),
    ("compression.zstd.level", "compression.zstd.level", Same),
    ("delete.retention.ms", "log.cleaner.delete.retention.ms", Same),
    ("file.delete.delay.ms", "log.segment.delete.delay.ms", Same),
    ("flush.messages", "log.flush.interval.messages", Same),
    ("flush.ms", "log.flush.interval.ms", Same),
    ("flush.ms", "log.flush.scheduler.interval.ms", Same),
    ("index.interval.bytes", "log.index.interval.bytes", Same),
    ("local.retention.bytes", "log.local.retention.bytes", Same),
    ("local.retention.ms", "log.local.retention.ms", Same),
    ("max.compaction.lag.ms", "log.cleaner.max.compaction.lag.ms", Same),
    ("max.message.bytes", "message.max.bytes", Same),
    (
        "message.downconversion.enable",
        "log.message.downconversion.enable",
        Same,
    ),
    ("message.format.version", "log.message.format.version", Same),
    (
        "message.timestamp.after.max.ms",
        "log.message.timestamp.after.max.ms",
        Same,
    ),
    (
        "message.timestamp.before.max.ms",
        "log.message.timestamp.before.max.ms",
        Same,
    ),
    (
        "message.timestamp.difference.max.ms",
        "log.message.timestamp.difference.max.ms",
        Same,
    ),
    ("message.timestamp.type", "log.message.timestamp.type", Same),
    (
        "min.cleanable.dirty.ratio",
        "log.cleaner.min.cleanable.ratio",
        Same,
    ),
    ("min.compaction.lag.ms", "log.cleaner.min.compaction.lag.ms", Same),
    (MIN_INSYNC_REPLICAS, MIN_INSYNC_REPLICAS, Same),
    ("preallocate", "log.preallocate", Same),
    ("retention.bytes", "log.retention.bytes", Same),
    ("retention.ms", "log.retention.ms", Same),
    ("retention.ms", "log.retention.minutes", Minutes),
    ("retention.ms", "log.retention.hours", Hours),
    ("segment.bytes", "log.segment.bytes", Same),
    ("segment.index.bytes", "log.index.size.max.bytes", Same),
    ("segment.jitter.ms", "log.roll.jitter.ms", Same),
    ("segment.jitter.ms", "log.roll.jitter.hours", Hours),
    ("segment.ms", "log.roll.ms", Same),
    ("segment.ms", "log.roll.hours", Hours),
    (UNCLEAN_ELECTIONS, UNCLEAN_ELECTIONS, Same),
];

/// Keys of a node's file that topics inherit from.
pub fn inherited_keys() -> impl Iterator<Item = &'static str> {
    INHERITED.iter().map(|(_, key, _)| *key)
}

impl Unit {
    fn to_topics(self, value: &str) -> Cow<'_, str> {
        let millis: i64 = match self {
            Same => return value.into(),
            Minutes => 60_000,
            Hours => 3_600_000,
        };
        match value.trim().parse::<i64>() {
            Ok(number) => number.saturating_mul(millis).to_string().into(),
            Err(_) => value.into(),
        }
    }
}

/// Configs of a place, and the place.
type Place<'a> = (ConfigSource, Option<&'a BTreeMap<String, String>>);

impl Draft<'_> {
    /// All that a topic is configured to whose own configs are these, and where it is said. Names rise.
    pub(crate) fn topic_configs(&self, own: &BTreeMap<String, String>) -> Vec<CreatedConfig> {
        let places = self.inherited();
        let inherited = |name: &str| {
            let keys = || INHERITED.iter().filter(|(topics, _, _)| *topics == name);
            places.iter().find_map(|(source, configs)| {
                let said =
                    keys().find_map(|(_, key, unit)| Some(unit.to_topics(configs.as_ref()?.get(*key)?)));
                Some((*source, said?))
            })
        };
        topic_defaults(self.level() >= KAFKA_4)
            .map(|(name, default)| {
                let said = own
                    .get(name)
                    .map(|value| (ConfigSource::Topic, value.as_str().into()));
                let (config_source, value) = said
                    .or_else(|| inherited(name))
                    .unwrap_or((ConfigSource::Default, default.into()));
                CreatedConfig {
                    name: name.to_owned(),
                    value: Some(value.into_owned()),
                    config_source,
                    ..Default::default()
                }
            })
            .collect()
    }

    /// How leaders of the topic's partitions are elected when they must be.
    pub(crate) fn election(&self, topic: &str) -> Election {
        let unclean = self.value_of(topic, UNCLEAN_ELECTIONS);
        match unclean.is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            true => Election::Unclean,
            false => Election::Online,
        }
    }

    /// How many replicas must be in sync for a write to be acknowledged.
    pub(crate) fn min_insync_replicas(&self, topic: &str) -> usize {
        let value = self.value_of(topic, MIN_INSYNC_REPLICAS);
        value.and_then(|value| value.trim().parse().ok()).unwrap_or(1)
    }

    /// What is said for a topic of a key that brokers call the same.
    fn value_of(&self, topic: &str, key: &str) -> Option<&str> {
        let own = self.image.configs.get(ConfigResource::Topic, topic);
        let places = [(ConfigSource::Topic, own)].into_iter().chain(self.inherited());
        let mut values = places.filter_map(|(_, configs)| configs?.get(key));
        values.next().map(String::as_str)
    }

    /// The places that topics inherit from, that which counts first.
    fn inherited(&self) -> [Place<'_>; 3] {
        let brokers = |name: &str| self.image.configs.get(ConfigResource::Broker, name);
        [
            (ConfigSource::Broker, brokers(&self.settings.node_id.to_string())),
            (ConfigSource::DefaultBroker, brokers("")),
            (ConfigSource::StaticBroker, Some(&self.settings.inherited)),
        ]
    }
}
