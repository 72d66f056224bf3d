//! Configs of topics and brokers: which there are, what they may be, and how they change.

mod alter;
mod topic;

pub(crate) use alter::alter;
pub(crate) use topic::check_topic;
