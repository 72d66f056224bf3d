//! Peers that the tests play themselves, word by word.

use std::sync::Arc;
use std::time::Duration;

use kraft_bridge_protocol::rpc::{
    APIS, AnyRequest, AnyResponse, Api, ApiVersion, ApiVersionsRequest, ApiVersionsResponse,
    DescribeQuorumRequest, DescribeQuorumResponse, ErrorCode, FetchRequest, FetchResponse, RequestHeader,
    SupportedFeature, VotePartition, VoteRequest, VoteResponse, VoteTopic,
};
use kraft_bridge_protocol::wire::Reader;
use kraft_bridge_raft::endpoint::Endpoint;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::super::stream::read_frame;
use super::{ConnectionError, ConnectionLost, Lane, Peers};
use crate::config::ClientConfig;

const TIMEOUT: Duration = Duration::from_secs(1);
/// For what comes at once, if it comes.
const SOON: Duration = Duration::from_secs(30);
/// For what should not come.
const A_WHILE: Duration = Duration::from_millis(50);

/// The node, a peer of it, and what the node is told of lost connections.
struct Pair {
    peers: Arc<Peers>,
    lost: mpsc::Receiver<ConnectionLost>,
    listener: TcpListener,
    peer: Endpoint,
}

type Asked = JoinHandle<Result<AnyResponse, ConnectionError>>;

impl Pair {
    async fn new() -> Pair {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let config = ClientConfig {
            client_id: "raft-client-7".to_owned(),
            request_timeout: TIMEOUT,
            ..ClientConfig::default()
        };
        let (peers, lost) = Peers::new(&config).unwrap();
        Pair {
            peers: Arc::new(peers),
            lost,
            peer: Endpoint {
                host: "127.0.0.1".to_owned(),
                port: listener.local_addr().unwrap().port(),
            },
            listener,
        }
    }

    fn ask(&self, request: AnyRequest) -> Asked {
        let (peers, peer) = (Arc::clone(&self.peers), self.peer.clone());
        tokio::spawn(async move { peers.ask(&peer, request).await })
    }

    /// As the peer: takes a connection, and says what it speaks.
    async fn accept(&self) -> Socket {
        let mut socket = self.accept_silently().await;
        let (header, request) = socket.hear().await;
        assert!(matches!(request, AnyRequest::ApiVersions(_)), "{request:?}");
        assert_eq!(header.api_version, 4);
        let versions = speaking(|api| api.kafka_3_9.clone());
        socket.say(&header, &AnyResponse::ApiVersions(versions)).await;
        socket
    }

    async fn accept_silently(&self) -> Socket {
        Socket(timeout(SOON, self.listener.accept()).await.unwrap().unwrap().0)
    }

    async fn nobody_connects(&self) {
        timeout(A_WHILE, self.listener.accept()).await.unwrap_err();
    }
}

/// The peer's side of a connection.
struct Socket(TcpStream);

impl Socket {
    async fn hear(&mut self) -> (RequestHeader, AnyRequest) {
        let content = timeout(SOON, read_frame(&mut self.0)).await.unwrap().unwrap();
        let mut reader = Reader::of_frame(&content);
        let header = RequestHeader::decode(&mut reader).unwrap();
        let request = AnyRequest::decode(&header, &mut reader).unwrap();
        (header, request)
    }

    async fn say(&mut self, to: &RequestHeader, response: &AnyResponse) {
        let frame = response.frame(to.api_version, to.correlation_id).unwrap();
        self.0.write_all(&frame).await.unwrap();
    }

    async fn hears_nothing(&mut self) {
        timeout(A_WHILE, read_frame(&mut self.0))
            .await
            .map(drop)
            .unwrap_err();
    }

    async fn is_hung_up(&mut self) {
        let end = timeout(SOON, read_frame(&mut self.0)).await.unwrap();
        assert!(matches!(end, Err(ConnectionError::HungUp)), "{end:?}");
    }
}

/// What a peer says of itself that speaks these versions of what is known here.
fn speaking(versions: impl Fn(&Api) -> Option<std::ops::RangeInclusive<i16>>) -> ApiVersionsResponse {
    let api_keys = APIS.iter().filter_map(|api| {
        let versions = versions(api)?;
        Some(ApiVersion {
            api_key: i16::try_from(api.key).unwrap(),
            min_version: *versions.start(),
            max_version: *versions.end(),
            ..Default::default()
        })
    });
    ApiVersionsResponse {
        api_keys: api_keys.collect(),
        supported_features: vec![SupportedFeature {
            name: "metadata.version".to_owned(),
            min_version: 1,
            max_version: 21,
            ..Default::default()
        }],
        ..Default::default()
    }
}

fn describe() -> AnyRequest {
    AnyRequest::DescribeQuorum(DescribeQuorumRequest::default())
}

fn described() -> AnyResponse {
    AnyResponse::DescribeQuorum(DescribeQuorumResponse::default())
}

fn fetch(max_wait: Duration) -> AnyRequest {
    AnyRequest::Fetch(FetchRequest {
        max_wait_ms: i32::try_from(max_wait.as_millis()).unwrap(),
        ..Default::default()
    })
}

fn fetched() -> AnyResponse {
    AnyResponse::Fetch(FetchResponse::default())
}

fn vote(pre_vote: bool) -> AnyRequest {
    let partition = VotePartition {
        pre_vote,
        ..Default::default()
    };
    AnyRequest::Vote(VoteRequest {
        topics: vec![VoteTopic {
            partitions: vec![partition],
            ..Default::default()
        }],
        ..Default::default()
    })
}

#[tokio::test]
async fn requests_go_out_one_after_the_other_in_the_highest_version_that_both_know() {
    let pair = Pair::new().await;
    let asked = [pair.ask(describe()), pair.ask(describe())];
    let mut socket = pair.accept().await;
    for _ in &asked {
        let (header, request) = socket.hear().await;
        assert_eq!((request, header.api_version), (describe(), 2));
        assert_eq!(header.client_id.as_deref(), Some("raft-client-7"));
        socket.hears_nothing().await;
        socket.say(&header, &described()).await;
    }
    for asked in asked {
        assert_eq!(asked.await.unwrap().unwrap(), described());
    }
    pair.nobody_connects().await;
}

#[tokio::test]
async fn a_fetch_that_is_parked_does_not_hold_up_a_vote() {
    let pair = Pair::new().await;
    let fetching = pair.ask(fetch(SOON));
    let mut parked = pair.accept().await;
    let (fetch, _) = parked.hear().await;

    let voting = pair.ask(vote(false));
    let mut prompt = pair.accept().await;
    let (header, _) = prompt.hear().await;
    let granted = AnyResponse::Vote(VoteResponse::default());
    prompt.say(&header, &granted).await;
    assert_eq!(voting.await.unwrap().unwrap(), granted);

    parked.say(&fetch, &fetched()).await;
    assert_eq!(fetching.await.unwrap().unwrap(), fetched());
}

#[tokio::test]
async fn a_fetch_may_be_parked_for_as_long_as_it_says_and_no_longer() {
    let pair = Pair::new().await;
    let patient = pair.ask(fetch(SOON));
    let mut socket = pair.accept().await;
    let (header, _) = socket.hear().await;
    sleep(TIMEOUT * 2).await;
    socket.say(&header, &fetched()).await;
    patient.await.unwrap().unwrap();

    let error = pair.ask(fetch(TIMEOUT / 2)).await.unwrap().unwrap_err();
    assert!(
        matches!(error, ConnectionError::Timeout(limit) if limit == TIMEOUT * 3 / 2),
        "{error}"
    );
}

#[tokio::test]
async fn what_is_not_answered_in_time_or_not_waited_for_costs_the_connection_and_is_no_loss() {
    let mut pair = Pair::new().await;
    let late = pair.ask(describe());
    let mut first = pair.accept().await;
    first.hear().await;
    let error = late.await.unwrap().unwrap_err();
    assert!(matches!(error, ConnectionError::Timeout(_)), "{error}");
    first.is_hung_up().await;

    let given_up = pair.ask(describe());
    let mut second = pair.accept().await;
    second.hear().await;
    given_up.abort();
    second.is_hung_up().await;

    let asked = pair.ask(describe());
    let mut third = pair.accept().await;
    let (header, _) = third.hear().await;
    third.say(&header, &described()).await;
    asked.await.unwrap().unwrap();
    pair.lost.try_recv().unwrap_err();
}

#[tokio::test]
async fn a_connection_that_breaks_is_told_at_once_whether_or_not_something_is_on_the_way() {
    let mut pair = Pair::new().await;
    let expected = ConnectionLost {
        peer: pair.peer.clone(),
        lane: Lane::Fetch,
        reason: ConnectionError::HungUp.to_string(),
    };
    let asked = pair.ask(fetch(TIMEOUT));
    let mut socket = pair.accept().await;
    let (header, _) = socket.hear().await;
    socket.say(&header, &fetched()).await;
    asked.await.unwrap().unwrap();
    drop(socket);
    assert_eq!(
        timeout(SOON, pair.lost.recv()).await.unwrap().as_ref(),
        Some(&expected)
    );

    let asked = pair.ask(fetch(SOON));
    let mut socket = pair.accept().await;
    socket.hear().await;
    drop(socket);
    assert!(matches!(
        asked.await.unwrap().unwrap_err(),
        ConnectionError::HungUp
    ));
    assert_eq!(
        timeout(SOON, pair.lost.recv()).await.unwrap().as_ref(),
        Some(&expected)
    );
}

#[tokio::test]
async fn a_connection_that_never_stood_is_not_lost() {
    let mut pair = Pair::new().await;
    let asked = pair.ask(describe());
    drop(pair.accept_silently().await);
    assert!(matches!(
        asked.await.unwrap().unwrap_err(),
        ConnectionError::HungUp
    ));

    let port = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    pair.peer.port = port;
    let error = pair.ask(describe()).await.unwrap().unwrap_err();
    assert!(matches!(error, ConnectionError::Connect(_)), "{error}");
    pair.lost.try_recv().unwrap_err();
}

#[tokio::test]
async fn a_pre_vote_is_not_sent_to_a_peer_that_would_take_it_for_a_vote() {
    let pair = Pair::new().await;
    let refused = pair.ask(vote(true));
    let mut socket = pair.accept().await;
    let error = refused.await.unwrap().unwrap_err();
    assert!(
        matches!(
            &error,
            ConnectionError::NoCommonVersion { api: "Vote", theirs, lacks: Some("pre_vote") } if theirs == "0 to 1"
        ),
        "{error}"
    );

    let asked = pair.ask(vote(false));
    let (header, _) = socket.hear().await;
    assert_eq!(header.api_version, 1, "on the same connection");
    socket
        .say(&header, &AnyResponse::Vote(VoteResponse::default()))
        .await;
    asked.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_peer_that_is_too_new_or_too_old_for_a_request_is_told_from_one_that_fails() {
    let pair = Pair::new().await;
    let asked = pair.ask(describe());
    let mut socket = pair.accept_silently().await;
    let (header, _) = socket.hear().await;
    let next = speaking(|api| match api.name {
        "DescribeQuorum" => Some(3..=4),
        _ => api.known.clone(),
    });
    socket.say(&header, &AnyResponse::ApiVersions(next)).await;
    let error = asked.await.unwrap().unwrap_err();
    assert_eq!(
        error.to_string(),
        "speaks DescribeQuorum in versions 3 to 4, of which none is known here"
    );
}

#[tokio::test]
async fn a_peer_of_before_3_9_is_asked_again_for_its_versions_in_one_that_it_knows() {
    let pair = Pair::new().await;
    let versions = AnyRequest::ApiVersions(ApiVersionsRequest::default());
    let asked = pair.ask(versions.clone());
    let mut socket = pair.accept_silently().await;
    let (header, _) = socket.hear().await;
    let unsupported = ApiVersionsResponse {
        error_code: ErrorCode::UnsupportedVersion,
        api_keys: speaking(|api| (api.name == "ApiVersions").then_some(0..=3)).api_keys,
        ..Default::default()
    };
    let in_version_0 = RequestHeader {
        api_version: 0,
        ..header
    };
    socket
        .say(&in_version_0, &AnyResponse::ApiVersions(unsupported))
        .await;

    let (header, _) = socket.hear().await;
    assert_eq!(header.api_version, 3);
    let old = AnyResponse::ApiVersions(speaking(|api| api.kafka_3_9.clone()));
    socket.say(&header, &old).await;
    assert_eq!(asked.await.unwrap().unwrap(), old);

    let again = pair.ask(versions).await.unwrap().unwrap();
    assert_eq!(again, old, "without another word");
    socket.hears_nothing().await;
}
