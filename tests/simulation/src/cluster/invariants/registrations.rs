//! KIP-631: a broker's next run has a higher epoch; one that is taken into service has read its own registration.

use kraft_bridge_metadata::records::{FencingChange, MetadataRecord};

use super::{Committed, Leaders};
use crate::cluster::index;

pub(super) fn check(committed: &Committed<'_>, _: &mut Leaders) -> Result<(), String> {
    match committed.record {
        MetadataRecord::RegisterBroker(record) => match &committed.earlier {
            Some(earlier) if earlier.incarnation_id == record.incarnation_id => Ok(()),
            Some(earlier) if earlier.broker_epoch >= record.broker_epoch => Err(format!(
                "broker epoch {} follows {}",
                record.broker_epoch, earlier.broker_epoch
            )),
            Some(earlier) if !earlier.fenced => Err("the run before it is not fenced".to_owned()),
            _ => Ok(()),
        },
        MetadataRecord::BrokerRegistrationChange(record) if record.fenced == FencingChange::Unfence => {
            let read = committed.brokers[index(record.broker_id)].has_read();
            match read.0 > record.broker_epoch.0 {
                true => Ok(()),
                false => Err(format!("it has read the log up to {read} alone")),
            }
        }
        _ => Ok(()),
    }
}
