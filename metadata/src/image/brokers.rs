//! Broker registrations.

use std::collections::BTreeMap;

use kraft_bridge_protocol::{BrokerEpoch, NodeId};

use super::ReplayError;
use crate::records::{
    BrokerRegistrationChangeRecord, ControlledShutdownChange, FencingChange, RegisterBrokerRecord,
    UnregisterBrokerRecord,
};

/// A registered broker: its record, with what has changed since.
pub type BrokerRegistration = RegisterBrokerRecord;

type Brokers = BTreeMap<NodeId, BrokerRegistration>;

pub(super) fn register(brokers: &mut Brokers, record: RegisterBrokerRecord) {
    brokers.insert(record.broker_id, record);
}

pub(super) fn unregister(brokers: &mut Brokers, record: &UnregisterBrokerRecord) -> Result<(), ReplayError> {
    registration(brokers, record.broker_id, record.broker_epoch)?;
    brokers.remove(&record.broker_id);
    Ok(())
}

pub(super) fn fence(
    brokers: &mut Brokers,
    broker: NodeId,
    epoch: BrokerEpoch,
    fenced: bool,
) -> Result<(), ReplayError> {
    registration(brokers, broker, epoch)?.fenced = fenced;
    Ok(())
}

pub(super) fn change(
    brokers: &mut Brokers,
    record: BrokerRegistrationChangeRecord,
) -> Result<(), ReplayError> {
    let registration = registration(brokers, record.broker_id, record.broker_epoch)?;
    match record.fenced {
        FencingChange::None => {}
        FencingChange::Fence => registration.fenced = true,
        FencingChange::Unfence => registration.fenced = false,
    }
    if record.in_controlled_shutdown == ControlledShutdownChange::Begin {
        registration.in_controlled_shutdown = true;
    }
    if !record.log_dirs.is_empty() {
        registration.log_dirs = record.log_dirs;
    }
    if record.cordoned_log_dirs.is_some() {
        registration.cordoned_log_dirs = record.cordoned_log_dirs;
    }
    Ok(())
}

fn registration(
    brokers: &mut Brokers,
    broker: NodeId,
    epoch: BrokerEpoch,
) -> Result<&mut BrokerRegistration, ReplayError> {
    brokers
        .get_mut(&broker)
        .filter(|registration| registration.broker_epoch == epoch)
        .ok_or(ReplayError::UnknownBroker { broker, epoch })
}
