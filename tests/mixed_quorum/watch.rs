//! Waiting for what a quorum says of itself (`kraft-bridge status`).

use std::collections::BTreeMap;
use std::process::Command;
use std::time::{Duration, Instant};

use kraft_bridge_harness::Properties;
use serde_json::Value;

use crate::PROGRAM;
use crate::member::Member;
use crate::quorum::Quorum;

/// Longest wait for anything; a busy machine takes its time.
const WAIT: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(200);

/// A quorum as its leader describes it.
#[derive(Clone, Debug)]
pub(crate) struct Status {
    pub(crate) leader: i32,
    pub(crate) epoch: i64,
    pub(crate) high_watermark: i64,
    /// Log end of each voter, if the leader has heard of it.
    pub(crate) voters: BTreeMap<i32, Option<i64>>,
    pub(crate) observers: BTreeMap<i32, Option<i64>>,
}

impl Status {
    fn of(answer: &Value) -> Option<Status> {
        let id = |value: &Value| i32::try_from(value.as_i64()?).ok();
        let ends = |list: &str| -> Option<BTreeMap<i32, Option<i64>>> {
            let mut ends = BTreeMap::new();
            for replica in answer[list].as_array()? {
                let end = ends.entry(id(&replica["nodeId"])?).or_default();
                // A node that has lost its directory is an observer twice for a while.
                *end = replica["logEndOffset"].as_i64().max(*end);
            }
            Some(ends)
        };
        Some(Status {
            leader: id(&answer["leaderId"])?,
            epoch: answer["leaderEpoch"].as_i64()?,
            high_watermark: answer["highWatermark"].as_i64()?,
            voters: ends("voters")?,
            observers: ends("observers")?,
        })
    }
}

impl Quorum {
    /// Asks once; `None` if nobody leads, or the leader does not know yet what is committed.
    pub(crate) fn status(&self) -> Option<Status> {
        let file = self.dir.path().join("status.properties");
        let patience = Properties::new()
            .with("default.api.timeout.ms", 1_500)
            .with("request.timeout.ms", 1_000);
        self.case.client.clone().and(patience).write(&file).unwrap();
        let output = Command::new(PROGRAM)
            .args([
                "--json",
                "status",
                &format!("kafka://{}", self.addresses().join(",")),
            ])
            .arg("--command-config")
            .arg(&file)
            .output()
            .unwrap();
        Status::of(&serde_json::from_slice(&output.stdout).ok()?)
    }

    /// Waits until the quorum says something that suits.
    pub(crate) fn wait_for(&self, what: &str, mut suits: impl FnMut(&Status) -> bool) -> Status {
        let mut last = None;
        let deadline = now() + WAIT;
        while now() < deadline {
            let status = self.status();
            match status {
                Some(status) if suits(&status) => return status,
                status => last = status.or(last),
            }
            pause(POLL);
        }
        panic!(
            "not within {WAIT:?}: {what}; the quorum was last seen as {last:?}\n{}",
            self.tails()
        );
    }

    /// Waits for a leader that has committed something; its id.
    pub(crate) fn leader(&self) -> i32 {
        self.wait_for("a leader", |_| true).leader
    }

    /// Waits for a leader, unless all that could be would hand over to each other.
    pub(crate) fn goes_on(&self) {
        let stays = |member: &Member| member.is_up() && member.kind.stays_leader();
        if self.members.iter().any(stays) {
            self.leader();
        }
    }

    /// Waits until every started voter has what is committed from now on; what is committed then.
    pub(crate) fn in_step(&self, voters: &[i32]) -> Status {
        let before = self.wait_for("a leader", |_| true);
        // What a leader was told before a directory was emptied counts no more once it has committed another record.
        let target = before.high_watermark + 1;
        self.wait_for(&format!("{voters:?} at {target}"), |status| {
            status.voters.keys().eq(voters)
                && status.voters.values().all(|end| *end >= Some(target))
                && status.high_watermark >= target
        })
    }

    /// What each running node has logged last.
    fn tails(&self) -> String {
        let logs = self.members.iter().map(|member| {
            let output = std::fs::read(member.config.with_extension("out")).unwrap_or_default();
            let output = String::from_utf8_lossy(&output);
            let tail = kraft_bridge_harness::process::tail(&output);
            format!("--- node {} ({:?})\n{tail}\n", member.id, member.kind)
        });
        logs.collect()
    }
}

#[expect(clippy::disallowed_methods, reason = "waits for real processes")]
fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "waits for real processes")]
pub(crate) fn pause(duration: Duration) {
    std::thread::sleep(duration);
}
