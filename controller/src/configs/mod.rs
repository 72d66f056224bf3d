//! Configs: what topics, brokers, groups and subscriptions to metrics may be configured to, and how that changes.

mod client_metrics;
mod group;
mod incremental;
mod replace;
mod resource;
mod topic;

pub(crate) use client_metrics::check_client_metrics;
pub(crate) use group::check_group;
pub(crate) use incremental::alter;
pub(crate) use replace::replace;
pub(crate) use topic::{KAFKA_4, check_topic, topic_defaults};
