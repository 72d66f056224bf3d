//! A ZooKeeper-mode cluster that was filled, observed and stopped: what every migration begins with.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

use crate::brokers::{Broker, Brokers};
use crate::fill::{fill, mark_for_deletion};
use crate::install::Product;
use crate::legacy::{LegacyCluster, Shutdown, config_file};
use crate::observation::Observation;
use crate::zookeeper::{Zookeeper, ZookeeperOptions};

/// Brokers' data directories and ZooKeeper's, with no process running on them.
#[derive(Clone, Debug)]
pub struct Stopped {
    /// The brokers and where they lie.
    pub brokers: Brokers,
    /// What was seen before the stop.
    pub before: Observation,
    /// What ZooKeeper says about each partition after the stop.
    pub states: BTreeMap<String, State>,
}

/// The state of one partition in ZooKeeper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// `leader_epoch`
    pub leader_epoch: i32,
    /// `isr`
    pub isr: BTreeSet<i32>,
}

impl Stopped {
    /// Starts a cluster of this release below `dir`, fills it, observes it and stops it.
    ///
    /// # Errors
    ///
    /// When something does not work.
    pub fn make(version: &str, dir: &Path, shutdown: Shutdown) -> anyhow::Result<Stopped> {
        std::fs::create_dir_all(dir)?;
        let mut cluster = LegacyCluster::start(version, dir, shutdown)?;
        fill(&cluster)?;
        let before = Observation::of(&cluster.brokers, Some(&cluster.connect()))?;
        cluster.stop_brokers()?;
        mark_for_deletion(&cluster)?;
        let states = cluster.znodes().states()?;
        let states = states.lines().map(state).collect::<anyhow::Result<_>>()?;
        cluster.zookeeper.stop()?;
        Ok(Stopped {
            brokers: cluster.brokers,
            before,
            states,
        })
    }

    /// The same cluster once more, in a directory of its own.
    ///
    /// # Errors
    ///
    /// When it cannot be copied.
    pub fn copy(&self, dir: &Path) -> anyhow::Result<Stopped> {
        let status = Command::new("cp")
            .arg("-a")
            .arg(&self.brokers.dir)
            .arg(dir)
            .status()?;
        ensure!(status.success(), "{} cannot be copied", dir.display());
        let mut copy = self.clone();
        copy.brokers.dir = dir.to_owned();
        for broker in &mut copy.brokers.members {
            for log_dir in &mut broker.log_dirs {
                *log_dir = dir.join(log_dir.file_name().context("a log directory has a name")?);
            }
        }
        Ok(copy)
    }

    /// ZooKeeper's `dataDir`.
    pub fn zookeeper_data_dir(&self) -> PathBuf {
        self.brokers.dir.join("zookeeper")
    }

    /// The `server.properties` that a broker had in ZooKeeper mode.
    pub fn old_config(&self, broker: &Broker) -> PathBuf {
        config_file(&self.brokers, broker)
    }

    /// Starts the ZooKeeper server again, on the port that the old configuration files name.
    ///
    /// # Errors
    ///
    /// When it does not come up.
    pub fn start_zookeeper(&self) -> anyhow::Result<Zookeeper> {
        let config = self.old_config(&self.brokers.members[0]);
        let text = std::fs::read_to_string(&config)?;
        let port = text
            .lines()
            .find_map(|line| {
                line.strip_prefix("zookeeper.connect=127.0.0.1:")?
                    .strip_suffix("/kafka")
            })
            .with_context(|| format!("no zookeeper.connect in {}", config.display()))?
            .parse()?;
        let options = ZookeeperOptions {
            port: Some(port),
            ..ZookeeperOptions::default()
        };
        Zookeeper::start(Product::Kafka, &self.brokers.version, &self.brokers.dir, &options)
    }
}

/// `topic  partition  leader  leader epoch  isr`
fn state(line: &str) -> anyhow::Result<(String, State)> {
    let words: Vec<&str> = line.split('\t').collect();
    let [topic, partition, _leader, leader_epoch, isr] = words[..] else {
        anyhow::bail!("not a partition state: {line:?}");
    };
    // Before 2.0 a topic with unclean elections was left with an empty ISR.
    let members = isr.split(',').filter(|member| !member.is_empty());
    let isr = members.map(str::parse).collect::<Result<_, _>>()?;
    let leader_epoch = leader_epoch.parse()?;
    Ok((format!("{topic}-{partition}"), State { leader_epoch, isr }))
}
