//! Configs: of topics, of brokers, and of what ZooKeeper mode does not have.

use std::collections::BTreeMap;

use kraft_bridge_metadata::records::ConfigResource;
use kraft_bridge_metadata::release::ELR_FEATURE;
use kraft_bridge_protocol::NodeId;
use sha2::{Digest, Sha256};

use super::sink::{count, together};
use super::{Diff, Entity, Item, Rule, SecretDigest, Sink, Value};
use crate::capture::redact::is_secret_config;
use crate::legacy::ConfigMap;
use crate::parity::Kind;
use crate::target::REMOVED_TOPIC_CONFIGS;
use crate::translate::MIN_INSYNC_REPLICAS;

/// Both sides' value of one config.
type Values<'a> = (Option<&'a String>, Option<&'a String>);

impl Diff<'_> {
    /// The configs of one topic that both sides have.
    pub(super) fn topic_configs(&self, topic: &str, sink: &mut dyn Sink) {
        let zookeeper = self.observed.topic_configs.get(topic);
        let kraft = self.wanted.topic_configs(topic);
        let rule = |key: &str, (_, kraft): Values<'_>| {
            let removed = REMOVED_TOPIC_CONFIGS.contains(&key) && self.wanted.is_at_least_4();
            (removed && kraft.is_none()).then_some(Rule::ConfigDropped)
        };
        let entity = |key: &str| Entity::TopicConfig(topic.to_owned(), key.to_owned());
        self.config_map(Kind::TopicConfigs, zookeeper, kraft, &entity, &rule, sink);
    }

    /// Configs of topics that neither side has.
    pub(super) fn configs_without_topic(&self, sink: &mut dyn Sink) {
        let observed = self
            .observed
            .topic_configs
            .keys()
            .map(|topic| (topic.as_str(), ()));
        let wanted = self
            .wanted
            .image
            .configs
            .of(ConfigResource::Topic)
            .map(|(topic, _)| (topic, ()));
        for (topic, ..) in together(observed, wanted) {
            if !self.observed.topics.contains_key(topic) && self.wanted.image.topics.get(topic).is_none() {
                self.configs_of_no_topic(topic, sink);
            }
        }
    }

    pub(super) fn configs_of_no_topic(&self, topic: &str, sink: &mut dyn Sink) {
        let (zookeeper, kraft) = (
            self.observed.topic_configs.get(topic),
            self.wanted.topic_configs(topic),
        );
        let entity = |key: &str| Entity::TopicConfig(topic.to_owned(), key.to_owned());
        let rule = |_: &str, (_, kraft): Values<'_>| kraft.is_none().then_some(Rule::ConfigWithoutTopic);
        self.config_map(Kind::TopicConfigs, zookeeper, kraft, &entity, &rule, sink);
    }

    /// The dynamic configs of every broker and of the default.
    pub(super) fn broker_configs(&self, sink: &mut dyn Sink) {
        let wanted = self.wanted.broker_configs();
        for (broker, zookeeper, kraft) in together(self.observed.broker_configs.iter(), wanted.iter()) {
            self.configs_of_broker(*broker, zookeeper, kraft.copied(), sink);
        }
    }

    fn configs_of_broker(
        &self,
        broker: Option<NodeId>,
        zookeeper: Option<&ConfigMap>,
        kraft: Option<&ConfigMap>,
        sink: &mut dyn Sink,
    ) {
        let elr = self.wanted.image.features.levels.contains_key(ELR_FEATURE);
        let rule = |key: &str, (zookeeper, kraft): Values<'_>| {
            let moved = match broker {
                Some(_) => kraft.is_none(),
                None => zookeeper.is_none(),
            };
            (elr && moved && key == MIN_INSYNC_REPLICAS).then_some(Rule::MinInsyncReplicas)
        };
        let entity = |key: &str| Entity::BrokerConfig(broker, key.to_owned());
        self.config_map(Kind::BrokerConfigs, zookeeper, kraft, &entity, &rule, sink);
    }

    /// Configs of client metrics and groups.
    pub(super) fn other_configs(&self, sink: &mut dyn Sink) {
        for resource in [
            ConfigResource::ClientMetrics,
            ConfigResource::Group,
            ConfigResource::BrokerLogger,
        ] {
            for (name, configs) in self.wanted.image.configs.of(resource) {
                let entity = |key: &str| Entity::OtherConfig(resource, name.to_owned(), key.to_owned());
                let rule = |_: &str, _: Values<'_>| Some(Rule::KraftOnly);
                self.config_map(Kind::OtherConfigs, None, Some(configs), &entity, &rule, sink);
            }
        }
    }

    fn config_map(
        &self,
        kind: Kind,
        zookeeper: Option<&ConfigMap>,
        kraft: Option<&ConfigMap>,
        entity: &dyn Fn(&str) -> Entity,
        rule: &dyn Fn(&str, Values<'_>) -> Option<Rule>,
        sink: &mut dyn Sink,
    ) {
        let len = |configs: Option<&ConfigMap>| count(configs.map_or(0, BTreeMap::len));
        sink.count(kind, len(zookeeper), len(kraft));
        if zookeeper == kraft {
            return;
        }
        for (key, zookeeper, kraft) in together(zookeeper.into_iter().flatten(), kraft.into_iter().flatten())
        {
            let values = (zookeeper, kraft);
            if let Some(item) =
                Item::of_value(|| entity(key), "value", values, |value| self.config(key, value))
            {
                sink.item(item.because(rule(key, values)));
            }
        }
    }

    fn config(&self, key: &str, value: &str) -> Value {
        if is_secret_config(key, value) {
            self.secret(&[value.as_bytes()])
        } else {
            Value::shown(value)
        }
    }

    /// The digest of a secret that consists of these parts.
    pub(super) fn secret(&self, parts: &[&[u8]]) -> Value {
        let mut digest = Sha256::new_with_prefix(self.salt);
        for part in parts {
            digest.update(count(part.len()).to_be_bytes());
            digest.update(part);
        }
        Value::Secret(SecretDigest(digest.finalize().into()))
    }
}
