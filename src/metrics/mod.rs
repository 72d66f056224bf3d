//! Metrics of a controller node, for Prometheus.
//!
//! ```text
//!  GET /metrics ─▶ Sources: status of the quorum, image of what is committed ─▶ Figures ─▶ text (OpenMetrics)
//! ```
//!
//! Where Kafka's controllers have a metric, it has the name that Prometheus' JMX exporter gives to theirs with lower-case
//! names, so that dashboards go on. They are derived from what is committed, whenever they are asked for.
//!
//! Source: KIP-631 and KIP-595 (the metrics of controllers and of their quorum).

mod figures;
mod http;

pub(crate) use figures::{Figures, Standing};
pub(crate) use http::{Metrics, MetricsError};
