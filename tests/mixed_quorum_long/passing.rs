//! Leadership passes between our controllers and Kafka's again and again, while records are produced and metadata changes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use kraft_bridge_harness::churn::{acknowledged, contradictions};
use kraft_bridge_harness::{Churn, Load, Tool};
use kraft_bridge_metadata::image::{MetadataImage, Replay};
use kraft_bridge_metadata::records::{
    ConfigResource, MetadataRecord, RegisterBrokerRecord, RegisterControllerRecord,
};
use kraft_bridge_raft::reader::{BatchFile, Entry, Place, ReadError};

use crate::broker::Broker;
use crate::ending::all_is_well;
use crate::faults::ALL;
use crate::leaders::lead;
use crate::logs::files;
use crate::quorum::{BROKER, Case, Quorum, Release, Voters};
use crate::watch::pause;

const TOPIC: &str = "under-load";
/// How often leadership goes from our side to Kafka's, or back.
const PASSES: usize = 10;
/// Between two of them.
const REIGN: Duration = Duration::from_secs(6);
/// How long metadata is changed: about as long as the passes take.
const CHURN: Duration = Duration::from_secs(150);

/// Nothing acknowledged is lost, all logs are the same, and each side's checkpoints hold what the other's log does.
pub(crate) fn leadership_passes_under_load(release: Release, voters: Voters, ours: usize) {
    let case = Case::new(release, voters, ours)
        .keeping()
        .with(
            "authorizer.class.name",
            "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        )
        .with("super.users", "User:ANONYMOUS")
        .with("metadata.log.max.record.bytes.between.snapshots", 20_000);
    let mut quorum = Quorum::start(case);
    let broker = Broker::start(&quorum);
    let create = format!("--create --topic {TOPIC} --partitions 3");
    quorum.tools.run(&[broker.call(Tool::Topics, &create)]).unwrap();
    let output = quorum.dir.path().join("producer.out");
    let load = Load::start(&broker.address(), broker.client(), TOPIC, &output).unwrap();
    let churn = Churn {
        duration: CHURN,
        seed: 7,
        faults: true,
    };
    let client = broker.client().to_owned();
    let churning = std::thread::spawn(move || churn.run_by(&client, &[BROKER]));

    let leaders = pass(&mut quorum);
    let changes = churning.join().unwrap().unwrap();
    let produced = load.finish().unwrap();
    assert!(
        produced.lost.is_empty(),
        "acknowledged, and lost: {:?}",
        produced.lost
    );
    let listed = quorum
        .tools
        .run(&[broker.call(Tool::Topics, "--list")])
        .unwrap()
        .concat();
    assert_eq!(contradictions(&changes, &listed), Vec::<String>::new());
    let acknowledged = acknowledged(&changes);
    println!(
        "{} {voters:?}, {ours} of ours: leaders {leaders:?}, {} records and {acknowledged} changes acknowledged",
        release.version,
        produced.acknowledged.len(),
    );
    assert!(
        produced.acknowledged.len() > 1000 && acknowledged > 100,
        "{changes:?}"
    );
    all_is_well(&mut quorum, Some(broker));
    checkpoints_hold_what_the_logs_of_others_do(&quorum);
}

/// Has leadership go from side to side; all leaders that there were.
fn pass(quorum: &mut Quorum) -> Vec<i32> {
    let mut leaders = vec![quorum.leader()];
    let mut passes = 0;
    while passes < PASSES {
        let now = leaders[leaders.len() - 1];
        let others: Vec<i32> = ALL
            .into_iter()
            .filter(|id| quorum.is_ours(*id) != quorum.is_ours(now))
            .collect();
        lead(quorum, others[passes % others.len()]);
        pause(REIGN);
        let next = quorum.leader();
        passes += usize::from(quorum.is_ours(next) != quorum.is_ours(now));
        leaders.push(next);
        assert!(leaders.len() < 4 * PASSES, "{leaders:?}");
    }
    leaders
}

/// Each node's checkpoints, beside the replay of the log of every other node.
fn checkpoints_hold_what_the_logs_of_others_do(quorum: &Quorum) {
    let mut compared = [0; 2];
    for id in ALL {
        for checkpoint in files(&log_dir(quorum, id), "checkpoint") {
            let name = checkpoint.file_name().unwrap().to_string_lossy().into_owned();
            let end: i64 = name.split('-').next().unwrap().parse().unwrap();
            for other in ALL.into_iter().filter(|other| end > 0 && *other != id) {
                let held = lines(&of_checkpoint(&checkpoint));
                let replayed = lines(&replayed(&log_dir(quorum, other), end));
                let is_different = match quorum.is_ours(id) {
                    true => held != replayed,
                    false => {
                        !held.is_subset(&replayed) || replayed.difference(&held).any(|line| !is_lost(line))
                    }
                };
                assert!(
                    !is_different,
                    "{name} of {id} and the log of {other}:\n{:#?}\n{:#?}",
                    held.difference(&replayed).collect::<Vec<_>>(),
                    replayed.difference(&held).collect::<Vec<_>>(),
                );
                compared[usize::from(quorum.is_ours(id))] += 1;
            }
        }
    }
    assert!(compared[0] > 0 && compared[1] > 0, "{compared:?}");
}

/// Whether Kafka's checkpoints may lack it. A node of 3.9.2 or 4.3.1 that takes in at once how the only credential is
/// removed and that of another user set may forget the latter.
fn is_lost(record: &str) -> bool {
    record.starts_with("UserScramCredential(")
}

fn log_dir(quorum: &Quorum, id: i32) -> PathBuf {
    quorum.member(id).dir.join("__cluster_metadata-0")
}

/// What the records of a log before this offset add up to.
fn replayed(log: &Path, end: i64) -> MetadataImage {
    let mut replay = Replay::default();
    for segment in files(log, "log") {
        let mut segment = BatchFile::open(&segment).unwrap();
        let read = segment.for_each(|place, entry| match place.offset.0 < end {
            true => take_in(&mut replay, place, &entry),
            false => Ok(()),
        });
        read.unwrap();
    }
    replay.image().clone()
}

fn of_checkpoint(file: &Path) -> MetadataImage {
    let mut replay = Replay::default();
    let mut file = BatchFile::open(file).unwrap();
    let read = file.for_each_of_checkpoint(|place, entry| take_in(&mut replay, place, &entry));
    read.unwrap();
    replay.image().clone()
}

fn take_in(replay: &mut Replay, place: Place, entry: &Entry<'_>) -> Result<(), ReadError> {
    if let Entry::Data(bytes) = entry {
        let (record, _) = MetadataRecord::decode(bytes).unwrap();
        replay.push(place.offset, record).unwrap();
    }
    Ok(())
}

/// The records that would make such an image. Kafka writes features in any order, and its checkpoints may hold configs of
/// topics that were deleted.
fn lines(image: &MetadataImage) -> BTreeSet<String> {
    let is_left_over = |record: &MetadataRecord| match record {
        MetadataRecord::Config(config) => {
            config.resource_type == ConfigResource::Topic && image.topics.get(&config.resource_name).is_none()
        }
        _ => false,
    };
    let records = image.records().filter(|record| !is_left_over(record));
    let records = records.map(|mut record| {
        if let MetadataRecord::RegisterController(RegisterControllerRecord { features, .. })
        | MetadataRecord::RegisterBroker(RegisterBrokerRecord { features, .. }) = &mut record
        {
            features.sort_by(|one, other| one.name.cmp(&other.name));
        }
        format!("{record:?}")
    });
    records.collect()
}
