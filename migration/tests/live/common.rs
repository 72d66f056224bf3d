//! What the tests share: a sink that keeps everything, a way in, and a client that writes.

use std::collections::BTreeMap;
use std::time::Duration;

use kraft_bridge_harness::{Product, Zookeeper, ZookeeperOptions};
use kraft_bridge_migration::capture::{Capture, CaptureError, SinkError, Summary, ZnodeSink};
use kraft_bridge_migration::zk::{ConnectOptions, JUTE_MAXBUFFER, LiveEnsemble};
use kraft_bridge_migration::znode::{Stat, Znode};
use tokio::runtime::Runtime;
use zookeeper_client::{Acls, Client, CreateMode};

/// Everything a sink got: by path as it was in the end, and in order as it came.
#[derive(Debug, Default)]
pub(crate) struct Got {
    pub(crate) order: Vec<String>,
    pub(crate) znodes: BTreeMap<String, (Vec<u8>, Stat)>,
    pub(crate) unreadable: BTreeMap<String, String>,
    pub(crate) gone: Vec<String>,
}

impl ZnodeSink for Got {
    fn znode(&mut self, znode: &Znode<'_>) -> Result<(), SinkError> {
        self.order.push(znode.path.to_owned());
        let known = (znode.data.to_vec(), znode.stat);
        self.znodes.insert(znode.path.to_owned(), known);
        Ok(())
    }

    fn gone(&mut self, path: &str) -> Result<(), SinkError> {
        self.gone.push(path.to_owned());
        let below = format!("{path}/");
        self.znodes
            .retain(|other, _| other != path && !other.starts_with(&below));
        Ok(())
    }

    fn unreadable(&mut self, path: &str, reason: &str) -> Result<(), SinkError> {
        self.unreadable.insert(path.to_owned(), reason.to_owned());
        Ok(())
    }
}

/// The plainest way to `servers`.
pub(crate) fn options(servers: &str) -> ConnectOptions {
    ConnectOptions {
        servers: servers.to_owned(),
        chroot: "/".to_owned(),
        tls: None,
        digest: None,
        session_timeout: Duration::from_secs(6),
        connection_timeout: Duration::from_secs(20),
        jute_maxbuffer: JUTE_MAXBUFFER,
        znodes_per_second: None,
    }
}

pub(crate) fn capture(options: ConnectOptions) -> Result<(Got, Summary), CaptureError> {
    let mut got = Got::default();
    let summary = LiveEnsemble::new(options).read(&mut got)?;
    Ok((got, summary))
}

/// A server with its files in a directory that goes with it.
pub(crate) struct Server {
    pub(crate) zookeeper: Zookeeper,
    _dir: tempfile::TempDir,
}

pub(crate) fn start(product: Product, version: &str, options: &ZookeeperOptions) -> Server {
    let dir = tempfile::tempdir().unwrap();
    let zookeeper = Zookeeper::start(product, version, dir.path(), options).unwrap();
    Server { zookeeper, _dir: dir }
}

/// The newest server.
pub(crate) fn start_newest() -> Server {
    start(Product::Zookeeper, "3.9.4", &ZookeeperOptions::default())
}

/// A client that writes, with a runtime of its own.
pub(crate) struct Writer {
    runtime: Runtime,
    pub(crate) client: Client,
}

impl Writer {
    pub(crate) fn open(servers: &str) -> Writer {
        let runtime = Runtime::new().unwrap();
        let connecting = Client::connector().with_server_version(3, 4, 14).connect(servers);
        let client = runtime.block_on(connecting).unwrap();
        Writer { runtime, client }
    }

    /// Creates persistent znodes, each parent before its children.
    pub(crate) fn create<'a>(&self, znodes: impl IntoIterator<Item = (&'a str, &'a [u8])>) {
        self.create_with(CreateMode::Persistent, Acls::anyone_all(), znodes);
    }

    pub(crate) fn create_with<'a>(
        &self,
        mode: CreateMode,
        acls: Acls<'_>,
        znodes: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    ) {
        let options = mode.with_acls(acls);
        let creations: Vec<_> = znodes
            .into_iter()
            .map(|(path, data)| self.client.create(path, data, &options))
            .collect();
        self.runtime.block_on(async {
            for creation in creations {
                creation.await.unwrap();
            }
        });
    }

    pub(crate) fn set(&self, path: &str, data: &[u8]) {
        self.runtime
            .block_on(self.client.set_data(path, data, None))
            .unwrap();
    }

    pub(crate) fn delete(&self, path: &str) {
        self.runtime.block_on(self.client.delete(path, None)).unwrap();
    }

    /// Something like a small Kafka cluster below `chroot` (empty for none).
    pub(crate) fn fill(&self, chroot: &str, topics: usize) {
        let parents = [
            "/brokers",
            "/brokers/ids",
            "/brokers/topics",
            "/config",
            "/config/topics",
            "/gone",
        ];
        let mut znodes: Vec<(String, Vec<u8>)> = Vec::new();
        for end in chroot
            .match_indices('/')
            .map(|(end, _)| end)
            .skip(1)
            .chain([chroot.len()])
        {
            if end > 0 {
                znodes.push((chroot[..end].to_owned(), Vec::new()));
            }
        }
        znodes.extend(parents.map(|path| (format!("{chroot}{path}"), Vec::new())));
        for topic in 0..topics {
            let path = format!("{chroot}/brokers/topics/topic-{topic}");
            znodes.push((
                path.clone(),
                format!(r#"{{"version":3,"topic":{topic}}}"#).into_bytes(),
            ));
            znodes.push((format!("{path}/partitions"), Vec::new()));
            for partition in 0..3 {
                znodes.push((format!("{path}/partitions/{partition}"), Vec::new()));
                let state = format!(r#"{{"leader":{partition}}}"#).into_bytes();
                znodes.push((format!("{path}/partitions/{partition}/state"), state));
            }
        }
        self.create(znodes.iter().map(|(path, data)| (path.as_str(), data.as_slice())));
        let broker = format!("{chroot}/brokers/ids/1");
        self.create_with(
            CreateMode::Ephemeral,
            Acls::anyone_all(),
            [(broker.as_str(), b"{}".as_slice())],
        );
        self.set(&format!("{chroot}/config/topics"), b"set later");
        self.delete(&format!("{chroot}/gone"));
    }
}

/// Whether the paths came in subtree order, each once.
pub(crate) fn assert_in_order(order: &[String]) {
    let names = |path: &str| path.split('/').map(str::to_owned).collect::<Vec<_>>();
    for pair in order.windows(2) {
        assert!(pair[0] == "/" || names(&pair[0]) < names(&pair[1]), "{pair:?}");
    }
}
