//! A large cluster: created in bulk, read by an observer, a broker of it fenced, and started from cold.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use kraft_bridge_protocol::batch::Batch;
use kraft_bridge_protocol::rpc::{
    AnyRequest, AnyResponse, ErrorCode, FetchPartition, FetchRequest, FetchTopic, METADATA_TOPIC_ID,
    ReplicaState,
};
use kraft_bridge_protocol::{Epoch, NodeId, Offset};

use crate::clock::{now, pause, timed};
use crate::cluster::{Cluster, Program, check_created, create, heartbeat};
use crate::connection::Connection;
use crate::figures::Figures;

/// Partitions of a topic, and topics of a request.
const PARTITIONS: i32 = 100;
const TOPICS: u32 = 90;
/// Bytes that a fetch asks for.
const FETCH_BYTES: i32 = 8 * 1024 * 1024;

pub(crate) fn measure(program: Program, partitions: u32, figures: &mut Figures) -> anyhow::Result<()> {
    let mut cluster = Cluster::start(program, 1)?;
    let brokers = cluster.register_brokers()?;
    let port = cluster.controllers[0].port;
    let mut connection = Connection::open(port)?;
    let (created, time) = timed(|| create_in_bulk(&mut connection, partitions));
    created?;
    let rate = f64::from(partitions) / time.as_secs_f64();
    figures.rate("create in bulk", partitions, rate, "partitions/s");

    let rate = read_log(port)?;
    figures.rate("metadata log to an observer", partitions, rate / 1e9, "GB/s");

    let (broker, epoch) = brokers[0];
    let (other, other_epoch) = brokers[1];
    let (taken, longest) = beside_heartbeats(port, &heartbeat(other, other_epoch, false), || {
        let (answer, time) = timed(|| connection.ask(&heartbeat(broker, epoch, true)));
        match answer? {
            AnyResponse::BrokerHeartbeat(answer) if answer.error_code == ErrorCode::None => Ok(time),
            answer => bail!("{answer:?}"),
        }
    })?;
    figures.cost("a broker of six is fenced", partitions, millis(taken), "ms");
    figures.cost("another's heartbeat meanwhile", partitions, millis(longest), "ms");

    let process = cluster.controllers[0].process.take().context("it runs")?;
    process.stop()?;
    let begun = now();
    cluster.spawn(0)?;
    let request = create(std::iter::once("after".to_owned()), 1);
    let (_, answer, _) = cluster.ask_leader(&request)?;
    check_created(&answer)?;
    figures.cost(
        "cold start to the first create",
        partitions,
        millis(begun.elapsed()),
        "ms",
    );
    let resident = cluster.resident(0)? as f64 / 1e6;
    figures.cost("resident memory then", partitions, resident, "MB");
    Ok(())
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn create_in_bulk(connection: &mut Connection, partitions: u32) -> anyhow::Result<()> {
    let topics = partitions.div_ceil(u32::try_from(PARTITIONS)?);
    let mut next = 0;
    while next < topics {
        let end = topics.min(next + TOPICS);
        let names = (next..end).map(|number| format!("topic-{number}"));
        check_created(&connection.ask(&create(names, PARTITIONS))?)?;
        next = end;
    }
    Ok(())
}

/// Reads the whole log as an observer; bytes a second.
fn read_log(port: u16) -> anyhow::Result<f64> {
    let mut connection = Connection::open(port)?;
    let (mut next, mut epoch, mut read) = (Offset(0), Epoch(0), 0);
    let begun = now();
    loop {
        let AnyResponse::Fetch(mut answer) = connection.ask(&fetch(next, epoch))? else {
            bail!("no answer to a Fetch");
        };
        ensure!(answer.error_code == ErrorCode::None, "{:?}", answer.error_code);
        let partition = answer.responses.remove(0).partitions.remove(0);
        ensure!(
            partition.error_code == ErrorCode::None,
            "{:?}",
            partition.error_code
        );
        let records = partition.records.map_or_else(Vec::new, |blob| blob.0);
        let mut rest: &[u8] = &records;
        while !rest.is_empty() {
            let (batch, length) = Batch::decode(rest)?;
            (next, epoch) = (batch.end_offset(), batch.header.epoch);
            rest = &rest[length..];
        }
        read += records.len();
        if next >= partition.high_watermark {
            return Ok(read as f64 / begun.elapsed().as_secs_f64());
        }
    }
}

fn fetch(offset: Offset, last_epoch: Epoch) -> AnyRequest {
    AnyRequest::Fetch(FetchRequest {
        replica_state: ReplicaState {
            replica_id: Some(NodeId(900)),
            ..Default::default()
        },
        max_wait_ms: 500,
        max_bytes: FETCH_BYTES,
        topics: vec![FetchTopic {
            topic_id: METADATA_TOPIC_ID,
            partitions: vec![FetchPartition {
                current_leader_epoch: Epoch(-1),
                fetch_offset: offset,
                last_fetched_epoch: last_epoch,
                partition_max_bytes: FETCH_BYTES,
                ..Default::default()
            }],
            ..Default::default()
        }],
        ..Default::default()
    })
}

/// Does something while another broker heartbeats; what came of it, and how long the slowest of those took.
fn beside_heartbeats<T>(
    port: u16,
    heartbeat: &AnyRequest,
    act: impl FnOnce() -> anyhow::Result<T>,
) -> anyhow::Result<(T, Duration)> {
    let is_over = AtomicBool::new(false);
    let beat = || -> anyhow::Result<Duration> {
        let mut connection = Connection::open(port)?;
        let mut longest = Duration::ZERO;
        while !is_over.load(Ordering::Relaxed) {
            let (answer, time) = timed(|| connection.ask(heartbeat));
            answer?;
            longest = longest.max(time);
            pause(Duration::from_millis(5));
        }
        Ok(longest)
    };
    std::thread::scope(|scope| {
        let beating = scope.spawn(beat);
        pause(Duration::from_millis(50));
        let done = act();
        is_over.store(true, Ordering::Relaxed);
        let longest = beating.join().expect("a broker does not panic")?;
        Ok((done?, longest))
    })
}
