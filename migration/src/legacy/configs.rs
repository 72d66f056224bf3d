//! Dynamic configs: `/config/topics`, `/config/brokers`, and the payload that users, clients and ips share.

use std::collections::BTreeMap;

/// Config overrides of one entity: name to value, both as stored.
pub type ConfigMap = BTreeMap<String, String>;
