//! Callers that mean ill, or are lost.

use std::sync::Arc;
use std::time::Duration;

use kraft_bridge_protocol::rpc::{
    DescribeClusterRequest, DescribeQuorumRequest, DescribeQuorumTopic, FetchRequest,
};
use tokio::runtime;

use super::client::frame;
use super::{Answers, Client, Server, config, open, somebody_is_let_in, soon, with_limits};
use crate::config::{Limits, ListenerConfig};

/// A listener with these limits.
fn limited(change: impl FnOnce(&mut Limits)) -> ListenerConfig {
    with_limits(config("PLAINTEXT", ""), change)
}

#[tokio::test]
async fn what_is_no_request_ends_its_connection_and_no_other() {
    let server = open(config("PLAINTEXT", "")).await;
    let mut good = Client::connect(server.address()).await;
    let request = frame(&DescribeClusterRequest::default(), 1);
    let mut too_short = request.clone();
    too_short.truncate(request.len() - 1);
    too_short[3] -= 1;
    let mut too_long = request.clone();
    too_long.push(0);
    too_long[3] += 1;
    for bytes in [
        &b"GET / HTTP/1.1\r\n\r\n"[..],
        &[0x16, 0x03, 0x01, 0x02, 0x00, 0x01],
        &[0xff; 64],
        &[0; 64],
        &[0, 0, 0, 1, 0],
        &(104_857_601u32.to_be_bytes()),
        &[0, 0, 0, 8, 0x7f, 0xff, 0, 0, 0, 0, 0, 1],
        &too_short,
        &too_long,
    ] {
        let mut client = Client::connect(server.address()).await;
        client.send(bytes).await;
        client.wait_for_the_end().await;
        assert!(good.principal().await.is_some(), "{bytes:?}");
    }
}

#[tokio::test]
async fn a_request_that_comes_too_slowly_ends_its_connection() {
    let server = open(limited(|limits| limits.request_time = Duration::from_millis(100))).await;
    let mut client = Client::connect(server.address()).await;
    for byte in frame(&DescribeClusterRequest::default(), 1) {
        client.send(&[byte]).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(client.receive().await, None);
}

#[tokio::test]
async fn a_connection_without_requests_ends() {
    let server = open(limited(|limits| limits.idle_time = Duration::from_millis(50))).await;
    let mut client = Client::connect(server.address()).await;
    assert_eq!(client.receive().await, None);
}

#[tokio::test]
async fn an_answer_that_is_not_taken_ends_its_connection() {
    let handler = Arc::new(Answers::default());
    let mut parked = handler.parked.subscribe();
    let listener = limited(|limits| {
        limits.response_time = Duration::from_millis(50);
        limits.connections_max = 1;
    });
    let server = Server::bind(listener, handler).await.unwrap();
    let mut greedy = Client::connect(server.address()).await;
    // More answers than the system keeps for who does not read them.
    let requests = frame(&DescribeClusterRequest::default(), 1).repeat(400_000);
    greedy.send(&requests).await;
    // Its place is free again.
    soon(async {
        let mut next = Client::connect(server.address()).await;
        while next.principal().await.is_none() {
            next = Client::connect(server.address()).await;
        }
        next.send(&frame(&FetchRequest::default(), 17)).await;
        parked.wait_for(|count| *count == 1).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn more_connections_than_there_are_places_for_are_sent_away() {
    for limit in [
        limited(|limits| limits.connections_max = 2),
        limited(|limits| limits.connections_per_address_max = 2),
    ] {
        let server = open(limit).await;
        let mut first = Client::connect(server.address()).await;
        let mut second = Client::connect(server.address()).await;
        assert!(first.principal().await.is_some() && second.principal().await.is_some());
        let mut third = Client::connect(server.address()).await;
        assert_eq!(third.principal().await, None);

        drop(first);
        somebody_is_let_in(&server).await;
    }
}

/// A request of this many bytes and somewhat more.
fn long_request(bytes: usize) -> Vec<u8> {
    let topic = DescribeQuorumTopic {
        topic_name: "x".repeat(1000),
        ..Default::default()
    };
    let request = DescribeQuorumRequest {
        topics: vec![topic; bytes / 1000],
        ..Default::default()
    };
    frame(&request, 1)
}

#[tokio::test]
async fn long_requests_wait_for_memory_that_others_have_taken_and_short_ones_do_not() {
    let listener = limited(|limits| limits.requests_bytes_max = 300_000);
    let server = open(listener).await;
    let request = long_request(250_000);
    let mut first = Client::connect(server.address()).await;
    first.send(&request[..240_000]).await;
    let mut second = Client::connect(server.address()).await;
    second.send(&request).await;
    let mut third = Client::connect(server.address()).await;
    for _ in 0..10 {
        assert!(third.principal().await.is_some());
    }
    let patience = Duration::from_millis(50);
    assert!(tokio::time::timeout(patience, second.receive()).await.is_err());

    drop(first);
    assert!(second.receive().await.is_some());
    assert!(second.principal().await.is_some());
}

/// What kills a controller of Kafka's: see the memory that it takes for bytes that never come.
#[test]
fn memory_grows_with_what_arrives_and_not_with_what_is_announced() {
    const CONNECTIONS: usize = 20;
    const ANNOUNCED: u32 = 90_000_000;
    let config = config("PLAINTEXT", "");
    let taken = allocation_counter::measure(|| {
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let server = open(config).await;
            let mut clients = Vec::new();
            for _ in 0..CONNECTIONS {
                let mut client = Client::connect(server.address()).await;
                client.send(&ANNOUNCED.to_be_bytes()).await;
                client.send(&[0; 1000]).await;
                clients.push(client);
            }
            let mut good = Client::connect(server.address()).await;
            for _ in 0..CONNECTIONS {
                assert!(good.principal().await.is_some());
            }
        });
    });
    assert!(taken.bytes_max < 2_000_000, "{} bytes", taken.bytes_max);
}
