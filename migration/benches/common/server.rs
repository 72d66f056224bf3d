//! A real ZooKeeper server, for the benchmarks of what is read live.

use std::error::Error;
use std::path::Path;

use kraft_bridge_harness::{Product, Zookeeper, ZookeeperOptions};
use kraft_bridge_migration::capture::data_dir::write_synthetic;

/// Starts a server on a made-up data directory of so many partitions.
pub(crate) fn start(dir: &Path, partitions: &str) -> Result<Zookeeper, Box<dyn Error>> {
    write_synthetic(&dir.join("zookeeper"), partitions.parse()?)?;
    let options = ZookeeperOptions {
        jvm_arguments: ["-Xmx4g", "-XX:TieredStopAtLevel=4"].map(str::to_owned).into(),
        ..ZookeeperOptions::default()
    };
    let server = Zookeeper::start(Product::Zookeeper, "3.9.4", dir, &options)?;
    println!("{partitions} partitions");
    Ok(server)
}
