//! A large cluster: created in bulk, read by an observer, a broker of it fenced, and started from cold.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
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
/// So many partitions have a log that is read from offset 0 on.
const WHOLE_LOG_MAX: u32 = 100_000;
/// How long the log is read.
const READING: Duration = Duration::from_secs(2);
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

    // A longer log has lost its beginning to checkpoints.
    if partitions <= WHOLE_LOG_MAX {
        let rate = read_log(port)?;
        figures.rate("metadata log to an observer", partitions, rate / 1e9, "GB/s");
    }

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

/// Reads the whole log as an observer, again and again; bytes a second.
fn read_log(port: u16) -> anyhow::Result<f64> {
    let mut connection = Connection::open(port)?;
    let (mut read, begun) = (0, now());
    while begun.elapsed() < READING {
        read += read_once(&mut connection)?;
    }
    Ok(read as f64 / begun.elapsed().as_secs_f64())
}

fn read_once(connection: &mut Connection) -> anyhow::Result<usize> {
    let (mut next, mut epoch, mut read) = (Offset(0), Epoch(0), 0);
    let mut leader_epoch = Epoch(1);
    loop {
        let AnyResponse::Fetch(mut answer) = connection.ask(&fetch(leader_epoch, next, epoch))? else {
            bail!("no answer to a Fetch");
        };
        ensure!(answer.error_code == ErrorCode::None, "{:?}", answer.error_code);
        let partition = answer.responses.remove(0).partitions.remove(0);
        if partition.error_code == ErrorCode::FencedLeaderEpoch {
            leader_epoch.0 += 1;
            continue;
        }
        ensure!(
            partition.error_code == ErrorCode::None,
            "{:?}",
            partition.error_code
        );
        let records = partition.records.map_or_else(Vec::new, |blob| blob.0);
        let mut rest: &[u8] = &records;
        // The last batch may be cut off; it comes with the next answer.
        while let Some((end, its_epoch, length)) = header(rest) {
            (next, epoch) = (end, its_epoch);
            rest = &rest[length..];
        }
        ensure!(
            rest.len() < records.len(),
            "no batch in an answer from offset {next} on"
        );
        read += records.len() - rest.len();
        if next >= partition.high_watermark {
            return Ok(read);
        }
    }
}

/// End, epoch and length of a batch that is there whole. Nothing else of it is looked at: the server is measured.
fn header(bytes: &[u8]) -> Option<(Offset, Epoch, usize)> {
    let field = |at: usize| -> Option<i32> {
        let bytes = bytes.get(at..at + 4)?.try_into().ok()?;
        Some(i32::from_be_bytes(bytes))
    };
    let base = i64::from_be_bytes(bytes.get(..8)?.try_into().ok()?);
    let length = 12 + usize::try_from(field(8)?).ok()?;
    let (epoch, last) = (field(12)?, field(23)?);
    (bytes.len() >= length).then_some((Offset(base + i64::from(last) + 1), Epoch(epoch), length))
}

fn fetch(current_leader_epoch: Epoch, offset: Offset, last_epoch: Epoch) -> AnyRequest {
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
                current_leader_epoch,
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
