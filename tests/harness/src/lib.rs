//! Real Kafka and ZooKeeper for the tests: installs them from published jars, starts them, fills them.
//!
//! The real thing is the yardstick: nothing here imitates a server. A tool that is missing fails the test and says
//! how to get it.
//!
//! [`LegacyCluster`] is a cluster in ZooKeeper mode, [`fill()`] gives it all that a cluster can have, and
//! [`KraftCluster`] starts stock Kafka on the same data directories. [`DualWrite`] is Kafka's own migration under way,
//! [`Churn`] changes a cluster, [`Load`] produces to it, [`Znodes`] changes ZooKeeper behind its back, [`Proxy`] cuts
//! connections. [`describe()`] says what Kafka's own tools
//! print.

pub mod brokers;
pub mod churn;
pub mod describe;
pub mod dual_write;
pub mod fill;
pub mod install;
pub mod kafka;
pub mod keystore;
pub mod kraft;
pub mod legacy;
pub mod load;
pub mod observation;
pub mod process;
pub mod properties;
pub mod proxy;
pub mod stopped;
pub mod tools;
pub mod znodes;
pub mod zookeeper;

pub use brokers::{Broker, Brokers};
pub use churn::Churn;
pub use describe::{Description, describe};
pub use dual_write::DualWrite;
pub use fill::fill;
pub use install::{Product, libs};
pub use kafka::Kafka;
pub use kraft::KraftCluster;
pub use legacy::{LegacyCluster, Shutdown};
pub use load::{Load, Produced};
pub use observation::{Observation, replica_directories, witness};
pub use process::{Process, free_port};
pub use properties::Properties;
pub use proxy::Proxy;
pub use stopped::{State, Stopped};
pub use tools::{Call, Tool, Tools};
pub use znodes::Znodes;
pub use zookeeper::{Zookeeper, ZookeeperOptions};
