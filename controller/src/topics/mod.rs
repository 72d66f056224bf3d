//! Topics: made, grown, deleted, and where their replicas go.

mod create;
mod delete;
mod grow;
mod names;
mod placement;

pub(crate) use create::{check_replicas, create};
pub(crate) use delete::delete;
pub(crate) use grow::grow;
pub(crate) use names::check_name;
