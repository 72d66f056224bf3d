//! What a topic is configured to, from all the places that say.
//!
//! ```text
//! topic ▸ this controller's own dynamic configs ▸ those of all brokers ▸ its configuration file ▸ Kafka's default
//! ```

use kraft_bridge_metadata::records::ConfigResource;

use crate::draft::Draft;
use crate::partitions::Election;

const UNCLEAN_ELECTIONS: &str = "unclean.leader.election.enable";
/// So many replicas must be in sync for a write to be acknowledged.
pub(crate) const MIN_INSYNC_REPLICAS: &str = "min.insync.replicas";

impl Draft<'_> {
    /// How leaders of the topic's partitions are elected when they must be.
    pub(crate) fn election(&self, topic: &str) -> Election {
        let unclean = match self.override_of(topic, UNCLEAN_ELECTIONS) {
            Some(value) => value.eq_ignore_ascii_case("true"),
            None => self.settings.unclean_elections,
        };
        if unclean {
            Election::Unclean
        } else {
            Election::Online
        }
    }

    /// How many replicas must be in sync for a write to be acknowledged.
    pub(crate) fn min_insync_replicas(&self, topic: &str) -> usize {
        let value = self.override_of(topic, MIN_INSYNC_REPLICAS);
        value
            .and_then(|value| value.trim().parse().ok())
            .or_else(|| self.settings.min_insync_replicas.try_into().ok())
            .unwrap_or(1)
    }

    /// The value that the log holds for a topic, wherever it says so.
    fn override_of(&self, topic: &str, key: &str) -> Option<&str> {
        let own = self.settings.node_id.to_string();
        let places = [
            (ConfigResource::Topic, topic),
            (ConfigResource::Broker, &*own),
            (ConfigResource::Broker, ""),
        ];
        places.into_iter().find_map(|(resource, name)| {
            let configs = self.image.configs.get(resource, name)?;
            configs.get(key).map(String::as_str)
        })
    }
}
