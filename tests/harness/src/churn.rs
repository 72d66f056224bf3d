//! Changes of every kind to a running cluster, by Kafka's own clients and tools.
//!
//! `java/Churn.java` makes many of them with the admin client; [`by_command_line`] makes one of each kind with the
//! stock tools, as an operator does.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use crate::brokers::Brokers;
use crate::tools::{Call, Tool, Tools, WITNESS};

/// The client id that [`lose_a_quota`] leaves behind in ZooKeeper.
pub const LEAVER: &str = "leaver";

/// Changes one after the other for a while.
#[derive(Clone, Copy, Debug)]
pub struct Churn {
    /// How long.
    pub duration: Duration,
    /// Decides which changes come in which order; each run on one cluster needs its own.
    pub seed: u64,
    /// Whether nodes die meanwhile: a change whose outcome is not known is told as `uncertain TOPIC` then.
    pub faults: bool,
}

impl Churn {
    /// Makes the changes and returns those that the cluster acknowledged, in their order, one a line.
    ///
    /// Left out is what Kafka's own dual write is known to lose: see [`lose_a_quota`].
    ///
    /// # Errors
    ///
    /// When the cluster refuses one.
    pub fn run(&self, brokers: &Brokers) -> anyhow::Result<Vec<String>> {
        let ids: Vec<i32> = brokers.members.iter().map(|member| member.id).collect();
        self.run_by(&brokers.client_file("admin"), &ids)
    }

    /// As [`Churn::run`], by a client with these properties, to a cluster of these brokers.
    ///
    /// # Errors
    ///
    /// As [`Churn::run`].
    pub fn run_by(&self, client: &Path, brokers: &[i32]) -> anyhow::Result<Vec<String>> {
        let brokers: Vec<String> = brokers.iter().map(i32::to_string).collect();
        let arguments = format!(
            "{} {} {} {}{}",
            client.display(),
            self.duration.as_millis(),
            self.seed,
            brokers.join(","),
            if self.faults { " faults" } else { "" }
        );
        let printed = Tools::of(WITNESS)?.call(Tool::Churn, &arguments)?;
        let changes = printed.lines().filter(|line| !line.is_empty());
        Ok(changes.map(str::to_owned).collect())
    }
}

/// How many of the changes the cluster acknowledged, and not only may have made.
pub fn acknowledged(changes: &[String]) -> usize {
    changes
        .iter()
        .filter(|change| !change.starts_with("uncertain"))
        .count()
}

/// How the topics that a cluster lists contradict the changes that it acknowledged, but for those of unknown outcome.
pub fn contradictions(changes: &[String], listed: &str) -> Vec<String> {
    let (mut there, mut gone, mut unknown) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for change in changes {
        let words: Vec<&str> = change.split_whitespace().collect();
        match words[..] {
            ["uncertain", topic, ..] => {
                unknown.insert(topic);
            }
            ["delete", "topic", topic] => {
                there.remove(topic);
                gone.insert(topic);
            }
            ["create", topic, ..] if topic.starts_with("(name=") => {
                there.insert(topic.trim_start_matches("(name=").trim_end_matches(','));
            }
            _ => {}
        }
    }
    let listed: BTreeSet<&str> = listed.lines().map(str::trim).collect();
    let lost = there
        .difference(&listed)
        .filter(|topic| !unknown.contains(*topic));
    let back = gone
        .intersection(&listed)
        .filter(|topic| !unknown.contains(*topic));
    lost.map(|topic| format!("{topic} is lost"))
        .chain(back.map(|topic| format!("{topic} is back again")))
        .collect()
}

/// Makes one change of each kind with the stock command line tools.
///
/// # Errors
///
/// When a tool fails.
pub fn by_command_line(brokers: &Brokers) -> anyhow::Result<()> {
    let calls = [
        (
            Tool::Topics,
            "--create --topic by-hand --partitions 2 --replication-factor 2 --config retention.ms=1000000",
        ),
        (
            Tool::Configs,
            "--alter --entity-type brokers --entity-default --add-config log.retention.ms=600000000",
        ),
        (
            Tool::Configs,
            "--alter --entity-type users --entity-name by-hand --add-config SCRAM-SHA-512=[password=made-up]",
        ),
        (
            Tool::Configs,
            "--alter --entity-type users --entity-name by-hand --add-config producer_byte_rate=1234",
        ),
        (
            Tool::Configs,
            "--alter --entity-type clients --entity-name by-hand --add-config consumer_byte_rate=4321",
        ),
        (
            Tool::Acls,
            "--add --allow-principal User:by-hand --operation Read --topic by-hand",
        ),
        (
            Tool::Acls,
            "--add --deny-principal User:by-hand --operation Write --topic by- --resource-pattern-type prefixed",
        ),
        (
            Tool::Acls,
            "--remove --force --allow-principal User:by-hand --operation Read --topic by-hand",
        ),
        // By now every broker that a tool may ask has heard of the topic.
        (Tool::Topics, "--alter --topic by-hand --partitions 3"),
        (
            Tool::Configs,
            "--alter --entity-type topics --entity-name by-hand --add-config max.message.bytes=2000000",
        ),
        (
            Tool::Configs,
            "--alter --entity-type topics --entity-name by-hand --delete-config retention.ms",
        ),
    ];
    call_all(brokers, &calls)
}

/// Sets a quota of a client id and takes it away again, which Kafka's own dual write loses: it stays in force in
/// ZooKeeper.
///
/// # Errors
///
/// When a tool fails.
pub fn lose_a_quota(brokers: &Brokers) -> anyhow::Result<()> {
    let alter = format!("--alter --entity-type clients --entity-name {LEAVER}");
    let set = format!("{alter} --add-config producer_byte_rate=1024");
    let remove = format!("{alter} --delete-config producer_byte_rate");
    call_all(
        brokers,
        &[(Tool::Configs, set.as_str()), (Tool::Configs, remove.as_str())],
    )
}

fn call_all(brokers: &Brokers, calls: &[(Tool, &str)]) -> anyhow::Result<()> {
    let connection = brokers.connection();
    let calls: Vec<Call> = calls
        .iter()
        .map(|(tool, arguments)| Call::new(*tool, &format!("{connection} {arguments}")))
        .collect();
    Tools::of(&brokers.version)?.run(&calls).map(drop)
}
