//! Projection: the metadata image in the terms of the legacy model, as [`crate::translate`] turns them round.
//!
//! Topics, credentials and tokens are compared as the image has them; what is keyed or grouped otherwise in
//! ZooKeeper is brought into that order here.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use kraft_bridge_metadata::image::{self, METADATA_VERSION, MetadataImage};
use kraft_bridge_metadata::records::ConfigResource;
use kraft_bridge_metadata::release::Release;
use kraft_bridge_protocol::NodeId;

use crate::legacy::{ConfigMap, QuotaEntity, QuotaName};
use crate::parity::decisions::Acls;

/// An image as ZooKeeper mode would keep it.
#[derive(Clone, Debug)]
pub struct Projection<'a> {
    /// The image.
    pub image: &'a MetadataImage,
    acls: OnceCell<Acls>,
}

impl<'a> Projection<'a> {
    /// The projection of an image.
    pub fn new(image: &'a MetadataImage) -> Projection<'a> {
        Projection {
            image,
            acls: OnceCell::new(),
        }
    }

    /// ACLs by resource.
    pub fn acls(&self) -> &Acls {
        self.acls.get_or_init(|| acls(self.image))
    }

    /// Overrides of one topic.
    pub fn topic_configs(&self, topic: &str) -> Option<&'a ConfigMap> {
        self.image.configs.get(ConfigResource::Topic, topic)
    }

    /// Overrides by broker, `None` for the default of all. What is kept under anything but a number is no broker's.
    pub fn broker_configs(&self) -> BTreeMap<Option<NodeId>, &'a ConfigMap> {
        let configs = self.image.configs.of(ConfigResource::Broker);
        configs
            .filter_map(|(name, configs)| match name {
                "" => Some((None, configs)),
                name => {
                    let id: NodeId = name.parse().ok()?;
                    // A broker looks for its own number only: `01` is nobody's.
                    (id.to_string() == name).then_some((Some(id), configs))
                }
            })
            .collect()
    }

    /// Quotas by entity.
    pub fn quotas(&self) -> BTreeMap<QuotaEntity, &'a BTreeMap<String, f64>> {
        let quotas = self.image.client_quotas.0.iter();
        quotas
            .filter_map(|(entity, quotas)| Some((quota_entity(entity)?, quotas)))
            .collect()
    }

    /// Whether a release from 4.0 on has the log: by its level, or by what its nodes support.
    pub fn is_at_least_4(&self) -> bool {
        let newest_of_3 = Release::V3_9.metadata_version();
        let level = self.image.features.metadata_version();
        let brokers = self.image.brokers.values().flat_map(|broker| &broker.features);
        let controllers = self
            .image
            .controllers
            .values()
            .flat_map(|controller| &controller.features);
        let mut supported = brokers
            .chain(controllers)
            .filter(|feature| feature.name == METADATA_VERSION);
        level.is_some_and(|level| level > newest_of_3)
            || supported.any(|feature| feature.max_supported_version > newest_of_3.0)
    }
}

fn acls(image: &MetadataImage) -> Acls {
    let mut acls = Acls::new();
    for (pattern, acl) in image.acls_by_pattern() {
        acls.entry(pattern).or_default().insert(acl);
    }
    acls
}

/// The entity as ZooKeeper's paths name it; `None` for a combination that replay would have refused.
fn quota_entity(entity: &image::QuotaEntity) -> Option<QuotaEntity> {
    let name = |kind: &str| {
        entity
            .get(kind)
            .map(|name| name.clone().map_or(QuotaName::Default, QuotaName::Named))
    };
    match (name("user"), name("client-id"), name("ip")) {
        (Some(user), Some(client), None) => Some(QuotaEntity::UserClient(user, client)),
        (Some(user), None, None) => Some(QuotaEntity::User(user)),
        (None, Some(client), None) => Some(QuotaEntity::Client(client)),
        (None, None, Some(ip)) => Some(QuotaEntity::Ip(ip)),
        _ => None,
    }
}
