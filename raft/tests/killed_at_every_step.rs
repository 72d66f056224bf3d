//! A process that works with the log on a real file system is killed with SIGKILL at each of its steps on disk,
//! before, in the middle of and after it; whoever opens the directory next finds what was done.
//!
//! ```text
//! this test ─ starts itself again ─▶ child: acts, and tells the parent which are begun and done
//!     │ ◀─────────── "now" ─────────────┘ stands still at the chosen step
//!     └ SIGKILL ▸ opens the directory ▸ holds it against the acts that were done
//! ```
//!
//! A killed process loses nothing that it wrote, synced or not. What a power cut loses of that is played out in memory,
//! step by step too (`raft/src/log/tests/crash.rs`).

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod killed {
    pub(crate) mod disk;
    pub(crate) mod workload;

    /// Begins the lines that are for the parent, among others on the same stream.
    pub(crate) const PREFIX: &str = "killed: ";
}

use std::env;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use kraft_bridge_protocol::batch::Batch;
use kraft_bridge_protocol::{Epoch, Offset, OffsetAndEpoch};
use kraft_bridge_raft::log::{Directory, Disk, Log};
use kraft_bridge_raft::log_dir::LogDir;
use kraft_bridge_raft::names;
use kraft_bridge_raft::quorum_state::QuorumState;
use kraft_bridge_raft::reader::{BatchFile, ReadError};

use killed::PREFIX;
use killed::disk::{CountedDisk, Death, Kind, Moment, tell};
use killed::workload::{ACTS, Act, Life, open, voted};

/// Directory, step and moment for the child, separated by spaces.
const TASK: &str = "KILLED_AT_EVERY_STEP";

#[test]
fn a_process_killed_at_any_step_leaves_what_it_had_done() {
    if let Ok(task) = env::var(TASK) {
        return live(&task);
    }
    let states: Vec<State> = (0..=ACTS.len()).map(State::after).collect();
    let steps = steps();
    let moments = |(step, kind): (usize, &Kind)| Moment::of(*kind).iter().map(move |moment| (step, *moment));
    let deaths: Vec<Death> = steps
        .iter()
        .enumerate()
        .flat_map(moments)
        .map(|(step, moment)| Death { step, moment })
        .collect();
    let (next, between) = (AtomicUsize::new(0), AtomicUsize::new(0));
    // They mostly wait for the disk.
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while let Some(death) = deaths.get(next.fetch_add(1, Ordering::Relaxed)) {
                    between.fetch_add(usize::from(is_between(*death, &states)), Ordering::Relaxed);
                }
            });
        }
    });
    let (count, between) = (deaths.len(), between.into_inner());
    println!(
        "{} steps, {count} deaths, {between} of them found between two acts",
        steps.len()
    );
    assert!(steps.len() > 200 && between > 100);
}

/// Lets a child die so and looks at what it left; whether that is a part of an act.
fn is_between(death: Death, states: &[State]) -> bool {
    let dir = tempfile::tempdir().unwrap();
    let done = die(dir.path(), death);
    let what = format!("{death:?}, after {done} acts");
    let found = State::found(dir.path());
    let next = states.get(done + 1).unwrap_or(&states[done]);
    found.check(&states[done], next, &what);
    check_files(dir.path(), &what);
    goes_on(dir.path());
    found != states[done] && found != *next
}

/// The child: acts until it is killed.
fn live(task: &str) {
    let mut parts = task.splitn(3, ' ');
    let step = parts.next().unwrap().parse().unwrap();
    let moment = parts.next().unwrap();
    let mut moments = Moment::of(Kind::Write).iter().copied();
    let moment = moments.find(|known| format!("{known:?}") == moment).unwrap();
    let disk = CountedDisk::open(Path::new(parts.next().unwrap()), Some(Death { step, moment }));
    let mut life = Life::begin(Arc::new(disk));
    for act in ACTS {
        life.act(act);
        tell("done");
    }
}

/// Starts the child and kills it when it says so; returns how many acts were done.
fn die(path: &Path, death: Death) -> usize {
    let Death { step, moment } = death;
    let mut child = Command::new(env::current_exe().unwrap())
        .args([
            "--exact",
            "a_process_killed_at_any_step_leaves_what_it_had_done",
            "--nocapture",
        ])
        .env(TASK, format!("{step} {moment:?} {}", path.display()))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut done = 0;
    let mut other = String::new();
    for line in BufReader::new(child.stderr.take().unwrap()).lines() {
        let line = line.unwrap();
        match line.strip_prefix(PREFIX) {
            Some("done") => done += 1,
            Some("now") => {
                child.kill().unwrap();
                child.wait().unwrap();
                return done;
            }
            _ => other.push_str(&format!("{line}\n")),
        }
    }
    panic!("step {step}, {moment:?}: the child ended by itself: {other}");
}

/// The steps of the whole workload.
fn steps() -> Vec<Kind> {
    let dir = tempfile::tempdir().unwrap();
    let disk = Arc::new(CountedDisk::open(dir.path(), None));
    let mut life = Life::begin(Arc::clone(&disk) as Arc<dyn Disk>);
    ACTS.into_iter().for_each(|act| life.act(act));
    disk.steps()
}

/// What a start finds.
#[derive(Clone, Debug, PartialEq)]
struct State {
    start: Offset,
    /// Base and end offset and bytes of each batch.
    batches: Vec<(Offset, Offset, Vec<u8>)>,
    end: OffsetAndEpoch,
    voted: Option<QuorumState>,
    checkpoints: Vec<OffsetAndEpoch>,
}

impl State {
    /// After so many acts.
    fn after(acts: usize) -> State {
        let dir = tempfile::tempdir().unwrap();
        let mut life = Life::begin(Arc::new(Directory::open(dir.path()).unwrap()));
        ACTS.iter().take(acts).for_each(|act| life.act(*act));
        State::found(dir.path())
    }

    fn found(path: &Path) -> State {
        let disk: Arc<dyn Disk> = Arc::new(Directory::open(path).unwrap());
        State::of(&open(&disk))
    }

    fn of(log: &Log) -> State {
        let mut batches = Vec::new();
        let mut offset = log.start_offset();
        while offset < log.end().offset {
            let read = log.read(offset, log.end().offset, 1).unwrap();
            let (batch, _) = Batch::decode(&read).unwrap();
            offset = batch.end_offset();
            batches.push((batch.header.base_offset, offset, read.clone()));
        }
        State {
            start: log.start_offset(),
            batches,
            end: log.end(),
            voted: log.quorum_state().cloned(),
            checkpoints: log.checkpoints().map(|checkpoint| checkpoint.id).collect(),
        }
    }

    /// Whether every batch here is one of the other, and none of those is missing in between.
    fn is_part_of(&self, other: &State) -> bool {
        let within =
            |(base, end, _): &&(Offset, Offset, Vec<u8>)| *base >= self.start && *end <= self.end.offset;
        let same: Vec<_> = other.batches.iter().filter(within).cloned().collect();
        same == self.batches
    }

    /// Holds what was found against the acts that were done and the one that may be done in part.
    fn check(&self, done: &State, next: &State, what: &str) {
        let (least, most) = (
            done.end.offset.min(next.end.offset),
            done.end.offset.max(next.end.offset),
        );
        let (first, last) = (done.start.min(next.start), done.start.max(next.start));
        assert!(self.is_part_of(done) || self.is_part_of(next), "{what}: {self:?}");
        assert!(
            least <= self.end.offset && self.end.offset <= most,
            "{what}: {self:?}"
        );
        assert!(first <= self.start && self.start <= last, "{what}: {self:?}");
        assert!(
            self.voted == done.voted || self.voted == next.voted,
            "{what}: {self:?}"
        );
        let newest = |state: &State| state.checkpoints.last().copied();
        assert!(
            newest(self) == newest(done) || newest(self) == newest(next),
            "{what}: {self:?}"
        );
    }
}

/// That nothing unfinished is left under a name that counts: every file reads whole, from its first byte to its last.
fn check_files(path: &Path, what: &str) {
    let dir = LogDir::open(path).unwrap();
    dir.for_each(|_, _| Ok::<(), ReadError>(()))
        .unwrap_or_else(|error| panic!("{what}: {error}"));
    for entry in std::fs::read_dir(path).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        assert!(
            !name.ends_with(".part") && !name.ends_with(".tmp"),
            "{what}: {name}"
        );
        if names::parse_checkpoint(&name).is_some() {
            let mut file = BatchFile::open(&entry.path()).unwrap();
            file.for_each_of_checkpoint(|_, _| Ok::<(), ReadError>(()))
                .unwrap_or_else(|error| panic!("{what}: {error}"));
        }
    }
}

/// That the log can be used: a vote and a batch are there at the next start.
fn goes_on(path: &Path) {
    let disk: Arc<dyn Disk> = Arc::new(Directory::open(path).unwrap());
    let mut life = Life::begin(Arc::clone(&disk));
    [Act::Vote(9, 3), Act::Lead(9, 1), Act::Flush]
        .into_iter()
        .for_each(|act| life.act(act));
    let log = open(&disk);
    assert_eq!(log.quorum_state(), Some(&voted(9, 3)));
    assert_eq!(log.end().epoch, Epoch(9));
}
