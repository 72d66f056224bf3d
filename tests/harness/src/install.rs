//! Published jars of Kafka and ZooKeeper, in a cache outside the checkout.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

/// What can be installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Product {
    /// Kafka's broker, controller and tools, with the ZooKeeper that the release brings.
    Kafka,
    /// ZooKeeper alone.
    Zookeeper,
}

impl fmt::Display for Product {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Product::Kafka => "kafka",
            Product::Zookeeper => "zookeeper",
        })
    }
}

/// The directory with the jars of a version; fetched if the cache lacks them.
///
/// # Errors
///
/// When Maven or a JDK is missing, or the registry cannot be reached: the message says what to install.
pub fn libs(product: Product, version: &str) -> anyhow::Result<PathBuf> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("install");
    let output = Command::new(&script)
        .args([&product.to_string(), version])
        .output()
        .with_context(|| format!("{} cannot be run", script.display()))?;
    ensure!(
        output.status.success(),
        "{product} {version} cannot be installed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    // Maven may colour the terminal before the path; the path is the last line.
    let stdout = String::from_utf8(output.stdout).context("the path of the jars is no text")?;
    let path = stdout.lines().last().context("the installer printed no path")?;
    let start = path.find('/').context("the installer printed no path")?;
    Ok(PathBuf::from(&path[start..]))
}
