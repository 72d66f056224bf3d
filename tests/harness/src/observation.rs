//! Everything about a running cluster that a migration must keep.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::brokers::Brokers;
use crate::describe::{Description, describe};
use crate::fill::{DOOMED, GROUP};
use crate::tools::{Call, Tool, Tools, WITNESS};

/// What was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// What Kafka's tools print.
    pub description: Description,
    /// Count, offsets and hash of what the group has not read, by partition.
    pub remaining: String,
    /// The same of every record of every topic.
    pub contents: String,
    /// Topic id, leader epoch (`None` before 2.1, which does not tell) and end offset of each partition.
    pub partitions: BTreeMap<String, Partition>,
}

/// One partition as its leader sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    /// The id of its topic; only zeros while it has none.
    pub topic_id: String,
    /// The epoch of the present leader.
    pub leader_epoch: Option<i32>,
    /// Where the log ends.
    pub end_offset: i64,
}

impl Observation {
    /// Observes a running cluster; `zookeeper` as in [`describe`].
    ///
    /// # Errors
    ///
    /// When a tool fails.
    pub fn of(brokers: &Brokers, zookeeper: Option<&str>) -> anyhow::Result<Observation> {
        let commands = [
            format!("remaining {GROUP} orders"),
            format!("contents {DOOMED}"),
            "partitions".to_owned(),
        ];
        let calls = commands.map(|command| witness_call(brokers, "admin", &command));
        let seen: [String; 3] = Tools::of(WITNESS)?
            .run(&calls)?
            .try_into()
            .map_err(|_| anyhow::anyhow!("three answers"))?;
        let [remaining, contents, partitions] = seen;
        Ok(Observation {
            description: describe(brokers, zookeeper)?,
            remaining,
            contents,
            partitions: partitions.lines().map(partition).collect::<anyhow::Result<_>>()?,
        })
    }
}

/// Runs a command of the witness as this user: `admin`, `alice`, `token` or `tls`.
///
/// # Errors
///
/// When it fails.
pub fn witness(brokers: &Brokers, user: &str, command: &str) -> anyhow::Result<String> {
    Ok(Tools::of(WITNESS)?
        .run(&[witness_call(brokers, user, command)])?
        .concat())
}

/// The call that runs such a command.
pub(crate) fn witness_call(brokers: &Brokers, user: &str, command: &str) -> Call {
    Call::new(
        Tool::Witness,
        &format!("{} {command}", brokers.client_file(user).display()),
    )
}

/// `topic  partition  topic id  leader epoch  end offset`
fn partition(line: &str) -> anyhow::Result<(String, Partition)> {
    let words: Vec<&str> = line.split('\t').collect();
    let [topic, partition, topic_id, leader_epoch, end_offset] = words[..] else {
        anyhow::bail!("not a partition: {line:?}");
    };
    let leader_epoch: i32 = leader_epoch.parse()?;
    let seen = Partition {
        topic_id: topic_id.to_owned(),
        leader_epoch: (leader_epoch >= 0).then_some(leader_epoch),
        end_offset: end_offset.parse()?,
    };
    Ok((format!("{topic}-{partition}"), seen))
}

/// The directory of each replica and its inode, which a directory that is made anew does not keep.
///
/// # Errors
///
/// When a directory cannot be read.
pub fn replica_directories(brokers: &Brokers) -> anyhow::Result<BTreeMap<PathBuf, u64>> {
    let mut found = BTreeMap::new();
    for log_dir in brokers.members.iter().flat_map(|broker| &broker.log_dirs) {
        for entry in entries(log_dir)? {
            let name = entry
                .file_name()
                .context("a name")?
                .to_string_lossy()
                .into_owned();
            let inode = std::fs::metadata(&entry)?;
            if inode.is_dir() && !name.starts_with("__cluster_metadata") {
                found.insert(entry, inode.ino());
            }
        }
    }
    Ok(found)
}

fn entries(dir: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(dir).with_context(|| format!("{}", dir.display()))?;
    Ok(entries
        .map(|entry| Ok(entry?.path()))
        .collect::<std::io::Result<_>>()?)
}
