//! What the tests share: a sink that keeps everything, a way in, and a client that writes.

use std::collections::BTreeMap;
use std::time::Duration;

use kraft_bridge_harness::{Product, Zookeeper, ZookeeperOptions};
use kraft_bridge_migration::capture::{Capture, CaptureError, SinkError, Summary, ZnodeSink};
use kraft_bridge_migration::zk::{ConnectOptions, JUTE_MAXBUFFER, LiveEnsemble};
use kraft_bridge_migration::znode::{Stat, Znode};
use tokio::runtime::Runtime;
use zookeeper_client::{Acls, Client, CreateMode};

/// Payloads and stats by path.
pub(crate) type Tree = BTreeMap<String, (Vec<u8>, Stat)>;

/// Everything a sink got: by path as it was in the end, and in order as it came.
#[derive(Debug, Default)]
pub(crate) struct Got {
    pub(crate) order: Vec<String>,
    pub(crate) znodes: Tree,
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

/// Captures, and does `what` when the first `znodes` have been delivered.
pub(crate) fn capture_while(
    options: ConnectOptions,
    znodes: usize,
    what: impl FnOnce() + Send,
) -> Result<(Got, Summary), CaptureError> {
    read_while(znodes, what, |sink| LiveEnsemble::new(options).read(sink))
}

/// Reads, and does `what` when the first `znodes` have been delivered.
pub(crate) fn read_while(
    znodes: usize,
    what: impl FnOnce() + Send,
    read: impl FnOnce(&mut dyn ZnodeSink) -> Result<Summary, CaptureError>,
) -> Result<(Got, Summary), CaptureError> {
    let mut during = During {
        got: Got::default(),
        left: znodes,
        what: Some(what),
    };
    let summary = read(&mut during)?;
    assert!(during.what.is_none(), "fewer than {znodes} znodes");
    Ok((during.got, summary))
}

struct During<F> {
    got: Got,
    left: usize,
    what: Option<F>,
}

impl<F: FnOnce() + Send> ZnodeSink for During<F> {
    fn znode(&mut self, znode: &Znode<'_>) -> Result<(), SinkError> {
        self.left = self.left.saturating_sub(1);
        if self.left == 0
            && let Some(what) = self.what.take()
        {
            // On a thread of its own: this one belongs to the capture's runtime.
            std::thread::scope(|scope| scope.spawn(what).join()).unwrap();
        }
        self.got.znode(znode)
    }

    fn gone(&mut self, path: &str) -> Result<(), SinkError> {
        self.got.gone(path)
    }

    fn unreadable(&mut self, path: &str, reason: &str) -> Result<(), SinkError> {
        self.got.unreadable(path, reason)
    }
}

/// A server with its files in a directory that goes with it.
pub(crate) struct Server {
    pub(crate) zookeeper: Zookeeper,
    pub(crate) dir: tempfile::TempDir,
}

pub(crate) fn start(product: Product, version: &str, options: &ZookeeperOptions) -> Server {
    let dir = tempfile::tempdir().unwrap();
    let zookeeper = Zookeeper::start(product, version, dir.path(), options).unwrap();
    Server { zookeeper, dir }
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

    /// An ephemeral znode, which goes with this client.
    pub(crate) fn register_broker(&self, chroot: &str) {
        let broker = format!("{chroot}/brokers/ids/1");
        let znode = (broker.as_str(), b"{}".as_slice());
        self.create_with(CreateMode::Ephemeral, Acls::anyone_all(), [znode]);
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
        self.set(&format!("{chroot}/config/topics"), b"set later");
        self.delete(&format!("{chroot}/gone"));
    }
}

/// The same paths, payloads and stats; tells the difference alone, for trees are large.
pub(crate) fn assert_same(ours: &Tree, theirs: &Tree) {
    let different: Vec<&String> = ours
        .keys()
        .chain(theirs.keys())
        .filter(|path| ours.get(*path) != theirs.get(*path))
        .take(5)
        .collect();
    assert!(different.is_empty(), "{different:?} differ");
}

/// Whether the paths came in subtree order, each once.
pub(crate) fn assert_in_order(order: &[String]) {
    let names = |path: &str| path.split('/').map(str::to_owned).collect::<Vec<_>>();
    for pair in order.windows(2) {
        assert!(pair[0] == "/" || names(&pair[0]) < names(&pair[1]), "{pair:?}");
    }
}
