//! How long a commit takes, and how many fit into a second.

use std::path::Path;

use anyhow::ensure;
use kraft_bridge_protocol::Epoch;
use tokio::task::JoinSet;

use super::nodes::{Quorum, format};
use super::report::{Commits, Times, rate};
use crate::clock::Clock;
use crate::node::Events;

/// As long as most metadata records.
const RECORD: [u8; 100] = [1; 100];
/// Those that hand over one record each at the same time.
const SINGLES: u32 = 256;
/// Those that hand over batches at the same time.
const BATCHES: u32 = 8;
const BATCH_RECORDS: u32 = 1000;

pub(super) async fn measure(dir: &Path, voters: u16, commits: u32) -> anyhow::Result<Commits> {
    let quorum = Quorum::of(&format(dir, voters)?).await?;
    let (epoch, appender) = quorum.leader().await?;
    let mut taken = Vec::new();
    for _ in 0..commits {
        let clock = Clock::start();
        appender.append(epoch, vec![RECORD.to_vec()]).await.await??;
        taken.push(clock.elapsed());
    }
    let singly = throughput(&appender, epoch, SINGLES, commits.div_ceil(10), 1).await?;
    let batched = throughput(&appender, epoch, BATCHES, commits.div_ceil(20), BATCH_RECORDS).await?;
    quorum.stop().await?;
    Ok(Commits {
        latency: Times::of(taken),
        singly,
        batched,
    })
}

/// Records a second, when so many append so often, so many records each time.
async fn throughput(
    appender: &Events,
    epoch: Epoch,
    writers: u32,
    times: u32,
    records: u32,
) -> anyhow::Result<f64> {
    let clock = Clock::start();
    let mut tasks = JoinSet::new();
    for _ in 0..writers {
        let appender = appender.clone();
        tasks.spawn(async move {
            for _ in 0..times {
                let batch = (0..records).map(|_| RECORD.to_vec()).collect();
                appender.append(epoch, batch).await.await??;
            }
            anyhow::Ok(())
        });
    }
    let mut done = 0;
    while let Some(task) = tasks.join_next().await {
        task??;
        done += 1;
    }
    ensure!(done == writers, "a writer was lost");
    Ok(rate(
        f64::from(writers) * f64::from(times) * f64::from(records),
        clock.elapsed(),
    ))
}
