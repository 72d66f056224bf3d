//! What a node needs to know, from its configuration file: Kafka's keys, Kafka's defaults.

use std::collections::BTreeMap;
use std::time::Duration;

use kraft_bridge_controller::{Settings, TokenSecret, inherited_keys};
use kraft_bridge_protocol::Uuid;
use kraft_bridge_raft::endpoint::Endpoint;
use kraft_bridge_raft::log::LogConfig;
use kraft_bridge_raft::quorum::{Listener, RaftConfig, ReplicaKey, Timeouts, Voter, VoterSet};

use super::identity::Identity;
use super::replaying::CheckpointSettings;
use crate::config::{ConfigError, HostPort, KafkaConfig, Properties};

const MILLISECONDS: &str = "a number of milliseconds";
const BYTES: &str = "a number of bytes";
/// Bytes that a leader lets wait for a majority.
const UNCOMMITTED_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Most bytes that are asked for at once, as 4.x does it. A batch that is longer comes all the same.
const FETCH_BYTES: i32 = 1024 * 1024;

/// How a node votes and replicates, one that stays leader or one that hands over.
///
/// # Errors
///
/// [`ConfigError`] names the file, the key and the remedy.
pub(super) fn raft(
    config: &KafkaConfig,
    identity: &Identity,
    keeps_leadership: bool,
    seed: u64,
) -> Result<RaftConfig, ConfigError> {
    let voters = voters(config);
    Ok(RaftConfig {
        cluster_id: identity.cluster_id.clone(),
        replica: ReplicaKey {
            id: config.node_id,
            directory: identity.directory_id,
        },
        listeners: match voters.get(config.node_id) {
            Some(own) => own.listeners.clone(),
            None => listeners(config)?,
        },
        voters,
        bootstrap_servers: config.quorum.bootstrap_servers.iter().map(endpoint).collect(),
        timeouts: timeouts(&config.properties, keeps_leadership)?,
        fetch_bytes_max: number(&config.properties, "controller.quorum.fetch.max.bytes", BYTES)?
            .unwrap_or(FETCH_BYTES),
        snapshot_bytes_max: number(
            &config.properties,
            "controller.quorum.fetch.snapshot.max.bytes",
            BYTES,
        )?
        .unwrap_or(FETCH_BYTES),
        uncommitted_bytes_max: UNCOMMITTED_BYTES_MAX,
        auto_join: config.properties.flag("controller.quorum.auto.join.enable")?,
        seed,
    })
}

fn voters(config: &KafkaConfig) -> VoterSet {
    let name = &config.listeners.controller_names[0];
    VoterSet::new(config.quorum.voters.iter().map(|(id, address)| {
        let listener = Listener {
            name: name.clone(),
            endpoint: endpoint(address),
        };
        let voter = Voter {
            directory: Uuid::ZERO,
            listeners: vec![listener],
            kraft_versions: (0, 0),
        };
        (*id, voter)
    }))
}

/// Where other nodes reach this one, by the order of `controller.listener.names`.
fn listeners(config: &KafkaConfig) -> Result<Vec<Listener>, ConfigError> {
    let mut endpoints = config.controller_endpoints()?;
    let names = &config.listeners.controller_names;
    endpoints.sort_by_key(|endpoint| names.iter().position(|name| *name == endpoint.name));
    let listeners = endpoints.into_iter().map(|endpoint| Listener {
        name: endpoint.name,
        endpoint: Endpoint {
            host: endpoint.host,
            port: endpoint.port,
        },
    });
    Ok(listeners.collect())
}

fn endpoint(address: &HostPort) -> Endpoint {
    Endpoint {
        host: address.host.clone(),
        port: address.port,
    }
}

fn timeouts(properties: &Properties, keeps_leadership: bool) -> Result<Timeouts, ConfigError> {
    let default = Timeouts::default();
    let duration = |key, default| -> Result<Duration, ConfigError> {
        let millis: Option<u32> = number(properties, key, MILLISECONDS)?;
        Ok(millis.map_or(default, |millis| Duration::from_millis(millis.into())))
    };
    let election = duration("controller.quorum.election.timeout.ms", default.election)?;
    Ok(Timeouts {
        election,
        fetch: duration("controller.quorum.fetch.timeout.ms", default.fetch)?,
        backoff_max: duration("controller.quorum.election.backoff.max.ms", default.backoff_max)?,
        request: duration("controller.quorum.request.timeout.ms", default.request)?,
        retry_backoff: duration("controller.quorum.retry.backoff.ms", default.retry_backoff)?,
        // Long enough for a stock controller's turn: two nodes that hand over would else hand over to each other.
        succession_delay: if keeps_leadership {
            Duration::ZERO
        } else {
            2 * election
        },
        ..default
    })
}

/// How large the log becomes, and how long it is kept.
///
/// # Errors
///
/// [`ConfigError`] names the file, the key and the remedy.
pub(super) fn log(properties: &Properties) -> Result<LogConfig, ConfigError> {
    let default = LogConfig::default();
    Ok(LogConfig {
        segment_bytes: number(properties, "metadata.log.segment.bytes", BYTES)?
            .unwrap_or(default.segment_bytes),
        segment_ms: number(properties, "metadata.log.segment.ms", MILLISECONDS)?
            .unwrap_or(default.segment_ms),
        retention_bytes: limit(
            properties,
            "metadata.max.retention.bytes",
            BYTES,
            default.retention_bytes,
            u64::MAX,
        )?,
        retention_ms: limit(
            properties,
            "metadata.max.retention.ms",
            MILLISECONDS,
            default.retention_ms,
            i64::MAX,
        )?,
    })
}

/// When checkpoints are written.
///
/// # Errors
///
/// [`ConfigError`] names the file, the key and the remedy.
pub(super) fn checkpoints(properties: &Properties) -> Result<CheckpointSettings, ConfigError> {
    const AN_HOUR_MS: u64 = 3_600_000;
    let bytes = number(
        properties,
        "metadata.log.max.record.bytes.between.snapshots",
        BYTES,
    )?;
    let interval: u64 =
        number(properties, "metadata.log.max.snapshot.interval.ms", MILLISECONDS)?.unwrap_or(AN_HOUR_MS);
    Ok(CheckpointSettings {
        bytes: bytes.unwrap_or(20 * 1024 * 1024),
        interval: (interval > 0).then_some(Duration::from_millis(interval)),
    })
}

/// What the controller decides by.
///
/// # Errors
///
/// [`ConfigError`] names the file, the key and the remedy.
pub(super) fn controller(config: &KafkaConfig, identity: &Identity) -> Result<Settings, ConfigError> {
    const NUMBER: &str = "a number";
    let properties = &config.properties;
    let default = Settings::new(config.node_id, &identity.cluster_id);
    let duration = |key, default: Duration| -> Result<Duration, ConfigError> {
        let millis: Option<u64> = number(properties, key, MILLISECONDS)?;
        Ok(millis.map_or(default, Duration::from_millis))
    };
    let balance: Option<u64> = number(
        properties,
        "leader.imbalance.check.interval.seconds",
        "a number of seconds",
    )?;
    let rebalances = is_on(properties, "auto.leader.rebalance.enable")?;
    let balance = balance.map(Duration::from_secs).or(default.balance_interval);
    let idle: u64 = number(properties, "metadata.max.idle.interval.ms", MILLISECONDS)?.unwrap_or(500);
    Ok(Settings {
        default_replication_factor: number(properties, "default.replication.factor", NUMBER)?
            .unwrap_or(default.default_replication_factor),
        partitions: number(properties, "num.partitions", NUMBER)?.unwrap_or(default.partitions),
        inherited: inherited(properties)?,
        topics_may_be_deleted: is_on(properties, "delete.topic.enable")?,
        remote_storage: properties.flag("remote.log.storage.system.enable")?,
        session_timeout: duration("broker.session.timeout.ms", default.session_timeout)?,
        balance_interval: balance.filter(|_| rebalances),
        unclean_interval: duration("unclean.leader.election.interval.ms", default.unclean_interval)?,
        token_secret: token_secret(properties)?,
        token_lifetime_max: duration("delegation.token.max.lifetime.ms", default.token_lifetime_max)?,
        token_renewal: duration("delegation.token.expiry.time.ms", default.token_renewal)?,
        token_sweep_interval: duration(
            "delegation.token.expiry.check.interval.ms",
            default.token_sweep_interval,
        )?,
        idle_interval: (idle > 0).then_some(Duration::from_millis(idle)),
        ..default
    })
}

/// What topics inherit. Of it, the controller itself goes by how many replicas must be in sync, and by unclean elections.
fn inherited(properties: &Properties) -> Result<BTreeMap<String, String>, ConfigError> {
    properties.parsed::<i32>("min.insync.replicas", "a number")?;
    properties.flag("unclean.leader.election.enable")?;
    let mut inherited = BTreeMap::new();
    for key in inherited_keys() {
        if let Some(value) = properties.plain(key)? {
            inherited.insert(key.to_owned(), value.trim().to_owned());
        }
    }
    Ok(inherited)
}

/// Whether a switch is on that is on unless somebody says otherwise.
fn is_on(properties: &Properties, key: &'static str) -> Result<bool, ConfigError> {
    Ok(properties.plain(key)?.is_none() || properties.flag(key)?)
}

/// What tokens' secrets follow from, under its present name or the one that 3.x has still.
fn token_secret(properties: &Properties) -> Result<Option<TokenSecret>, ConfigError> {
    let secret = properties.plain("delegation.token.secret.key")?;
    let secret = match secret {
        Some(secret) => Some(secret),
        None => properties.plain("delegation.token.master.key")?,
    };
    Ok(secret.map(|secret| TokenSecret::new(secret.to_owned())))
}

fn number<T: std::str::FromStr>(
    properties: &Properties,
    key: &'static str,
    expected: &str,
) -> Result<Option<T>, ConfigError> {
    properties.parsed(key, expected)
}

/// A limit, where −1 means none.
fn limit<T: std::str::FromStr>(
    properties: &Properties,
    key: &'static str,
    expected: &str,
    default: T,
    none: T,
) -> Result<T, ConfigError> {
    if properties.plain(key)? == Some("-1") {
        return Ok(none);
    }
    Ok(properties.parsed(key, expected)?.unwrap_or(default))
}
