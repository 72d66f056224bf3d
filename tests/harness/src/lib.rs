//! Real Kafka and ZooKeeper for the tests: installs them from published jars, starts them, fills them.
//!
//! The real thing is the yardstick: nothing here imitates a server. A tool that is missing fails the test and says
//! how to get it.

pub mod install;
pub mod process;
pub mod zookeeper;

pub use install::{Product, libs};
pub use process::{Jvm, free_port};
pub use zookeeper::{Zookeeper, ZookeeperOptions};
