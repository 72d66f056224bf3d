//! `status`, beside `kafka-metadata-quorum describe`.

use std::collections::BTreeMap;
use std::path::Path;

use assert_cmd::Command;
use kraft_bridge_harness::{Call, Properties, Tool, Tools};
use serde_json::Value;

use crate::controllers::{Controllers, Voters};
use crate::dump::PROGRAM;

const BROKER: usize = 11;

/// What `status` says of a quorum; what it says when it fails.
pub(crate) fn status(quorum: &str, command_config: Option<&Path>) -> Result<Value, String> {
    let mut command = Command::new(PROGRAM);
    command.args(["--json", "status", quorum]);
    if let Some(file) = command_config {
        command.arg("--command-config").arg(file);
    }
    let output = command.output().unwrap();
    match output.status.code() {
        Some(0) => Ok(serde_json::from_slice(&output.stdout).unwrap()),
        Some(2) => Err(String::from_utf8(output.stderr).unwrap()),
        other => panic!("{quorum}: exit status {other:?}"),
    }
}

/// What Kafka's tool shows: `--status` by its names, and `--replication` by node.
struct Theirs {
    status: BTreeMap<String, String>,
    replicas: BTreeMap<i64, Vec<String>>,
}

impl Theirs {
    fn ask(version: &str, controller: &str) -> Theirs {
        let call = |what| {
            let arguments = format!("--bootstrap-controller {controller} describe {what}");
            Call::new(Tool::MetadataQuorum, &arguments)
        };
        let printed = Tools::of(version)
            .unwrap()
            .run(&[call("--status"), call("--replication")])
            .unwrap();
        let named = printed[0].lines().filter_map(|line| line.split_once(':'));
        let rows = printed[1].lines().skip(1).filter(|line| !line.trim().is_empty());
        Theirs {
            status: named
                .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
                .collect(),
            replicas: rows
                .map(|row| {
                    let cells: Vec<String> = row.split_whitespace().map(str::to_owned).collect();
                    (cells[0].parse().unwrap(), cells)
                })
                .collect(),
        }
    }

    fn number(&self, name: &str) -> i64 {
        self.status[name].parse().unwrap()
    }
}

/// The members that `status` lists, by node.
fn members(status: &Value) -> BTreeMap<i64, &Value> {
    ["voters", "observers"]
        .into_iter()
        .flat_map(|list| status[list].as_array().unwrap())
        .map(|member| (member["nodeId"].as_i64().unwrap(), member))
        .collect()
}

pub(crate) fn the_status_is_what_kafka_s_own_tool_shows(version: &str, release: &str, voters: Voters) {
    let mut controllers = Controllers::start(version, release, voters);
    let broker = controllers.start_broker(BROKER, version, release, voters);
    let uri = controllers.uri();
    let before = status(&uri, None).unwrap();
    let theirs = Theirs::ask(version, &controllers.addresses().join(","));
    let after = status(&uri, None).unwrap();
    the_head_is_the_same(&before, &theirs, &after);
    everybody_is_there(&before, &theirs, &after, voters);

    for address in controllers.addresses() {
        let by_one = status(&format!("kafka://{address}"), None).unwrap();
        assert_eq!(by_one["leaderId"], before["leaderId"], "each names the others");
    }
    the_text_has_a_line_for_each(&uri);

    drop(broker);
    let first = before["leaderId"].as_i64().unwrap();
    controllers.kill(first);
    let second = status(&uri, None).unwrap()["leaderId"].as_i64().unwrap();
    assert_ne!(second, first, "the election is waited for");
    controllers.kill(second);
    nobody_leads(&controllers, &uri);
}

fn the_head_is_the_same(before: &Value, theirs: &Theirs, after: &Value) {
    assert_eq!(before["clusterId"], theirs.status["ClusterId"].as_str());
    assert_eq!(before["leaderId"], theirs.number("LeaderId"));
    assert_eq!(before["leaderEpoch"], theirs.number("LeaderEpoch"));
    let watermark = |status: &Value| status["highWatermark"].as_i64().unwrap();
    let range = watermark(before)..=watermark(after);
    assert!(range.contains(&theirs.number("HighWatermark")), "{range:?}");
    for ours in [before, after] {
        assert!(ours["maxFollowerLag"].as_i64().unwrap() >= 0, "{ours}");
        let behind = ours["maxFollowerLagTimeMs"].as_i64().unwrap();
        assert!((0..10_000).contains(&behind), "{ours}");
    }
}

fn everybody_is_there(before: &Value, theirs: &Theirs, after: &Value, voters: Voters) {
    let (before, after) = (members(before), members(after));
    assert_eq!(
        before.keys().collect::<Vec<_>>(),
        theirs.replicas.keys().collect::<Vec<_>>()
    );
    for (id, cells) in &theirs.replicas {
        let [_, directory, end, _, last_fetch, last_caught_up, role] = &cells[..] else {
            panic!("seven columns: {cells:?}");
        };
        let (before, after) = (before[id], after[id]);
        let no_directory = "AAAAAAAAAAAAAAAAAAAAAA";
        assert_eq!(
            before["directoryId"].as_str().unwrap_or(no_directory),
            directory,
            "{before}"
        );
        assert_eq!(before["role"], role.to_lowercase(), "{before}");
        for (name, text) in [
            ("logEndOffset", end),
            ("lastFetchTimestamp", last_fetch),
            ("lastCaughtUpTimestamp", last_caught_up),
        ] {
            let range = before[name].as_i64().unwrap()..=after[name].as_i64().unwrap();
            assert!(
                range.contains(&text.parse().unwrap()),
                "{id} {name}: {text} {range:?}"
            );
        }
        let endpoint = &before["endpoints"][0];
        let is_controller = *role != "Observer";
        assert_eq!(endpoint["port"].is_i64(), is_controller, "{before}");
        let listener = (voters == Voters::Dynamic && is_controller).then_some("CONTROLLER");
        if let Some(listener) = listener {
            assert_eq!(endpoint["listener"], listener, "{before}");
            assert!(theirs.status["CurrentVoters"].contains(directory.as_str()));
        }
    }
}

fn the_text_has_a_line_for_each(uri: &str) {
    let output = Command::new(PROGRAM).args(["status", uri]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    for (role, expected) in [("leader ", 1), ("follower ", 2), ("observer ", 1)] {
        let lines = text.lines().skip(7).filter(|line| line.contains(role));
        assert_eq!(lines.count(), expected, "{text}");
    }
    assert!(text.contains("\nNODE  ROLE "), "{text}");
}

fn nobody_leads(controllers: &Controllers, uri: &str) {
    let file = controllers.dir.path().join("client.properties");
    Properties::new()
        .with("default.api.timeout.ms", 2_000)
        .write(&file)
        .unwrap();
    let said = status(uri, Some(&file)).unwrap_err();
    assert!(said.contains("no leader of the quorum at 127.0.0.1:"), "{said}");
    for address in controllers.addresses() {
        assert!(said.contains(&format!("{address} ")), "{said}");
    }
    assert!(
        said.contains("does not lead, and ") && said.contains("takes no connections"),
        "{said}"
    );
}
