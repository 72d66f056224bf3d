//! ElectLeaders, and the elections that are due by themselves: leaders that are not the preferred ones, and partitions
//! without a leader that may have an unclean one.
//!
//! Source: KIP-183, KIP-460; KAFKA-12670 (unclean elections that nothing sets off).

use kraft_bridge_metadata::image::Partition;
use kraft_bridge_protocol::rpc::{
    ElectLeadersRequest, ElectLeadersResponse, ElectedPartition, ElectedTopic, ErrorCode,
};
use kraft_bridge_protocol::{PartitionId, Uuid};

use super::{Change, Election};
use crate::decision::Refusal;
use crate::draft::Draft;

/// Most changes of one round, so that requests are not held up.
const ROUND_MAX: usize = 1000;

const PREFERRED: i8 = 0;
const UNCLEAN: i8 = 1;

/// Elects other leaders, or says of each partition why not. Asked for all, it tells only of those that needed it.
pub(crate) fn elect(draft: &mut Draft<'_>, request: &ElectLeadersRequest) -> ElectLeadersResponse {
    let election = match request.election_type {
        PREFERRED => Election::Preferred,
        UNCLEAN => Election::Unclean,
        _ => {
            return ElectLeadersResponse {
                error_code: ErrorCode::InvalidRequest,
                ..Default::default()
            };
        }
    };
    let asked: Vec<(String, Vec<PartitionId>)> = match &request.topic_partitions {
        Some(topics) => topics
            .iter()
            .map(|asked| (asked.topic.clone(), asked.partitions.clone()))
            .collect(),
        None => needing(draft, election),
    };
    let results = asked.into_iter().map(|(topic, partitions)| ElectedTopic {
        partition_result: partitions
            .into_iter()
            .map(|number| elected(draft, &topic, number, election))
            .collect(),
        topic,
        ..Default::default()
    });
    ElectLeadersResponse {
        replica_election_results: results.collect(),
        ..Default::default()
    }
}

/// Whether an election of this kind is about anything.
fn needs(partition: &Partition, election: Election) -> bool {
    match election {
        Election::Preferred => partition.leader.as_ref() != partition.replicas.first(),
        Election::Online | Election::Unclean => partition.leader.is_none(),
    }
}

fn needing(draft: &Draft<'_>, election: Election) -> Vec<(String, Vec<PartitionId>)> {
    let topics = draft.image.topics.iter().map(|(name, topic)| {
        let partitions = topic.partitions.iter();
        let needing = partitions.filter(|(_, partition)| needs(partition, election));
        (
            name.to_owned(),
            needing.map(|(number, _)| *number).collect::<Vec<_>>(),
        )
    });
    topics.filter(|(_, numbers)| !numbers.is_empty()).collect()
}

fn elected(
    draft: &mut Draft<'_>,
    topic: &str,
    partition_id: PartitionId,
    election: Election,
) -> ElectedPartition {
    let refusal = elect_one(draft, topic, partition_id, election).err();
    ElectedPartition {
        partition_id,
        error_code: refusal.as_ref().map_or(ErrorCode::None, |refusal| refusal.error),
        error_message: refusal.and_then(|refusal| refusal.message),
        ..Default::default()
    }
}

fn elect_one(
    draft: &mut Draft<'_>,
    name: &str,
    number: PartitionId,
    election: Election,
) -> Result<(), Refusal> {
    let unknown = |what: String| Refusal::new(ErrorCode::UnknownTopicOrPartition, what);
    let topic = draft
        .image
        .topics
        .get(name)
        .ok_or_else(|| unknown(format!("No such topic as {name}")))?;
    let partition = topic
        .partitions
        .get(&number)
        .ok_or_else(|| unknown(format!("No such partition as {name}-{number}")))?;
    if !needs(partition, election) {
        return Err(ErrorCode::ElectionNotNeeded.into());
    }
    let change = Change::of(draft, topic.id, number, election);
    let record = change.and_then(Change::record).ok_or(match election {
        Election::Preferred => ErrorCode::PreferredLeaderNotAvailable,
        Election::Online | Election::Unclean => ErrorCode::EligibleLeadersNotAvailable,
    })?;
    draft.push(record);
    Ok(())
}

/// Gives partitions back to their preferred leaders, as far as those can lead. Returns whether more may be to do.
pub(crate) fn balance(draft: &mut Draft<'_>) -> bool {
    let is_due = |_: &Draft<'_>, _: &str, partition: &Partition| {
        let preferred = partition.replicas.first();
        needs(partition, Election::Preferred) && preferred.is_some_and(|id| partition.isr.contains(id))
    };
    round(draft, Election::Preferred, is_due)
}

/// Elects unclean leaders where nobody leads and the topic allows it. Returns whether more may be to do.
pub(crate) fn elect_unclean(draft: &mut Draft<'_>) -> bool {
    round(draft, Election::Unclean, |draft, topic, partition| {
        partition.leader.is_none() && draft.election(topic) == Election::Unclean
    })
}

fn round(
    draft: &mut Draft<'_>,
    election: Election,
    is_due: impl Fn(&Draft<'_>, &str, &Partition) -> bool,
) -> bool {
    let due: Vec<(Uuid, PartitionId)> = draft
        .image
        .topics
        .iter()
        .flat_map(|(name, topic)| {
            let partitions = topic.partitions.iter();
            let due = partitions.filter(|(_, partition)| is_due(draft, name, partition));
            due.map(|(number, _)| (topic.id, *number)).collect::<Vec<_>>()
        })
        .collect();
    let mut changed = 0;
    for (topic_id, number) in due {
        if changed == ROUND_MAX {
            return true;
        }
        let change = Change::of(draft, topic_id, number, election);
        if let Some(record) = change.and_then(Change::record) {
            draft.push(record);
            changed += 1;
        }
    }
    false
}
