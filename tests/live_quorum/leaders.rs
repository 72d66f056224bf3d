//! A leader dies, another takes over, and in the end none is left.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use kraft_bridge_harness::Properties;
use serde_json::Value;

use crate::controllers::{Controllers, Voters};
use crate::dump::{PROGRAM, dump, lines, of_type};
use crate::records::pause;

/// Longest wait for a new leader.
const WAIT: Duration = Duration::from_secs(30);

/// `dump --follow`, with what it has printed in a file; killed when dropped.
struct Follower {
    child: Child,
    output: PathBuf,
}

impl Follower {
    fn start(dir: &Path, uri: &str) -> Follower {
        let output = dir.join("followed");
        let child = Command::new(PROGRAM)
            .args(["--json", "dump", "--follow", uri])
            .stdout(File::create(&output).unwrap())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        Follower { child, output }
    }

    fn lines(&self) -> Vec<Value> {
        lines(&fs::read_to_string(&self.output).unwrap())
    }

    /// Waits for the record of a leader other than `old`; its id.
    fn leader(&self, old: Option<i64>) -> i64 {
        let poll = Duration::from_millis(100);
        for _ in 0..WAIT.as_millis() / poll.as_millis() {
            let found = self.lines();
            let last = of_type(&found, "LeaderChange")
                .last()
                .map(|line| &line["data"]["leaderId"]);
            match last.and_then(Value::as_i64) {
                Some(leader) if Some(leader) != old => return leader,
                _ => pause(poll),
            }
        }
        panic!("no leader after {old:?} within {WAIT:?}");
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

pub(crate) fn reading_goes_on_until_no_majority_is_left(version: &str, release: &str, voters: Voters) {
    let mut controllers = Controllers::start(version, release, voters);
    let uri = controllers.uri();
    let follower = Follower::start(controllers.dir.path(), &uri);
    let first = follower.leader(None);

    controllers.kill(first);
    let second = follower.leader(Some(first));
    let anew = dump(&uri, None).unwrap();
    let followed = follower.lines();
    let common = anew.len().min(followed.len());
    assert_eq!(
        records(&anew[..common]),
        records(&followed[..common]),
        "both read the same log"
    );
    assert_eq!(
        of_type(&anew, "LeaderChange").last().unwrap()["data"]["leaderId"],
        second
    );

    drop(follower);
    controllers.kill(second);
    let file = controllers.dir.path().join("client.properties");
    Properties::new()
        .with("default.api.timeout.ms", 4_000)
        .with("request.timeout.ms", 2_000)
        .write(&file)
        .unwrap();
    let said = dump(&uri, Some(&file)).unwrap_err();
    let named = uri.trim_start_matches("kafka://");
    assert!(
        said.contains(&format!("no leader of the quorum at {named} was found (waited 4")),
        "{said}"
    );
    assert!(said.contains("takes no connections"), "{said}");
}

fn records(lines: &[Value]) -> Vec<&Value> {
    lines.iter().filter(|line| line["kind"] != "batch").collect()
}
