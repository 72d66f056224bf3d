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
    records_of(ZNODES, release)
}

fn records_of(znodes: &[(&str, &str)], release: Release) -> Vec<MetadataRecord> {
    let mut decoder = Decoder::new();
    for (path, data) in znodes {
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

fn partitions_of(znodes: &[(&str, &str)], release: Release) -> Vec<PartitionRecord> {
    let partitions = records_of(znodes, release).into_iter();
    let partitions = partitions.filter_map(|record| match record {
        MetadataRecord::Partition(partition) => Some(partition),
        _ => None,
    });
    partitions.collect()
}

/// The only partition of the only topic that lives on.
fn partition(release: Release) -> PartitionRecord {
    let mut partitions = partitions_of(ZNODES, release);
    assert_eq!(partitions.len(), 1);
    partitions.remove(0)
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

#[test]
fn t10_a_topic_with_a_deletion_marker_leaves_no_record() {
    for record in records(Release::V4_3) {
        assert!(!format!("{record:?}").contains("doomed"), "{record:?}");
    }
}

#[test]
fn t12_a_partition_without_a_state_is_in_sync_everywhere_in_epoch_0() {
    let znodes = [("/brokers/topics/t", r#"{"version":1,"partitions":{"0":[2,1]}}"#)];
    let partition = &partitions_of(&znodes, Release::V3_9)[0];
    assert_eq!((&partition.isr, partition.leader), (&nodes(&[2, 1]), None));
    assert_eq!((partition.leader_epoch.0, partition.partition_epoch.0), (0, 0));
}

#[test]
fn a_state_without_assignment_and_an_in_sync_broker_that_is_no_replica_are_left_out() {
    let znodes = [
        ("/brokers/topics/t", r#"{"version":1,"partitions":{"0":[2,1]}}"#),
        (
            "/brokers/topics/t/partitions/0/state",
            r#"{"leader":2,"leader_epoch":3,"isr":[2,9]}"#,
        ),
        (
            "/brokers/topics/t/partitions/1/state",
            r#"{"leader":2,"leader_epoch":3,"isr":[2]}"#,
        ),
    ];
    let partitions = partitions_of(&znodes, Release::V3_9);
    assert_eq!(partitions.len(), 1);
    assert_eq!(partitions[0].isr, nodes(&[2]));
}

#[test]
fn t18_records_are_written_at_the_version_of_the_level_and_no_higher() {
    for (release, version) in [(Release::V3_6, 0), (Release::V3_9, 1), (Release::V4_3, 2)] {
        let record = MetadataRecord::from(partition(release));
        let bytes = encode(release.metadata_version(), &record);
        // Frame version, key, record version.
        assert_eq!(bytes[..3], [1, 3, version], "{release}");
    }
}

#[test]
fn t20_every_replica_that_there_is_or_will_be_has_a_directory_yet_to_be_told() {
    for (release, directories) in [(Release::V3_6, 0), (Release::V3_9, 4), (Release::V4_3, 4)] {
        let told = partition(release).directories;
        assert_eq!(
            told,
            vec![kraft_bridge_protocol::Uuid::ZERO; directories],
            "{release}"
        );
    }
}

#[test]
fn t21_a_partition_that_recovers_goes_on_recovering() {
    use kraft_bridge_metadata::records::LeaderRecovery::{Recovered, Recovering};
    for (state, expected) in [
        (r#"{"leader":1,"leader_epoch":3,"isr":[1]}"#, Recovered),
        (
            r#"{"leader":1,"leader_epoch":3,"isr":[1],"leader_recovery_state":1}"#,
            Recovering,
        ),
    ] {
        let znodes = [
            ("/brokers/topics/t", r#"{"version":1,"partitions":{"0":[1]}}"#),
            ("/brokers/topics/t/partitions/0/state", state),
        ];
        let partition = &partitions_of(&znodes, Release::V4_3)[0];
        assert_eq!(partition.leader_recovery_state, expected);
    }
}

#[test]
fn t8_t27_every_entry_of_every_resource_becomes_a_record_with_an_id_of_its_own() {
    let acls = r#"{"version":1,"acls":[
        {"principal":"User:alice","permissionType":"Allow","operation":"Read","host":"*"},
        {"principal":"User:alice","permissionType":"Allow","operation":"Write","host":"*"},
        {"principal":"User:bob","permissionType":"Deny","operation":"Read","host":"10.0.0.1"}]}"#;
    let znodes = [
        ("/kafka-acl/Topic/a", acls),
        ("/kafka-acl/Group/a", acls),
        ("/kafka-acl-extended/prefixed/Topic/a", acls),
    ];
    let records = records_of(&znodes, Release::V4_3);
    let ids: std::collections::BTreeSet<_> = records
        .iter()
        .filter_map(|record| match record {
            MetadataRecord::AccessControlEntry(acl) => Some(acl.id),
            _ => None,
        })
        .collect();
    assert_eq!(ids.len(), 9);
}

#[test]
fn t7_t34_a_user_keeps_quotas_and_both_keys_of_each_credential() {
    let user = r#"{"config":{"producer_byte_rate":"5","SCRAM-SHA-256":
        "salt=c2FsdA==,stored_key=c3RvcmVk,server_key=c2VydmVy,iterations=4096"}}"#;
    let records = records_of(&[("/config/users/al%20ice", user)], Release::V3_9);
    let credential = records.iter().find_map(|record| match record {
        MetadataRecord::UserScramCredential(credential) => Some(credential),
        _ => None,
    });
    let credential = credential.unwrap();
    assert_eq!(
        (credential.name.as_str(), credential.iterations),
        ("al ice", 4096)
    );
    assert_eq!(credential.salt.0, b"salt");
    assert_eq!(
        (&credential.stored_key.0[..], &credential.server_key.0[..]),
        (&b"stored"[..], &b"server"[..])
    );
    let quotas = |record: &&MetadataRecord| matches!(record, MetadataRecord::ClientQuota(_));
    assert_eq!(records.iter().filter(quotas).count(), 1);
}
