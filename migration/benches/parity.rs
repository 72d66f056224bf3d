//! How long it takes to compare two sides of 10k, 100k and 1M partitions, beside the time it takes only to read them.
//!
//! `cargo bench -p kraft-bridge-migration --bench parity [-- PARTITIONS …]`. The ZooKeeper side is a made-up data
//! directory with a thousand ACLs, the KRaft side the bytes of its records.
//!
//! Targets: 3M partitions/s; no more than 64 bytes per partition beyond the larger side; equal entries cost no
//! allocation. Memory is what was asked of the allocator; it is counted only, so times are hardly touched.

#![expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
#![expect(clippy::print_stdout, reason = "a benchmark prints")]

mod common;
#[path = "common/pair.rs"]
mod pair;

use std::collections::BTreeSet;
use std::error::Error;
use std::path::Path;

use kraft_bridge_metadata::image::Replay;
use kraft_bridge_metadata::release::Release;
use kraft_bridge_migration::capture::data_dir::write_synthetic;
use kraft_bridge_migration::capture::{Capture, DataDir, Summary};
use kraft_bridge_migration::diff::Scope;
use kraft_bridge_migration::legacy::{
    Acl, AclOperation, AclPermission, Decoder, LegacyCluster, PatternType, ResourcePattern, ResourceType,
};
use kraft_bridge_migration::parity::{Kind, Observed, compare, digest, unexplained};
use kraft_bridge_migration::project::Projection;
use kraft_bridge_protocol::Timestamp;
use pair::{Records, lead, terms, timed, wanted};

fn main() -> Result<(), Box<dyn Error>> {
    common::main(prepare, measure)
}

fn prepare(partitions: &str) -> Result<(), Box<dyn Error>> {
    let dir = tempfile::tempdir()?;
    write_synthetic(dir.path(), partitions.parse()?)?;
    println!("{partitions} partitions");
    let source = dir
        .path()
        .to_str()
        .ok_or("the temporary directory's name is no text")?;
    ["equal", "one in 100k", "migrated"]
        .into_iter()
        .try_for_each(|likeness| common::in_a_process(likeness, source))
}

fn measure(likeness: &str, dir: &str) -> Result<(), Box<dyn Error>> {
    println!("  {likeness}");
    let (mut cluster, summary) = read(
        "read znodes",
        |(cluster, _)| partitions(cluster),
        || {
            let mut decoder = Decoder::new();
            let summary = DataDir::open(Path::new(dir), None, None)?.read(&mut decoder)?;
            Ok((decoder.finish().0, summary))
        },
    )?;
    cluster.acls.extend((0..1000).map(acl));
    let records = records(likeness, &cluster);
    let replay = read("read records", |_| partitions(&cluster), || records.replay())?;
    compare_sides(&cluster, &summary, &replay);
    Ok(())
}

/// The KRaft side: as its ZooKeeper side, with one partition in 100,000 whose replicas stand in another order, or as a
/// migration to 4.3 writes it, without leaders and with ISRs as eligible leaders.
fn records(likeness: &str, cluster: &LegacyCluster) -> Records {
    let mut number = 0_u32;
    match likeness {
        "equal" => Records::of(cluster, Release::V3_9, lead),
        "one in 100k" => Records::of(cluster, Release::V3_9, |partition| {
            lead(partition);
            number += 1;
            if number.is_multiple_of(100_000) {
                partition.replicas.reverse();
            }
        }),
        _ => Records::of(cluster, Release::V4_3, |_| {}),
    }
}

fn acl(number: u32) -> (ResourcePattern, BTreeSet<Acl>) {
    let pattern = ResourcePattern {
        resource_type: ResourceType::Topic,
        pattern_type: if number.is_multiple_of(10) {
            PatternType::Prefixed
        } else {
            PatternType::Literal
        },
        name: format!("topic-{number:07}"),
    };
    let acl = Acl {
        principal: format!("User:user-{}", number % 100),
        host: "*".to_owned(),
        operation: AclOperation::Read,
        permission: AclPermission::Allow,
    };
    (pattern, BTreeSet::from([acl]))
}

fn compare_sides(cluster: &LegacyCluster, summary: &Summary, replay: &Replay) {
    let observed = Observed {
        cluster,
        findings: &[],
        summary,
        youngest: Timestamp(0),
    };
    let wanted = wanted(replay, cluster);
    let step = |name: &str, work: &mut dyn FnMut() -> String| step(name, partitions(cluster), work);
    let entries = terms(
        Kind::ALL
            .iter()
            .copied()
            .filter(|kind| *kind != Kind::AclDecisions),
    );
    let decisions = terms([Kind::AclDecisions]);
    let all = terms(Kind::ALL.iter().copied());
    let differing = |terms| {
        let found = unexplained(observed, wanted, terms, &BTreeSet::from([Scope::All]));
        format!("{} differ", found.len())
    };
    step("compare entries", &mut || differing(&entries));
    step("compare decisions", &mut || differing(&decisions));
    let projection = Projection::new(replay.image());
    step("digest both sides", &mut || {
        let same = digest::of_observed(cluster) == digest::of_wanted(&projection, wanted.cluster_id);
        format!("the same: {same}")
    });
    step("the whole report", &mut || {
        let totals = compare(observed, wanted, &all, None).totals;
        let explained: u64 = totals.values().map(|totals| totals.explained).sum();
        let differ: u64 = totals.values().map(|totals| totals.unexplained()).sum();
        format!("{differ} differ, {explained} for a known reason")
    });
}

fn partitions(cluster: &LegacyCluster) -> usize {
    cluster.topics.values().map(|topic| topic.partitions.len()).sum()
}

/// Reads a side, and prints what that takes.
fn read<T>(
    name: &str,
    partitions: impl Fn(&T) -> usize,
    read: impl FnOnce() -> Result<T, Box<dyn Error>>,
) -> Result<T, Box<dyn Error>> {
    let mut done = None;
    let held = allocation_counter::measure(|| done = Some(timed(read)));
    let (side, seconds) = done.ok_or("nothing was read")?;
    let side = side?;
    let partitions = partitions(&side);
    println!(
        "    {name:<20} {seconds:>7.3} s  {:>6} bytes/partition held, {} at the peak",
        usize::try_from(held.bytes_current)? / partitions,
        usize::try_from(held.bytes_max)? / partitions
    );
    Ok(side)
}

/// Does a step of the comparison, and prints what that takes and what came of it.
fn step(name: &str, partitions: usize, work: &mut dyn FnMut() -> String) {
    let mut done = None;
    let taken = allocation_counter::measure(|| done = Some(timed(work)));
    let Some((came_of_it, seconds)) = done else { return };
    let partitions = f64::from(u32::try_from(partitions).unwrap_or(u32::MAX));
    let peak = f64::from(u32::try_from(taken.bytes_max).unwrap_or(u32::MAX));
    println!(
        "    {name:<20} {seconds:>7.3} s  {:>6.1} M partitions/s  {:>5.1} bytes/partition at the peak  {:>8} allocations  {came_of_it}",
        partitions / seconds / 1e6,
        peak / partitions,
        taken.count_total,
    );
}
