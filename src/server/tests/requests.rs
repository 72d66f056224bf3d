//! What is answered, in which order, and to whom.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use kraft_bridge_metadata::acls::{Acl, CLUSTER_NAME, ResourcePattern};
use kraft_bridge_metadata::records::{AclOperation, AclPermission, PatternType, ResourceType};
use kraft_bridge_protocol::rpc::{
    ApiVersionsRequest, CreateTopicsRequest, DescribeClusterRequest, DescribeQuorumRequest, ErrorCode,
    FetchRequest, VoteRequest, decode_response,
};

use super::client::frame;
use super::{Answers, Client, Server, config, node, open, soon};
use crate::config::ListenerConfig;

fn plaintext() -> ListenerConfig {
    config("PLAINTEXT", "")
}

fn ask_for_versions() -> ApiVersionsRequest {
    ApiVersionsRequest {
        client_software_name: "kraft-bridge".to_owned(),
        client_software_version: "1".to_owned(),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_caller_that_shows_nothing_is_anonymous() {
    let server = open(plaintext()).await;
    let mut client = Client::connect(server.address()).await;
    let response = client.ask(&DescribeClusterRequest::default(), 1).await.unwrap();
    assert_eq!(response.cluster_id, "User:ANONYMOUS");
    assert_eq!(response.error_message.unwrap(), "CONTROLLER Some(\"test\") false");
}

#[tokio::test]
async fn a_listener_without_a_host_is_reached_by_every_address() {
    let listener = ListenerConfig {
        host: None,
        ..plaintext()
    };
    let server = open(listener).await;
    for host in [
        IpAddr::from(Ipv4Addr::LOCALHOST),
        IpAddr::from(Ipv6Addr::LOCALHOST),
    ] {
        let mut client = Client::connect((host, server.address().port()).into()).await;
        assert!(client.principal().await.is_some(), "{host}");
    }
}

#[tokio::test]
async fn an_address_that_is_taken_is_named() {
    let server = open(plaintext()).await;
    let listener = ListenerConfig {
        port: server.address().port(),
        ..plaintext()
    };
    let second = Server::bind(listener, Arc::new(Answers::default())).await;
    let expected = format!("listener CONTROLLER: can't listen on {}: ", server.address());
    let error = second.unwrap_err().to_string();
    assert!(error.starts_with(&expected), "{error}");
}

#[tokio::test]
async fn a_listener_tells_what_its_handler_and_itself_answer() {
    let server = open(plaintext()).await;
    let mut client = Client::connect(server.address()).await;
    let response = client.ask(&ask_for_versions(), 4).await.unwrap();
    let keys: Vec<i16> = response.api_keys.iter().map(|api| api.api_key).collect();
    assert_eq!(keys, [1, 17, 18, 19, 36, 55, 60]);
    assert_eq!(response.supported_features.len(), 2);
}

#[tokio::test]
async fn a_newer_request_for_versions_is_answered_in_version_0_and_may_be_repeated() {
    let server = open(plaintext()).await;
    let mut client = Client::connect(server.address()).await;
    let mut newer = frame(&ask_for_versions(), 4);
    newer[6..8].copy_from_slice(&9i16.to_be_bytes());
    client.send(&newer).await;
    let content = client.receive().await.unwrap();
    let response = decode_response::<ApiVersionsRequest>(&content, 0, 77).unwrap();
    assert_eq!(response.error_code, ErrorCode::UnsupportedVersion);
    assert_eq!(response.api_keys.len(), 1);

    let response = client
        .ask(&ask_for_versions(), response.api_keys[0].max_version)
        .await;
    assert_eq!(response.unwrap().error_code, ErrorCode::None);
}

#[tokio::test]
async fn requests_sent_at_once_are_answered_in_their_order() {
    let server = open(plaintext()).await;
    let mut client = Client::connect(server.address()).await;
    let both = [
        frame(&DescribeQuorumRequest::default(), 1),
        frame(&DescribeClusterRequest::default(), 1),
    ];
    client.send(&both.concat().repeat(1000)).await;
    for _ in 0..1000 {
        let first = client.receive().await.unwrap();
        assert!(decode_response::<DescribeQuorumRequest>(&first, 1, 77).is_ok());
        let second = client.receive().await.unwrap();
        assert!(decode_response::<DescribeClusterRequest>(&second, 1, 77).is_ok());
    }
}

#[tokio::test]
async fn a_fetch_does_not_outlive_its_connection() {
    let handler = Arc::new(Answers::default());
    let mut parked = handler.parked.subscribe();
    let server = Server::bind(plaintext(), handler).await.unwrap();
    for pipelined in [false, true] {
        let mut client = Client::connect(server.address()).await;
        client.send(&frame(&FetchRequest::default(), 17)).await;
        if pipelined {
            client.send(&frame(&FetchRequest::default(), 17)).await;
        }
        soon(parked.wait_for(|count| *count == 1)).await.unwrap();
        drop(client);
        soon(parked.wait_for(|count| *count == 0)).await.unwrap();
    }
}

#[tokio::test]
async fn a_listener_that_is_dropped_ends_its_connections() {
    let server = open(plaintext()).await;
    let mut client = Client::connect(server.address()).await;
    assert!(client.principal().await.is_some());
    drop(server);
    assert_eq!(client.receive().await, None);
}

#[tokio::test]
async fn what_is_not_served_ends_the_connection() {
    let server = open(plaintext()).await;
    let mut client = Client::connect(server.address()).await;
    assert_eq!(client.ask(&VoteRequest::default(), 1).await, None);
    let mut client = Client::connect(server.address()).await;
    let mut newer = frame(&DescribeClusterRequest::default(), 1);
    newer[6..8].copy_from_slice(&9i16.to_be_bytes());
    client.send(&newer).await;
    assert_eq!(client.receive().await, None);
}

#[tokio::test]
async fn there_is_nothing_to_log_in_to_where_no_login_is_asked_for() {
    let server = open(plaintext()).await;
    let mut client = Client::connect(server.address()).await;
    let response = client.shake_hands("PLAIN", 1).await.unwrap();
    assert_eq!(response.error_code, ErrorCode::IllegalSaslState);
    let response = client.say(b"\0alice\0alice-password", 2).await.unwrap();
    assert_eq!(response.error_code, ErrorCode::IllegalSaslState);
    assert_eq!(client.principal().await.unwrap(), "User:ANONYMOUS");
}

#[tokio::test]
async fn who_may_not_is_told_so_and_may_go_on() {
    let keys = "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer\nsuper.users=User:admin";
    let authorizer = node("PLAINTEXT", keys).authorizer().unwrap().unwrap();
    let acl = Acl {
        principal: "User:ANONYMOUS".to_owned(),
        host: "127.0.0.1".to_owned(),
        operation: AclOperation::Alter,
        permission: AclPermission::Allow,
    };
    let pattern = ResourcePattern {
        resource_type: ResourceType::Cluster,
        name: CLUSTER_NAME.to_owned(),
        pattern_type: PatternType::Literal,
    };
    for (authorizer, expected) in [
        (authorizer.without_acls(), ErrorCode::ClusterAuthorizationFailed),
        // Who may alter may describe.
        (authorizer.authorizer([(pattern, acl)]), ErrorCode::NotController),
    ] {
        let handler = Answers {
            authorizer: Some(Arc::new(authorizer)),
            ..Answers::default()
        };
        let server = Server::bind(plaintext(), Arc::new(handler)).await.unwrap();
        let mut client = Client::connect(server.address()).await;
        for _ in 0..2 {
            let response = client.ask(&DescribeQuorumRequest::default(), 2).await.unwrap();
            assert_eq!(response.error_code, expected);
        }
        let response = client.ask(&FetchRequest::default(), 17).await.unwrap();
        assert_eq!(response.error_code, ErrorCode::ClusterAuthorizationFailed);
        assert!(client.ask(&ask_for_versions(), 3).await.is_some());
    }
}

#[tokio::test]
async fn a_failing_handler_ends_one_connection_and_not_the_listener() {
    let server = open(plaintext()).await;
    let mut client = Client::connect(server.address()).await;
    // The handler of the tests has no answer to this.
    assert_eq!(client.ask(&CreateTopicsRequest::default(), 7).await, None);
    let mut client = Client::connect(server.address()).await;
    assert!(client.principal().await.is_some());
}
