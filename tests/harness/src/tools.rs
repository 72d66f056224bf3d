//! Kafka's own tools, and our witness, many calls in one JVM.
//!
//! A tool's main class differs between releases; [`Tool`] knows them. The witness (`java/Witness.java`, Kafka's
//! clients) runs with the clients of 3.9.2, which speak to every release from 0.11 to 4.3.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail, ensure};

use crate::install::{Product, libs};

/// The release whose clients the witness uses.
pub const WITNESS: &str = "3.9.2";

const NO_JAVA: &str = "java cannot be started: apt-get install openjdk-17-jdk-headless";

/// A program that Kafka brings, or one of ours that uses its classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// `kafka-topics`
    Topics,
    /// `kafka-configs`: configs, SCRAM users, quotas
    Configs,
    /// `kafka-acls`
    Acls,
    /// `kafka-consumer-groups`
    Groups,
    /// `kafka-delegation-tokens`
    Tokens,
    /// `kafka-reassign-partitions`
    Reassign,
    /// `kafka-leader-election`
    LeaderElection,
    /// `kafka-verifiable-producer`
    VerifiableProducer,
    /// `kafka-console-consumer`
    ConsoleConsumer,
    /// `kafka-dump-log`
    DumpLog,
    /// `kafka-metadata-shell`
    MetadataShell,
    /// `kafka-metadata-quorum`
    MetadataQuorum,
    /// `kafka-cluster`
    Cluster,
    /// `kafka-features`
    Features,
    /// `kafka-storage`
    Storage,
    /// Kafka's clients: `java/Witness.java` says what it can do.
    Witness,
    /// A client of ZooKeeper: `java/Znodes.java`.
    Znodes,
    /// Kafka's authorizers: `java/Decisions.java`.
    Decisions,
    /// Kafka's admin client at work: `java/Churn.java`.
    Churn,
}

impl Tool {
    /// The main class in a release: most moved to another package in 3.x, some only in 4.0.
    fn main_class(self, version: &str) -> &'static str {
        let major = version
            .split('.')
            .next()
            .and_then(|number| number.parse().ok())
            .unwrap_or(0);
        let moved = |in_major: u32, old, new| if major < in_major { old } else { new };
        match self {
            Tool::Topics => moved(
                3,
                "kafka.admin.TopicCommand",
                "org.apache.kafka.tools.TopicCommand",
            ),
            Tool::Configs => "kafka.admin.ConfigCommand",
            Tool::Acls => moved(4, "kafka.admin.AclCommand", "org.apache.kafka.tools.AclCommand"),
            Tool::Groups => moved(
                3,
                "kafka.admin.ConsumerGroupCommand",
                "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
            ),
            Tool::Tokens => moved(
                3,
                "kafka.admin.DelegationTokenCommand",
                "org.apache.kafka.tools.DelegationTokenCommand",
            ),
            Tool::Reassign => moved(
                3,
                "kafka.admin.ReassignPartitionsCommand",
                "org.apache.kafka.tools.reassign.ReassignPartitionsCommand",
            ),
            Tool::VerifiableProducer => "org.apache.kafka.tools.VerifiableProducer",
            Tool::ConsoleConsumer => "org.apache.kafka.tools.consumer.ConsoleConsumer",
            Tool::LeaderElection => "org.apache.kafka.tools.LeaderElectionCommand",
            Tool::DumpLog => moved(
                4,
                "kafka.tools.DumpLogSegments",
                "org.apache.kafka.tools.DumpLogSegments",
            ),
            Tool::MetadataShell => "org.apache.kafka.shell.MetadataShell",
            Tool::MetadataQuorum => "org.apache.kafka.tools.MetadataQuorumCommand",
            Tool::Cluster => moved(3, "kafka.tools.ClusterTool", "org.apache.kafka.tools.ClusterTool"),
            Tool::Features => moved(
                3,
                "kafka.admin.FeatureCommand",
                "org.apache.kafka.tools.FeatureCommand",
            ),
            Tool::Storage => "kafka.tools.StorageTool",
            Tool::Witness => "Witness",
            Tool::Znodes => "Znodes",
            Tool::Decisions => "Decisions",
            Tool::Churn => "Churn",
        }
    }
}

/// One call of a tool.
#[derive(Clone, Debug)]
pub struct Call {
    tool: Tool,
    arguments: Vec<String>,
}

impl Call {
    /// A call with these arguments, separated by white space.
    pub fn new(tool: Tool, arguments: &str) -> Call {
        let arguments = arguments.split_whitespace().map(str::to_owned).collect();
        Call { tool, arguments }
    }

    /// With one more argument, which may hold white space.
    #[must_use]
    pub fn and(mut self, argument: impl Into<String>) -> Call {
        self.arguments.push(argument.into());
        self
    }
}

/// The tools of one release.
#[derive(Clone, Debug)]
pub struct Tools {
    version: String,
    class_path: String,
}

impl Tools {
    /// The tools of this release; compiles the witness if the cache lacks it.
    ///
    /// # Errors
    ///
    /// When the jars or a JDK are missing.
    pub fn of(version: &str) -> anyhow::Result<Tools> {
        let class_path = format!(
            "{}:{}/*",
            witness_classes()?.display(),
            libs(Product::Kafka, version)?.display()
        );
        Ok(Tools {
            version: version.to_owned(),
            class_path,
        })
    }

    /// Runs the calls one after the other and returns what each printed to standard output.
    ///
    /// # Errors
    ///
    /// When one of them fails: what it printed is in the message.
    pub fn run(&self, calls: &[Call]) -> anyhow::Result<Vec<String>> {
        let mut child = self
            .java("Batch")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context(NO_JAVA)?;
        let lines: String = calls.iter().map(|call| self.line(call)).collect();
        child
            .stdin
            .take()
            .context("standard input of the tools is closed")?
            .write_all(lines.as_bytes())?;
        let output = child.wait_with_output()?;
        let printed = String::from_utf8_lossy(&output.stdout);
        split(calls, &printed)
            .with_context(|| format!("standard error:\n{}", String::from_utf8_lossy(&output.stderr)))
    }

    /// Runs one call.
    ///
    /// # Errors
    ///
    /// As [`Tools::run`].
    pub fn call(&self, tool: Tool, arguments: &str) -> anyhow::Result<String> {
        Ok(self.run(&[Call::new(tool, arguments)])?.concat())
    }

    /// Runs one call in a JVM of its own, as a tool needs whose threads end the process.
    ///
    /// # Errors
    ///
    /// As [`Tools::run`].
    pub fn run_alone(&self, call: &Call) -> anyhow::Result<String> {
        let output = self.command(call).output().context(NO_JAVA)?;
        let printed = String::from_utf8_lossy(&output.stdout);
        ensure!(
            output.status.success(),
            "{call:?} ended with {}:\n{printed}{}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(printed.into_owned())
    }

    /// The command that makes one call in a JVM of its own.
    pub fn command(&self, call: &Call) -> Command {
        let mut command = self.java(call.tool.main_class(&self.version));
        command.args(&call.arguments);
        command
    }

    fn java(&self, main_class: &str) -> Command {
        let logging = source("tools-log4j.properties");
        let mut command = Command::new("java");
        command
            .args(["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"])
            .arg(format!("-Dlog4j.configuration=file:{}", logging.display()))
            .args([
                "-Dzookeeper.sasl.client=false",
                "-cp",
                &self.class_path,
                main_class,
            ]);
        command
    }

    fn line(&self, call: &Call) -> String {
        let main_class = call.tool.main_class(&self.version);
        format!("{main_class}\t{}\n", call.arguments.join("\t"))
    }
}

/// What each call printed; each output ends in a line of U+0001 and the exit status.
fn split(calls: &[Call], printed: &str) -> anyhow::Result<Vec<String>> {
    let mut outputs = Vec::new();
    let mut output = String::new();
    for line in printed.lines() {
        match line.strip_prefix('\u{1}') {
            // The frame begins on a line of its own, whether or not the tool ended its last one.
            Some("0") => outputs.push(std::mem::take(&mut output).trim_end_matches('\n').to_owned() + "\n"),
            Some(status) => bail!("{:?} ended with {status}:\n{output}", calls.get(outputs.len())),
            None => output += &format!("{line}\n"),
        }
    }
    ensure!(
        outputs.len() == calls.len(),
        "{:?} did not come back:\n{output}",
        calls.get(outputs.len())
    );
    Ok(outputs)
}

/// A file of `java/`.
pub(crate) fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("java").join(name)
}

/// The directory of the compiled witness, in the cache beside the jars.
fn witness_classes() -> anyhow::Result<PathBuf> {
    let libs = libs(Product::Kafka, WITNESS)?;
    let cache = libs.ancestors().nth(2).context("the cache has no directory")?;
    let sources = [
        "Batch.java",
        "Churn.java",
        "Decisions.java",
        "Witness.java",
        "Znodes.java",
    ]
    .map(source);
    let mut hasher = DefaultHasher::new();
    for source in &sources {
        std::fs::read(source)?.hash(&mut hasher);
    }
    let classes = cache.join(format!("witness-{:016x}", hasher.finish()));
    if !classes.exists() {
        let fresh = tempfile::tempdir_in(cache)?;
        let status = Command::new("javac")
            .args(["-cp", &format!("{}/*", libs.display()), "-d"])
            .arg(fresh.path())
            .args(&sources)
            .status()
            .context("javac cannot be started: apt-get install openjdk-17-jdk-headless")?;
        ensure!(status.success(), "the witness does not compile");
        // Another test may have been faster; its classes are the same.
        if let Err(error) = std::fs::rename(fresh.keep(), &classes) {
            ensure!(classes.exists(), "{}: {error}", classes.display());
        }
    }
    Ok(classes)
}
