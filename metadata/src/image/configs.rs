//! Dynamic configs.

use std::collections::BTreeMap;

use crate::records::{ConfigRecord, ConfigResource, MetadataRecord};

/// Config overrides of every resource: name to value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Configs(
    /// By resource type, then by resource name; the default of all brokers has the empty name. No map is empty.
    pub BTreeMap<ConfigResource, BTreeMap<String, BTreeMap<String, String>>>,
);

impl Configs {
    /// The overrides of all resources of one type.
    pub fn of(&self, resource: ConfigResource) -> impl Iterator<Item = (&str, &BTreeMap<String, String>)> {
        let resources = self.0.get(&resource).into_iter().flatten();
        resources.map(|(name, configs)| (name.as_str(), configs))
    }

    /// The overrides of one resource.
    pub fn get(&self, resource: ConfigResource, name: &str) -> Option<&BTreeMap<String, String>> {
        self.0.get(&resource)?.get(name)
    }

    pub(super) fn records(&self) -> impl Iterator<Item = MetadataRecord> {
        self.0.iter().flat_map(|(resource_type, resources)| {
            resources.iter().flat_map(|(resource, configs)| {
                configs.iter().map(|(name, value)| {
                    ConfigRecord {
                        resource_type: *resource_type,
                        resource_name: resource.clone(),
                        name: name.clone(),
                        value: Some(value.clone()),
                        ..Default::default()
                    }
                    .into()
                })
            })
        })
    }

    pub(super) fn replay(&mut self, record: ConfigRecord) {
        let ConfigRecord {
            resource_type,
            resource_name,
            name,
            value,
            ..
        } = record;
        match value {
            Some(value) => {
                let resources = self.0.entry(resource_type).or_default();
                resources.entry(resource_name).or_default().insert(name, value);
            }
            None => self.change(resource_type, &resource_name, |configs| {
                configs.remove(&name);
            }),
        }
    }

    /// A topic's configs go with it. Kafka itself has brought them back for a new topic of the same name.
    pub(super) fn remove_topic(&mut self, topic: &str) {
        self.change(ConfigResource::Topic, topic, BTreeMap::clear);
    }

    fn change(
        &mut self,
        resource: ConfigResource,
        name: &str,
        change: impl FnOnce(&mut BTreeMap<String, String>),
    ) {
        let Some(resources) = self.0.get_mut(&resource) else {
            return;
        };
        let Some(configs) = resources.get_mut(name) else {
            return;
        };
        change(configs);
        if configs.is_empty() {
            resources.remove(name);
        }
        if resources.is_empty() {
            self.0.remove(&resource);
        }
    }
}
