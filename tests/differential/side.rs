//! One controller, ours or Kafka's, alone in its quorum: it is asked on one connection, and its log is read from its file.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use kraft_bridge_harness::process::tail;
use kraft_bridge_harness::{Process, Properties, free_port, kafka};
use kraft_bridge_metadata::image::{MetadataImage, Replay};
use kraft_bridge_metadata::records::MetadataRecord;
use kraft_bridge_protocol::batch::Batch;
use kraft_bridge_protocol::rpc::{AnyRequest, AnyResponse, Api};
use kraft_bridge_protocol::{NodeId, Offset};
use tempfile::TempDir;

use crate::PROGRAM;

pub(crate) const CLUSTER_ID: &str = "bXktY2x1c3Rlci1pZC0xMg";
/// The controller.
pub(crate) const CONTROLLER: NodeId = NodeId(3000);
const START: Duration = Duration::from_secs(90);
pub(crate) const POLL: Duration = Duration::from_millis(50);
const ANSWER: Duration = Duration::from_secs(60);

/// A release of Kafka.
pub(crate) struct Release {
    /// Of its jars.
    pub(crate) version: &'static str,
    /// `--release-version`
    pub(crate) name: &'static str,
    pub(crate) is_4: bool,
}

pub(crate) const V3_9: Release = Release {
    version: "3.9.2",
    name: "3.9",
    is_4: false,
};
pub(crate) const V4_3: Release = Release {
    version: "4.3.1",
    name: "4.3",
    is_4: true,
};

/// What whoever asks may do.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Caller {
    WithAllRights,
    WithoutRights,
}

/// A controller that runs.
pub(crate) struct Side {
    pub(crate) name: &'static str,
    connection: TcpStream,
    log: File,
    /// Bytes of the log that are read.
    position: u64,
    replay: Replay,
    /// Where the log ends.
    pub(crate) end: Offset,
    process: Process,
    dir: TempDir,
}

impl Side {
    /// Formats a directory as of a release and starts Kafka on it, or ours.
    pub(crate) fn start(release: &Release, ours: bool, caller: Caller) -> Side {
        let name = if ours { "ours" } else { "Kafka's" };
        let dir = tempfile::tempdir().unwrap();
        let port = free_port().unwrap();
        let config = dir.path().join("controller.properties");
        let data = dir.path().join("data");
        settings(port, &data, caller).write(&config).unwrap();
        let mut format = Command::new(PROGRAM);
        format.args([
            "format",
            "--cluster-id",
            CLUSTER_ID,
            "--release-version",
            release.name,
        ]);
        let formatted = format.arg("--config").arg(&config).output().unwrap();
        assert!(formatted.status.success(), "{formatted:?}");
        let command = match ours {
            true => ours_command(&config),
            false => kafka::command(release.version, &config, &[]).unwrap(),
        };
        let mut process = Process::start(name, command, &dir.path().join("out")).unwrap();
        let listens = |_: &str| Ok(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok());
        process.wait_until(START, listens).unwrap();
        let segment = data.join("__cluster_metadata-0/00000000000000000000.log");
        let connection = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        connection.set_nodelay(true).unwrap();
        connection.set_read_timeout(Some(ANSWER)).unwrap();
        let mut side = Side {
            name,
            connection,
            log: File::open(segment).unwrap(),
            position: 0,
            replay: Replay::default(),
            end: Offset(0),
            process,
            dir,
        };
        for _ in 0..START.as_millis() / POLL.as_millis() {
            side.read_log();
            if side.is_ready(caller) {
                return side;
            }
            pause(POLL);
        }
        panic!("{name} has not registered:\n{}", side.output());
    }

    /// Whether it has written all that it writes by itself. Where callers have no rights, Kafka's has none to register.
    fn is_ready(&self, caller: Caller) -> bool {
        let image = self.image();
        match caller {
            Caller::WithAllRights => image.controllers.contains_key(&CONTROLLER),
            Caller::WithoutRights => !image.features.levels.is_empty(),
        }
    }

    /// Asks, and takes in what the controller has written by the time that it answers.
    pub(crate) fn ask(&mut self, version: i16, request: &AnyRequest) -> AnyResponse {
        let frame = request.frame(version, 7, Some("differential")).unwrap();
        self.connection.write_all(&frame).unwrap();
        let mut length = [0; 4];
        let read = self.connection.read_exact(&mut length);
        read.unwrap_or_else(|error| panic!("{}: {error}: {request:?}\n{}", self.name, self.output()));
        let mut content = vec![0; usize::try_from(i32::from_be_bytes(length)).unwrap()];
        self.connection.read_exact(&mut content).unwrap();
        let answer = request.decode_response(&content, version, 7);
        self.read_log();
        answer.unwrap_or_else(|error| panic!("{}: {error}: {request:?}", self.name))
    }

    /// The metadata that the log holds.
    pub(crate) fn image(&self) -> &MetadataImage {
        self.replay.image()
    }

    /// What it has logged.
    pub(crate) fn output(&self) -> String {
        tail(&self.process.output().unwrap())
    }

    /// Keeps the files, for whoever wants to know why.
    pub(crate) fn keep(&mut self) -> PathBuf {
        self.dir.disable_cleanup(true);
        self.dir.path().to_owned()
    }

    /// Takes in whole batches behind what was read; the log of a voter that is alone holds nothing that is not committed
    /// by the time that an answer rests on it.
    fn read_log(&mut self) {
        let length = self.log.metadata().unwrap().len() - self.position;
        let mut bytes = vec![0; usize::try_from(length).unwrap()];
        self.log.read_exact_at(&mut bytes, self.position).unwrap();
        let mut rest = bytes.as_slice();
        // What is preallocated is no batch, nor is what is just being written.
        while let Ok((batch, length)) = Batch::decode(rest) {
            if !batch.header.control {
                for record in batch.records() {
                    let record = record.unwrap();
                    let (decoded, _) = MetadataRecord::decode(record.value).unwrap();
                    self.replay.push(record.offset, decoded).unwrap();
                }
            }
            self.end = batch.end_offset();
            self.position += length as u64;
            rest = &rest[length..];
        }
    }
}

fn settings(port: u16, data: &std::path::Path, caller: Caller) -> Properties {
    let super_user = match caller {
        Caller::WithAllRights => "User:ANONYMOUS",
        Caller::WithoutRights => "User:somebody-else",
    };
    Properties::new()
        .with("process.roles", "controller")
        .with("node.id", CONTROLLER)
        .with("controller.listener.names", "CONTROLLER")
        .with("listeners", format!("CONTROLLER://127.0.0.1:{port}"))
        .with("listener.security.protocol.map", "CONTROLLER:PLAINTEXT")
        .with(
            "controller.quorum.voters",
            format!("{CONTROLLER}@127.0.0.1:{port}"),
        )
        .with("log.dirs", data.display())
        .with(
            "authorizer.class.name",
            "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        )
        .with("super.users", super_user)
        .with("delegation.token.secret.key", "hush")
        // Topics inherit these.
        .with("log.retention.hours", 9)
        .with("log.roll.jitter.hours", 2)
        .with("message.max.bytes", 2_000_000)
        // Nothing happens by itself: time does not pass as fast for both.
        .with("broker.session.timeout.ms", 3_600_000)
        .with("auto.leader.rebalance.enable", false)
        .with("controller.quorum.append.linger.ms", 0)
}

fn ours_command(config: &std::path::Path) -> Command {
    let mut command = Command::new(PROGRAM);
    command.arg("serve").arg("--config").arg(config);
    command.env("RUST_LOG", "info");
    command
}

/// A version that our controllers know, and those of the release.
pub(crate) fn versions(release: &Release, api: &Api) -> std::ops::RangeInclusive<i16> {
    let kafkas = if release.is_4 {
        &api.kafka_4_3
    } else {
        &api.kafka_3_9
    };
    let (known, kafkas) = (api.known.clone().unwrap(), kafkas.clone().unwrap());
    *known.start().max(kafkas.start())..=*known.end().min(kafkas.end())
}

#[expect(clippy::disallowed_methods, reason = "a file tells nobody that it has grown")]
pub(crate) fn pause(duration: Duration) {
    std::thread::sleep(duration);
}
