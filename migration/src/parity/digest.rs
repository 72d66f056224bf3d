//! A digest of each side: what was compared, in one canonical form.
//!
//! ```text
//! kind ▸ entities in order ▸ each: what it is, its name and fields, every part preceded by its length
//! ```
//!
//! Both sides are digested in the same form, so they have the same digest if nothing differs, not even for a known
//! reason. Of secrets only their names are part of it: a digest that a report shows must not let anybody try out
//! passwords.

use std::collections::BTreeMap;

use kraft_bridge_metadata::acls::Acl;
use kraft_bridge_metadata::image;
use kraft_bridge_metadata::records::LeaderRecovery;
use kraft_bridge_protocol::{LeaderEpoch, NodeId, PartitionEpoch, PartitionId, Uuid};
use sha2::{Digest, Sha256};

use crate::capture::redact::is_secret_config;
use crate::diff::quota_path;
use crate::legacy::{ConfigMap, LegacyCluster, Partition, QuotaEntity};
use crate::parity::decisions::Acls;
use crate::project::Projection;

/// Bytes that are gathered before they are digested.
const BUFFER_BYTES: usize = 16 * 1024;

/// Digest of the ZooKeeper side, in hexadecimal. Topics pending deletion are not part of it.
pub fn of_observed(cluster: &LegacyCluster) -> String {
    let mut canonical = Canonical::default();
    canonical.part(cluster.cluster_id.as_deref().unwrap_or_default().as_bytes());
    for (name, topic) in cluster.live_topics() {
        canonical.topic(name, topic.id);
        for (id, partition) in &topic.partitions {
            canonical.partition(&Row::of_observed(*id, partition));
        }
        canonical.configs(cluster.topic_configs.get(name));
    }
    for (broker, configs) in &cluster.broker_configs {
        canonical.broker(*broker, configs);
    }
    for (entity, quotas) in &cluster.quotas {
        canonical.quotas(entity, quotas);
    }
    for ((user, mechanism), credential) in &cluster.scram {
        canonical.credential(user, mechanism.name(), credential.iterations);
    }
    canonical.acls(&cluster.acls);
    for (id, token) in &cluster.tokens {
        canonical.token(id, &token.owner, &token.requester, &token.renewers);
        canonical.numbers(&[
            token.issue_timestamp.0,
            token.max_timestamp.0,
            token.expiry_timestamp.0,
        ]);
    }
    canonical.numbers(&[cluster.producer_ids.map_or(-1, |block| block.last.0 + 1)]);
    canonical.finish()
}

/// Digest of the KRaft side, in hexadecimal. What ZooKeeper mode does not have is not part of it.
pub fn of_wanted(wanted: &Projection<'_>, cluster_id: Option<&str>) -> String {
    let image = wanted.image;
    let mut canonical = Canonical::default();
    canonical.part(cluster_id.unwrap_or_default().as_bytes());
    for (name, topic) in image.topics.iter() {
        canonical.topic(name, Some(topic.id));
        for (id, partition) in &topic.partitions {
            canonical.partition(&Row::of_wanted(*id, partition));
        }
        canonical.configs(wanted.topic_configs(name));
    }
    for (broker, configs) in wanted.broker_configs() {
        canonical.broker(broker, configs);
    }
    for (entity, quotas) in wanted.quotas() {
        canonical.quotas(&entity, quotas);
    }
    for ((user, mechanism), credential) in &image.scram.0 {
        canonical.credential(user, mechanism.name(), credential.iterations);
    }
    canonical.acls(wanted.acls());
    for (id, token) in &image.tokens {
        canonical.token(id, &token.owner, &token.requester, &token.renewers);
        canonical.numbers(&[
            token.issue_timestamp.0,
            token.max_timestamp.0,
            token.expiration_timestamp.0,
        ]);
    }
    canonical.numbers(&[image
        .producer_ids
        .as_ref()
        .map_or(-1, |record| record.next_producer_id.0)]);
    canonical.finish()
}

/// A partition in the form that both sides share.
struct Row<'a> {
    id: PartitionId,
    replicas: &'a [NodeId],
    adding: &'a [NodeId],
    removing: &'a [NodeId],
    isr: &'a [NodeId],
    /// ZooKeeper mode knows of none.
    eligible: &'a [NodeId],
    leader: Option<NodeId>,
    leader_epoch: LeaderEpoch,
    partition_epoch: PartitionEpoch,
    recovering: bool,
}

impl<'a> Row<'a> {
    fn of_observed(id: PartitionId, partition: &'a Partition) -> Row<'a> {
        let state = partition.state.as_ref();
        let reassigned = partition.reassigned.as_deref();
        Row {
            id,
            replicas: &partition.replicas,
            adding: reassigned.map_or(&[], |lists| &lists.adding),
            removing: reassigned.map_or(&[], |lists| &lists.removing),
            isr: state.map_or(&partition.replicas, |state| &state.isr),
            eligible: &[],
            leader: state.and_then(|state| state.leader),
            leader_epoch: state.map_or(LeaderEpoch(0), |state| state.leader_epoch),
            partition_epoch: state.map_or(PartitionEpoch(0), |state| state.partition_epoch),
            recovering: state.is_some_and(|state| state.recovering),
        }
    }

    fn of_wanted(id: PartitionId, partition: &'a image::Partition) -> Row<'a> {
        let reassignment = partition.reassignment.as_deref();
        Row {
            id,
            replicas: &partition.replicas,
            adding: reassignment.map_or(&[], |lists| &lists.adding),
            removing: reassignment.map_or(&[], |lists| &lists.removing),
            isr: &partition.isr,
            eligible: partition.eligible_leader_replicas(),
            leader: partition.leader,
            leader_epoch: partition.leader_epoch,
            partition_epoch: partition.partition_epoch,
            recovering: partition.recovery == LeaderRecovery::Recovering,
        }
    }
}

/// What the next bytes are about, so that no list can be taken for the beginning of what follows it.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Mark {
    Topic,
    Partition,
    Config,
    Broker,
    QuotaEntity,
    Quota,
    Credential,
    Resource,
    Acl,
    Token,
}

#[derive(Default)]
struct Canonical {
    digest: Sha256,
    buffer: Vec<u8>,
    /// Kept from set to set, as there may be millions.
    sorted: Vec<NodeId>,
}

impl Canonical {
    fn mark(&mut self, mark: Mark) {
        self.buffer.push(mark as u8);
    }

    fn part(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
        self.buffer.extend_from_slice(bytes);
        self.flush_if_full();
    }

    fn numbers(&mut self, numbers: &[i64]) {
        numbers
            .iter()
            .for_each(|number| self.buffer.extend_from_slice(&number.to_be_bytes()));
        self.flush_if_full();
    }

    fn flush_if_full(&mut self) {
        if self.buffer.len() >= BUFFER_BYTES {
            self.digest.update(&self.buffer);
            self.buffer.clear();
        }
    }

    fn topic(&mut self, name: &str, id: Option<Uuid>) {
        self.mark(Mark::Topic);
        self.part(name.as_bytes());
        self.part(&id.unwrap_or(Uuid::ZERO).0);
    }

    fn partition(&mut self, row: &Row<'_>) {
        self.mark(Mark::Partition);
        self.ids(
            [
                row.id.0,
                row.leader.map_or(-1, |id| id.0),
                row.leader_epoch.0,
                row.partition_epoch.0,
            ]
            .into_iter(),
        );
        self.ids(row.replicas.iter().map(|id| id.0));
        for set in [row.adding, row.removing, row.isr, row.eligible] {
            self.set(set);
        }
        self.buffer.push(row.recovering.into());
        self.flush_if_full();
    }

    fn ids(&mut self, ids: impl ExactSizeIterator<Item = i32>) {
        self.buffer.extend_from_slice(&(ids.len() as u64).to_be_bytes());
        ids.for_each(|id| self.buffer.extend_from_slice(&id.to_be_bytes()));
    }

    /// Ids whose order means nothing.
    fn set(&mut self, ids: &[NodeId]) {
        if ids.is_sorted() {
            return self.ids(ids.iter().map(|id| id.0));
        }
        self.sorted.clear();
        self.sorted.extend_from_slice(ids);
        self.sorted.sort_unstable();
        let sorted = std::mem::take(&mut self.sorted);
        self.ids(sorted.iter().map(|id| id.0));
        self.sorted = sorted;
    }

    fn configs(&mut self, configs: Option<&ConfigMap>) {
        for (key, value) in configs.into_iter().flatten() {
            self.mark(Mark::Config);
            self.part(key.as_bytes());
            // Of a secret it is told that there is one.
            let secret = is_secret_config(key, value);
            self.part(if secret { b"" } else { value.as_bytes() });
        }
    }

    fn broker(&mut self, broker: Option<NodeId>, configs: &ConfigMap) {
        if !configs.is_empty() {
            self.mark(Mark::Broker);
            self.numbers(&[broker.map_or(-1, |id| id.0.into())]);
            self.configs(Some(configs));
        }
    }

    fn quotas(&mut self, entity: &QuotaEntity, quotas: &BTreeMap<String, f64>) {
        self.mark(Mark::QuotaEntity);
        // A user may be called `<default>`; paths tell that one from the default of all.
        self.part(quota_path(entity).as_bytes());
        for (key, value) in quotas {
            self.mark(Mark::Quota);
            self.part(key.as_bytes());
            self.part(&value.to_be_bytes());
        }
    }

    fn credential(&mut self, user: &str, mechanism: &str, iterations: i32) {
        self.mark(Mark::Credential);
        self.part(user.as_bytes());
        self.part(mechanism.as_bytes());
        self.numbers(&[iterations.into()]);
    }

    fn acls(&mut self, acls: &Acls) {
        for (pattern, acls) in acls {
            self.mark(Mark::Resource);
            for part in [
                pattern.resource_type.name(),
                pattern.pattern_type.name(),
                &pattern.name,
            ] {
                self.part(part.as_bytes());
            }
            acls.iter().for_each(|acl| self.acl(acl));
        }
    }

    fn acl(&mut self, acl: &Acl) {
        self.mark(Mark::Acl);
        for part in [
            &acl.principal,
            &acl.host,
            acl.operation.name(),
            acl.permission.name(),
        ] {
            self.part(part.as_bytes());
        }
    }

    fn token(&mut self, id: &str, owner: &str, requester: &str, renewers: &[String]) {
        self.mark(Mark::Token);
        for part in [id, owner, requester] {
            self.part(part.as_bytes());
        }
        let mut renewers: Vec<&str> = renewers.iter().map(String::as_str).collect();
        renewers.sort_unstable();
        renewers.dedup();
        self.buffer
            .extend_from_slice(&(renewers.len() as u64).to_be_bytes());
        renewers.iter().for_each(|renewer| self.part(renewer.as_bytes()));
    }

    fn finish(mut self) -> String {
        self.digest.update(&self.buffer);
        let digest = self.digest.finalize();
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
