//! Records that are produced while a cluster is put to the test, and what is left of them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::process::Process;
use crate::tools::{Call, Tool, Tools, WITNESS};

/// Kafka's own `VerifiableProducer` at work: 100 records a second, acknowledged by all replicas that are in sync.
#[derive(Debug)]
pub struct Load {
    producer: Process,
    /// Where the brokers are.
    bootstrap_servers: String,
    /// The client's properties.
    client: PathBuf,
    topic: String,
}

/// The numbers of records.
#[derive(Debug)]
pub struct Produced {
    /// The producer was told that they are safe.
    pub acknowledged: BTreeSet<u64>,
    /// They are, and can't be read.
    pub lost: BTreeSet<u64>,
}

impl Load {
    /// Starts the producer, whose output goes to a file.
    ///
    /// # Errors
    ///
    /// When it can't be started.
    pub fn start(bootstrap_servers: &str, client: &Path, topic: &str, output: &Path) -> anyhow::Result<Load> {
        let arguments = format!(
            "--bootstrap-server {bootstrap_servers} --topic {topic} --acks -1 --throughput 100 --producer.config {}",
            client.display()
        );
        let command = Tools::of(WITNESS)?.command(&Call::new(Tool::VerifiableProducer, &arguments));
        Ok(Load {
            producer: Process::start("producer", command, output)?,
            bootstrap_servers: bootstrap_servers.to_owned(),
            client: client.to_owned(),
            topic: topic.to_owned(),
        })
    }

    /// Stops the producer and reads all that is there.
    ///
    /// # Errors
    ///
    /// When a tool of Kafka's can't be run.
    pub fn finish(self) -> anyhow::Result<Produced> {
        let printed = self.producer.output()?;
        self.producer.stop()?;
        let acknowledged = acknowledged(&printed);
        let arguments = format!(
            "--bootstrap-server {} --topic {} --from-beginning --timeout-ms 20000 --consumer.config {}",
            self.bootstrap_servers,
            self.topic,
            self.client.display()
        );
        let consumer = Call::new(Tool::ConsoleConsumer, &arguments);
        let output = Tools::of(WITNESS)?.command(&consumer).output()?;
        let printed = String::from_utf8_lossy(&output.stdout);
        let consumed: BTreeSet<u64> = printed
            .lines()
            .filter_map(|line| line.trim().parse().ok())
            .collect();
        Ok(Produced {
            lost: acknowledged.difference(&consumed).copied().collect(),
            acknowledged,
        })
    }
}

/// The values that the producer was told are safe.
fn acknowledged(output: &str) -> BTreeSet<u64> {
    let sent = output
        .lines()
        .filter(|line| line.contains("producer_send_success"));
    sent.filter_map(|line| {
        let value: serde_json::Value = serde_json::from_str(line).ok()?;
        value["value"].as_str()?.parse().ok()
    })
    .collect()
}
