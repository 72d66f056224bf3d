//! What an answer says, but for words, ids, and the order that means nothing.

use std::fmt::Debug;

use kraft_bridge_protocol::rpc::{AnyResponse, CreatedConfig, ErrorCode};

/// Each thing that is answered, sorted.
pub(crate) fn of(answer: &AnyResponse) -> Vec<String> {
    use AnyResponse as A;
    match answer {
        A::BrokerRegistration(answer) => vec![answer.error_code.to_string()],
        A::BrokerHeartbeat(answer) => vec![format!(
            "{} caught up {} fenced {} may stop {}",
            answer.error_code, answer.is_caught_up, answer.is_fenced, answer.should_shut_down
        )],
        A::UnregisterBroker(answer) => vec![answer.error_code.to_string()],
        A::AllocateProducerIds(answer) => vec![format!(
            "{} from {} {}",
            answer.error_code, answer.producer_id_start, answer.producer_id_len
        )],
        A::CreateTopics(answer) => each(&answer.topics, |topic| {
            let configs = topic.configs.iter().flatten().map(|config| {
                let CreatedConfig {
                    name,
                    value,
                    read_only,
                    config_source,
                    is_sensitive,
                    ..
                } = config;
                format!("{name}={value:?} {config_source:?} {read_only} {is_sensitive}")
            });
            let counts = (topic.num_partitions, topic.replication_factor);
            let told = (counts, topic.topic_config_error_code, configs.collect::<Vec<_>>());
            ((topic.name.clone(), told), topic.error_code)
        }),
        A::DeleteTopics(answer) => each(&answer.responses, |topic| {
            let name = topic.name.clone().filter(|_| topic.error_code == ErrorCode::None);
            (name, topic.error_code)
        }),
        A::CreatePartitions(answer) => each(&answer.results, |topic| (topic.name.clone(), topic.error_code)),
        A::AlterPartition(answer) => {
            let partitions = answer.topics.iter().flat_map(|topic| &topic.partitions);
            let said = partitions.map(|partition| match partition.error_code {
                ErrorCode::None => format!(
                    "leader {:?} {} isr {:?} recovery {} epoch {}",
                    partition.leader_id,
                    partition.leader_epoch,
                    partition.isr,
                    partition.leader_recovery_state,
                    partition.partition_epoch
                ),
                error => error.to_string(),
            });
            said.chain([answer.error_code.to_string()]).collect()
        }
        A::AlterPartitionReassignments(answer) => {
            let partitions = answer.responses.iter().flat_map(|topic| &topic.partitions);
            let said = partitions.map(|partition| partition.error_code.to_string());
            said.chain([answer.error_code.to_string()]).collect()
        }
        A::ListPartitionReassignments(answer) => {
            let topics = answer.topics.iter();
            let said = topics.flat_map(|topic| {
                let partitions = topic.partitions.iter();
                partitions.map(|partition| format!("{} {partition:?}", topic.name))
            });
            sorted(said.chain([answer.error_code.to_string()]).collect())
        }
        A::ElectLeaders(answer) => {
            let topics = answer.replica_election_results.iter();
            let said = topics.flat_map(|topic| {
                let partitions = topic.partition_result.iter();
                partitions.map(|partition| {
                    format!(
                        "{}-{} {}",
                        topic.topic, partition.partition_id, partition.error_code
                    )
                })
            });
            sorted(said.chain([answer.error_code.to_string()]).collect())
        }
        A::AssignReplicasToDirs(answer) => {
            let topics = answer.directories.iter().flat_map(|directory| &directory.topics);
            let partitions = topics.flat_map(|topic| &topic.partitions);
            let said = partitions.map(|partition| partition.error_code.to_string());
            said.chain([answer.error_code.to_string()]).collect()
        }
        A::IncrementalAlterConfigs(answer) => each(&answer.responses, |resource| {
            (
                (resource.resource_type, resource.resource_name.clone()),
                resource.error_code,
            )
        }),
        A::AlterConfigs(answer) => each(&answer.responses, |resource| {
            (
                (resource.resource_type, resource.resource_name.clone()),
                resource.error_code,
            )
        }),
        A::CreateAcls(answer) => answer
            .results
            .iter()
            .map(|acl| acl.error_code.to_string())
            .collect(),
        A::DeleteAcls(answer) => {
            let filters = answer.filter_results.iter();
            filters
                .map(|filter| {
                    format!(
                        "{} {:?}",
                        filter.error_code,
                        each(&filter.matching_acls, |acl| {
                            (format!("{acl:?}"), acl.error_code)
                        })
                    )
                })
                .collect()
        }
        A::DescribeAcls(answer) => {
            let resources = answer.resources.iter();
            let said = resources.flat_map(|resource| {
                let what = (
                    resource.resource_type,
                    resource.pattern_type,
                    &resource.resource_name,
                );
                resource.acls.iter().map(move |acl| format!("{what:?} {acl:?}"))
            });
            sorted(said.chain([answer.error_code.to_string()]).collect())
        }
        A::AlterUserScramCredentials(answer) => {
            each(&answer.results, |user| (user.user.clone(), user.error_code))
        }
        A::AlterClientQuotas(answer) => each(&answer.entries, |entry| {
            let mut parts: Vec<_> = entry
                .entity
                .iter()
                .map(|part| (part.entity_type.clone(), part.entity_name.clone()))
                .collect();
            parts.sort();
            (parts, entry.error_code)
        }),
        // Later versions say it of the whole, earlier ones of each feature.
        A::UpdateFeatures(answer) => {
            let results = answer.results.iter().map(|result| result.error_code);
            let mut errors: Vec<ErrorCode> = results
                .chain([answer.error_code])
                .filter(|error| *error != ErrorCode::None)
                .collect();
            errors.dedup();
            errors.iter().map(ErrorCode::to_string).collect()
        }
        answer => panic!("nothing is known of {answer:?}"),
    }
}

fn each<T, K: Debug>(things: &[T], said: impl Fn(&T) -> (K, ErrorCode)) -> Vec<String> {
    let said = things.iter().map(|thing| {
        let (key, error) = said(thing);
        format!("{key:?} {error}")
    });
    sorted(said.collect())
}

fn sorted(mut said: Vec<String>) -> Vec<String> {
    said.sort();
    said
}
