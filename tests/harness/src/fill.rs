//! Gives a ZooKeeper-mode cluster all that a cluster of its release can have, with Kafka's own tools.
//!
//! Users, ACLs, quotas of all kinds and their defaults, dynamic broker configs (one a password), topic configs,
//! compacted and transactional topics, 200 partitions with data, a consumer group half way, a delegation token,
//! a reassignment that a throttle holds in flight. All names and secrets are made up.

use anyhow::Context;

use crate::brokers::DYNAMIC_PASSWORD;
use crate::legacy::LegacyCluster;
use crate::observation::witness_call;
use crate::tools::{Call, Tool, Tools, WITNESS};

/// The topic that [`mark_for_deletion`] marks.
pub const DOOMED: &str = "doomed";
/// The topic whose partitions are on their way to another broker.
pub const MOVING: &str = "moving";
/// The group that has read half of the topic `orders`.
pub const GROUP: &str = "half-way";

/// So many ordinary topics of four partitions.
const APPS: u32 = 42;

/// Fills the cluster; its brokers must run.
///
/// # Errors
///
/// When a tool fails.
pub fn fill(cluster: &LegacyCluster) -> anyhow::Result<()> {
    let witness = Tools::of(WITNESS)?;
    let tools = Tools::of(&cluster.brokers.version)?;
    let commands = topics().into_iter().chain(data());
    let calls: Vec<Call> = commands
        .map(|command| witness_call(&cluster.brokers, "admin", &command))
        .collect();
    witness.run(&calls)?;
    tools.run(
        &[
            users(cluster),
            acls(cluster),
            quotas(cluster),
            dynamic_configs(cluster),
        ]
        .concat(),
    )?;
    if cluster.brokers.at_least(1, 1) {
        create_token(cluster, &tools)?;
    }
    if cluster.brokers.at_least(2, 8) {
        start_reassignment(cluster, &tools)?;
    }
    Ok(())
}

/// Leaves what only a dying cluster leaves behind: a topic whose deletion was asked for and not taken up, and the
/// offsets of an old high-level consumer. Brokers must be stopped.
///
/// # Errors
///
/// When ZooKeeper refuses.
pub fn mark_for_deletion(cluster: &LegacyCluster) -> anyhow::Result<()> {
    let znodes = cluster.znodes();
    znodes.create(&format!("/admin/delete_topics/{DOOMED}"), "")?;
    znodes.create("/consumers/high-level/offsets/orders/3", "42")
}

fn topics() -> Vec<String> {
    let mut commands: Vec<String> = (0..APPS)
        .map(|number| format!("create app-{number} 4 2"))
        .collect();
    commands.extend(
        [
            "create orders 12 3 retention.ms=604800000 min.insync.replicas=2 max.message.bytes=2000000",
            "create compacted 4 3 cleanup.policy=compact compression.type=gzip",
            "create ledger 6 3 min.insync.replicas=2",
            "create single 3 1 unclean.leader.election.enable=true message.timestamp.difference.max.ms=9000000000",
            "create doomed 3 2",
            "assign moving 1,2;1,2",
        ]
        .map(str::to_owned),
    );
    commands
}

fn data() -> Vec<String> {
    let mut commands: Vec<String> = (0..APPS)
        .map(|number| format!("produce app-{number} 10 100 10"))
        .collect();
    commands.extend(
        [
            "produce orders 400 200 400",
            "produce compacted 200 100 20",
            "produce single 20 100 20",
            "produce doomed 5 100 5",
            "produce moving 60 100000 60",
            "transactions ledger 50",
            "consume half-way orders 4800",
        ]
        .map(str::to_owned),
    );
    commands
}

/// How `kafka-configs` changes users and quotas: only from 2.8 on through a broker.
fn through_broker_or_zookeeper(cluster: &LegacyCluster) -> String {
    if cluster.brokers.at_least(2, 8) {
        cluster.brokers.connection()
    } else {
        format!("--zookeeper {}", cluster.connect())
    }
}

fn users(cluster: &LegacyCluster) -> Vec<Call> {
    let connection = through_broker_or_zookeeper(cluster);
    let user = |name: &str, mechanism: &str, iterations: u32, password: &str| {
        Call::new(
            Tool::Configs,
            &format!(
                "{connection} --alter --entity-type users --entity-name {name} \
                 --add-config {mechanism}=[iterations={iterations},password={password}]"
            ),
        )
    };
    vec![
        user("alice", "SCRAM-SHA-512", 8192, "alice-password"),
        user("bob", "SCRAM-SHA-256", 4096, "bob-password"),
        user("ops@example.com", "SCRAM-SHA-512", 4096, "ops-password"),
    ]
}

fn acls(cluster: &LegacyCluster) -> Vec<Call> {
    let connection = if cluster.brokers.at_least(2, 8) {
        cluster.brokers.connection()
    } else {
        format!("--authorizer-properties zookeeper.connect={}", cluster.connect())
    };
    let acl = |rest: &str| Call::new(Tool::Acls, &format!("{connection} --add {rest}"));
    let mut calls = vec![
        acl("--allow-principal User:alice --operation Read --operation Describe --topic orders"),
        acl("--deny-principal User:bob --deny-host 10.0.0.1 --operation Write --topic orders"),
        acl("--allow-principal User:alice --operation Read --group half-way"),
        acl("--allow-principal User:alice --operation ClusterAction --cluster"),
        acl("--allow-principal User:alice --operation Write --transactional-id writer-of-ledger"),
        acl("--operation Read --topic * --allow-principal").and("User:CN=app 1,O=Acme"),
    ];
    if cluster.brokers.at_least(2, 0) {
        calls.push(acl(
            "--allow-principal User:alice --operation All --topic app- --resource-pattern-type prefixed",
        ));
        calls.push(acl(
            "--deny-principal User:* --operation Delete --group half --resource-pattern-type prefixed",
        ));
    }
    calls
}

fn quotas(cluster: &LegacyCluster) -> Vec<Call> {
    let connection = through_broker_or_zookeeper(cluster);
    let quota = |entity: &str, value: &str| {
        Call::new(
            Tool::Configs,
            &format!("{connection} --alter --add-config {value} {entity}"),
        )
    };
    let mut calls = vec![
        quota(
            "--entity-type users --entity-name alice",
            "producer_byte_rate=1048576",
        ),
        quota(
            "--entity-type users --entity-name alice",
            "consumer_byte_rate=2097152,request_percentage=150.5",
        ),
        quota(
            "--entity-type users --entity-default",
            "producer_byte_rate=100000000",
        ),
        quota(
            "--entity-type clients --entity-name app",
            "consumer_byte_rate=50000",
        ),
        quota("--entity-type clients --entity-default", "request_percentage=400"),
        quota(
            "--entity-type users --entity-name alice --entity-type clients --entity-name app",
            "producer_byte_rate=1024",
        ),
        quota(
            "--entity-type users --entity-name bob --entity-type clients --entity-default",
            "producer_byte_rate=2048",
        ),
        quota(
            "--entity-type users --entity-default --entity-type clients --entity-name app",
            "producer_byte_rate=4096",
        ),
        quota(
            "--entity-type users --entity-default --entity-type clients --entity-default",
            "consumer_byte_rate=90000000",
        ),
        quota("--entity-type users --entity-name", "producer_byte_rate=777").and("CN=app 1,O=Acme"),
    ];
    // The words that follow a value must come after its entity.
    if cluster.brokers.at_least(2, 8) {
        calls.push(quota(
            "--entity-type ips --entity-name 127.0.0.2",
            "connection_creation_rate=50",
        ));
        calls.push(quota(
            "--entity-type ips --entity-default",
            "connection_creation_rate=100000",
        ));
        calls.push(quota(
            "--entity-type users --entity-name bob",
            "controller_mutation_rate=12.5",
        ));
    }
    calls
}

fn dynamic_configs(cluster: &LegacyCluster) -> Vec<Call> {
    if !cluster.brokers.at_least(1, 1) {
        return Vec::new();
    }
    let connection = cluster.brokers.connection();
    let config = |entity: &str, value: &str| {
        Call::new(
            Tool::Configs,
            &format!("{connection} --alter --entity-type brokers {entity} --add-config {value}"),
        )
    };
    let key = |name: &str| format!("listener.name.secure.ssl.{name}");
    let keystore = [
        format!(
            "{}={}",
            key("keystore.location"),
            cluster.brokers.dir.join("dynamic.p12").display()
        ),
        format!("{}={DYNAMIC_PASSWORD}", key("keystore.password")),
        format!("{}={DYNAMIC_PASSWORD}", key("key.password")),
    ];
    let keystore = keystore.join(",");
    vec![
        config("--entity-name 1", &keystore),
        config("--entity-name 2", &format!("{keystore},log.cleaner.threads=2")),
        config("--entity-name 3", &keystore),
        config("--entity-default", "log.cleaner.backoff.ms=20000"),
    ]
}

/// Creates a token and leaves a client file with it under the name `token`.
fn create_token(cluster: &LegacyCluster, tools: &Tools) -> anyhow::Result<()> {
    let printed = tools.call(
        Tool::Tokens,
        &format!(
            "{} --create --max-life-time-period -1 --renewer-principal User:bob",
            cluster.brokers.connection()
        ),
    )?;
    // A title line starts with TOKENID; the next that is not empty holds id, HMAC, owner, …
    let mut words = printed
        .lines()
        .filter(|line| !line.trim().is_empty())
        .skip_while(|line| !line.starts_with("TOKENID"))
        .nth(1)
        .with_context(|| format!("no token in: {printed}"))?
        .split_whitespace();
    let (id, hmac) = words
        .next()
        .zip(words.next())
        .with_context(|| format!("no token in: {printed}"))?;
    cluster
        .brokers
        .client(hmac, id, " tokenauth=\"true\"")
        .write(&cluster.brokers.client_file("token"))
}

/// Starts to move a topic, so slowly that it is still under way when the cluster stops.
fn start_reassignment(cluster: &LegacyCluster, tools: &Tools) -> anyhow::Result<()> {
    let file = cluster.brokers.dir.join("reassignment.json");
    let partitions: Vec<_> = (0..2)
        .map(|partition| format!(r#"{{"topic":"{MOVING}","partition":{partition},"replicas":[2,3]}}"#))
        .collect();
    std::fs::write(
        &file,
        format!(r#"{{"version":1,"partitions":[{}]}}"#, partitions.join(",")),
    )?;
    tools.call(
        Tool::Reassign,
        &format!(
            "{} --execute --throttle 1000 --reassignment-json-file {}",
            cluster.brokers.connection(),
            file.display()
        ),
    )?;
    Ok(())
}
