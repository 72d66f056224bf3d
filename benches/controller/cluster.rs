//! Controllers of one program, and brokers that they know.

use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use kraft_bridge_harness::{Process, Properties, free_port, kafka};
use kraft_bridge_protocol::rpc::{
    AnyRequest, AnyResponse, BrokerHeartbeatRequest, BrokerRegistrationRequest, CreatableTopic,
    CreateTopicsRequest, CreateTopicsResponse, ErrorCode, RegisteredListener, SupportedFeature,
};
use kraft_bridge_protocol::{BrokerEpoch, NodeId, Offset, Uuid};
use tempfile::TempDir;

use crate::clock::{now, pause};
use crate::connection::Connection;

const OURS: &str = env!("CARGO_BIN_EXE_kraft-bridge");
const CLUSTER_ID: &str = "bXktY2x1c3Rlci1pZC0xMg";
const START: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(2);
/// Brokers that are spoken for.
pub(crate) const BROKERS: i32 = 6;

/// Whose controllers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Program {
    Ours,
    Kafka(&'static str),
}

/// A controller.
pub(crate) struct Controller {
    pub(crate) port: u16,
    config: PathBuf,
    pub(crate) process: Option<Process>,
}

/// Controllers that find each other.
pub(crate) struct Cluster {
    program: Program,
    pub(crate) controllers: Vec<Controller>,
    dir: TempDir,
}

impl Cluster {
    /// Formats and starts so many.
    pub(crate) fn start(program: Program, count: usize) -> anyhow::Result<Cluster> {
        // Beside the build, on a real disk: what is below /tmp may be memory.
        let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        let ports: Vec<u16> = (0..count).map(|_| free_port()).collect::<anyhow::Result<_>>()?;
        let mut cluster = Cluster {
            program,
            controllers: Vec::new(),
            dir,
        };
        for id in 1..=count {
            let config = cluster.configure(id, &ports)?;
            cluster.controllers.push(Controller {
                port: ports[id - 1],
                config,
                process: None,
            });
        }
        for at in 0..count {
            cluster.spawn(at)?;
        }
        for at in 0..count {
            cluster.wait_until_listening(at)?;
        }
        Ok(cluster)
    }

    fn configure(&self, id: usize, ports: &[u16]) -> anyhow::Result<PathBuf> {
        let config = self.dir.path().join(format!("{id}.properties"));
        let voters = (1..)
            .zip(ports)
            .map(|(id, port)| format!("{id}@127.0.0.1:{port}"));
        Properties::new()
            .with("process.roles", "controller")
            .with("node.id", id)
            .with("controller.listener.names", "CONTROLLER")
            .with("listeners", format!("CONTROLLER://127.0.0.1:{}", ports[id - 1]))
            .with("controller.quorum.voters", voters.collect::<Vec<_>>().join(","))
            .with("log.dirs", self.dir.path().join(format!("node-{id}")).display())
            .with("auto.leader.rebalance.enable", false)
            .with("broker.session.timeout.ms", 600_000)
            .write(&config)?;
        let mut format = Command::new(OURS);
        format.args(["format", "--cluster-id", CLUSTER_ID, "--release-version", "4.3"]);
        let formatted = format.arg("--config").arg(&config).output()?;
        ensure!(
            formatted.status.success(),
            "{}",
            String::from_utf8_lossy(&formatted.stderr)
        );
        Ok(config)
    }

    /// Starts a controller that does not run.
    pub(crate) fn spawn(&mut self, at: usize) -> anyhow::Result<()> {
        let controller = &mut self.controllers[at];
        let command = match self.program {
            Program::Ours => {
                let mut command = Command::new(OURS);
                command.arg("serve").arg("--config").arg(&controller.config);
                command
            }
            Program::Kafka(version) => kafka::command(version, &controller.config, &stock_jvm())?,
        };
        let output = controller.config.with_extension("out");
        controller.process = Some(Process::start("a controller", command, &output)?);
        Ok(())
    }

    pub(crate) fn wait_until_listening(&mut self, at: usize) -> anyhow::Result<()> {
        let controller = &mut self.controllers[at];
        let port = controller.port;
        let listens = |_: &str| Ok(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok());
        let process = controller.process.as_mut().context("it does not run")?;
        process.wait_until(START, listens)
    }

    /// A connection to the active controller, on which it has answered this.
    pub(crate) fn ask_leader(
        &self,
        request: &AnyRequest,
    ) -> anyhow::Result<(Connection, AnyResponse, usize)> {
        let begun = now();
        while begun.elapsed() < START {
            for (at, controller) in self.controllers.iter().enumerate() {
                if controller.process.is_none() {
                    continue;
                }
                if let Ok(mut connection) = Connection::open(controller.port)
                    && let Ok(answer) = connection.ask(request)
                    && !is_refused(&answer)
                {
                    return Ok((connection, answer, at));
                }
            }
            pause(POLL);
        }
        bail!("nobody leads")
    }

    /// Brokers that are registered and in service, each with its epoch.
    pub(crate) fn register_brokers(&self) -> anyhow::Result<Vec<(NodeId, BrokerEpoch)>> {
        (1..=BROKERS).map(|id| self.register(NodeId(id))).collect()
    }

    fn register(&self, id: NodeId) -> anyhow::Result<(NodeId, BrokerEpoch)> {
        let (mut connection, answer, _) = self.ask_leader(&registration(id))?;
        let AnyResponse::BrokerRegistration(answer) = answer else {
            bail!("{answer:?}");
        };
        ensure!(answer.error_code == ErrorCode::None, "{answer:?}");
        let beaten = connection.ask(&heartbeat(id, answer.broker_epoch, false))?;
        ensure!(
            matches!(&beaten, AnyResponse::BrokerHeartbeat(beaten) if !beaten.is_fenced),
            "{beaten:?}"
        );
        Ok((id, answer.broker_epoch))
    }

    /// Resident memory of a controller, in bytes.
    pub(crate) fn resident(&self, at: usize) -> anyhow::Result<u64> {
        let process = self.controllers[at].process.as_ref().context("it does not run")?;
        let status = std::fs::read_to_string(format!("/proc/{}/status", process.id()))?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"));
        let kibibytes = line.and_then(|line| line.split_whitespace().nth(1));
        Ok(kibibytes.context("no VmRSS")?.parse::<u64>()? * 1024)
    }
}

/// Kafka's own settings of the JVM, with as much memory as a million partitions need: the tests' are for quick starts.
fn stock_jvm() -> Vec<String> {
    let arguments = [
        "-Xmx6g",
        "-XX:-UseSerialGC",
        "-XX:+UseG1GC",
        "-XX:MaxGCPauseMillis=20",
        "-XX:InitiatingHeapOccupancyPercent=35",
        "-XX:TieredStopAtLevel=4",
    ];
    arguments.map(str::to_owned).to_vec()
}

/// Whether a controller says that it is not the active one, or not ready.
fn is_refused(answer: &AnyResponse) -> bool {
    let error = match answer {
        AnyResponse::BrokerRegistration(answer) => answer.error_code,
        AnyResponse::BrokerHeartbeat(answer) => answer.error_code,
        AnyResponse::CreateTopics(answer) => first_error(answer),
        _ => ErrorCode::None,
    };
    !matches!(error, ErrorCode::None | ErrorCode::TopicAlreadyExists)
}

fn first_error(answer: &CreateTopicsResponse) -> ErrorCode {
    let errors = answer.topics.iter().map(|topic| topic.error_code);
    errors
        .into_iter()
        .find(|error| *error != ErrorCode::None)
        .unwrap_or(ErrorCode::None)
}

fn registration(id: NodeId) -> AnyRequest {
    let feature = |name: &str, min, max| SupportedFeature::new(name, min, max);
    let number = u128::try_from(id.0).expect("ids are positive");
    AnyRequest::BrokerRegistration(BrokerRegistrationRequest {
        broker_id: id,
        cluster_id: CLUSTER_ID.to_owned(),
        incarnation_id: Uuid::from_u128(0x1000_0000_0000 + number),
        listeners: vec![RegisteredListener {
            name: "PLAINTEXT".to_owned(),
            host: "localhost".to_owned(),
            port: 9092,
            ..Default::default()
        }],
        features: vec![
            feature("metadata.version", 1, 30),
            feature("group.version", 0, 1),
            feature("transaction.version", 0, 2),
            feature("eligible.leader.replicas.version", 0, 1),
            feature("share.version", 0, 1),
            feature("streams.version", 0, 1),
            feature("kraft.version", 0, 1),
        ],
        log_dirs: vec![Uuid::from_u128(0x2000_0000_0000 + number)],
        ..Default::default()
    })
}

/// A broker lives and has read everything, or wants to be out of service.
pub(crate) fn heartbeat(broker_id: NodeId, broker_epoch: BrokerEpoch, want_fence: bool) -> AnyRequest {
    AnyRequest::BrokerHeartbeat(BrokerHeartbeatRequest {
        broker_id,
        broker_epoch,
        current_metadata_offset: Offset(i64::MAX - 1),
        want_fence,
        ..Default::default()
    })
}

/// New topics, each with so many partitions of three replicas.
pub(crate) fn create(names: impl Iterator<Item = String>, partitions: i32) -> AnyRequest {
    let topics = names.map(|name| CreatableTopic {
        name,
        num_partitions: partitions,
        replication_factor: 3,
        ..Default::default()
    });
    AnyRequest::CreateTopics(CreateTopicsRequest {
        topics: topics.collect(),
        timeout_ms: 60_000,
        ..Default::default()
    })
}

/// Whether all topics were created.
pub(crate) fn check_created(answer: &AnyResponse) -> anyhow::Result<()> {
    match answer {
        AnyResponse::CreateTopics(answer) if first_error(answer) == ErrorCode::None => Ok(()),
        AnyResponse::CreateTopics(answer) => bail!("{:?}", first_error(answer)),
        other => bail!("{other:?}"),
    }
}
