//! Client quotas: entities that a KRaft broker cannot apply them to.

use std::net::IpAddr;

use super::Preflight;
use super::findings::Findings;
use crate::legacy::{QuotaEntity, QuotaName};
use crate::sanitizer;

pub(super) fn check(preflight: &Preflight<'_>, findings: &mut Findings) {
    for entity in preflight.cluster.quotas.keys() {
        if let QuotaEntity::Ip(QuotaName::Named(address)) = entity
            && address.parse::<IpAddr>().is_err()
        {
            findings.warning(
                "quota-of-no-address",
                format!("/config/ips/{}", sanitizer::encode(address)),
                format!(
                    "{address:?} is no address: brokers look it up as a host name, and fail if there is none"
                ),
                "carried as it is; replace it by an address",
            );
        }
    }
}
