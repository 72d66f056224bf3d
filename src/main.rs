//! kraft-bridge: moves an Apache Kafka cluster off ZooKeeper and onto KRaft.

fn main() {}
