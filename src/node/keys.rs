//! Keys of the configuration file: those that a controller follows, and those that it cannot.

use kraft_bridge_controller::inherited_keys;

use crate::config::{ConfigError, Properties};

/// What a controller follows, besides `ssl.*`, `sasl.*`, what is one listener's own, and what topics inherit.
const FOLLOWED: &[&str] = &[
    "advertised.listeners",
    "allow.everyone.if.no.acl.found",
    "authorizer.class.name",
    "auto.leader.rebalance.enable",
    "broker.session.timeout.ms",
    "connections.max.idle.ms",
    "controller.listener.names",
    "controller.quorum.auto.join.enable",
    "controller.quorum.bootstrap.servers",
    "controller.quorum.election.backoff.max.ms",
    "controller.quorum.election.timeout.ms",
    "controller.quorum.fetch.max.bytes",
    "controller.quorum.fetch.snapshot.max.bytes",
    "controller.quorum.fetch.timeout.ms",
    "controller.quorum.request.timeout.ms",
    "controller.quorum.retry.backoff.ms",
    "controller.quorum.voters",
    "default.replication.factor",
    "delegation.token.expiry.check.interval.ms",
    "delegation.token.expiry.time.ms",
    "delegation.token.master.key",
    "delegation.token.max.lifetime.ms",
    "delegation.token.secret.key",
    "delete.topic.enable",
    "leader.imbalance.check.interval.seconds",
    "listener.security.protocol.map",
    "listeners",
    "log.dir",
    "log.dirs",
    "max.connections",
    "max.connections.per.ip",
    "max.connections.per.ip.overrides",
    "metadata.log.dir",
    "metadata.log.max.record.bytes.between.snapshots",
    "metadata.log.max.snapshot.interval.ms",
    "metadata.log.segment.bytes",
    "metadata.log.segment.ms",
    "metadata.max.idle.interval.ms",
    "metadata.max.retention.bytes",
    "metadata.max.retention.ms",
    "node.id",
    "num.partitions",
    "process.roles",
    "queued.max.request.bytes",
    "remote.log.storage.system.enable",
    "socket.request.max.bytes",
    "super.users",
    "unclean.leader.election.interval.ms",
];

/// Classes that would have a say in what is decided, and cannot be run here.
const CLASSES: [&str; 2] = ["alter.config.policy.class.name", "create.topic.policy.class.name"];

/// Whether a node that leads can do what the file asks for.
///
/// # Errors
///
/// [`ConfigError`] names a key that it cannot follow although what it decides would be another.
pub(super) fn check(properties: &Properties) -> Result<(), ConfigError> {
    for key in CLASSES {
        if properties.plain(key)?.is_some() {
            return Err(properties.invalid(
                key,
                "a class of Java cannot be run here, and without it topics and configs would be let through that it \
                 refuses: remove the key, or have stock controllers lead (--hand-over)",
            ));
        }
    }
    Ok(())
}

/// Keys of the file that change nothing here: brokers' own, those of other programs, and typing errors.
pub(super) fn without_effect(properties: &Properties) -> Vec<&str> {
    let is_followed = |key: &str| {
        let of_security = ["ssl.", "sasl.", "listener.name."];
        of_security.iter().any(|prefix| key.starts_with(prefix))
            || FOLLOWED.contains(&key)
            || inherited_keys().any(|known| known == key)
    };
    properties.keys().filter(|key| !is_followed(key)).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn properties(text: &str) -> Properties {
        Properties::decode(Path::new("controller.properties"), text.as_bytes()).unwrap()
    }

    #[test]
    fn a_class_that_would_decide_stops_the_start() {
        for key in CLASSES {
            let error = check(&properties(&format!("{key}=x.Y"))).unwrap_err().to_string();
            assert!(error.contains(key) && error.contains("remove the key"), "{error}");
        }
        assert!(check(&properties("node.id=1")).is_ok());
    }

    #[test]
    fn keys_that_change_nothing_are_told() {
        let file = "node.id=1\nssl.protocol=TLSv1.3\nlistener.name.c.ssl.protocol=TLSv1.3\nnum.io.threads=8\nlog.dri=/x\n\
                    log.retention.hours=9\nmin.insync.replicas=2";
        assert_eq!(without_effect(&properties(file)), ["log.dri", "num.io.threads"]);
    }
}
