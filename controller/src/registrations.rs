//! What brokers and controllers alike say of themselves when they register, as records have it.

use kraft_bridge_metadata::records::{FeatureRangeRecord, ListenerRecord, SecurityProtocol};
use kraft_bridge_protocol::rpc::{RegisteredListener, SupportedFeature};

/// The listeners; the name of one that is named twice, or secured in a way that nobody knows, if there is any.
pub(crate) fn listeners(listeners: &[RegisteredListener]) -> Result<Vec<ListenerRecord>, &str> {
    let mut records: Vec<ListenerRecord> = Vec::with_capacity(listeners.len());
    for listener in listeners {
        let protocol = SecurityProtocol::from_code(listener.security_protocol);
        let is_twice = records.iter().any(|other| other.name == listener.name);
        let (Some(security_protocol), false) = (protocol, is_twice) else {
            return Err(&listener.name);
        };
        records.push(ListenerRecord {
            name: listener.name.clone(),
            host: listener.host.clone(),
            port: listener.port,
            security_protocol,
            ..Default::default()
        });
    }
    Ok(records)
}

/// The levels of features.
pub(crate) fn features(features: &[SupportedFeature]) -> Vec<FeatureRangeRecord> {
    let features = features.iter().map(|feature| FeatureRangeRecord {
        name: feature.name.clone(),
        min_supported_version: feature.min_version,
        max_supported_version: feature.max_version,
        ..Default::default()
    });
    features.collect()
}
