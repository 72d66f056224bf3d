//! Reports for the tests: one with everything that a report can hold, one of an empty cluster.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use kraft_bridge_migration::finding::Severity;
use kraft_bridge_migration::legacy::MigrationZnode;
use kraft_bridge_migration::parity::{
    Difference, Kind, KraftSide, Notice, Relation, Report, RuleUse, SCHEMA_VERSION, Settling, Totals,
    Verdict, What, ZookeeperSide,
};
use kraft_bridge_migration::znode::Zxid;
use kraft_bridge_protocol::{Epoch, NodeId, Offset};

/// A name that is an attack on whatever shows it.
pub(super) const HOSTILE: &str = "</script><img src=x onerror=\"alert('1')\">\u{1b}[2J\u{202e}\n&amp;";

/// Nothing on either side, and equal.
pub(super) fn empty() -> Report {
    Report {
        schema_version: SCHEMA_VERSION,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        time: "2026-03-01T12:00:00Z".to_owned(),
        verdict: Verdict::Equal,
        relation: Relation::Copied,
        zookeeper: ZookeeperSide {
            source: "cluster.capture".to_owned(),
            cluster_id: None,
            first_zxid: Zxid(0),
            last_zxid: Zxid(0),
            znodes: 0,
            youngest: None,
            migration: None,
            digest: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".to_owned(),
        },
        kraft: KraftSide {
            target: "/var/lib/kafka/metadata".to_owned(),
            cluster_id: None,
            end_offset: Offset(0),
            epoch: Epoch(0),
            records: 0,
            metadata_version: None,
            migration_state: None,
            digest: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".to_owned(),
        },
        totals: BTreeMap::new(),
        left_out: Vec::new(),
        differences: Vec::new(),
        explained: Vec::new(),
        ignored: Vec::new(),
        rules: BTreeMap::new(),
        not_compared: Vec::new(),
        notices: Vec::new(),
        settling: Settling::default(),
    }
}

/// One of everything, among it a name that is an attack.
pub(super) fn small() -> Report {
    let mut report = empty();
    report.verdict = Verdict::Different;
    report.zookeeper = ZookeeperSide {
        source: "zk://zk1:2181,zk2:2181/kafka".to_owned(),
        cluster_id: Some("5L6g3nShT-eMCtK--X86sw".to_owned()),
        first_zxid: Zxid(0x1_0000_0041),
        last_zxid: Zxid(0x1_0000_0052),
        znodes: 20_481,
        youngest: Some("2026-03-01T11:58:12Z".to_owned()),
        migration: Some(MigrationZnode {
            kraft_controller: Some(NodeId(3000)),
            kraft_controller_epoch: 4,
            kraft_metadata_offset: 8_120,
            kraft_metadata_epoch: 4,
        }),
        digest: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned(),
    };
    report.kraft = KraftSide {
        target: "/var/lib/kafka/metadata".to_owned(),
        cluster_id: Some("5L6g3nShT-eMCtK--X86sw".to_owned()),
        end_offset: Offset(8_121),
        epoch: Epoch(4),
        records: 12_007,
        metadata_version: Some("3.9-IV0".to_owned()),
        migration_state: Some("MIGRATION".to_owned()),
        digest: "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752".to_owned(),
    };
    report.totals = totals();
    report.left_out = vec![Kind::Features, Kind::OtherConfigs];
    report.differences = differences();
    report.explained = vec![
        leader_epoch("orders-0", "7", "9"),
        leader_epoch("orders-1", "7", "8"),
    ];
    report.ignored = vec![Difference {
        rule: Some("ignore: topic-configs test-*".to_owned()),
        ..field(
            Kind::TopicConfigs,
            "test-1",
            "/config/topics/test-1",
            "retention.ms",
            Some("1"),
            Some("2"),
        )
    }];
    let rule = "A leader epoch only grows: KRaft elected leaders since the copy.";
    let rule = RuleUse {
        text: rule.to_owned(),
        differences: 2,
    };
    report.rules = BTreeMap::from([("leader-epoch-moved-on".to_owned(), rule)]);
    report.not_compared = vec![notice(
        Severity::Blocker,
        "/config/users/bob",
        "undecodable",
        "the quota is no number",
        "Mend the znode, then verify again",
    )];
    report.notices = vec![notice(
        Severity::Info,
        "/controller",
        "controller-alive",
        "broker 2 is the active controller",
        "Nothing to do",
    )];
    report.settling = Settling {
        rounds: 2,
        settled: 3,
    };
    report
}

fn totals() -> BTreeMap<Kind, Totals> {
    let totals = |zookeeper, kraft| Totals {
        zookeeper,
        kraft,
        ..Totals::default()
    };
    BTreeMap::from([
        (Kind::ClusterId, totals(1, 1)),
        (
            Kind::Topics,
            Totals {
                missing_in_kraft: 1,
                only_in_kraft: 1,
                ..totals(1204, 1204)
            },
        ),
        (
            Kind::Partitions,
            Totals {
                different: 2,
                explained: 2,
                ..totals(10_000, 9_990)
            },
        ),
        (
            Kind::TopicConfigs,
            Totals {
                ignored: 1,
                ..totals(77, 77)
            },
        ),
        (
            Kind::Scram,
            Totals {
                different: 1,
                ..totals(3, 3)
            },
        ),
        (
            Kind::AclDecisions,
            Totals {
                different: 1,
                ..totals(512, 512)
            },
        ),
    ])
}

fn differences() -> Vec<Difference> {
    let decision = "User:alice Read topic:orders from 10.0.0.1";
    vec![
        Difference {
            kind: Kind::Topics,
            entity: "orders".to_owned(),
            path: "/brokers/topics/orders".to_owned(),
            what: What::MissingInKraft,
            field: None,
            zookeeper: Some("10 partitions".to_owned()),
            kraft: None,
            rule: None,
        },
        field(
            Kind::Partitions,
            "audit-3",
            "/brokers/topics/audit",
            "replicas",
            Some("1,2,3"),
            Some("1,3,2"),
        ),
        field(
            Kind::Partitions,
            "audit-3",
            "/brokers/topics/audit",
            "isr",
            Some("1,2,3"),
            Some("1,3"),
        ),
        field(
            Kind::Scram,
            "alice",
            "/config/users/alice",
            "SCRAM-SHA-256 stored key",
            Some("[redacted]"),
            Some("[redacted]"),
        ),
        field(
            Kind::AclDecisions,
            decision,
            "/kafka-acl/Topic/orders",
            "decision",
            Some("allowed"),
            Some("denied"),
        ),
        Difference {
            kind: Kind::Topics,
            entity: HOSTILE.to_owned(),
            path: format!("/brokers/topics/{HOSTILE}"),
            what: What::OnlyInKraft,
            field: None,
            zookeeper: None,
            kraft: Some("1 partition".to_owned()),
            rule: None,
        },
    ]
}

fn field(
    kind: Kind,
    entity: &str,
    path: &str,
    field: &str,
    zookeeper: Option<&str>,
    kraft: Option<&str>,
) -> Difference {
    Difference {
        kind,
        entity: entity.to_owned(),
        path: path.to_owned(),
        what: What::Different,
        field: Some(field.to_owned()),
        zookeeper: zookeeper.map(str::to_owned),
        kraft: kraft.map(str::to_owned),
        rule: None,
    }
}

fn leader_epoch(entity: &str, zookeeper: &str, kraft: &str) -> Difference {
    Difference {
        rule: Some("leader-epoch-moved-on".to_owned()),
        ..field(
            Kind::Partitions,
            entity,
            "/brokers/topics/orders",
            "leader epoch",
            Some(zookeeper),
            Some(kraft),
        )
    }
}

fn notice(severity: Severity, path: &str, code: &str, problem: &str, action: &str) -> Notice {
    Notice {
        severity,
        path: path.to_owned(),
        code: code.to_owned(),
        problem: problem.to_owned(),
        action: action.to_owned(),
    }
}

/// Compares with `fixtures/reports/NAME`; what differs is left beside it as `NAME.new`, to be looked at and taken.
pub(super) fn expect(name: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/reports")
        .join(name);
    let new = path.with_file_name(format!("{name}.new"));
    if fs::read_to_string(&path).is_ok_and(|expected| expected == actual) {
        drop(fs::remove_file(new));
        return;
    }
    fs::write(&new, actual).unwrap();
    panic!(
        "{name} is another now: look at {} and, if it is right, rename it",
        new.display()
    );
}
