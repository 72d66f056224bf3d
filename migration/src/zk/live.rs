//! The live ensemble as a source: one session, read until nothing changes any more, and closed.

use super::estimate::Estimate;
use super::options::ConnectOptions;
use super::passes::Passes;
use super::session::{Session, refused};
use crate::capture::{Capture, CaptureError, Summary, ZnodeSink};

/// A ZooKeeper ensemble that runs.
#[derive(Clone, Debug)]
pub struct LiveEnsemble {
    options: ConnectOptions,
}

impl LiveEnsemble {
    /// The ensemble that `options` lead to; nothing is opened yet.
    pub fn new(options: ConnectOptions) -> LiveEnsemble {
        LiveEnsemble { options }
    }
}

impl Capture for LiveEnsemble {
    /// Opens a session, reads, closes it. Must not be called from within an asynchronous runtime: it has its own.
    fn read(&mut self, sink: &mut dyn ZnodeSink) -> Result<Summary, CaptureError> {
        let runtime = runtime(&self.options)?;
        runtime.block_on(async {
            let mut session = Session::open(self.options.clone()).await?;
            let summary = capture(&mut session, &self.options, sink).await;
            session.close().await;
            summary
        })
    }
}

/// A runtime whose session lives on a thread of its own, so that a slow sink does not let it expire.
pub(super) fn runtime(options: &ConnectOptions) -> Result<tokio::runtime::Runtime, CaptureError> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_time()
        .build()
        .map_err(|error| refused(options, format!("no thread can be started: {error}")))
}

async fn capture(
    session: &mut Session,
    options: &ConnectOptions,
    sink: &mut dyn ZnodeSink,
) -> Result<Summary, CaptureError> {
    let mut passes = Passes::default();
    // Only the first pass delivers everything.
    let mut estimate = Some(Estimate::default());
    loop {
        session
            .walk(estimate.take(), sink, |step, sink| passes.take(step, sink))
            .await?;
        let source = format!("zk://{}", options.servers);
        if let Some(summary) = passes.end_pass(&source, &options.chroot, sink)? {
            return Ok(summary);
        }
    }
}
