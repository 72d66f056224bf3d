//! The machine: which request goes where, and what becomes due.

use std::time::Duration;

use kraft_bridge_metadata::image::MetadataImage;
use kraft_bridge_metadata::records::{
    AbortTransactionRecord, BeginTransactionRecord, EndTransactionRecord, MetadataRecord, NoOpRecord,
};
use kraft_bridge_metadata::release::MetadataVersion;
use kraft_bridge_protocol::rpc::{AnyRequest, AnyResponse};
use kraft_bridge_protocol::{NodeId, Now, Offset};

use crate::brokers::{self, Sessions};
use crate::decision::Decision;
use crate::draft::{BATCH_BYTES_MAX, BATCH_RECORDS_MAX, Draft};
use crate::mutations::Mutations;
use crate::requester::Requester;
use crate::schedule::{Schedule, Task};
use crate::settings::Settings;
use crate::{acls, configs, controllers, features, partitions, producer_ids, quotas, scram, tokens, topics};

/// 3.6-IV1: the first level whose readers know transactions.
const TRANSACTIONS: MetadataVersion = MetadataVersion(13);
/// 3.3-IV1: the first level whose readers know a record that says nothing.
const NO_OPS: MetadataVersion = MetadataVersion(5);

/// The active controller, from when it has begun to lead until it leads no more.
pub struct Controller {
    settings: Settings,
    /// Everything decided so far, committed or not.
    image: MetadataImage,
    /// Offset of the next record, if nobody else has appended meanwhile.
    next_offset: Offset,
    sessions: Sessions,
    schedule: Schedule,
    mutations: Mutations,
    /// The quorum's voters, as far as it was told.
    voters: Vec<NodeId>,
    random: fastrand::Rng,
}

impl Controller {
    /// Takes over where the log ends, with the image that it adds up to. Chooses by the seed.
    pub fn new(
        settings: Settings,
        image: MetadataImage,
        next_offset: Offset,
        now: Duration,
        seed: u64,
    ) -> Controller {
        Controller {
            sessions: Sessions::new(settings.session_timeout, image.brokers.values(), now),
            schedule: Schedule::new(&settings, now),
            mutations: Mutations::default(),
            voters: Vec::new(),
            random: fastrand::Rng::with_seed(seed),
            settings,
            image,
            next_offset,
        }
    }

    /// Aborts the transaction that an earlier leader left open: everything written behind it would be void as well.
    /// The image must be the one without what the transaction holds. Returns batches as [`Decision::batches`] has them.
    pub(crate) fn abort_transaction(&mut self) -> Vec<Vec<Vec<u8>>> {
        let mut draft = Draft::new(&self.settings, &mut self.image, self.next_offset);
        draft.push(AbortTransactionRecord {
            reason: Some("another controller has become active".to_owned()),
            ..Default::default()
        });
        let records = draft.finish();
        self.cut(records)
    }

    /// Writes the first records of a log that has no `metadata.version` yet, as one transaction where the level knows
    /// of such. The records must be those of an image of their own. Returns batches as [`Decision::batches`] has them.
    ///
    /// Source: KIP-868; KIP-966 (what goes with eligible leaders).
    pub(crate) fn bootstrap(&mut self, records: Vec<MetadataRecord>) -> Vec<Vec<Vec<u8>>> {
        let level = features::level_of(&records);
        let mut draft = Draft::new(&self.settings, &mut self.image, self.next_offset);
        if level >= TRANSACTIONS {
            draft.push(BeginTransactionRecord {
                name: Some("Bootstrap records".to_owned()),
                ..Default::default()
            });
        }
        for record in records {
            draft.push(record);
        }
        features::settle_min_insync_replicas(&mut draft);
        if level >= TRANSACTIONS {
            draft.push(EndTransactionRecord::default());
        }
        let records = draft.finish();
        self.cut(records)
    }

    /// The APIs whose requests it decides upon, by Kafka's names.
    pub const APIS: [&str; 22] = [
        "BrokerRegistration",
        "BrokerHeartbeat",
        "UnregisterBroker",
        "ControllerRegistration",
        "AlterPartition",
        "AssignReplicasToDirs",
        "AllocateProducerIds",
        "CreateTopics",
        "DeleteTopics",
        "CreatePartitions",
        "AlterPartitionReassignments",
        "IncrementalAlterConfigs",
        "AlterConfigs",
        "ElectLeaders",
        "CreateAcls",
        "DeleteAcls",
        "AlterUserScramCredentials",
        "AlterClientQuotas",
        "CreateDelegationToken",
        "RenewDelegationToken",
        "ExpireDelegationToken",
        "UpdateFeatures",
    ];

    /// Decides upon a request; `None` for one of an API that is not among [`Controller::APIS`].
    ///
    /// `now` never goes back; who asks may make the request as such.
    pub fn handle(
        &mut self,
        now: Now,
        requester: &dyn Requester,
        version: i16,
        request: &AnyRequest,
    ) -> Option<Decision> {
        use {AnyRequest as Q, AnyResponse as A};
        let quotas = &self.image.client_quotas;
        let mut allowance = self
            .mutations
            .allowance(quotas, requester, now.elapsed, version, request);
        let allowance = &mut allowance;
        let mut draft = Draft::new(&self.settings, &mut self.image, self.next_offset);
        let (sessions, random) = (&mut self.sessions, &mut self.random);
        let answer = match request {
            Q::BrokerRegistration(asked) => {
                A::BrokerRegistration(brokers::register(&mut draft, sessions, now.elapsed, asked))
            }
            Q::BrokerHeartbeat(asked) => {
                A::BrokerHeartbeat(brokers::heartbeat(&mut draft, sessions, now.elapsed, asked))
            }
            Q::UnregisterBroker(asked) => {
                A::UnregisterBroker(brokers::unregister(&mut draft, sessions, asked))
            }
            Q::ControllerRegistration(asked) => {
                A::ControllerRegistration(controllers::register(&mut draft, asked))
            }
            Q::AlterPartition(asked) => A::AlterPartition(partitions::alter(&mut draft, asked)),
            Q::AssignReplicasToDirs(asked) => A::AssignReplicasToDirs(partitions::assign(&mut draft, asked)),
            Q::AllocateProducerIds(asked) => {
                A::AllocateProducerIds(producer_ids::allocate(&mut draft, asked))
            }
            Q::CreateTopics(asked) => {
                A::CreateTopics(topics::create(&mut draft, requester, allowance, random, asked))
            }
            Q::CreatePartitions(asked) => {
                A::CreatePartitions(topics::grow(&mut draft, requester, allowance, random, asked))
            }
            Q::AlterPartitionReassignments(asked) => {
                A::AlterPartitionReassignments(partitions::reassign(&mut draft, asked))
            }
            Q::IncrementalAlterConfigs(asked) => {
                A::IncrementalAlterConfigs(configs::alter(&mut draft, requester, asked))
            }
            Q::AlterConfigs(asked) => A::AlterConfigs(configs::replace(&mut draft, requester, asked)),
            Q::ElectLeaders(asked) => A::ElectLeaders(partitions::elect(&mut draft, asked)),
            Q::CreateAcls(asked) => A::CreateAcls(acls::create(&mut draft, random, asked)),
            Q::DeleteAcls(asked) => A::DeleteAcls(acls::delete(&mut draft, asked)),
            Q::AlterUserScramCredentials(asked) => {
                A::AlterUserScramCredentials(scram::alter(&mut draft, asked))
            }
            Q::AlterClientQuotas(asked) => A::AlterClientQuotas(quotas::alter(&mut draft, asked)),
            Q::CreateDelegationToken(asked) => {
                A::CreateDelegationToken(tokens::create(&mut draft, requester, random, now.wall, asked))
            }
            Q::RenewDelegationToken(asked) => {
                A::RenewDelegationToken(tokens::renew(&mut draft, requester, now.wall, asked))
            }
            Q::ExpireDelegationToken(asked) => {
                A::ExpireDelegationToken(tokens::expire(&mut draft, requester, now.wall, asked))
            }
            Q::UpdateFeatures(asked) => A::UpdateFeatures(features::update(&mut draft, &self.voters, asked)),
            Q::DeleteTopics(asked) => {
                A::DeleteTopics(topics::delete(&mut draft, requester, allowance, version, asked))
            }
            _ => return None,
        };
        let records = draft.finish();
        Some(Decision {
            batches: self.cut(records),
            answer,
        })
    }

    /// Does what has become due; returns batches as [`Decision::batches`] has them.
    pub fn tick(&mut self, now: Now) -> Vec<Vec<Vec<u8>>> {
        let mut draft = Draft::new(&self.settings, &mut self.image, self.next_offset);
        // One at a time: the others' heartbeats are heard before the next (KAFKA-13173).
        if let Some(broker) = self.sessions.expired(now.elapsed) {
            self.sessions.end(broker);
            let registration = draft.image.brokers.get(&broker);
            if registration.is_some_and(|broker| !broker.fenced) {
                brokers::fence(&mut draft, broker);
            }
        } else if let Some(task) = self.schedule.take(now.elapsed) {
            let leaves_more = match task {
                Task::NoOp => write_no_op(&mut draft),
                Task::Balance => partitions::balance(&mut draft),
                Task::ElectUnclean => partitions::elect_unclean(&mut draft),
                Task::SweepTokens => tokens::sweep(&mut draft, now.wall),
            };
            if leaves_more {
                self.schedule.soon(task, now.elapsed);
            }
        }
        let records = draft.finish();
        self.cut(records)
    }

    /// When [`Controller::tick`] is due.
    pub fn deadline(&self) -> Duration {
        let next = [self.sessions.deadline(), self.schedule.deadline()];
        next.into_iter().flatten().min().unwrap_or(Duration::MAX)
    }

    /// Takes note of who the quorum's voters are.
    pub fn quorum_is(&mut self, voters: Vec<NodeId>) {
        self.voters = voters;
    }

    /// Takes note of where the log ends now, which others append to as well.
    pub fn appended(&mut self, end: Offset) {
        self.next_offset = self.next_offset.max(end);
    }

    /// Everything decided so far.
    pub fn image(&self) -> &MetadataImage {
        &self.image
    }

    /// Cuts what was decided into batches; what must be written as a whole is no more than one.
    fn cut(&mut self, records: Vec<Vec<u8>>) -> Vec<Vec<Vec<u8>>> {
        self.next_offset.0 += i64::try_from(records.len()).expect("they are in memory");
        let mut batches: Vec<Vec<Vec<u8>>> = Vec::new();
        let mut bytes = 0;
        for record in records {
            let is_full =
                |batch: &Vec<_>| batch.len() == BATCH_RECORDS_MAX || bytes + record.len() > BATCH_BYTES_MAX;
            if batches.last().is_none_or(is_full) {
                batches.push(Vec::new());
                bytes = 0;
            }
            bytes += record.len();
            batches.last_mut().expect("there is one by now").push(record);
        }
        batches
    }
}

/// Has the log move, so that everybody sees how far they have come. There is never more to do.
fn write_no_op(draft: &mut Draft<'_>) -> bool {
    if draft.level() >= NO_OPS {
        draft.push(MetadataRecord::from(NoOpRecord::default()));
    }
    false
}
