//! Turns znodes into the legacy model, as they come.
//!
//! One znode is decoded at a time, by the file of its noun; what is odd about it becomes findings under its path.
//! A znode that is delivered again replaces what it said before, findings included.

use std::collections::BTreeMap;

use kraft_bridge_protocol::NodeId;

use super::cluster;
use super::foreign::Foreign;
use super::notes::Notes;
use super::{
    ConfigMap, LegacyCluster, Partition, PatternType, QuotaEntity, ResourcePattern, ScramMechanism, Topic,
    acls, brokers, configs, consumers, producer_ids, quotas, scram, tokens, topics,
};
use crate::capture::{SinkError, ZnodeSink};
use crate::finding::Finding;
use crate::password_encoder::{PasswordEncoder, open_passwords};
use crate::znode::{Stat, Znode};

/// A [`ZnodeSink`] that builds a [`LegacyCluster`].
#[derive(Debug, Default)]
pub struct Decoder {
    cluster: LegacyCluster,
    findings: BTreeMap<String, Vec<Finding>>,
    foreign: Foreign,
    /// Whether findings came or went since [`Decoder::changed_findings`] was asked.
    findings_changed: bool,
    last_modified: i64,
    passwords: Passwords,
}

/// What becomes of the encoded passwords of broker configs.
#[derive(Debug, Default)]
enum Passwords {
    /// They stay as they are stored.
    #[default]
    AsStored,
    /// They are opened, if the secret is known.
    Opened(Option<PasswordEncoder>),
}

/// The segments of a path: none of Kafka's has more than seven.
type Segments<'a> = [&'a str];

impl Decoder {
    /// A decoder that has seen nothing.
    pub fn new() -> Decoder {
        Decoder::default()
    }

    /// Opens the passwords of broker configs; without an encoder each of them becomes a blocker.
    #[must_use]
    pub fn opening_passwords(self, encoder: Option<PasswordEncoder>) -> Decoder {
        Decoder {
            passwords: Passwords::Opened(encoder),
            ..self
        }
    }

    /// The cluster as far as znodes have come.
    pub fn cluster(&self) -> &LegacyCluster {
        &self.cluster
    }

    /// When the youngest znode was written, in milliseconds since 1970; 0 if there was none.
    pub fn last_modified(&self) -> i64 {
        self.last_modified
    }

    /// The cluster, and everything that is odd about its znodes, sorted by path.
    pub fn finish(self) -> (LegacyCluster, Vec<Finding>) {
        let findings = self.findings();
        (self.cluster, findings)
    }

    /// Everything that is odd about the znodes so far, sorted by path.
    pub fn findings(&self) -> Vec<Finding> {
        let mut findings: Vec<Finding> = self.findings.values().flatten().cloned().collect();
        findings.extend(self.foreign.findings());
        findings.sort_by(|a, b| (&a.path, a.severity, a.code).cmp(&(&b.path, b.severity, b.code)));
        findings
    }

    /// [`Decoder::findings`], unless they are as they were when this was asked last.
    pub fn changed_findings(&mut self) -> Option<Vec<Finding>> {
        std::mem::take(&mut self.findings_changed).then(|| self.findings())
    }

    fn decode(&mut self, znode: &Znode<'_>, findings: &mut Vec<Finding>) {
        let mut segments = [""; 8];
        let segments = split(znode.path, &mut segments);
        let notes = &mut Notes::new(znode.path, findings);
        let known = match segments {
            ["brokers", rest @ ..] => self.decode_brokers(rest, znode.data, &znode.stat, notes),
            ["config", rest @ ..] => self.decode_config(rest, znode.data, notes),
            ["kafka-acl", rest @ ..] => self.decode_acls(PatternType::Literal, rest, znode.data, notes),
            ["kafka-acl-extended", "prefixed", rest @ ..] => {
                self.decode_acls(PatternType::Prefixed, rest, znode.data, notes)
            }
            ["kafka-acl-extended", pattern, ..] => {
                notes.blocker(
                    "unknown-acl-pattern-type",
                    format!("{pattern:?} is no pattern type of Kafka's, so its ACLs can't be carried"),
                    "refused: remove the ACLs with the tool that made them",
                );
                true
            }
            ["delegation_token", rest @ ..] => self.decode_tokens(rest, znode.data, notes),
            ["admin", rest @ ..] => self.decode_admin(rest, znode.data, notes),
            ["consumers", rest @ ..] => self.decode_consumers(rest, znode.data, notes),
            _ => self.decode_single(segments, znode.data, notes),
        };
        if !known {
            self.findings_changed |= self.foreign.insert(znode.path);
        }
    }

    fn decode_brokers(
        &mut self,
        segments: &Segments<'_>,
        data: &[u8],
        stat: &Stat,
        notes: &mut Notes<'_>,
    ) -> bool {
        match segments {
            []
            | ["ids" | "topics" | "seqid"]
            | ["topics", _, "partitions"]
            | ["topics", _, "partitions", _] => {}
            ["topics", name, "partitions", partition, "state"] => {
                let Some(id) = topics::partition_id(partition) else {
                    notes.undecodable(format_args!("partition {partition:?}"));
                    return true;
                };
                let state = topics::decode_state(data, stat, notes);
                topic(&mut self.cluster, name)
                    .partitions
                    .entry(id)
                    .or_default()
                    .state = state;
            }
            ["topics", name] => topics::decode_topic(topic(&mut self.cluster, name), data, stat, notes),
            ["ids", id] => {
                let Ok(id) = id.parse() else {
                    notes.undecodable("the znode's name is no broker id");
                    return true;
                };
                let broker = brokers::decode(data, stat, notes);
                put(&mut self.cluster.brokers, id, broker);
            }
            _ => return false,
        }
        true
    }

    fn decode_config(&mut self, segments: &Segments<'_>, data: &[u8], notes: &mut Notes<'_>) -> bool {
        let entity = match segments {
            [] | ["topics" | "brokers" | "users" | "clients" | "ips" | "changes"] => return true,
            ["changes", _] | ["users", _, "clients"] => return true,
            ["topics", topic] => {
                let configs = configs::decode(data, notes);
                self.cluster.topic_configs.insert((*topic).to_owned(), configs);
                return true;
            }
            ["brokers", broker] => {
                let configs = configs::decode(data, notes);
                if let Some(broker) = configs::broker(broker, notes) {
                    self.take_broker_configs(broker, configs, notes);
                }
                return true;
            }
            ["users", user] => quotas::name(user, notes).map(QuotaEntity::User),
            ["clients", client] => quotas::name(client, notes).map(QuotaEntity::Client),
            ["ips", ip] => quotas::name(ip, notes).map(QuotaEntity::Ip),
            ["users", user, "clients", client] => quotas::name(user, notes)
                .zip(quotas::name(client, notes))
                .map(|(user, client)| QuotaEntity::UserClient(user, client)),
            _ => return false,
        };
        if let Some(entity) = entity {
            self.decode_client_entity(entity, data, notes);
        }
        true
    }

    fn take_broker_configs(&mut self, broker: Option<NodeId>, mut configs: ConfigMap, notes: &mut Notes<'_>) {
        let unopened = &mut self.cluster.unopened_passwords;
        unopened.retain(|(of, _)| *of != broker);
        if let Passwords::Opened(encoder) = &self.passwords {
            notes.extend(open_passwords(broker, &mut configs, encoder.as_ref(), unopened));
        }
        self.cluster.broker_configs.insert(broker, configs);
    }

    /// A user's znode holds quotas and SCRAM credentials side by side.
    fn decode_client_entity(&mut self, entity: QuotaEntity, data: &[u8], notes: &mut Notes<'_>) {
        let configs = configs::decode(data, notes);
        if let QuotaEntity::User(name) = &entity {
            let credentials = scram::decode(&configs, notes);
            match name {
                super::QuotaName::Named(user) => {
                    for mechanism in ScramMechanism::ALL {
                        self.cluster.scram.remove(&(user.clone(), *mechanism));
                    }
                    let keyed = credentials
                        .into_iter()
                        .map(|(mechanism, credential)| ((user.clone(), mechanism), credential));
                    self.cluster.scram.extend(keyed);
                }
                super::QuotaName::Default if credentials.is_empty() => {}
                super::QuotaName::Default => notes.warning(
                    "scram-of-default-user",
                    "a SCRAM credential of the default user, with which nobody can log in".to_owned(),
                    "not carried",
                ),
            }
        }
        let quotas = quotas::decode(&entity, &configs, notes);
        if quotas.is_empty() {
            self.cluster.quotas.remove(&entity);
        } else {
            self.cluster.quotas.insert(entity, quotas);
        }
    }

    fn decode_acls(
        &mut self,
        pattern_type: PatternType,
        segments: &Segments<'_>,
        data: &[u8],
        notes: &mut Notes<'_>,
    ) -> bool {
        match segments {
            [] => true,
            [kind] => {
                acls::resource_type(kind, notes);
                true
            }
            [kind, name] => {
                let Some(resource_type) = acls::resource_type(kind, notes) else {
                    return true;
                };
                let pattern = ResourcePattern {
                    resource_type,
                    pattern_type,
                    name: (*name).to_owned(),
                };
                let acls = acls::decode(data, notes);
                if acls.is_empty() {
                    self.cluster.acls.remove(&pattern);
                } else {
                    self.cluster.acls.insert(pattern, acls);
                }
                true
            }
            _ => false,
        }
    }

    fn decode_tokens(&mut self, segments: &Segments<'_>, data: &[u8], notes: &mut Notes<'_>) -> bool {
        match segments {
            [] | ["tokens" | "token_changes"] | ["token_changes", _] => {}
            ["tokens", id] => {
                let token = tokens::decode(data, id, notes);
                put(&mut self.cluster.tokens, (*id).to_owned(), token);
            }
            _ => return false,
        }
        true
    }

    fn decode_admin(&mut self, segments: &Segments<'_>, data: &[u8], notes: &mut Notes<'_>) -> bool {
        match segments {
            [] | ["delete_topics"] => {}
            ["delete_topics", topic] => {
                self.cluster.pending_deletions.insert((*topic).to_owned());
            }
            ["reassign_partitions"] => {
                self.cluster.pending_reassignments = cluster::decode_reassignments(data, notes);
            }
            ["preferred_replica_election"] => {
                self.cluster.pending_elections = cluster::decode_elections(data, notes);
            }
            _ => return false,
        }
        true
    }

    fn decode_consumers(&mut self, segments: &Segments<'_>, data: &[u8], notes: &mut Notes<'_>) -> bool {
        match segments {
            [] | [_] | [_, "ids" | "owners" | "offsets", ..] if segments.len() < 5 => {
                if let [group, "offsets", topic, partition] = segments {
                    let offsets = &mut self.cluster.consumer_offsets;
                    match consumers::decode(group, topic, partition, data, notes) {
                        Some(offset) => consumers::put(offsets, offset),
                        None => consumers::forget(offsets, group, &segments[1..]),
                    }
                }
                true
            }
            _ => false,
        }
    }

    fn decode_single(&mut self, segments: &Segments<'_>, data: &[u8], notes: &mut Notes<'_>) -> bool {
        let cluster = &mut self.cluster;
        match segments {
            [] | ["cluster"] | ["zookeeper", ..] => {}
            ["isr_change_notification" | "log_dir_event_notification"]
            | ["isr_change_notification" | "log_dir_event_notification", _] => {}
            ["kafka-acl-changes" | "kafka-acl-extended" | "kafka-acl-extended-changes"]
            | ["kafka-acl-changes" | "kafka-acl-extended-changes", _] => {}
            ["cluster", "id"] => cluster.cluster_id = cluster::decode_cluster_id(data, notes),
            ["controller"] => cluster.controller = cluster::decode_controller(data, notes),
            ["controller_epoch"] => cluster.controller_epoch = cluster::decode_controller_epoch(data, notes),
            ["migration"] => cluster.migration = cluster::decode_migration(data, notes),
            ["feature"] => cluster.features = cluster::decode_features(data, notes),
            ["latest_producer_id_block"] => cluster.producer_ids = producer_ids::decode(data, notes),
            _ => return false,
        }
        true
    }

    /// Without an allocation where there are none, as almost everywhere.
    fn replace_findings(&mut self, path: &str, findings: Vec<Finding>) {
        let before = if self.findings.is_empty() {
            None
        } else {
            self.findings.remove(path)
        };
        self.findings_changed |= before.is_some() || !findings.is_empty();
        if !findings.is_empty() {
            self.findings.insert(path.to_owned(), findings);
        }
    }

    /// Forgets what a path, or anything below it, has said.
    fn forget(&mut self, path: &str) {
        let below = |other: &str| {
            other
                .strip_prefix(path)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let known = self.findings.len();
        self.findings.retain(|other, _| !below(other));
        let was_foreign = self.foreign.remove(path);
        self.findings_changed |= was_foreign || self.findings.len() != known;
        let mut segments = [""; 8];
        let segments = split(path, &mut segments);
        let cluster = &mut self.cluster;
        match segments {
            ["brokers", "ids", id] => cluster.brokers.retain(|broker, _| broker.to_string() != *id),
            ["brokers", "topics", topic] => drop(cluster.topics.remove(*topic)),
            ["brokers", "topics", topic, "partitions", rest @ ..] => {
                forget_states(cluster, topic, rest.first())
            }
            ["config", "topics", topic] => drop(cluster.topic_configs.remove(*topic)),
            ["config", "brokers", _] | ["config", "users" | "clients" | "ips", ..] => {
                self.forget_config(segments)
            }
            ["kafka-acl", kind, name] => forget_acls(cluster, PatternType::Literal, kind, name),
            ["kafka-acl-extended", "prefixed", kind, name] => {
                forget_acls(cluster, PatternType::Prefixed, kind, name)
            }
            ["delegation_token", "tokens", id] => drop(cluster.tokens.remove(*id)),
            ["admin", "delete_topics", topic] => drop(cluster.pending_deletions.remove(*topic)),
            ["admin", "reassign_partitions"] => cluster.pending_reassignments.clear(),
            ["admin", "preferred_replica_election"] => cluster.pending_elections.clear(),
            ["consumers", group, rest @ ..] => {
                consumers::forget(&mut cluster.consumer_offsets, group, rest);
            }
            ["cluster", ..] => cluster.cluster_id = None,
            ["controller"] => cluster.controller = None,
            ["controller_epoch"] => cluster.controller_epoch = None,
            ["migration"] => cluster.migration = None,
            ["feature"] => cluster.features.clear(),
            ["latest_producer_id_block"] => cluster.producer_ids = None,
            _ => {}
        }
    }

    /// An empty payload says of a config entity what its absence does.
    fn forget_config(&mut self, segments: &Segments<'_>) {
        let mut ignored = Vec::new();
        let notes = &mut Notes::new("", &mut ignored);
        if let ["config", "users", user] = segments
            && let Some(user) = quotas::name(user, notes)
        {
            self.cluster
                .quotas
                .retain(|entity, _| !matches!(entity, QuotaEntity::UserClient(of, _) if *of == user));
        }
        if let ["config", "brokers", broker] = segments {
            let broker = configs::broker(broker, notes);
            self.cluster.broker_configs.retain(|of, _| broker != Some(*of));
            self.cluster
                .unopened_passwords
                .retain(|(of, _)| broker != Some(*of));
        } else {
            self.decode_config(&segments[1..], b"", notes);
        }
    }
}

/// Forgets the state of one partition, or of all, and what is left empty by it.
fn forget_states(cluster: &mut LegacyCluster, name: &str, wanted: Option<&&str>) {
    let Some(topic) = cluster.topics.get_mut(name) else {
        return;
    };
    for (id, partition) in &mut topic.partitions {
        if wanted.is_none_or(|wanted| id.to_string() == **wanted) {
            partition.state = None;
        }
    }
    topic
        .partitions
        .retain(|_, partition| *partition != Partition::default());
    if *topic == Topic::default() {
        cluster.topics.remove(name);
    }
}

fn forget_acls(cluster: &mut LegacyCluster, pattern_type: PatternType, kind: &str, name: &str) {
    cluster.acls.retain(|pattern, _| {
        pattern.pattern_type != pattern_type || pattern.name != name || pattern.resource_type.name() != kind
    });
}

impl ZnodeSink for Decoder {
    fn znode(&mut self, znode: &Znode<'_>) -> Result<(), SinkError> {
        self.last_modified = self.last_modified.max(znode.stat.mtime);
        let mut findings = Vec::new();
        self.decode(znode, &mut findings);
        self.replace_findings(znode.path, findings);
        Ok(())
    }

    fn gone(&mut self, path: &str) -> Result<(), SinkError> {
        self.forget(path);
        Ok(())
    }

    fn unreadable(&mut self, path: &str, reason: &str) -> Result<(), SinkError> {
        let mut findings = Vec::new();
        Notes::new(path, &mut findings).blocker(
            "unreadable",
            reason,
            "refused: what the znode holds would be missing; give the tool the right to read it",
        );
        self.replace_findings(path, findings);
        Ok(())
    }
}

/// Keeps what was decoded in the place of what was there, and nothing if nothing was.
fn put<K: Ord, V>(map: &mut BTreeMap<K, V>, key: K, decoded: Option<V>) {
    match decoded {
        Some(value) => drop(map.insert(key, value)),
        None => drop(map.remove(&key)),
    }
}

/// The topic of that name; its name is copied only the first time.
fn topic<'a>(cluster: &'a mut LegacyCluster, name: &str) -> &'a mut Topic {
    if !cluster.topics.contains_key(name) {
        cluster.topics.insert(name.to_owned(), Topic::default());
    }
    cluster.topics.get_mut(name).expect("it was just put there")
}

/// Splits a path without allocating; segments past the eighth are left out, no path of Kafka's has them.
fn split<'s, 'a>(path: &'a str, segments: &'s mut [&'a str; 8]) -> &'s Segments<'a> {
    let mut count = 0;
    for segment in path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .take(segments.len())
    {
        segments[count] = segment;
        count += 1;
    }
    &segments[..count]
}

#[cfg(test)]
mod tests;
