//! Pages to look at, made by the program as a user makes them.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use kraft_bridge_migration::parity::{Difference, Kind, Report, Totals, What};

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/reports/small.json")
}

/// The page of the small report.
pub(crate) fn small_page(dir: &Path) -> PathBuf {
    make_page(&fixture(), &dir.join("small.html"))
}

/// The page of a report with so many differences, two to each entity.
pub(crate) fn large_page(dir: &Path, differences: usize) -> PathBuf {
    let mut report: Report = serde_json::from_slice(&fs::read(fixture()).unwrap()).unwrap();
    report.differences = (0..differences).map(difference).collect();
    report.totals.clear();
    for (at, kind) in [Kind::Partitions, Kind::TopicConfigs, Kind::Quotas]
        .into_iter()
        .enumerate()
    {
        let different = report.differences.iter().filter(|it| it.kind == kind).count();
        let totals = Totals {
            zookeeper: 1_000_000 >> at,
            kraft: 1_000_000 >> at,
            different: u64::try_from(different).unwrap(),
            ..Totals::default()
        };
        report.totals.insert(kind, totals);
    }
    let json = dir.join("large.json");
    fs::write(&json, serde_json::to_vec(&report).unwrap()).unwrap();
    make_page(&json, &dir.join("large.html"))
}

fn difference(at: usize) -> Difference {
    let number = at / 2;
    let (kind, entity, fields) = match number % 4 {
        0 | 1 => (
            Kind::Partitions,
            format!("topic-{number}-7"),
            ["replicas", "leader epoch"],
        ),
        2 => (
            Kind::TopicConfigs,
            format!("topic-{number}"),
            ["retention.ms", "cleanup.policy"],
        ),
        _ => (
            Kind::Quotas,
            format!(
                "User:app-{number}, client-id:a-client-with-a-long-name-that-does-not-break-topic-{number}"
            ),
            ["producer_byte_rate", "request_percentage"],
        ),
    };
    Difference {
        kind,
        path: format!("/brokers/topics/{entity}"),
        entity,
        what: What::Different,
        field: Some(fields[at % 2].to_owned()),
        zookeeper: Some(format!("{},{},{}", at % 9, at % 7, at % 5)),
        kraft: Some(format!("{},{}", at % 9, at % 7)),
        rule: None,
    }
}

fn make_page(report: &Path, page: &Path) -> PathBuf {
    // 1, because the report is not signed.
    Command::cargo_bin("kraft-bridge")
        .unwrap()
        .arg("verify-report")
        .arg(report)
        .arg("--html")
        .arg(page)
        .assert()
        .code(1);
    page.to_owned()
}
