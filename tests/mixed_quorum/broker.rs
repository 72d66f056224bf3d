//! A broker of Kafka's on the quorum, and what is done with it: topics by Kafka's tools, messages by Kafka's clients.

use std::path::{Path, PathBuf};
use std::time::Duration;

use kraft_bridge_harness::{Call, Process, Properties, Tool, free_port, kafka};

use crate::quorum::{BROKER, Quorum};

/// Longest wait for its start.
const START: Duration = Duration::from_secs(120);

/// How often a deleted topic is looked for before it counts as kept.
const DELETIONS: u32 = 10;

/// A running broker.
pub(crate) struct Broker {
    process: Process,
    port: u16,
    client: PathBuf,
}

impl Broker {
    /// Starts one of the quorum's release, formatted unless it was before.
    pub(crate) fn start(quorum: &Quorum) -> Broker {
        let port = free_port().unwrap();
        let dir = quorum.dir.path();
        let (config, data) = (dir.join("broker.properties"), dir.join("broker"));
        quorum
            .settings(BROKER, "broker")
            .with("log.dirs", data.display())
            .with("listeners", format!("CLIENTS://127.0.0.1:{port}"))
            .with("inter.broker.listener.name", "CLIENTS")
            .with(
                "listener.security.protocol.map",
                format!("CONTROLLER:{},CLIENTS:PLAINTEXT", quorum.case.protocol),
            )
            .with("offsets.topic.replication.factor", 1)
            .write(&config)
            .unwrap();
        if !data.exists() {
            quorum.format_with(&config, &[]);
        }
        let client = dir.join("client.properties");
        Properties::new()
            .with("bootstrap.servers", format!("127.0.0.1:{port}"))
            .write(&client)
            .unwrap();
        let command = kafka::command(quorum.case.release.version, &config, &[]).unwrap();
        let process = Process::start("the broker", command, &config.with_extension("out")).unwrap();
        let mut broker = Broker {
            process,
            port,
            client,
        };
        broker.wait_until_started();
        broker
    }

    fn wait_until_started(&mut self) {
        let started = |output: &str| Ok(output.contains("started (kafka.server.Kafka"));
        self.process.wait_until(START, started).unwrap();
    }

    /// Stops it in an orderly way; a controller must be active.
    pub(crate) fn stop(self) {
        self.process.stop().unwrap();
    }

    /// `host:port`
    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The file with a client's properties.
    pub(crate) fn client(&self) -> &Path {
        &self.client
    }

    /// What one of Kafka's tools does with the broker.
    pub(crate) fn call(&self, tool: Tool, arguments: &str) -> Call {
        Call::new(
            tool,
            &format!("--bootstrap-server {} {arguments}", self.address()),
        )
    }

    fn witness(&self, command: &str) -> Call {
        Call::new(Tool::Witness, &format!("{} {command}", self.client().display()))
    }

    /// Creates two topics, writes messages to them, reads them back, and deletes one; what was read of the other.
    pub(crate) fn works(&self, quorum: &Quorum, topic: &str) -> String {
        let doomed = format!("{topic}-doomed");
        let printed = quorum
            .tools
            .run(&[
                self.call(Tool::Topics, &format!("--create --topic {topic} --partitions 3")),
                self.call(Tool::Topics, &format!("--create --topic {doomed} --partitions 2")),
                self.witness(&format!("produce {topic} 20 50 5")),
                // Known to the broker from then on.
                self.witness(&format!("produce {doomed} 1 50 5")),
                self.witness("contents"),
                self.call(Tool::Topics, &format!("--delete --topic {doomed}")),
            ])
            .unwrap();
        for partition in 0..3 {
            let expected = format!("{topic}-{partition}: 20 records, offsets 0 to 19");
            assert!(printed[4].contains(&expected), "{}", printed[4]);
        }
        let is_gone = (0..DELETIONS).any(|_| {
            let topics = quorum
                .tools
                .run(&[self.call(Tool::Topics, "--list")])
                .unwrap()
                .concat();
            assert!(topics.lines().any(|line| line == topic), "{topics}");
            !topics.contains(&doomed)
        });
        assert!(is_gone, "{doomed} is still there");
        let of_topic = printed[4]
            .lines()
            .filter(|line| line.starts_with(&format!("{topic}-")) && !line.contains("doomed"));
        of_topic.collect::<Vec<_>>().join("\n")
    }

    /// Every message of every topic.
    pub(crate) fn contents(&self, quorum: &Quorum) -> String {
        quorum.tools.run(&[self.witness("contents")]).unwrap().concat()
    }
}
