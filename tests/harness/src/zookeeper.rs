//! Real ZooKeeper servers, alone or as an ensemble.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;

use crate::install::{Product, libs};
use crate::process::{Process, free_port, java};
use crate::tools::source;

/// Longest time until a server serves: a snapshot of a million partitions takes a while on a busy machine.
const START_MAX: Duration = Duration::from_secs(300);

/// A ZooKeeper server on the loopback address; killed when dropped.
#[derive(Debug)]
pub struct Zookeeper {
    jvm: Process,
    /// `127.0.0.1:port`.
    pub address: String,
    /// Its `dataDir`, the one with `version-2`.
    pub data_dir: PathBuf,
}

/// What a server is started with beside the ordinary.
#[derive(Clone, Debug, Default)]
pub struct ZookeeperOptions {
    /// Further lines of `zoo.cfg`.
    pub config: Vec<String>,
    /// Further arguments of the JVM, `-D…`.
    pub jvm_arguments: Vec<String>,
    /// Client port; a free one if `None`.
    pub port: Option<u16>,
}

impl Zookeeper {
    /// Starts a server whose files lie below `dir`, from the jars of this product and version.
    ///
    /// `Product::Kafka` takes the ZooKeeper that the Kafka release brings.
    ///
    /// # Errors
    ///
    /// When the jars are missing or the server does not come up.
    pub fn start(
        product: Product,
        version: &str,
        dir: &Path,
        options: &ZookeeperOptions,
    ) -> anyhow::Result<Zookeeper> {
        let mut server = Zookeeper::launch(product, version, dir, options)?;
        server.wait_until_serving()?;
        Ok(server)
    }

    /// Starts an ensemble of `count` servers, each with its files below a directory of its own in `dir`.
    ///
    /// # Errors
    ///
    /// As [`Zookeeper::start`].
    pub fn start_ensemble(
        product: Product,
        version: &str,
        dir: &Path,
        count: usize,
    ) -> anyhow::Result<Vec<Zookeeper>> {
        let mut config = vec!["initLimit=20".to_owned(), "syncLimit=10".to_owned()];
        for id in 1..=count {
            config.push(format!("server.{id}=127.0.0.1:{}:{}", free_port()?, free_port()?));
        }
        let options = ZookeeperOptions {
            config,
            ..ZookeeperOptions::default()
        };
        let mut servers = Vec::new();
        for id in 1..=count {
            let home = dir.join(id.to_string());
            std::fs::create_dir_all(home.join("zookeeper"))?;
            std::fs::write(home.join("zookeeper/myid"), id.to_string())?;
            servers.push(Zookeeper::launch(product, version, &home, &options)?);
        }
        servers.iter_mut().try_for_each(Zookeeper::wait_until_serving)?;
        Ok(servers)
    }

    fn launch(
        product: Product,
        version: &str,
        dir: &Path,
        options: &ZookeeperOptions,
    ) -> anyhow::Result<Zookeeper> {
        let libs = libs(product, version)?;
        let port = options.port.map_or_else(free_port, Ok)?;
        let data_dir = dir.join("zookeeper");
        std::fs::create_dir_all(&data_dir)?;
        let mut config = vec![
            format!("dataDir={}", data_dir.display()),
            format!("clientPort={port}"),
            "clientPortAddress=127.0.0.1".to_owned(),
            "tickTime=500".to_owned(),
            "maxClientCnxns=0".to_owned(),
            "admin.enableServer=false".to_owned(),
            "4lw.commands.whitelist=*".to_owned(),
        ];
        config.extend(options.config.iter().cloned());
        let config_file = dir.join("zoo.cfg");
        std::fs::write(&config_file, config.join("\n") + "\n")?;
        let mut arguments: Vec<String> = [
            "-Xmx1g",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Dzookeeper.jmx.log4j.disable=true",
            "-Dzookeeper.extendedTypesEnabled=true",
        ]
        .map(str::to_owned)
        .into();
        // Without a configuration log4j composes every debug line, and throws it away.
        arguments.push(format!(
            "-Dlog4j.configuration=file:{}",
            source("server-log4j.properties").display()
        ));
        arguments.extend(options.jvm_arguments.iter().cloned());
        arguments.extend([
            "-cp".to_owned(),
            format!("{}/*", libs.display()),
            "org.apache.zookeeper.server.quorum.QuorumPeerMain".to_owned(),
            config_file.display().to_string(),
        ]);
        let name = format!("ZooKeeper of {product} {version}");
        Ok(Zookeeper {
            jvm: Process::start(&name, java(&arguments), &dir.join("zookeeper.out"))?,
            address: format!("127.0.0.1:{port}"),
            data_dir,
        })
    }

    fn wait_until_serving(&mut self) -> anyhow::Result<()> {
        let address = self.address.clone();
        self.jvm.wait_until(START_MAX, |_| Ok(answers(&address)))
    }

    /// The server's answer to a four-letter word.
    ///
    /// # Errors
    ///
    /// When it cannot be reached.
    pub fn four_letter_word(&self, word: &str) -> anyhow::Result<String> {
        let mut stream = TcpStream::connect(&self.address).context("the server cannot be reached")?;
        stream.write_all(word.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }

    /// Holds the server still: nobody can change a znode until [`Zookeeper::resume`].
    ///
    /// # Errors
    ///
    /// When the signal cannot be sent.
    pub fn pause(&mut self) -> anyhow::Result<()> {
        self.jvm.signal("STOP")
    }

    /// Lets it go on.
    ///
    /// # Errors
    ///
    /// When the signal cannot be sent.
    pub fn resume(&mut self) -> anyhow::Result<()> {
        self.jvm.signal("CONT")
    }

    /// Stops it in an orderly way.
    ///
    /// # Errors
    ///
    /// When it does not end.
    pub fn stop(self) -> anyhow::Result<()> {
        self.jvm.stop().map(|_| ())
    }

    /// Kills it.
    ///
    /// # Errors
    ///
    /// When it cannot be waited for.
    pub fn kill(self) -> anyhow::Result<()> {
        self.jvm.kill()
    }
}

/// Whether a server accepts connections and says that it serves.
fn answers(address: &str) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        stream.write_all(b"srvr")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.contains("Mode:"))
}
