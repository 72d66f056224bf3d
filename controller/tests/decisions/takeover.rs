//! How a controller begins.

use std::time::Duration;

use kraft_bridge_controller::{Begun, Controller, NotBegun, Settings};
use kraft_bridge_metadata::image::Replay;
use kraft_bridge_metadata::records::{
    BeginTransactionRecord, ConfigRecord, ConfigResource, FeatureLevelRecord, MetadataRecord,
};
use kraft_bridge_protocol::{NodeId, Offset};

use crate::bed::{CLUSTER, LEVEL, NEWEST};

fn level(name: &str, feature_level: i16) -> MetadataRecord {
    FeatureLevelRecord {
        name: name.to_owned(),
        feature_level,
        ..Default::default()
    }
    .into()
}

/// What comes of taking over a log with these records, and the log with what is written first.
fn take_over(
    records: Vec<MetadataRecord>,
    bootstrap: &[MetadataRecord],
) -> Result<(Begun, Replay), NotBegun> {
    let mut log = Replay::default();
    let mut end = Offset(0);
    let mut push = |log: &mut Replay, record| {
        log.push(end, record).unwrap();
        end.0 += 1;
        end
    };
    let end = records.into_iter().map(|record| push(&mut log, record)).last();
    let settings = Settings::new(NodeId(3000), CLUSTER);
    let begun = Controller::take_over(
        settings,
        &log,
        end.unwrap_or(Offset(0)),
        bootstrap,
        Duration::ZERO,
        7,
    )?;
    for record in begun.batches.concat() {
        push(&mut log, MetadataRecord::decode(&record).unwrap().0);
    }
    assert_eq!(
        begun.controller.image(),
        log.image(),
        "it holds what its log says"
    );
    Ok((begun, log))
}

#[test]
fn a_log_with_a_level_is_gone_on_with() {
    let (begun, _) = take_over(vec![level("metadata.version", LEVEL)], &[]).unwrap();
    assert!(begun.batches.is_empty());
    assert!(!begun.aborts_transaction && !begun.bootstraps);
}

#[test]
fn a_transaction_that_an_earlier_leader_left_open_is_aborted_first() {
    let left = vec![
        level("metadata.version", LEVEL),
        BeginTransactionRecord::default().into(),
        level("group.version", 1),
    ];
    let (begun, log) = take_over(left, &[]).unwrap();
    assert!(begun.aborts_transaction && !begun.bootstraps);
    assert_eq!(log.open_transaction(), None);
    assert!(!log.image().features.levels.contains_key("group.version"));
}

#[test]
fn an_empty_log_begins_with_its_features_as_one_transaction() {
    let elr = "eligible.leader.replicas.version";
    let bootstrap = [level("metadata.version", NEWEST), level(elr, 1)];
    let (begun, log) = take_over(Vec::new(), &bootstrap).unwrap();
    assert!(begun.bootstraps && !begun.aborts_transaction);
    let [batch] = &begun.batches[..] else {
        panic!("{} batches", begun.batches.len());
    };
    let records: Vec<MetadataRecord> = batch
        .iter()
        .map(|record| MetadataRecord::decode(record).unwrap().0)
        .collect();
    assert!(matches!(
        records.first(),
        Some(MetadataRecord::BeginTransaction(_))
    ));
    assert!(matches!(records.last(), Some(MetadataRecord::EndTransaction(_))));
    assert_eq!(log.image().features.levels["metadata.version"], NEWEST);
    assert_eq!(log.image().features.levels[elr], 1);
    let of_all = log.image().configs.get(ConfigResource::Broker, "").unwrap();
    assert_eq!(of_all["min.insync.replicas"], "1");
}

#[test]
fn a_log_with_records_that_nothing_says_the_meaning_of_is_refused() {
    let config = ConfigRecord {
        resource_type: ConfigResource::Broker,
        name: "log.retention.ms".to_owned(),
        value: Some("1".to_owned()),
        ..Default::default()
    };
    let refused = take_over(vec![config.into()], &[level("metadata.version", LEVEL)]);
    assert_eq!(refused.err(), Some(NotBegun::NoMetadataVersion));
}
