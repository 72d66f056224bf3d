//! Each rule explains what it is for, and hides no loss that stands beside it.
//!
//! What a report says of an entity is written as `field rule` where a rule explains it and `field !` where an operator
//! has to look; an entity that one side lacks is written by its `What`.

mod entities;
mod partitions;

use kraft_bridge_metadata::records::MetadataRecord;
use kraft_bridge_metadata::release::Release;

use super::catalogue::cluster;
use crate::parity::Report;
use crate::testing::{Pair, Side, Znodes};

const TO_3_9: Side = Side::Copied(Release::V3_9);
const TO_4_3: Side = Side::Copied(Release::V4_3);

fn said(report: &Report, entity: &str) -> Vec<String> {
    let of_entity = |difference: &&crate::parity::Difference| difference.entity == entity;
    let all = report
        .differences
        .iter()
        .chain(&report.explained)
        .filter(of_entity);
    let mut said: Vec<String> = all
        .map(|difference| {
            let what = difference.field.as_deref().unwrap_or(difference.what.name());
            format!("{what} {}", difference.rule.as_deref().unwrap_or("!"))
        })
        .collect();
    said.sort();
    said
}

/// What is said of an entity once the records have been changed.
fn said_after(pair: &Pair, entity: &str, change: impl FnOnce(&mut Vec<MetadataRecord>)) -> Vec<String> {
    let mut pair = pair.clone();
    change(&mut pair.records);
    said(&pair.compare(), entity)
}

fn with(path: &str, data: &str) -> Znodes {
    let mut znodes = cluster();
    znodes.set(path, data, 1);
    znodes
}
