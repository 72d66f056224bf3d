//! Real Kafka and ZooKeeper for the tests: installs them from published jars, starts them, fills them.
