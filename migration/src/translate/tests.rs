//! What becomes of a small cluster, record by record.

use kraft_bridge_metadata::records::{ConfigResource, PartitionRecord};
use kraft_bridge_metadata::release::Release;
use kraft_bridge_protocol::NodeId;

use super::*;
use crate::capture::ZnodeSink;
use crate::legacy::Decoder;
use crate::znode::{Stat, Znode};

const ZNODES: &[(&str, &str)] = &[
    (
        "/brokers/topics/orders",
        r#"{"version":3,"topic_id":"Yk3vWq1xTLa0hM6tPz8sCg","partitions":{"0":[4,2,3,1]},
            "adding_replicas":{"0":[4]},"removing_replicas":{"0":[1]}}"#,
    ),
    (
        "/brokers/topics/orders/partitions/0/state",
        r#"{"version":1,"leader":2,"leader_epoch":9,"controller_epoch":31,"isr":[2,3]}"#,
    ),
    (
        "/brokers/topics/doomed",
        r#"{"version":1,"partitions":{"0":[9]}}"#,
    ),
    ("/admin/delete_topics/doomed", ""),
    (
        "/config/topics/orders",
        r#"{"config":{"retention.ms":"3600000","message.format.version":"2.8"}}"#,
    ),
    ("/config/topics/gone", r#"{"config":{"retention.ms":"1"}}"#),
    (
        "/config/brokers/2",
        r#"{"config":{"min.insync.replicas":"2","log.cleaner.threads":"2"}}"#,
    ),
    (
        "/config/users/%3Cdefault%3E",
        r#"{"config":{"request_percentage":"50"}}"#,
    ),
    (
        "/config/users/<default>",
        r#"{"config":{"producer_byte_rate":"2048"}}"#,
    ),
    (
        "/latest_producer_id_block",
        r#"{"version":1,"broker":4,"block_start":"17000","block_end":"17999"}"#,
    ),
];

fn records(release: Release) -> Vec<MetadataRecord> {
    let mut decoder = Decoder::new();
    for (path, data) in ZNODES {
        let stat = Stat {
            version: 57,
            ..Stat::default()
        };
        decoder
            .znode(&Znode {
                path,
                data: data.as_bytes(),
                stat,
            })
            .unwrap();
    }
    let (cluster, findings) = decoder.finish();
    assert_eq!(findings, []);
    let target = Target {
        release,
        min_insync_replicas: Some(3),
    };
    let translation = Translation::new(&cluster, "cluster", &target);
    assert_eq!(
        translation.encoded_records().count(),
        translation.records().count()
    );
    translation.records().collect()
}

fn partition(release: Release) -> PartitionRecord {
    let records = records(release);
    let mut partitions = records.into_iter().filter_map(|record| match record {
        MetadataRecord::Partition(partition) => Some(partition),
        _ => None,
    });
    let partition = partitions.next().unwrap();
    assert_eq!(
        partitions.next(),
        None,
        "t10: topics pending deletion are not migrated"
    );
    partition
}

fn nodes(ids: &[i32]) -> Vec<NodeId> {
    ids.iter().copied().map(NodeId).collect()
}

fn configs(release: Release) -> Vec<(ConfigResource, String, String, String)> {
    let records = records(release).into_iter();
    let configs = records.filter_map(|record| match record {
        MetadataRecord::Config(config) => Some((
            config.resource_type,
            config.resource_name,
            config.name,
            config.value.unwrap(),
        )),
        _ => None,
    });
    configs.collect()
}

fn config(
    resource: ConfigResource,
    of: &str,
    name: &str,
    value: &str,
) -> (ConfigResource, String, String, String) {
    (resource, of.to_owned(), name.to_owned(), value.to_owned())
}

#[test]
fn for_3_9_a_partition_keeps_its_isr_and_waits_for_a_leader() {
    let partition = partition(Release::V3_9);
    assert_eq!(partition.replicas, nodes(&[4, 2, 3, 1]));
    assert_eq!(
        (&partition.adding_replicas, &partition.removing_replicas),
        (&nodes(&[4]), &nodes(&[1]))
    );
    assert_eq!((&partition.isr, partition.leader), (&nodes(&[2, 3]), None));
    assert_eq!((partition.leader_epoch.0, partition.partition_epoch.0), (9, 57));
    assert_eq!(partition.eligible_leader_replicas, None);
    assert_eq!(partition.directories.len(), 4, "t20: one directory per replica");
}

#[test]
fn for_4_x_the_in_sync_replicas_become_eligible_leader_replicas() {
    for release in [Release::V4_0, Release::V4_3] {
        let partition = partition(release);
        assert_eq!(partition.isr, []);
        assert_eq!(partition.eligible_leader_replicas, Some(nodes(&[2, 3])));
    }
}

#[test]
fn for_4_x_every_broker_gets_a_placeholder_registration() {
    let registered: Vec<_> = records(Release::V4_3)
        .into_iter()
        .filter_map(|record| match record {
            MetadataRecord::RegisterBroker(broker) => {
                Some((broker.broker_id.0, broker.broker_epoch.0, broker.fenced))
            }
            _ => None,
        })
        .collect();
    assert_eq!(
        registered,
        [(1, -1, true), (2, -1, true), (3, -1, true), (4, -1, true)]
    );
    assert!(
        !records(Release::V3_9)
            .iter()
            .any(|record| matches!(record, MetadataRecord::RegisterBroker(_)))
    );
}

#[test]
fn for_4_x_min_insync_replicas_is_the_clusters_and_removed_configs_are_left_out() {
    use ConfigResource::{Broker, Topic};
    assert_eq!(
        configs(Release::V4_3),
        [
            config(Topic, "orders", "retention.ms", "3600000"),
            config(Broker, "", "min.insync.replicas", "3"),
            config(Broker, "2", "log.cleaner.threads", "2"),
        ]
    );
    assert_eq!(
        configs(Release::V3_9),
        [
            config(Topic, "orders", "message.format.version", "2.8"),
            config(Topic, "orders", "retention.ms", "3600000"),
            config(Broker, "2", "log.cleaner.threads", "2"),
            config(Broker, "2", "min.insync.replicas", "2"),
        ]
    );
}

#[test]
fn t1_producer_ids_go_on_after_the_block_in_use() {
    let next = records(Release::V4_3)
        .into_iter()
        .find_map(|record| match record {
            MetadataRecord::ProducerIds(ids) => Some(ids.next_producer_id.0),
            _ => None,
        });
    assert_eq!(next, Some(18000));
}

#[test]
fn t5_the_default_entity_has_no_name_and_a_user_called_default_has() {
    let entities: Vec<_> = records(Release::V4_3)
        .into_iter()
        .filter_map(|record| match record {
            MetadataRecord::ClientQuota(quota) => Some((quota.entity[0].entity_name.clone(), quota.key)),
            _ => None,
        })
        .collect();
    let expected = [
        (None, "producer_byte_rate"),
        (Some("<default>"), "request_percentage"),
    ]
    .map(|(name, key)| (name.map(str::to_owned), key.to_owned()));
    assert_eq!(entities, expected);
}

#[test]
fn t28_the_same_cluster_gives_the_same_records() {
    assert_eq!(records(Release::V4_3), records(Release::V4_3));
}
