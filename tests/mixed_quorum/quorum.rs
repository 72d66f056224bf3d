//! Three controllers, some ours and some Kafka's, formatted by our own command.

use std::path::PathBuf;
use std::process::Command;

use kraft_bridge_harness::{Properties, Tool, Tools, free_port};
use tempfile::TempDir;

use crate::member::{Kind, Member};
use crate::{PROGRAM, complaints};

const CLUSTER_ID: &str = "bXktY2x1c3Rlci1pZC0xMg";
const DIRECTORIES: [&str; 3] = [
    "3Db5QLSqSZieL3rJBUUegA",
    "Yk3vWq1xTLa0hM6tPz8sCg",
    "ISIjJCUmJygpKissLS4vMA",
];
/// The broker of a quorum that has one.
pub(crate) const BROKER: i32 = 11;

/// A release of Kafka.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Release {
    /// Of its jars.
    pub(crate) version: &'static str,
    /// `--release-version`
    pub(crate) name: &'static str,
}

/// The last that reads ZooKeeper.
pub(crate) const V3_9: Release = Release {
    version: "3.9.2",
    name: "3.9",
};
/// The newest.
pub(crate) const V4_3: Release = Release {
    version: "4.3.1",
    name: "4.3",
};

/// How the controllers find each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Voters {
    /// By their configuration (kraft.version 0).
    Static,
    /// By the log (KIP-853, kraft.version 1).
    Dynamic,
}

/// What a quorum is made of.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// Of Kafka's nodes and tools.
    pub(crate) release: Release,
    pub(crate) voters: Voters,
    /// The programs of nodes 1, 2 and 3.
    pub(crate) kinds: [Kind; 3],
    /// In every node's file.
    pub(crate) settings: Properties,
    /// The security protocol of the controllers' listener.
    pub(crate) protocol: &'static str,
    /// In the files of those that ask the controllers.
    pub(crate) client: Properties,
}

impl Case {
    /// So many nodes of ours, which hand over what they lead, and the others Kafka's.
    pub(crate) fn new(release: Release, voters: Voters, ours: usize) -> Case {
        let kind = |at| match at < ours {
            true => Kind::Ours { keeps: false },
            false => Kind::Kafka(release.version),
        };
        Case {
            release,
            voters,
            kinds: std::array::from_fn(kind),
            settings: Properties::new(),
            protocol: "PLAINTEXT",
            client: Properties::new(),
        }
    }

    /// Nodes of ours that stay leaders.
    pub(crate) fn keeping(mut self) -> Case {
        for kind in &mut self.kinds {
            if let Kind::Ours { keeps } = kind {
                *keeps = true;
            }
        }
        self
    }

    /// With this in every node's file.
    pub(crate) fn with(mut self, key: &str, value: impl std::fmt::Display) -> Case {
        self.settings = self.settings.with(key, value);
        self
    }
}

/// Controllers 1, 2 and 3, and perhaps more that are added.
pub(crate) struct Quorum {
    pub(crate) case: Case,
    pub(crate) dir: TempDir,
    pub(crate) members: Vec<Member>,
    pub(crate) tools: Tools,
}

impl Quorum {
    /// Formats the directories of all three; starts nothing.
    pub(crate) fn format(case: Case) -> Quorum {
        let dir = tempfile::tempdir().unwrap();
        let tools = Tools::of(case.release.version).unwrap();
        let mut quorum = Quorum {
            case,
            dir,
            members: Vec::new(),
            tools,
        };
        for (id, kind) in (1..).zip(quorum.case.kinds) {
            quorum.add_member(id, kind);
        }
        for at in 0..quorum.members.len() {
            quorum.write_config(&quorum.members[at]);
            let initial = (quorum.case.voters == Voters::Dynamic).then(|| quorum.initial());
            quorum.format_member(&quorum.members[at], initial.as_deref());
        }
        quorum
    }

    /// Formats and starts all three, Kafka's first, since one of them has to write the first records of the log.
    pub(crate) fn start(case: Case) -> Quorum {
        let mut quorum = Quorum::format(case);
        let (ours, kafkas): (Vec<i32>, Vec<i32>) =
            quorum.ids().into_iter().partition(|id| quorum.is_ours(*id));
        quorum.start_together(&kafkas);
        if kafkas.len() > ours.len() {
            quorum.leader();
        }
        quorum.start_together(&ours);
        quorum.leader();
        quorum
    }

    fn add_member(&mut self, id: i32, kind: Kind) {
        let config = self.dir.path().join(format!("{id}.properties"));
        let dir = self.dir.path().join(format!("node-{id}"));
        let member = Member::new(id, kind, free_port().unwrap(), config, dir);
        self.members.push(member);
    }

    /// One more controller, which does not vote yet.
    pub(crate) fn add_observer(&mut self, id: i32, kind: Kind) {
        self.add_member(id, kind);
        let member = self.member(id);
        self.write_config(member);
        self.format_member(member, None);
    }

    /// Stops one that was added, and forgets it.
    pub(crate) fn remove_member(&mut self, id: i32) {
        self.member_mut(id).stop();
        complaints::of(self.member(id));
        std::fs::remove_dir_all(&self.member(id).dir).unwrap();
        self.members.retain(|member| member.id != id);
    }

    /// Sets a key in every file of a node that is written from now on.
    pub(crate) fn set(&mut self, key: &str, value: &str) {
        self.case.settings = self.case.settings.clone().with(key, value);
    }

    /// Sets a key in the file of those that ask the controllers.
    pub(crate) fn set_client(&mut self, key: &str, value: &str) {
        self.case.client = self.case.client.clone().with(key, value);
    }

    /// Writes a node's file anew.
    pub(crate) fn write_config(&self, member: &Member) {
        let settings = self
            .settings(member.id, "controller")
            .with("listeners", format!("CONTROLLER://{}", address(member)))
            .with(
                "listener.security.protocol.map",
                format!("CONTROLLER:{}", self.case.protocol),
            )
            .with("log.dirs", member.dir.display());
        settings.write(&member.config).unwrap();
    }

    /// What every node's file holds.
    pub(crate) fn settings(&self, id: i32, role: &str) -> Properties {
        let voters: Vec<&Member> = self.members.iter().filter(|member| member.id <= 3).collect();
        let (key, list): (_, Vec<String>) = match self.case.voters {
            Voters::Static => (
                "controller.quorum.voters",
                voters
                    .iter()
                    .map(|voter| format!("{}@{}", voter.id, address(voter)))
                    .collect(),
            ),
            Voters::Dynamic => (
                "controller.quorum.bootstrap.servers",
                voters.iter().map(|voter| address(voter)).collect(),
            ),
        };
        Properties::new()
            .with("process.roles", role)
            .with("node.id", id)
            .with("controller.listener.names", "CONTROLLER")
            .with(key, list.join(","))
            .and(self.case.settings.clone())
    }

    fn initial(&self) -> String {
        let initial: Vec<String> = self
            .members
            .iter()
            .zip(DIRECTORIES)
            .map(|(member, directory)| format!("{}@{}:{directory}", member.id, address(member)))
            .collect();
        initial.join(",")
    }

    /// Formats a node's directory, as an operator would.
    pub(crate) fn format_member(&self, member: &Member, initial: Option<&str>) {
        let voters: &[&str] = match (self.case.voters, initial) {
            (Voters::Static, _) => &[],
            (Voters::Dynamic, Some(initial)) => &["--initial-controllers", initial],
            (Voters::Dynamic, None) => &["--no-initial-controllers"],
        };
        self.format_with(&member.config, voters);
    }

    /// `kraft-bridge format` with this configuration.
    pub(crate) fn format_with(&self, config: &std::path::Path, more: &[&str]) {
        let release = self.case.release.name;
        let output = Command::new(PROGRAM)
            .args(["format", "--cluster-id", CLUSTER_ID, "--release-version", release])
            .arg("--config")
            .arg(config)
            .args(more)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }

    pub(crate) fn member(&self, id: i32) -> &Member {
        self.members.iter().find(|member| member.id == id).unwrap()
    }

    pub(crate) fn member_mut(&mut self, id: i32) -> &mut Member {
        self.members.iter_mut().find(|member| member.id == id).unwrap()
    }

    pub(crate) fn is_ours(&self, id: i32) -> bool {
        matches!(self.member(id).kind, Kind::Ours { .. })
    }

    fn ids(&self) -> Vec<i32> {
        self.members.iter().map(|member| member.id).collect()
    }

    fn start_together(&mut self, ids: &[i32]) {
        for id in ids {
            self.member_mut(*id).spawn();
        }
        for id in ids {
            self.member_mut(*id).wait_until_listening();
        }
    }

    /// Starts one.
    pub(crate) fn start_member(&mut self, id: i32) {
        let member = self.member_mut(id);
        member.spawn();
        member.wait_until_listening();
    }

    /// Stops all that run, at the same moment.
    pub(crate) fn stop_all(&mut self) {
        let running = || |member: &&mut Member| member.is_started();
        self.members
            .iter_mut()
            .filter(running())
            .for_each(Member::terminate);
        self.members.iter_mut().filter(running()).for_each(Member::stop);
    }

    /// What one of Kafka's tools prints, asked through any controller that is up.
    pub(crate) fn ask_controllers(&self, tool: Tool, arguments: &str) -> String {
        let controllers = self.addresses().join(",");
        let arguments = format!("--bootstrap-controller {controllers} {arguments}");
        self.tools.call(tool, &arguments).unwrap()
    }

    /// Listeners of those that can answer.
    pub(crate) fn addresses(&self) -> Vec<String> {
        self.members
            .iter()
            .filter(|member| member.is_up())
            .map(address)
            .collect()
    }

    /// The files of the metadata logs of the three.
    pub(crate) fn log_dirs(&self) -> Vec<PathBuf> {
        self.members
            .iter()
            .filter(|member| member.id <= 3)
            .map(|member| member.dir.join("__cluster_metadata-0"))
            .collect()
    }
}

/// Of a test that failed, the files are kept.
impl Drop for Quorum {
    fn drop(&mut self) {
        self.dir.disable_cleanup(std::thread::panicking());
    }
}

/// `host:port` of its listener.
pub(crate) fn address(member: &Member) -> String {
    format!("127.0.0.1:{}", member.port)
}
