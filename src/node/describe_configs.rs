//! DescribeConfigs: what the log configures resources to, and what this node's own file says.
//!
//! Kafka's defaults are not told: only what somebody has set.
//!
//! Source: KIP-133, KIP-226 (places), KIP-919 (at controllers).

use std::collections::BTreeMap;

use kraft_bridge_metadata::acls::CLUSTER_NAME;
use kraft_bridge_metadata::image::MetadataImage;
use kraft_bridge_metadata::records::{AclOperation, ConfigResource, ResourceType};
use kraft_bridge_migration::capture::redact::is_secret_config;
use kraft_bridge_protocol::NodeId;
use kraft_bridge_protocol::rpc::{
    ConfigSource, ConfigSynonym, DescribableResource, DescribeConfigsRequest, DescribeConfigsResponse,
    DescribedConfig, DescribedResource, ErrorCode,
};

use crate::config::Properties;
use crate::server::Caller;

/// What a node knows of configs.
pub(super) struct Configs<'a> {
    pub(super) own: NodeId,
    pub(super) image: &'a MetadataImage,
    /// The node's own file.
    pub(super) file: &'a Properties,
}

/// Places that say something of a config, that which counts first.
type Said = Vec<(ConfigSource, String)>;

impl Configs<'_> {
    /// The answer, with each resource that the caller may see.
    pub(super) fn describe(
        &self,
        caller: &Caller,
        request: &DescribeConfigsRequest,
    ) -> DescribeConfigsResponse {
        let results = request.resources.iter().map(|resource| {
            let described = self.said(caller, resource);
            let (error_code, error_message) = match &described {
                Ok(_) => (ErrorCode::None, None),
                Err((error, message)) => (*error, Some((*message).to_owned())),
            };
            let configs = described.unwrap_or_default().into_iter();
            let wanted = |key: &str| {
                let keys = resource.configuration_keys.as_ref();
                keys.is_none_or(|keys| keys.iter().any(|wanted| wanted == key))
            };
            let configs = configs.filter(|(key, _)| wanted(key));
            DescribedResource {
                error_code,
                error_message,
                resource_type: resource.resource_type,
                resource_name: resource.resource_name.clone(),
                configs: configs
                    .map(|(key, said)| config(key, said, request.include_synonyms))
                    .collect(),
                ..Default::default()
            }
        });
        DescribeConfigsResponse {
            results: results.collect(),
            ..Default::default()
        }
    }

    /// What is said of each config of a resource, or why that is not told.
    fn said(
        &self,
        caller: &Caller,
        resource: &DescribableResource,
    ) -> Result<BTreeMap<String, Said>, (ErrorCode, &'static str)> {
        let kind = ConfigResource::from_code(resource.resource_type);
        let name = resource.resource_name.as_str();
        let on_cluster = (
            ResourceType::Cluster,
            CLUSTER_NAME,
            ErrorCode::ClusterAuthorizationFailed,
        );
        let (of, named, error) = match kind {
            Some(ConfigResource::Topic) => (ResourceType::Topic, name, ErrorCode::TopicAuthorizationFailed),
            Some(ConfigResource::Group) => (ResourceType::Group, name, ErrorCode::GroupAuthorizationFailed),
            _ => on_cluster,
        };
        if !caller.may(AclOperation::DescribeConfigs, of, named) {
            return Err((error, "the caller may not see these configs"));
        }
        match kind {
            Some(ConfigResource::Topic) if self.image.topics.get(name).is_none() => {
                Err((ErrorCode::UnknownTopicOrPartition, "there is no such topic"))
            }
            Some(ConfigResource::Topic) => Ok(self.dynamic(ConfigResource::Topic, name, ConfigSource::Topic)),
            Some(ConfigResource::ClientMetrics) => {
                Ok(self.dynamic(ConfigResource::ClientMetrics, name, ConfigSource::ClientMetrics))
            }
            Some(ConfigResource::Group) => Ok(self.dynamic(ConfigResource::Group, name, ConfigSource::Group)),
            Some(ConfigResource::Broker) if name.is_empty() => {
                Ok(self.dynamic(ConfigResource::Broker, "", ConfigSource::DefaultBroker))
            }
            Some(ConfigResource::Broker) if name.parse() == Ok(self.own) => Ok(self.of_own()),
            Some(ConfigResource::Broker) => Err((
                ErrorCode::InvalidRequest,
                "a controller tells of its own configs, and of those of all brokers: ask the broker itself",
            )),
            Some(ConfigResource::BrokerLogger) | None => Err((
                ErrorCode::InvalidRequest,
                "there are no such configs at this controller",
            )),
        }
    }

    fn dynamic(&self, kind: ConfigResource, name: &str, source: ConfigSource) -> BTreeMap<String, Said> {
        let configs = self.image.configs.get(kind, name).into_iter().flatten();
        configs
            .map(|(key, value)| (key.clone(), vec![(source, value.clone())]))
            .collect()
    }

    /// Dynamic configs of this node count before those of all brokers, and these before its file.
    fn of_own(&self) -> BTreeMap<String, Said> {
        let own = self.own.to_string();
        let mut said = self.dynamic(ConfigResource::Broker, &own, ConfigSource::Broker);
        let of_all = self.dynamic(ConfigResource::Broker, "", ConfigSource::DefaultBroker);
        let of_file = self.file.keys().map(|key| {
            let value = self.file.get(key).unwrap_or_default();
            (
                key.to_owned(),
                vec![(ConfigSource::StaticBroker, value.to_owned())],
            )
        });
        for (key, more) in of_all.into_iter().chain(of_file) {
            said.entry(key).or_default().extend(more);
        }
        said
    }
}

fn config(key: String, said: Said, with_synonyms: bool) -> DescribedConfig {
    let (config_source, value) = said[0].clone();
    let is_sensitive = said.iter().any(|(_, value)| is_secret_config(&key, value));
    let shown = |value: &str| (!is_sensitive).then(|| value.to_owned());
    let synonyms = said.iter().filter(|_| with_synonyms);
    DescribedConfig {
        value: shown(&value),
        read_only: config_source == ConfigSource::StaticBroker,
        config_source,
        is_sensitive,
        synonyms: synonyms
            .map(|(source, value)| ConfigSynonym {
                name: key.clone(),
                value: shown(value),
                source: *source,
                ..Default::default()
            })
            .collect(),
        name: key,
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use kraft_bridge_metadata::records::ConfigRecord;

    use super::*;
    use crate::server::Rights;

    fn image(configs: &[(&str, &str, &str)]) -> MetadataImage {
        let mut image = MetadataImage::default();
        for (broker, key, value) in configs {
            let record = ConfigRecord {
                resource_type: ConfigResource::Broker,
                resource_name: (*broker).to_owned(),
                name: (*key).to_owned(),
                value: Some((*value).to_owned()),
                ..Default::default()
            };
            image.replay(record.into()).unwrap();
        }
        image
    }

    fn caller() -> Caller {
        Caller {
            listener: "CONTROLLER".to_owned(),
            address: ([127, 0, 0, 1], 1).into(),
            principal: "User:ANONYMOUS".to_owned(),
            client_id: None,
            is_authenticated: false,
            rights: Rights::Unlimited,
        }
    }

    fn describe(image: &MetadataImage, file: &str, kind: i8, name: &str) -> DescribedResource {
        let file = Properties::decode(Path::new("controller.properties"), file.as_bytes()).unwrap();
        let configs = Configs {
            own: NodeId(3000),
            image,
            file: &file,
        };
        let request = DescribeConfigsRequest {
            resources: vec![DescribableResource {
                resource_type: kind,
                resource_name: name.to_owned(),
                ..Default::default()
            }],
            include_synonyms: true,
            ..Default::default()
        };
        configs.describe(&caller(), &request).results.remove(0)
    }

    #[test]
    fn each_place_that_says_something_of_a_config_is_told_that_which_counts_first() {
        let image = image(&[("3000", "a", "1"), ("", "a", "2"), ("", "b", "3")]);
        let resource = describe(&image, "a=4\nnode.id=3000", 4, "3000");
        let told = resource.configs.iter().map(|config| {
            let places = config.synonyms.iter().map(|synonym| synonym.source);
            (&*config.name, config.value.as_deref(), places.collect::<Vec<_>>())
        });
        use ConfigSource::{Broker, DefaultBroker, StaticBroker};
        let wanted = [
            ("a", Some("1"), vec![Broker, DefaultBroker, StaticBroker]),
            ("b", Some("3"), vec![DefaultBroker]),
            ("node.id", Some("3000"), vec![StaticBroker]),
        ];
        assert_eq!(told.collect::<Vec<_>>(), wanted);
    }

    #[test]
    fn secrets_are_not_told() {
        let image = image(&[("3000", "ssl.keystore.password", "hush")]);
        let file =
            "sasl.jaas.config=hush\nlistener.name.c.ssl.key.password=hush\ndelegation.token.secret.key=hush";
        let resource = describe(&image, file, 4, "3000");
        assert_eq!(resource.configs.len(), 4);
        for config in resource.configs {
            assert!(config.is_sensitive && config.value.is_none(), "{config:?}");
            assert!(
                config.synonyms.iter().all(|synonym| synonym.value.is_none()),
                "{config:?}"
            );
        }
    }

    #[test]
    fn configs_of_others_are_asked_elsewhere() {
        let image = MetadataImage::default();
        let error = |kind, name| describe(&image, "", kind, name).error_code;
        assert_eq!(error(4, "1"), ErrorCode::InvalidRequest);
        assert_eq!(error(2, "none"), ErrorCode::UnknownTopicOrPartition);
        assert_eq!(error(99, ""), ErrorCode::InvalidRequest);
    }
}
