//! Real controllers as peers, reached by what their own file says of the listener that they share with us.

use std::path::{Path, PathBuf};
use std::time::Duration;

use kraft_bridge_harness::{Kafka, Properties, Tool, Tools, free_port, keystore};
use kraft_bridge_protocol::rpc::{
    AnyRequest, AnyResponse, ApiVersionsRequest, ErrorCode, FetchPartition, FetchRequest, FetchTopic,
    QuorumTopic, VotePartition, VoteRequest, VoteTopic,
};
use kraft_bridge_protocol::{Epoch, NodeId};
use kraft_bridge_raft::endpoint::Endpoint;
use tokio::time::timeout;

use super::ConnectionError;
use super::describe::question;
use super::peers::{ConnectionLost, Lane, Peers};
use crate::config::KafkaConfig;

const PASSWORD: &str = "made-up-secret";
const CLUSTER_ID: &str = "bXktY2x1c3Rlci1pZC0xMg";
/// For what comes at once, if it comes.
const SOON: Duration = Duration::from_secs(30);

/// A controller that wants TLS with certificates on both sides, and a login.
struct Controller {
    _dir: tempfile::TempDir,
    config: PathBuf,
    endpoint: Endpoint,
    running: Kafka,
}

impl Controller {
    fn start(version: &str, release: &str) -> Controller {
        let dir = tempfile::tempdir().unwrap();
        let port = free_port().unwrap();
        let config = dir.path().join("controller.properties");
        settings(dir.path(), port).write(&config).unwrap();
        let format = format!(
            "format -c {} -t {CLUSTER_ID} --release-version {release}",
            config.display()
        );
        Tools::of(version).unwrap().call(Tool::Storage, &format).unwrap();
        let mut running = Kafka::spawn(version, &config, &[]).unwrap();
        running.wait_until_ready().unwrap();
        let host = "127.0.0.1".to_owned();
        Controller {
            _dir: dir,
            config,
            endpoint: Endpoint { host, port },
            running,
        }
    }
}

fn settings(dir: &Path, port: u16) -> Properties {
    let store = dir.join("node.p12");
    let trust = dir.join("trusts-nodes.p12");
    keystore::make(&store, PASSWORD).unwrap();
    keystore::trust(&trust, &store, PASSWORD).unwrap();
    let module = "org.apache.kafka.common.security.plain.PlainLoginModule required";
    Properties::new()
        .with("process.roles", "controller")
        .with("node.id", 1)
        .with("controller.listener.names", "QUORUM")
        .with("controller.quorum.voters", format!("1@127.0.0.1:{port}"))
        .with("listeners", format!("QUORUM://127.0.0.1:{port}"))
        .with("listener.security.protocol.map", "QUORUM:SASL_SSL")
        .with("log.dirs", dir.join("data").display())
        // A JVM's first handshake takes seconds where many run at once.
        .with("controller.quorum.request.timeout.ms", SOON.as_millis())
        .with("listener.name.quorum.ssl.keystore.location", store.display())
        .with("listener.name.quorum.ssl.keystore.password", PASSWORD)
        .with("listener.name.quorum.ssl.key.password", PASSWORD)
        .with("ssl.truststore.location", trust.display())
        .with("ssl.truststore.password", PASSWORD)
        .with("ssl.client.auth", "required")
        .with("sasl.mechanism.controller.protocol", "PLAIN")
        .with("listener.name.quorum.sasl.enabled.mechanisms", "PLAIN")
        .with(
            "listener.name.quorum.plain.sasl.jaas.config",
            format!("{module} username=\"node\" password=\"{PASSWORD}\" user_node=\"{PASSWORD}\";"),
        )
}

fn fetch() -> AnyRequest {
    AnyRequest::Fetch(FetchRequest {
        topics: FetchTopic::metadata_log(FetchPartition::default()),
        ..Default::default()
    })
}

/// Whether we would be voted for: nobody knows us, so that the answer is no, if there is one.
fn pre_vote() -> AnyRequest {
    let partition = VotePartition {
        replica_epoch: Epoch(1),
        replica_id: NodeId(2),
        pre_vote: true,
        ..Default::default()
    };
    AnyRequest::Vote(VoteRequest {
        topics: VoteTopic::metadata_log(partition),
        ..Default::default()
    })
}

/// Asks it, and kills it while both connections are idle; returns the answer to a pre-vote.
async fn visit(version: &str, release: &str) -> Result<AnyResponse, ConnectionError> {
    let controller = Controller::start(version, release);
    let config = KafkaConfig::load(&controller.config).unwrap().peers().unwrap();
    let (peers, mut lost) = Peers::new(&config).unwrap();
    let peer = &controller.endpoint;

    let described = peers.ask(peer, AnyRequest::DescribeQuorum(question())).await;
    let AnyResponse::DescribeQuorum(described) = described.unwrap() else {
        panic!("another answer");
    };
    assert_eq!(described.topics[0].partitions[0].leader_id, Some(NodeId(1)));
    let AnyResponse::Fetch(fetched) = peers.ask(peer, fetch()).await.unwrap() else {
        panic!("another answer");
    };
    assert_eq!(fetched.error_code, ErrorCode::None);
    let versions = AnyRequest::ApiVersions(ApiVersionsRequest::default());
    let AnyResponse::ApiVersions(said) = peers.ask(peer, versions).await.unwrap() else {
        panic!("another answer");
    };
    let features = said.supported_features;
    let kraft_version = features.iter().find(|feature| feature.name == "kraft.version");
    assert_eq!(
        kraft_version.unwrap().max_version,
        1,
        "which only version 4 shows"
    );
    let voted = peers.ask(peer, pre_vote()).await;

    controller.running.kill().unwrap();
    let mut lanes = Vec::new();
    for _ in 0..2 {
        let ConnectionLost { peer: of, lane, .. } = timeout(SOON, lost.recv()).await.unwrap().unwrap();
        assert_eq!(of, *peer);
        lanes.push(lane);
    }
    lanes.sort();
    assert_eq!(lanes, [Lane::Fetch, Lane::Prompt]);
    let error = peers.ask(peer, fetch()).await.unwrap_err();
    assert!(matches!(error, ConnectionError::Connect(_)), "{error}");
    voted
}

#[tokio::test]
async fn a_controller_of_3_9_is_a_peer_that_knows_no_pre_vote() {
    let error = visit("3.9.2", "3.9").await.unwrap_err();
    assert!(
        matches!(
            error,
            ConnectionError::NoCommonVersion {
                lacks: Some("pre_vote"),
                ..
            }
        ),
        "{error}"
    );
}

#[tokio::test]
async fn a_controller_of_4_3_is_a_peer_that_answers_a_pre_vote() {
    let AnyResponse::Vote(response) = visit("4.3.1", "4.3").await.unwrap() else {
        panic!("another answer");
    };
    assert!(!response.topics[0].partitions[0].vote_granted, "{response:?}");
}
