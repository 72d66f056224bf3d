//! UpdateFeatures: other levels of the cluster's features, all that are asked for or none.
//!
//! Source: KIP-584, KIP-778; KIP-919 (controllers tell what they know); KIP-966 (what goes with eligible leaders).

use std::collections::BTreeMap;

use kraft_bridge_metadata::image::METADATA_VERSION;
use kraft_bridge_metadata::records::{
    ConfigRecord, ConfigResource, FeatureLevelRecord, MetadataRecord, MigrationState,
};
use kraft_bridge_metadata::release::{ELR_FEATURE, MetadataVersion, Release};
use kraft_bridge_protocol::NodeId;
use kraft_bridge_protocol::rpc::{
    ErrorCode, FeatureUpdate, UpdateFeaturesRequest, UpdateFeaturesResponse, UpdatedFeature,
};

use crate::decision::Refusal;
use crate::draft::Draft;
use crate::effective::MIN_INSYNC_REPLICAS;

/// 3.3-IV3: the lowest level that can be asked for.
const LOWEST: i16 = 7;
/// 3.7-IV0: from here on controllers register, and tell what they know.
const CONTROLLERS_REGISTER: MetadataVersion = MetadataVersion(15);
/// Levels that brought something new to be written: going back behind one would lose it.
const WRITE_MORE: [i16; 9] = [7, 8, 11, 13, 14, 15, 17, 23, 30];

const UPGRADE: i8 = 1;
const SAFE_DOWNGRADE: i8 = 2;
const UNSAFE_DOWNGRADE: i8 = 3;

/// Sets levels, or says why not. `voters` are those of the quorum.
pub(crate) fn update(
    draft: &mut Draft<'_>,
    voters: &[NodeId],
    request: &UpdateFeaturesRequest,
) -> UpdateFeaturesResponse {
    let refusal = try_update(draft, voters, request).err();
    let results = match refusal {
        // They are the message's only if there is nothing to say of the whole.
        Some(_) => Vec::new(),
        None => request
            .feature_updates
            .iter()
            .map(|update| UpdatedFeature {
                feature: update.feature.clone(),
                ..Default::default()
            })
            .collect(),
    };
    UpdateFeaturesResponse {
        error_code: refusal.as_ref().map_or(ErrorCode::None, |refusal| refusal.error),
        error_message: refusal.and_then(|refusal| refusal.message),
        results,
        ..Default::default()
    }
}

fn try_update(
    draft: &mut Draft<'_>,
    voters: &[NodeId],
    request: &UpdateFeaturesRequest,
) -> Result<(), Refusal> {
    let mut wanted = BTreeMap::new();
    for update in &request.feature_updates {
        let invalid = |why: String| {
            let (level, feature) = (update.max_version_level, &update.feature);
            Refusal::new(
                ErrorCode::InvalidUpdateVersion,
                format!("Invalid update version {level} for feature {feature}. {why}"),
            )
        };
        check(draft, voters, update).map_err(invalid)?;
        if wanted
            .insert(&*update.feature, update.max_version_level)
            .is_some()
        {
            return Err(invalid("The feature is named twice.".to_owned()));
        }
    }
    let level_of = |feature| {
        wanted
            .get(feature)
            .copied()
            .unwrap_or_else(|| level(draft, feature))
    };
    if wanted.get(ELR_FEATURE).is_some_and(|level| *level > 0)
        && level_of(METADATA_VERSION) < MetadataVersion::ELIGIBLE_LEADER_REPLICAS.0
    {
        return Err(Refusal::new(
            ErrorCode::InvalidUpdateVersion,
            format!(
                "{ELR_FEATURE} needs {METADATA_VERSION} {}, which is {} or more",
                MetadataVersion::ELIGIBLE_LEADER_REPLICAS,
                MetadataVersion::ELIGIBLE_LEADER_REPLICAS.0
            ),
        ));
    }
    if !request.validate_only {
        let elr_begins = wanted.get(ELR_FEATURE) == Some(&1) && level(draft, ELR_FEATURE) == 0;
        for (name, feature_level) in wanted {
            draft.push(FeatureLevelRecord {
                name: name.to_owned(),
                feature_level,
                ..Default::default()
            });
        }
        if elr_begins {
            settle_min_insync_replicas(draft);
        }
    }
    Ok(())
}

/// The `metadata.version` that records say.
pub(crate) fn level_of(records: &[MetadataRecord]) -> MetadataVersion {
    let levels = records.iter().filter_map(|record| match record {
        MetadataRecord::FeatureLevel(record) if record.name == METADATA_VERSION => Some(record.feature_level),
        _ => None,
    });
    levels
        .map(MetadataVersion)
        .next_back()
        .unwrap_or(MetadataVersion::UNTOLD)
}

fn level(draft: &Draft<'_>, feature: &str) -> i16 {
    draft.image.features.levels.get(feature).copied().unwrap_or(0)
}

fn check(draft: &Draft<'_>, voters: &[NodeId], update: &FeatureUpdate) -> Result<(), String> {
    let (feature, wanted) = (&*update.feature, update.max_version_level);
    if ![UPGRADE, SAFE_DOWNGRADE, UNSAFE_DOWNGRADE].contains(&update.upgrade_type) {
        return Err("The controller does not support the given upgrade type.".to_owned());
    }
    if wanted < 0 {
        return Err("A feature version cannot be less than 0.".to_owned());
    }
    check_supported(draft, voters, feature, wanted)?;
    let now = level(draft, feature);
    match update.upgrade_type {
        UPGRADE if wanted < now => {
            return Err(
                "Can't downgrade the version of this feature without setting the upgrade type to either safe or \
                 unsafe downgrade."
                    .to_owned(),
            );
        }
        SAFE_DOWNGRADE | UNSAFE_DOWNGRADE if wanted > now => {
            return Err("Can't downgrade to a newer version.".to_owned());
        }
        _ => {}
    }
    match feature {
        METADATA_VERSION => check_metadata_version(draft, now, wanted),
        _ => Ok(()),
    }
}

/// Whether every broker, every controller and this node know the level.
fn check_supported(draft: &Draft<'_>, voters: &[NodeId], feature: &str, wanted: i16) -> Result<(), String> {
    let check = |who: String, range: Option<(i16, i16)>| match range.unwrap_or((0, 0)) {
        (lowest, highest) if (lowest..=highest).contains(&wanted) => Ok(()),
        (_, 0) => Err(format!("{who} does not support this feature.")),
        (lowest, highest) => Err(format!("{who} only supports versions {lowest}-{highest}")),
    };
    let own = Release::NEWEST.supported_features().get(feature).copied();
    let own = own.ok_or_else(|| "Local controller does not know this feature.".to_owned())?;
    check("Local controller".to_owned(), Some(own))?;
    for (id, broker) in &draft.image.brokers {
        let known = broker.features.iter().find(|known| known.name == feature);
        let range = known.map(|known| (known.min_supported_version, known.max_supported_version));
        check(format!("Broker {id}"), range)?;
    }
    if draft.level() < CONTROLLERS_REGISTER {
        return Ok(());
    }
    let others = |id: &NodeId| *id != draft.settings.node_id;
    for (id, controller) in draft.image.controllers.iter().filter(|(id, _)| others(id)) {
        let known = controller.features.iter().find(|known| known.name == feature);
        let range = known.map(|known| (known.min_supported_version, known.max_supported_version));
        check(format!("Controller {id}"), range)?;
    }
    let unknown = |id: &&NodeId| others(id) && !draft.image.controllers.contains_key(id);
    match voters.iter().find(unknown) {
        Some(id) => Err(format!(
            "controller {id} has not registered, and may not support this feature"
        )),
        None => Ok(()),
    }
}

fn check_metadata_version(draft: &Draft<'_>, now: i16, wanted: i16) -> Result<(), String> {
    let is_migrating = matches!(
        draft.image.features.migration_state,
        Some(MigrationState::PreMigration | MigrationState::Migration)
    );
    if is_migrating {
        return Err("Unable to modify metadata.version while a ZK migration is in progress.".to_owned());
    }
    if wanted < LOWEST {
        return Err(format!(
            "Unable to set a metadata.version less than {}",
            MetadataVersion(LOWEST)
        ));
    }
    if WRITE_MORE.iter().any(|level| (wanted + 1..=now).contains(level)) {
        return Err(
            "Refusing to perform the requested downgrade because it might delete metadata information."
                .to_owned(),
        );
    }
    Ok(())
}

/// With eligible leaders every controller must count the same replicas as enough: what this one's file says is said in
/// the log, unless the log says so already, and no broker has a number of its own. Without eligible leaders nothing is done.
pub(crate) fn settle_min_insync_replicas(draft: &mut Draft<'_>) {
    if level(draft, ELR_FEATURE) == 0 {
        return;
    }
    let brokers = draft.image.configs.of(ConfigResource::Broker);
    let (of_all, of_some): (Vec<_>, Vec<_>) = brokers
        .filter(|(_, configs)| configs.contains_key(MIN_INSYNC_REPLICAS))
        .map(|(name, _)| name.to_owned())
        .partition(String::is_empty);
    if of_all.is_empty() {
        let value = draft.settings.inherited.get(MIN_INSYNC_REPLICAS);
        let value = value.map_or("1", String::as_str).to_owned();
        draft.push(min_insync_replicas(String::new(), Some(value)));
    }
    for broker in of_some {
        draft.push(min_insync_replicas(broker, None));
    }
}

fn min_insync_replicas(resource_name: String, value: Option<String>) -> ConfigRecord {
    ConfigRecord {
        resource_type: ConfigResource::Broker,
        resource_name,
        name: MIN_INSYNC_REPLICAS.to_owned(),
        value,
        ..Default::default()
    }
}
