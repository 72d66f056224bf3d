//! Every behaviour of a small quorum within bounds: the very machine that serves, explored state by state.
//!
//! ```text
//!  Bounds ─▶ Quorum ── any Action ──▶ Quorum ── any Action ──▶ …     until there is no state that was not seen
//!              │
//!              ├─ Member  the machine, and its disk: the log, what of it is flushed, the election state
//!              ├─ Message on their way, in no order; none need arrive
//!              └─ History what was once so, and the laws that must hold: broken ones end the search
//! ```
//!
//! ```sh
//! cargo run --release -p kraft-bridge-model-check -- --voters 2 --stands 2 --crashes 1 --slow-flushes
//! ```
//!
//! It prints how many states there are, and each law that can be broken, with a way to. A run of
//! `cargo test` explores bounds that take seconds.
//!
//! What is left out, and what that means:
//!
//! - Time. Of a moment only this is left: whether it is over. Any timer that runs may fire at any moment, in any order;
//!   that is more than real clocks allow, so a law that holds here holds, within the bounds, for every choice of timeouts.
//!   States that differ in times, or in names of requests, are one state: there are far fewer.
//! - Requests that nobody waits for and that the node they go to will never do anything about are dropped.
//! - Which server a node asks that knows no leader is random: here it follows from the state.
//! - Names. The first node is the first to stand: that another one does is the same with other names. With a node that
//!   knows no pre-votes this leaves out that it stands first.
//! - A step is whole: what it changes on the disk is there before anything that it says, as the machine demands. What was
//!   appended since the last flush may be lost or survive as a whole.
//! - Checkpoints, and voters that change: the simulation has them.
//!
//! Source: KIP-595, KIP-996; Raft (election safety, log matching, leader completeness).

pub mod bounds;
pub mod disk;
pub mod exploration;
pub mod history;
pub mod member;
pub mod model;
pub mod network;
pub mod quorum;
