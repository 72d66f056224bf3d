//! Whole clusters in ZooKeeper mode, as their znodes describe them, with what is odd about real ones: partitions
//! without a state or with nothing but one, ISRs in any order and with brokers that hold no replica, running
//! reassignments, topics without an id or pending deletion, configs of topics that do not exist, empty payloads,
//! escaped names, defaults of every kind.

use kraft_bridge_protocol::Uuid;
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};

use super::{NOW, Znodes};
use crate::sanitizer;

const BROKERS: [i32; 6] = [1, 2, 3, 4, 5, 1001];
const NAMES: [&str; 6] = ["alice", "CN=app 1,O=Acme", "<default>", "a*b", "日本", "50%/x"];
const QUOTAS: [&str; 4] = [
    "producer_byte_rate",
    "consumer_byte_rate",
    "request_percentage",
    "controller_mutation_rate",
];
const TOPIC_CONFIGS: [&str; 5] = [
    "retention.ms",
    "cleanup.policy",
    "min.insync.replicas",
    "message.format.version",
    "leader.replication.throttled.replicas",
];
const BROKER_CONFIGS: [&str; 4] = [
    "log.cleaner.threads",
    "min.insync.replicas",
    "max.connections",
    "listener.name.tls.ssl.keystore.password",
];

/// A few znodes of one noun.
type Group = Vec<(String, Value, i32)>;

/// Any cluster that a release from 0.11 to 3.9 may have left.
pub fn any_legacy_cluster() -> impl Strategy<Value = Znodes> {
    (
        topics(),
        configs(),
        client_entities(),
        acls(),
        tokens(),
        singles(),
    )
        .prop_map(|(topics, configs, clients, acls, tokens, singles)| {
            let mut znodes = Znodes::default();
            for (path, payload, version) in [topics, configs, clients, acls, tokens, singles].concat() {
                let data = match payload {
                    Value::Null => String::new(),
                    payload => payload.to_string(),
                };
                znodes.set(path, data, version);
            }
            znodes
        })
}

fn topic_name() -> impl Strategy<Value = String> {
    "[a-c][a-c0-1._-]{0,2}"
}

fn topics() -> impl Strategy<Value = Group> {
    btree_map(topic_name(), topic(), 0..4).prop_map(|topics| {
        topics
            .into_iter()
            .flat_map(|(name, topic)| named(&name, topic))
            .collect()
    })
}

/// The znodes of a topic, with paths below its own.
fn topic() -> impl Strategy<Value = Group> {
    let id = option::weighted(0.8, any::<[u8; 16]>());
    (id, vec(partition(), 1..4), any::<bool>(), weighted(0.1)).prop_map(|(id, partitions, stray, doomed)| {
        let mut payload =
            json!({"version": 3, "partitions": {}, "adding_replicas": {}, "removing_replicas": {}});
        if let Some(id) = id {
            payload["topic_id"] = json!(Uuid::version_4(id).to_string());
        }
        let mut znodes = Group::new();
        for (number, partition) in partitions.into_iter().enumerate() {
            let key = number.to_string();
            for (list, ids) in [
                ("partitions", Some(partition.replicas)),
                ("adding_replicas", partition.adding),
                ("removing_replicas", partition.removing),
            ] {
                if let Some(ids) = ids {
                    payload[list][&key] = json!(ids);
                }
            }
            let state = partition.state;
            znodes.extend(
                state.map(|(state, version)| (format!("/partitions/{number}/state"), state, version)),
            );
        }
        if stray {
            let state = json!({"version": 1, "leader": 1, "leader_epoch": 3, "isr": [1]});
            znodes.push(("/partitions/9/state".to_owned(), state, 4));
        }
        znodes.push((String::new(), payload, 0));
        if doomed {
            znodes.push(("doomed".to_owned(), Value::Null, 0));
        }
        znodes
    })
}

fn named(topic: &str, znodes: Group) -> Group {
    let path = |below: String| match below.as_str() {
        "doomed" => format!("/admin/delete_topics/{topic}"),
        below => format!("/brokers/topics/{topic}{below}"),
    };
    znodes
        .into_iter()
        .map(|(below, payload, version)| (path(below), payload, version))
        .collect()
}

#[derive(Clone, Debug)]
struct AnyPartition {
    replicas: Vec<i32>,
    adding: Option<Vec<i32>>,
    removing: Option<Vec<i32>>,
    state: Option<(Value, i32)>,
}

fn partition() -> impl Strategy<Value = AnyPartition> {
    let replicas = subsequence(BROKERS.to_vec(), 1..4).prop_shuffle();
    replicas.prop_flat_map(|replicas| {
        let reassigned = option::weighted(0.2, 0..replicas.len());
        (reassigned, option::weighted(0.8, state(replicas.clone()))).prop_map(move |(at, state)| {
            let split = at.map(|at| replicas.split_at(at));
            let list = |ids: &[i32]| (!ids.is_empty()).then(|| ids.to_vec());
            AnyPartition {
                adding: split.and_then(|(adding, _)| list(adding)),
                removing: split.and_then(|(_, removing)| list(&removing[1..])),
                replicas: replicas.clone(),
                state,
            }
        })
    })
}

fn state(replicas: Vec<i32>) -> impl Strategy<Value = (Value, i32)> {
    let most = replicas.len();
    let isr = subsequence(replicas, 0..=most).prop_shuffle();
    let epochs = (0..1000i32, 0..100_000i32);
    (isr, weighted(0.1), weighted(0.8), epochs, weighted(0.1)).prop_map(
        |(mut isr, odd, led, (leader_epoch, version), recovering)| {
            let leader = isr.first().copied().filter(|_| led).unwrap_or(-1);
            if odd {
                isr.push(77);
            }
            let mut state = json!({
                "controller_epoch": 31, "leader": leader, "version": 1, "leader_epoch": leader_epoch, "isr": isr,
            });
            if recovering {
                state["leader_recovery_state"] = json!(1);
            }
            (state, version)
        },
    )
}

fn weighted(probability: f64) -> impl Strategy<Value = bool> {
    prop::bool::weighted(probability)
}

/// A config payload, or nothing at all, which says the same as an empty one.
fn payload(config: Map<String, Value>, nothing: bool) -> Value {
    if config.is_empty() && nothing {
        return Value::Null;
    }
    json!({"version": 1, "config": config})
}

fn map(keys: &'static [&'static str], value: &'static str) -> impl Strategy<Value = Value> {
    let entries = btree_map(select(keys), value, 0..3);
    (entries, any::<bool>()).prop_map(|(entries, nothing)| {
        let config = entries
            .into_iter()
            .map(|(key, value)| (key.to_owned(), json!(value)));
        payload(config.collect(), nothing)
    })
}

/// Configs of topics that may exist, and of brokers.
fn configs() -> impl Strategy<Value = Group> {
    let topics = btree_map(topic_name(), map(&TOPIC_CONFIGS, "[a-z0-9:,]{0,8}"), 0..4);
    let broker = prop_oneof![
        Just("<default>".to_owned()),
        select(&BROKERS[..]).prop_map(|id| id.to_string())
    ];
    let brokers = btree_map(broker, map(&BROKER_CONFIGS, "[1-9][0-9]{0,4}"), 0..4);
    (topics, brokers).prop_map(|(topics, brokers)| {
        let topics = topics
            .into_iter()
            .map(|(topic, configs)| (format!("/config/topics/{topic}"), configs, 2));
        let brokers = brokers
            .into_iter()
            .map(|(broker, configs)| (format!("/config/brokers/{broker}"), configs, 2));
        topics.chain(brokers).collect()
    })
}

fn segment() -> impl Strategy<Value = String> {
    let named = select(&NAMES[..]).prop_map(sanitizer::encode);
    prop_oneof![1 => Just("<default>".to_owned()), 4 => named]
}

fn quotas() -> impl Strategy<Value = Value> {
    map(&QUOTAS, "[1-9][0-9]{0,6}")
}

/// Users with quotas and credentials, clients, users' clients, addresses.
fn client_entities() -> impl Strategy<Value = Group> {
    let users = btree_map(segment(), (quotas(), vec(credential(), 0..3)), 0..3);
    let clients = btree_map(segment(), quotas(), 0..3);
    let both = btree_map((segment(), segment()), quotas(), 0..3);
    let address = prop_oneof![
        Just("<default>".to_owned()),
        Just(sanitizer::encode("2001:db8::5"))
    ];
    let ips = btree_map(
        address,
        map(&["connection_creation_rate"], "[1-9][0-9]{0,2}"),
        0..2,
    );
    (users, clients, both, ips).prop_map(|(users, clients, both, ips)| {
        let users = users.into_iter().map(|(user, (mut quotas, credentials))| {
            // Nobody can log in as the default user.
            if user != "<default>" && quotas != Value::Null {
                credentials
                    .into_iter()
                    .for_each(|(mechanism, text)| quotas["config"][mechanism] = json!(text));
            }
            (format!("/config/users/{user}"), quotas, 1)
        });
        let clients = clients
            .into_iter()
            .map(|(client, quotas)| (format!("/config/clients/{client}"), quotas, 1));
        let both = both
            .into_iter()
            .map(|((user, client), quotas)| (format!("/config/users/{user}/clients/{client}"), quotas, 1));
        let ips = ips
            .into_iter()
            .map(|(ip, quotas)| (format!("/config/ips/{ip}"), quotas, 1));
        users.chain(clients).chain(both).chain(ips).collect()
    })
}

fn credential() -> impl Strategy<Value = (&'static str, String)> {
    let mechanism = select(&["SCRAM-SHA-256", "SCRAM-SHA-512"][..]);
    (
        mechanism,
        "[a-zA-Z0-9]{8}",
        "[a-zA-Z0-9]{12}",
        "[a-zA-Z0-9]{12}",
        4096..20_000i32,
    )
        .prop_map(|(mechanism, salt, stored, server, iterations)| {
            let text = format!("salt={salt},stored_key={stored},server_key={server},iterations={iterations}");
            (mechanism, text)
        })
}

fn acls() -> impl Strategy<Value = Group> {
    let root = select(&["/kafka-acl", "/kafka-acl-extended/prefixed"][..]);
    let resource = select(
        &[
            "Topic/orders",
            "Topic/*",
            "Group/g 1",
            "Cluster/kafka-cluster",
            "TransactionalId/t",
        ][..],
    );
    let entry = (
        select(&["User:*", "User:alice", "User:CN=app 1,O=Acme"][..]),
        select(&["Allow", "Deny"][..]),
        select(&["Read", "Write", "All", "DescribeConfigs"][..]),
        select(&["*", "10.0.0.5", "2001:db8::5"][..]),
    );
    btree_map((root, resource), vec(entry, 0..4), 0..4).prop_map(|resources| {
        let znode = |((root, resource), entries): ((&str, &str), Vec<_>)| {
            let entries: Vec<Value> = entries.into_iter().map(acl).collect();
            (
                format!("{root}/{resource}"),
                json!({"version": 1, "acls": entries}),
                3,
            )
        };
        resources.into_iter().map(znode).collect()
    })
}

fn acl((principal, permission, operation, host): (&str, &str, &str, &str)) -> Value {
    json!({"principal": principal, "permissionType": permission, "operation": operation, "host": host})
}

fn tokens() -> impl Strategy<Value = Group> {
    let names = || select(&NAMES[..]).prop_map(|name| sanitizer::encode(&format!("User:{name}")));
    let token = (names(), vec(names(), 0..3), 1..1_000_000i64);
    btree_map("[a-zA-Z0-9]{4}", token, 0..3).prop_map(|tokens| {
        let znode = |(id, (owner, renewers, lives)): (String, (String, Vec<String>, i64))| {
            let token = json!({
                "version": 3, "owner": owner, "tokenRequester": owner, "renewers": renewers, "tokenId": id,
                "issueTimestamp": NOW.0 - 5, "maxTimestamp": NOW.0 + 2 * lives, "expiryTimestamp": NOW.0 + lives,
            });
            (format!("/delegation_token/tokens/{id}"), token, 0)
        };
        tokens.into_iter().map(znode).collect()
    })
}

/// What there is one of.
fn singles() -> impl Strategy<Value = Group> {
    let block = option::of(0..1_000_000i64);
    let brokers = subsequence(BROKERS.to_vec(), 0..4);
    (block, brokers).prop_map(|(block, brokers)| {
        let mut znodes = vec![
            ("/cluster/id".to_owned(), json!({"version": "1", "id": "q7Zb0x3SRkWnJ2yTfQ9aLg"}), 0),
            ("/controller_epoch".to_owned(), json!(31), 30),
        ];
        znodes.push(match block {
            Some(first) => {
                let (first, last) = (first * 1000, first * 1000 + 999);
                let block = json!({
                    "version": 1, "broker": 4, "block_start": first.to_string(), "block_end": last.to_string(),
                });
                ("/latest_producer_id_block".to_owned(), block, 7)
            }
            None => ("/latest_producer_id_block".to_owned(), Value::Null, 0),
        });
        znodes.extend(brokers.into_iter().map(|id| {
            let broker = json!({
                "version": 4, "host": "kb", "port": 9092, "jmx_port": -1, "timestamp": "1", "rack": format!("r{id}"),
                "endpoints": ["PLAINTEXT://kb:9092"], "listener_security_protocol_map": {"PLAINTEXT": "PLAINTEXT"},
            });
            (format!("/brokers/ids/{id}"), broker, 1)
        }));
        znodes
    })
}
