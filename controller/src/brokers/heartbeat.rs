//! BrokerHeartbeat: a broker lives, and wants to be in service, out of it, or to stop.
//!
//! Source: KIP-631; KAFKA-14292 (when a broker may stop), KAFKA-15019 (a late heartbeat is one all the same), KIP-858
//! (failed directories), KIP-1066 (cordoned ones).

use std::time::Duration;

use kraft_bridge_metadata::image::BrokerRegistration;
use kraft_bridge_metadata::records::{BrokerRegistrationChangeRecord, ControlledShutdownChange};
use kraft_bridge_metadata::release::MetadataVersion;
use kraft_bridge_protocol::rpc::{BrokerHeartbeatRequest, BrokerHeartbeatResponse};
use kraft_bridge_protocol::{NodeId, Offset, Uuid};

use super::{Sessions, check_epoch, fence, unfence};
use crate::draft::Draft;
use crate::partitions;

/// 3.3-IV3: a controlled shutdown is written down.
const CONTROLLED_SHUTDOWN: MetadataVersion = MetadataVersion(7);

/// What a broker is to the controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Fenced,
    Active,
    ShuttingDown,
    /// Fenced, and it may stop.
    MayStop,
}

/// Takes note of a heartbeat, and changes what the broker is.
pub(crate) fn heartbeat(
    draft: &mut Draft<'_>,
    sessions: &mut Sessions,
    now: Duration,
    request: &BrokerHeartbeatRequest,
) -> BrokerHeartbeatResponse {
    let id = request.broker_id;
    if let Err(error_code) = check_epoch(draft, id, request.broker_epoch) {
        return BrokerHeartbeatResponse {
            error_code,
            ..Default::default()
        };
    }
    let offset = request.current_metadata_offset;
    let session = sessions.touch(id, request.broker_epoch, offset, now);
    let state = state(&draft.image.brokers[&id]);
    if state == State::ShuttingDown {
        // It began under another leader: what it led has moved by now.
        session.shutdown.get_or_insert(Offset(draft.next_offset().0 - 1));
    }
    let next = next(draft, sessions, state, request);
    change(draft, sessions, id, state, next);
    take_directories(draft, request);
    BrokerHeartbeatResponse {
        is_caught_up: is_caught_up(request),
        is_fenced: matches!(next, State::Fenced | State::MayStop),
        should_shut_down: next == State::MayStop,
        ..Default::default()
    }
}

fn state(broker: &BrokerRegistration) -> State {
    match broker {
        _ if broker.fenced => State::Fenced,
        _ if broker.in_controlled_shutdown => State::ShuttingDown,
        _ => State::Active,
    }
}

/// A broker's epoch is the offset of its registration.
fn is_caught_up(request: &BrokerHeartbeatRequest) -> bool {
    request.current_metadata_offset.0 >= request.broker_epoch.0 || mutant!(UnfencesUncaught)
}

fn next(draft: &Draft<'_>, sessions: &Sessions, state: State, request: &BrokerHeartbeatRequest) -> State {
    let leads = || partitions::leads_any(draft, request.broker_id);
    match state {
        State::Fenced if request.want_shut_down => State::MayStop,
        State::Fenced if !request.want_fence && is_caught_up(request) => State::Active,
        State::Fenced | State::MayStop => State::Fenced,
        State::Active if request.want_shut_down && (request.want_fence || !leads()) => State::MayStop,
        State::Active if request.want_shut_down => State::ShuttingDown,
        State::Active if request.want_fence => State::Fenced,
        State::Active => State::Active,
        State::ShuttingDown if leads() || !others_have_followed(draft, sessions, request) => {
            State::ShuttingDown
        }
        State::ShuttingDown => State::MayStop,
    }
}

/// Whether every broker in service knows that this one leads no more.
fn others_have_followed(draft: &Draft<'_>, sessions: &Sessions, request: &BrokerHeartbeatRequest) -> bool {
    let own = sessions.get(request.broker_id, request.broker_epoch);
    let since = own.and_then(|session| session.shutdown);
    let mut others = draft
        .image
        .brokers
        .values()
        .filter(|broker| state(broker) == State::Active);
    others.all(|broker| {
        let session = sessions.get(broker.broker_id, broker.broker_epoch);
        session.is_none_or(|session| Some(session.metadata_offset) >= since)
    })
}

fn change(draft: &mut Draft<'_>, sessions: &mut Sessions, id: NodeId, state: State, next: State) {
    match (state, next) {
        (State::Fenced, State::Active) => unfence(draft, id),
        (State::Active | State::ShuttingDown, State::Fenced | State::MayStop) => {
            fence(draft, id);
        }
        (State::Active, State::ShuttingDown) => begin_shutdown(draft, sessions, id),
        _ => {}
    }
}

/// Moves what the broker leads to others, as far as there are any.
fn begin_shutdown(draft: &mut Draft<'_>, sessions: &mut Sessions, id: NodeId) {
    let epoch = draft.image.brokers[&id].broker_epoch;
    if draft.level() >= CONTROLLED_SHUTDOWN {
        draft.push(BrokerRegistrationChangeRecord {
            broker_id: id,
            broker_epoch: epoch,
            in_controlled_shutdown: ControlledShutdownChange::Begin,
            ..Default::default()
        });
    }
    partitions::remove_from_isrs(draft, id);
    let end = draft.next_offset();
    sessions.begin_shutdown(id, epoch, Offset(end.0 - 1));
}

/// Writes down which directories have failed, or shall get no new replicas.
fn take_directories(draft: &mut Draft<'_>, request: &BrokerHeartbeatRequest) {
    let id = request.broker_id;
    if draft.level() < MetadataVersion::DIRECTORIES {
        return;
    }
    let (known, cordoned) = {
        let broker = &draft.image.brokers[&id];
        (broker.log_dirs.clone(), broker.cordoned_log_dirs.clone())
    };
    let is_failed = |directory: &&Uuid| request.offline_log_dirs.contains(directory);
    let (failed, online): (Vec<Uuid>, Vec<Uuid>) = known.iter().partition(|directory| is_failed(directory));
    let newly_cordoned = request.cordoned_log_dirs.clone().filter(|directories| {
        draft.level() >= MetadataVersion::CORDONED_DIRECTORIES && cordoned.as_ref() != Some(directories)
    });
    if failed.is_empty() && newly_cordoned.is_none() {
        return;
    }
    partitions::take_offline(draft, id, &failed);
    let broker_epoch = draft.image.brokers[&id].broker_epoch;
    draft.push(BrokerRegistrationChangeRecord {
        broker_id: id,
        broker_epoch,
        log_dirs: if failed.is_empty() { Vec::new() } else { online },
        cordoned_log_dirs: newly_cordoned,
        ..Default::default()
    });
}
