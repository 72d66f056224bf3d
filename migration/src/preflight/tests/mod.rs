//! What an operator is told; numbers are those of the known traps of reading ZooKeeper mode.

mod cluster;
mod partitions;
mod security;
mod topics;

use kraft_bridge_metadata::release::{MetadataVersion, Release};
use kraft_bridge_protocol::NodeId;

use super::*;
use crate::capture::ZnodeSink;
use crate::finding::Severity::{self, Blocker, Info, Warning};
use crate::legacy::Decoder;
use crate::znode::{Stat, Znode, Zxid};

const CLUSTER_ID: (&str, &str) = ("/cluster/id", r#"{"version":"1","id":"my-cluster"}"#);
const BROKER: &str = r#"{"version":1,"host":"h","port":9092,"jmx_port":-1,"timestamp":"1"}"#;

/// What preflight looks at, but for what each test is about: nothing odd.
struct Given {
    znodes: Vec<(&'static str, String)>,
    consistent_cut: bool,
    target: Target,
    broker: Option<BrokerFacts>,
    now: Timestamp,
}

fn given(znodes: &[(&'static str, &str)]) -> Given {
    let znodes = std::iter::once(&CLUSTER_ID).chain(znodes);
    Given {
        znodes: znodes.map(|(path, data)| (*path, (*data).to_owned())).collect(),
        consistent_cut: true,
        target: Target {
            release: Release::V3_9,
            min_insync_replicas: Some(2),
        },
        broker: None,
        now: Timestamp(1_000),
    }
}

impl Given {
    fn release(mut self, release: Release) -> Given {
        self.target.release = release;
        self
    }

    fn broker(mut self, broker: BrokerFacts) -> Given {
        self.broker = Some(BrokerFacts {
            file: "server.properties".to_owned(),
            ..broker
        });
        self
    }

    fn report(&self) -> Report {
        let mut decoder = Decoder::new();
        for (path, data) in &self.znodes {
            let (data, stat) = (data.as_bytes(), Stat::default());
            decoder.znode(&Znode { path, data, stat }).unwrap();
        }
        let (cluster, findings) = decoder.finish();
        let summary = Summary {
            source: "test".to_owned(),
            chroot: "/".to_owned(),
            first_zxid: Zxid(7),
            last_zxid: Zxid(9),
            consistent_cut: self.consistent_cut,
            znodes: 0,
            reread: 0,
            data_bytes: 0,
        };
        Preflight {
            cluster: &cluster,
            summary: &summary,
            findings: &findings,
            target: &self.target,
            broker: self.broker.as_ref(),
            now: self.now,
        }
        .report()
    }

    fn codes(&self) -> Vec<(Severity, &'static str)> {
        let findings = self.report().findings;
        findings
            .iter()
            .map(|finding| (finding.severity, finding.code))
            .collect()
    }
}

fn codes(znodes: &[(&'static str, &str)]) -> Vec<(Severity, &'static str)> {
    given(znodes).codes()
}

/// A topic with an id whose only partition has this assignment and, unless it is empty, this state.
fn partition(replicas: &str, state: &str) -> Given {
    let topic = format!(r#"{{"topic_id":"Yk3vWq1xTLa0hM6tPz8sCg","partitions":{{"0":{replicas}}}}}"#);
    let mut given = given(&[("/brokers/topics/t", &topic)]);
    if !state.is_empty() {
        given
            .znodes
            .push(("/brokers/topics/t/partitions/0/state", state.to_owned()));
    }
    given
}
