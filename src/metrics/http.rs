//! The listener that Prometheus asks.

use std::io;
use std::net::SocketAddr;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::Figures;

/// OpenMetrics 1.0, section "Content Type".
const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Why there are no metrics.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MetricsError {
    /// The address cannot be listened on.
    #[error("metrics: {address} cannot be listened on: {error}; is another process there?")]
    Bind {
        /// Which.
        address: SocketAddr,
        /// Why.
        error: io::Error,
    },
}

/// A listener that answers `GET /metrics` until it is dropped.
#[derive(Debug)]
pub(crate) struct Metrics {
    serving: JoinHandle<()>,
}

impl Metrics {
    /// Listens, and answers with whatever is so whenever somebody asks.
    ///
    /// # Errors
    ///
    /// [`MetricsError`] if the address cannot be had.
    pub(crate) async fn serve(
        address: SocketAddr,
        figures: impl Fn() -> Figures + Clone + Send + Sync + 'static,
    ) -> Result<Metrics, MetricsError> {
        let listener = TcpListener::bind(address).await;
        let listener = listener.map_err(|error| MetricsError::Bind { address, error })?;
        let router = Router::new().route("/metrics", get(move || answer(figures.clone())));
        let serving = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "serves metrics no more");
            }
        });
        tracing::info!(%address, "serves metrics");
        Ok(Metrics { serving })
    }
}

impl Drop for Metrics {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Counting a million partitions takes a while, in which others have to be answered.
async fn answer(figures: impl FnOnce() -> Figures + Send + 'static) -> Response {
    let text = tokio::task::spawn_blocking(move || figures().text()).await;
    match text {
        Ok(Ok(text)) => ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response(),
        Ok(Err(_)) | Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
