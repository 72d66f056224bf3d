//! Directories that change hands: a JVM goes on where ours stopped, ours where a JVM stopped; and what Kafka's tools read in
//! a directory of ours.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use kraft_bridge_harness::{Call, Tool};

use crate::broker::Broker;
use crate::ending::all_is_well;
use crate::faults::ALL;
use crate::logs::files;
use crate::quorum::{Case, Quorum, Release, Voters};
use crate::watch::pause;

/// Makes everybody write checkpoints: what an idle leader commits in ten seconds.
const CHECKPOINT_BYTES: u32 = 1_500;
const CHECKPOINT_POLLS: u32 = 120;
const POLL: Duration = Duration::from_millis(500);

pub(crate) fn directories_change_hands(release: Release, voters: Voters) {
    let case = Case::new(release, voters, 1).with(
        "metadata.log.max.record.bytes.between.snapshots",
        CHECKPOINT_BYTES,
    );
    let mut quorum = Quorum::start(case);
    let broker = Broker::start(&quorum);
    broker.works(&quorum, "before");
    let committed = quorum.in_step(&ALL).high_watermark;
    let checkpoint = a_checkpoint_of_ours(&quorum, committed);
    swap(&mut quorum, 1, 3);
    broker.works(&quorum, "after");
    swap(&mut quorum, 1, 3);
    let committed = quorum.in_step(&ALL).high_watermark;
    all_is_well(&mut quorum, Some(broker));
    let ours = quorum.log_dirs().remove(0);
    the_tool_dumps_the_log(&quorum, &ours, committed);
    the_shell_shows(&quorum, &checkpoint);
}

/// Each of the two goes on with the other's program, on its own directory.
fn swap(quorum: &mut Quorum, a: i32, b: i32) {
    let (of_a, of_b) = (quorum.member(a).kind, quorum.member(b).kind);
    assert_ne!(of_a, of_b);
    for (id, kind) in [(a, of_b), (b, of_a)] {
        quorum.member_mut(id).stop();
        quorum.member_mut(id).kind = kind;
        quorum.start_member(id);
        quorum.in_step(&ALL);
    }
}

/// `kafka-dump-log`: every batch is valid, every record is decoded, and the indexes go with the log.
fn the_tool_dumps_the_log(quorum: &Quorum, dir: &Path, high_watermark: i64) {
    let segment = files(dir, "log").pop().unwrap();
    let arguments = format!("--cluster-metadata-decoder --files {}", segment.display());
    let printed = quorum.tools.call(Tool::DumpLog, &arguments).unwrap();
    assert!(
        printed.contains("isvalid: true") && !printed.contains("isvalid: false"),
        "{printed}"
    );
    assert!(
        printed.contains(&format!("| offset: {} ", high_watermark - 1)),
        "{printed}"
    );
    assert!(!printed.contains("Could not decode"), "{printed}");
    let indexes = [files(dir, "index"), files(dir, "timeindex")].concat();
    assert_eq!(indexes.len(), 2, "{indexes:?}");
    for index in indexes {
        let arguments = format!("--index-sanity-check --files {}", index.display());
        let printed = quorum.tools.call(Tool::DumpLog, &arguments).unwrap();
        assert!(printed.contains("passed sanity check"), "{printed}");
    }
}

/// A copy of a checkpoint of so much, written by node 1 while it has only ever been ours.
fn a_checkpoint_of_ours(quorum: &Quorum, committed: i64) -> PathBuf {
    let dir = &quorum.log_dirs()[0];
    // Names begin with the end offset, and sort by it.
    let least = dir.join(format!("{committed:020}"));
    let found = (0..CHECKPOINT_POLLS).find_map(|_| {
        pause(POLL);
        files(dir, "checkpoint").pop().filter(|path| *path > least)
    });
    let checkpoint = found.expect("a node that has replayed so much writes a checkpoint");
    // The shell locks the directory that its file lies in.
    let copies = quorum.dir.path().join("copied");
    fs::create_dir(&copies).unwrap();
    let copy = copies.join(checkpoint.file_name().unwrap());
    fs::copy(&checkpoint, &copy).unwrap();
    copy
}

/// `kafka-metadata-shell`
fn the_shell_shows(quorum: &Quorum, checkpoint: &Path) {
    let arguments = format!("--snapshot {} ls /image/topics/byName", checkpoint.display());
    let call = Call::new(Tool::MetadataShell, &arguments);
    let printed = quorum.tools.run_alone(&call).unwrap();
    let names: Vec<&str> = printed.split_whitespace().collect();
    assert!(names.contains(&"before"), "{printed}");
}
