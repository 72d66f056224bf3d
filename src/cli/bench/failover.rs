//! How long a quorum of three processes is without a leader when its leader is killed.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, ensure};
use kraft_bridge_protocol::{Epoch, NodeId};

use super::nodes::{Formatted, format};
use super::report::Times;
use crate::client::{QuorumUri, describe_quorum};
use crate::clock::{Clock, pause};
use crate::config::ClientConfig;

/// How often the survivors are asked whether one of them leads.
const POLL: Duration = Duration::from_millis(2);
/// Without a leader for so long there will be none.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) fn measure(dir: &Path, kills: u32) -> anyhow::Result<Option<Times>> {
    if kills == 0 {
        return Ok(None);
    }
    let formatted = format(dir, 3)?;
    let mut processes = Processes::start(&formatted)?;
    let mut taken = Vec::new();
    let (mut leader, mut epoch) = processes.leader_after(Epoch(0))?;
    for _ in 0..kills {
        processes.wait_until_all_follow(leader)?;
        let clock = Clock::start();
        processes.kill(leader)?;
        let next = processes.leader_after(epoch)?;
        taken.push(clock.elapsed());
        processes.start_again(leader)?;
        (leader, epoch) = next;
    }
    Ok(Some(Times::of(taken)))
}

/// Nodes 1, 2 and 3, each a process of this program.
struct Processes<'a> {
    formatted: &'a Formatted,
    running: Vec<Option<Child>>,
}

impl Processes<'_> {
    fn start(formatted: &Formatted) -> anyhow::Result<Processes<'_>> {
        let running = formatted.configs.iter().map(|config| serve(config).map(Some));
        Ok(Processes {
            formatted,
            running: running.collect::<anyhow::Result<_>>()?,
        })
    }

    fn index(leader: NodeId) -> usize {
        usize::try_from(leader.0 - 1).expect("ids begin at 1")
    }

    fn kill(&mut self, node: NodeId) -> anyhow::Result<()> {
        let mut child = self.running[Self::index(node)].take().context("it runs")?;
        child.kill()?;
        child.wait()?;
        Ok(())
    }

    fn start_again(&mut self, node: NodeId) -> anyhow::Result<()> {
        let index = Self::index(node);
        self.running[index] = Some(serve(&self.formatted.configs[index])?);
        Ok(())
    }

    /// A quorum of those that run.
    fn uri(&self) -> anyhow::Result<QuorumUri> {
        let running = self
            .running
            .iter()
            .zip(&self.formatted.ports)
            .filter(|(child, _)| child.is_some());
        let addresses: Vec<String> = running.map(|(_, port)| format!("127.0.0.1:{port}")).collect();
        Ok(format!("kafka://{}", addresses.join(",")).parse()?)
    }

    /// Waits until one of them leads a later epoch and has committed its first record.
    fn leader_after(&self, epoch: Epoch) -> anyhow::Result<(NodeId, Epoch)> {
        let uri = self.uri()?;
        let clock = Clock::start();
        loop {
            let config = ClientConfig {
                patience: POLL,
                ..ClientConfig::default()
            };
            if let Ok(status) = describe_quorum(&uri, &config)
                && status.leader_epoch > epoch
                && status.high_watermark.is_some()
            {
                return Ok((status.leader_id, status.leader_epoch));
            }
            ensure!(
                clock.elapsed() < PATIENCE,
                "no leader of {uri} within {PATIENCE:?}"
            );
            pause(POLL);
        }
    }

    /// A follower that has just been started must not be counted as one that takes over.
    fn wait_until_all_follow(&self, leader: NodeId) -> anyhow::Result<()> {
        let uri = self.uri()?;
        let clock = Clock::start();
        loop {
            let status = describe_quorum(&uri, &ClientConfig::default())?;
            if status.leader_id == leader && status.max_follower_lag == Some(0) {
                return Ok(());
            }
            ensure!(clock.elapsed() < PATIENCE, "a follower of {uri} stays behind");
            pause(POLL);
        }
    }
}

impl Drop for Processes<'_> {
    fn drop(&mut self) {
        for mut child in self.running.drain(..).flatten() {
            // It may have ended by itself.
            drop(child.kill());
            drop(child.wait());
        }
    }
}

fn serve(config: &Path) -> anyhow::Result<Child> {
    let program = std::env::current_exe()?;
    let mut command = Command::new(&program);
    command
        .args(["serve", "--config"])
        .arg(config)
        .stdin(Stdio::null());
    command
        .spawn()
        .with_context(|| format!("{}: can't be started", program.display()))
}
