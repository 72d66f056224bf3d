//! BrokerRegistration: a run of a broker is taken into the cluster, fenced.
//!
//! Source: KIP-631; KAFKA-16952, KAFKA-17305; KIP-966 (how the last run ended).

use std::time::Duration;

use kraft_bridge_metadata::image::METADATA_VERSION;
use kraft_bridge_metadata::records::{ListenerRecord, RegisterBrokerRecord};
use kraft_bridge_metadata::release::{ELR_FEATURE, MetadataVersion};
use kraft_bridge_protocol::rpc::{
    BrokerRegistrationRequest, BrokerRegistrationResponse, ErrorCode, SupportedFeature,
};
use kraft_bridge_protocol::{BrokerEpoch, Offset};

use super::{Sessions, fence};
use crate::draft::Draft;
use crate::{partitions, registrations};

/// Registers a broker's run, or says why not.
pub(crate) fn register(
    draft: &mut Draft<'_>,
    sessions: &mut Sessions,
    now: Duration,
    request: &BrokerRegistrationRequest,
) -> BrokerRegistrationResponse {
    match try_register(draft, sessions, now, request) {
        Ok(broker_epoch) => BrokerRegistrationResponse {
            broker_epoch,
            ..Default::default()
        },
        Err(error_code) => BrokerRegistrationResponse {
            error_code,
            ..Default::default()
        },
    }
}

fn try_register(
    draft: &mut Draft<'_>,
    sessions: &mut Sessions,
    now: Duration,
    request: &BrokerRegistrationRequest,
) -> Result<BrokerEpoch, ErrorCode> {
    if request.cluster_id != draft.settings.cluster_id {
        return Err(ErrorCode::InconsistentClusterId);
    }
    // A broker in ZooKeeper mode needs a controller that writes to ZooKeeper too.
    if request.is_migrating_zk_broker {
        return Err(ErrorCode::BrokerIdNotRegistered);
    }
    check_directories(draft, request)?;
    check_features(draft, &request.features)?;
    let end_points =
        registrations::listeners(&request.listeners).map_err(|_| ErrorCode::InvalidRegistration)?;
    let id = request.broker_id;
    let known = draft.image.brokers.get(&id).cloned();
    if let Some(known) = &known
        && known.incarnation_id == request.incarnation_id
    {
        // Only what it says of itself changes (KAFKA-16952): it may be in service.
        let record = record(draft, request, end_points, known.broker_epoch);
        draft.push(RegisterBrokerRecord {
            fenced: known.fenced,
            in_controlled_shutdown: known.in_controlled_shutdown,
            ..record
        });
        return Ok(known.broker_epoch);
    }
    if let Some(known) = &known
        && !known.fenced
    {
        if sessions.is_live(id, known.broker_epoch, now) {
            return Err(ErrorCode::DuplicateBrokerRegistration);
        }
        fence(draft, id);
    }
    if draft.image.features.levels.contains_key(ELR_FEATURE) {
        match known.map(|known| known.broker_epoch) {
            Some(epoch) if epoch == request.previous_broker_epoch => {}
            Some(_) => partitions::remove_lost(draft, id),
            // What an ISR says of one that never registered is from before this log; an ELR knew it, or has forgotten.
            None => partitions::remove_eligible(draft, id),
        }
    }
    let epoch = BrokerEpoch(draft.next_offset().0);
    let record = record(draft, request, end_points, epoch);
    draft.push(record);
    sessions.end(id);
    sessions.touch(id, epoch, Offset(-1), now);
    Ok(epoch)
}

fn record(
    draft: &Draft<'_>,
    request: &BrokerRegistrationRequest,
    end_points: Vec<ListenerRecord>,
    broker_epoch: BrokerEpoch,
) -> RegisterBrokerRecord {
    let mut log_dirs = Vec::new();
    if draft.level() >= MetadataVersion::DIRECTORIES {
        log_dirs.clone_from(&request.log_dirs);
    }
    RegisterBrokerRecord {
        broker_id: request.broker_id,
        incarnation_id: request.incarnation_id,
        broker_epoch,
        end_points,
        features: registrations::features(&request.features),
        rack: request.rack.clone(),
        fenced: true,
        log_dirs,
        ..Default::default()
    }
}

/// Directories are of one broker, and each is named once.
fn check_directories(draft: &Draft<'_>, request: &BrokerRegistrationRequest) -> Result<(), ErrorCode> {
    if draft.level() < MetadataVersion::DIRECTORIES {
        return Ok(());
    }
    let directories = &request.log_dirs;
    let is_anothers = |directory| {
        let others = draft.image.brokers.values();
        others
            .filter(|other| other.broker_id != request.broker_id)
            .any(|other| other.log_dirs.contains(directory))
    };
    let is_bad = |at: usize| {
        let directory = &directories[at];
        directory.is_reserved_directory() || directories[..at].contains(directory) || is_anothers(directory)
    };
    if directories.is_empty() || (0..directories.len()).any(is_bad) {
        return Err(ErrorCode::InvalidRegistration);
    }
    Ok(())
}

/// A broker must know every level that the cluster is at; of a feature that it does not name it knows level 0 alone.
fn check_features(draft: &Draft<'_>, features: &[SupportedFeature]) -> Result<(), ErrorCode> {
    let range = |name: &str| {
        let named = features.iter().find(|feature| feature.name == name);
        named.map(|feature| feature.min_version..=feature.max_version)
    };
    if range(METADATA_VERSION).is_none() {
        return Err(ErrorCode::InvalidRegistration);
    }
    let mut finalized = draft.image.features.levels.iter();
    if finalized.all(|(name, level)| range(name).unwrap_or(0..=0).contains(level)) {
        Ok(())
    } else {
        Err(ErrorCode::UnsupportedVersion)
    }
}
