//! ControllerRegistration: which controllers there are, and what they know (KIP-919).

use kraft_bridge_metadata::records::RegisterControllerRecord;
use kraft_bridge_metadata::release::MetadataVersion;
use kraft_bridge_protocol::rpc::{ControllerRegistrationRequest, ControllerRegistrationResponse, ErrorCode};

use crate::draft::Draft;
use crate::registrations;

/// 3.7-IV0: the first level at which controllers are registered.
const CONTROLLER_REGISTRATIONS: MetadataVersion = MetadataVersion(15);

/// Takes down what a controller says of itself.
pub(crate) fn register(
    draft: &mut Draft<'_>,
    request: &ControllerRegistrationRequest,
) -> ControllerRegistrationResponse {
    if draft.level() < CONTROLLER_REGISTRATIONS {
        return refuse(
            ErrorCode::UnsupportedVersion,
            "the cluster's metadata.version is too low for controller registrations".to_owned(),
        );
    }
    let end_points = match registrations::listeners(&request.listeners) {
        Ok(end_points) => end_points,
        Err(name) => {
            return refuse(
                ErrorCode::InvalidRequest,
                format!("listener {name} is named twice, or has an unknown security protocol"),
            );
        }
    };
    draft.push(RegisterControllerRecord {
        controller_id: request.controller_id,
        incarnation_id: request.incarnation_id,
        zk_migration_ready: request.zk_migration_ready,
        end_points,
        features: registrations::features(&request.features),
        ..Default::default()
    });
    ControllerRegistrationResponse::default()
}

fn refuse(error_code: ErrorCode, message: String) -> ControllerRegistrationResponse {
    ControllerRegistrationResponse {
        error_code,
        error_message: Some(message),
        ..Default::default()
    }
}
