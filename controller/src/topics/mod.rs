//! Topics: made, grown, deleted, and where their replicas go.

mod create;
mod delete;
mod names;
mod placement;

pub(crate) use create::{create, refuse_all};
pub(crate) use delete::delete;
