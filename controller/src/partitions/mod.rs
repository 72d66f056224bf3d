//! Partitions: who leads them, who is in sync, and how that changes.

mod alter;
mod change;
mod directories;
mod elect;
mod reassign;
mod sweep;

pub(crate) use alter::alter;
pub(crate) use change::{Change, Election};
pub(crate) use directories::{assign, default_directory, take_offline};
pub(crate) use elect::{balance, elect, elect_unclean};
pub use reassign::list as list_reassignments;
pub(crate) use reassign::reassign;
pub(crate) use sweep::{
    elect_where_needed, leads_any, remove_eligible, remove_forgotten, remove_from_isrs, remove_lost,
};
