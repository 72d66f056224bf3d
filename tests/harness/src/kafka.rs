//! A broker or a controller of any release, in ZooKeeper or KRaft mode.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::install::{Product, libs};
use crate::process::{Process, java};
use crate::tools::source;

/// A running `kafka.Kafka`; killed when dropped.
#[derive(Debug)]
pub struct Kafka {
    process: Process,
}

impl Kafka {
    /// Starts a node with this configuration file and does not wait for it.
    ///
    /// Its output goes to a file beside the configuration with the suffix `.out`, which begins anew with every start.
    ///
    /// # Errors
    ///
    /// When the jars or Java are missing.
    pub fn spawn(version: &str, config: &Path, jvm_arguments: &[String]) -> anyhow::Result<Kafka> {
        let name = format!("Kafka {version} with {}", config.display());
        Kafka::spawn_command(&name, command(version, config, jvm_arguments)?, config)
    }

    /// Starts any program in Kafka's place, as [`Kafka::spawn`] does.
    ///
    /// # Errors
    ///
    /// When the program is missing.
    pub fn spawn_command(name: &str, command: Command, config: &Path) -> anyhow::Result<Kafka> {
        let output = config.with_extension("out");
        if output.exists() {
            std::fs::remove_file(&output)?;
        }
        Ok(Kafka {
            process: Process::start(name, command, &output)?,
        })
    }

    /// Waits until the node has logged this.
    ///
    /// # Errors
    ///
    /// When it ends before, or takes more than two minutes.
    pub fn wait_until_logged(&mut self, text: &str) -> anyhow::Result<()> {
        let patience = Duration::from_secs(120);
        self.process
            .wait_until(patience, |output| Ok(output.contains(text)))
    }

    /// Waits until the node says that it has started.
    ///
    /// # Errors
    ///
    /// When it ends before, or takes more than two minutes.
    pub fn wait_until_ready(&mut self) -> anyhow::Result<()> {
        // `started (kafka.server.KafkaServer)` in ZooKeeper mode, `… KafkaRaftServer)` in KRaft mode.
        self.wait_until_logged("started (kafka.server.Kafka")
    }

    /// Everything that it has logged so far.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn output(&self) -> anyhow::Result<String> {
        self.process.output()
    }

    /// Holds the node still: it answers nobody until [`Kafka::resume`].
    ///
    /// # Errors
    ///
    /// When the signal cannot be sent.
    pub fn pause(&mut self) -> anyhow::Result<()> {
        self.process.signal("STOP")
    }

    /// Lets it go on.
    ///
    /// # Errors
    ///
    /// When the signal cannot be sent.
    pub fn resume(&mut self) -> anyhow::Result<()> {
        self.process.signal("CONT")
    }

    /// Stops it in an orderly way.
    ///
    /// # Errors
    ///
    /// When it does not end.
    pub fn stop(self) -> anyhow::Result<()> {
        self.process.stop().map(|_| ())
    }

    /// Kills it.
    ///
    /// # Errors
    ///
    /// When it cannot be waited for.
    pub fn kill(self) -> anyhow::Result<()> {
        self.process.kill()
    }
}

/// The command that runs a node with this configuration file.
///
/// # Errors
///
/// When the jars are missing.
pub fn command(version: &str, config: &Path, jvm_arguments: &[String]) -> anyhow::Result<Command> {
    let libs = libs(Product::Kafka, version)?;
    let mut arguments: Vec<String> = ["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
        .map(str::to_owned)
        .into();
    arguments.push(format!(
        "-Dlog4j.configuration=file:{}",
        source("server-log4j.properties").display()
    ));
    arguments.extend_from_slice(jvm_arguments);
    arguments.extend([
        "-cp".to_owned(),
        format!("{}/*", libs.display()),
        "kafka.Kafka".to_owned(),
        config.display().to_string(),
    ]);
    Ok(java(&arguments))
}

/// Starts nodes side by side and waits until each is ready.
///
/// # Errors
///
/// When one of them does not come up.
pub fn start_all<'a>(
    version: &str,
    configs: impl IntoIterator<Item = &'a Path>,
    jvm_arguments: &[String],
) -> anyhow::Result<Vec<Kafka>> {
    let mut nodes = configs
        .into_iter()
        .map(|config| Kafka::spawn(version, config, jvm_arguments))
        .collect::<anyhow::Result<Vec<_>>>()?;
    nodes.iter_mut().try_for_each(Kafka::wait_until_ready)?;
    Ok(nodes)
}

/// Sends SIGTERM to all of them at the same moment and waits for their ends.
///
/// # Errors
///
/// When one of them does not end.
pub fn stop_all(mut nodes: Vec<Kafka>) -> anyhow::Result<()> {
    for node in &mut nodes {
        node.process.signal("TERM")?;
    }
    nodes.into_iter().try_for_each(Kafka::stop)
}
