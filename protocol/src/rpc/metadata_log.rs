//! The metadata log, as requests of its quorum name it: one topic with one partition, and nothing beside it.

use super::*;
use crate::PartitionId;

/// A topic in a request or an answer of the quorum.
pub trait QuorumTopic: Sized {
    /// What is said of a partition.
    type Partition;

    /// The list that names the metadata log alone.
    fn metadata_log(partition: Self::Partition) -> Vec<Self>;

    /// What the list says of the metadata log, if it names that log and nothing else.
    fn only_metadata_log(topics: &[Self]) -> Option<&Self::Partition>;
}

macro_rules! quorum_topics {
    ($( $topic:ident ($name:ident: $log:ident) of $partition:ident ($index:ident); )*) => {$(
        impl QuorumTopic for $topic {
            type Partition = $partition;

            fn metadata_log(partition: $partition) -> Vec<$topic> {
                vec![$topic {
                    $name: $log.into(),
                    partitions: vec![partition],
                    ..Default::default()
                }]
            }

            fn only_metadata_log(topics: &[$topic]) -> Option<&$partition> {
                let [topic] = topics else { return None };
                let [partition] = &topic.partitions[..] else { return None };
                (topic.$name == $log && partition.$index == PartitionId(0)).then_some(partition)
            }
        }
    )*};
}

quorum_topics! {
    BeginEpochTopic (topic_name: METADATA_TOPIC) of BeginEpochPartition (partition_index);
    DescribeQuorumTopic (topic_name: METADATA_TOPIC) of DescribeQuorumPartition (partition_index);
    EndEpochTopic (topic_name: METADATA_TOPIC) of EndEpochPartition (partition_index);
    FetchTopic (topic_id: METADATA_TOPIC_ID) of FetchPartition (partition);
    FetchTopicResponse (topic_id: METADATA_TOPIC_ID) of FetchPartitionResponse (partition_index);
    QuorumEpochTopic (topic_name: METADATA_TOPIC) of QuorumEpochPartition (partition_index);
    SnapshotTopic (name: METADATA_TOPIC) of SnapshotPartition (partition);
    SnapshotTopicResponse (name: METADATA_TOPIC) of SnapshotPartitionResponse (index);
    VoteTopic (topic_name: METADATA_TOPIC) of VotePartition (partition_index);
    VoteTopicResponse (topic_name: METADATA_TOPIC) of VotePartitionResponse (partition_index);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_names_more_than_the_metadata_log_or_something_else_is_not_of_it() {
        let of_log = VoteTopic::metadata_log(VotePartition::default());
        assert!(VoteTopic::only_metadata_log(&of_log).is_some());

        let twice = [&of_log[..], &of_log[..]].concat();
        let (mut two_partitions, mut other_partition, mut other_topic) =
            (of_log.clone(), of_log.clone(), of_log);
        two_partitions[0].partitions.push(VotePartition::default());
        other_partition[0].partitions[0].partition_index = PartitionId(1);
        other_topic[0].topic_name = "orders".to_owned();
        for topics in [twice, two_partitions, other_partition, other_topic, Vec::new()] {
            assert_eq!(VoteTopic::only_metadata_log(&topics), None, "{topics:?}");
        }
    }
}
