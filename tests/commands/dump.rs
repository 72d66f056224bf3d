//! `dump`: what real nodes and servers wrote is read whole, and what is damaged up to the damage.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use kraft_bridge_metadata::records::MetadataRecord;
use kraft_bridge_raft::reader::{BatchFile, Entry, ReadError};
use serde_json::Value;

use crate::support::{data_directory, kraft_bridge, sealed_capture};

/// Files below a fixture that these endings select.
fn fixtures(directory: &str, endings: &[&str]) -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(directory);
    let mut paths: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            endings
                .iter()
                .any(|ending| path.to_string_lossy().ends_with(ending))
        })
        .collect();
    paths.sort();
    paths
}

/// Logs and checkpoints that real nodes wrote.
fn logs() -> Vec<PathBuf> {
    ["logs/3.9.2", "logs/4.3.1"]
        .iter()
        .flat_map(|version| {
            let partition = format!("{version}/__cluster_metadata-0");
            let mut paths = fixtures(&partition, &[".log", ".checkpoint"]);
            paths.extend(fixtures(version, &[".checkpoint"]));
            paths
        })
        .collect()
}

fn dump(path: &Path) -> String {
    let output = kraft_bridge().arg("dump").arg(path).assert().success();
    String::from_utf8(output.get_output().stdout.clone()).unwrap()
}

fn dump_json(path: &Path) -> Vec<Value> {
    let output = kraft_bridge()
        .args(["dump", "--json"])
        .arg(path)
        .assert()
        .success();
    let text = String::from_utf8(output.get_output().stdout.clone()).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// What a command that must fail prints, and why it failed.
fn dump_damaged(path: &Path) -> (String, String) {
    let output = kraft_bridge().arg("dump").arg(path).assert().code(2);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        text(&output.get_output().stdout),
        text(&output.get_output().stderr),
    )
}

#[test]
fn every_record_of_a_real_log_is_a_line_and_encodes_to_the_bytes_it_was_read_from() {
    for path in logs() {
        let mut offsets = Vec::new();
        BatchFile::open(&path)
            .unwrap()
            .for_each(|place, entry| {
                offsets.push(place.offset.0);
                if let Entry::Data(bytes) = entry {
                    let (record, version) = MetadataRecord::decode(bytes).unwrap();
                    let mut again = Vec::new();
                    record.encode(version, &mut again).unwrap();
                    assert_eq!(again, bytes, "{}: {record:?}", path.display());
                }
                Ok::<(), ReadError>(())
            })
            .unwrap();
        let lines = dump_json(&path);
        let shown: Vec<i64> = lines
            .iter()
            .filter(|line| line["kind"] != "batch")
            .map(|line| line["offset"].as_i64().unwrap())
            .collect();
        assert_eq!(shown, offsets, "{}", path.display());
    }
}

#[test]
fn a_real_node_wrote_every_kind_of_record_that_an_administrator_can_cause() {
    for (version, partition_version) in [("3.9.2", 1), ("4.3.1", 2)] {
        let partition = format!("logs/{version}/__cluster_metadata-0");
        let [segment] = fixtures(&partition, &[".log"]).try_into().unwrap();
        let mut count = BTreeMap::new();
        for line in dump_json(&segment) {
            let kind = line["type"].as_str().unwrap_or("batch").to_owned();
            *count.entry(kind).or_insert(0) += 1;
            if line["type"] == "PartitionRecord" {
                assert_eq!(line["version"], partition_version);
            }
        }
        assert_eq!(count["PartitionRecord"], 46, "{version}");
        assert_eq!(count["UserScramCredentialRecord"], 3, "{version}");
        for kind in [
            "LeaderChange",
            "BeginTransactionRecord",
            "EndTransactionRecord",
            "RegisterControllerRecord",
            "RegisterBrokerRecord",
            "BrokerRegistrationChangeRecord",
            "PartitionChangeRecord",
            "RemoveTopicRecord",
            "RemoveUserScramCredentialRecord",
            "ClientQuotaRecord",
            "RemoveAccessControlEntryRecord",
            "DelegationTokenRecord",
            "RemoveDelegationTokenRecord",
            "ProducerIdsRecord",
            "NoOpRecord",
        ] {
            assert!(count.contains_key(kind), "{version}: {kind}");
        }
    }
}

#[test]
fn a_checkpoint_reads_as_its_golden_text() {
    let partition = "logs/4.3.1/__cluster_metadata-0";
    let newest = fixtures(partition, &[".checkpoint"]).pop().unwrap();
    let text = dump(&newest);
    assert_eq!(text, include_str!("checkpoint-4.3.1.txt"));
}

#[test]
fn no_secret_is_shown_whatever_the_file() {
    for path in logs() {
        let text = dump(&path);
        assert!(!text.contains("made-up"), "{}", path.display());
        for line in text
            .lines()
            .filter(|line| line.contains(" UserScramCredentialRecord"))
        {
            assert!(
                line.contains(r#""salt":"[redacted]","storedKey":"[redacted]","serverKey":"[redacted]""#),
                "{line}"
            );
        }
    }
    let password = logs()
        .iter()
        .flat_map(|path| dump_json(path))
        .filter(|line| line["data"]["name"] == "listener.name.tls.ssl.truststore.password")
        .map(|line| line["data"]["value"].clone())
        .collect::<Vec<_>>();
    assert!(
        password.len() >= 4 && password.iter().all(|value| value == "[redacted]"),
        "{password:?}"
    );
}

#[test]
fn identity_and_election_state_are_one_line_each() {
    let files = fixtures("logs/3.9.2/__cluster_metadata-0", &["quorum-state"]);
    assert_eq!(
        dump(&files[0]),
        "quorum-state version 0: epoch 2, leader 1, voted for none, voters [1]\n"
    );
    let files = fixtures("logs/4.3.1", &["meta.properties"]);
    let [line] = dump_json(&files[0]).try_into().unwrap();
    assert_eq!(line["kind"], "metaProperties");
    assert_eq!(line["nodeId"], 1);
    assert_eq!(line["clusterId"], "bWFkZSB1cCBjbHVzdGVyIA");
}

#[test]
fn a_damaged_segment_is_printed_up_to_the_batch_that_is_damaged() {
    let dir = tempfile::tempdir().unwrap();
    let [segment] = fixtures("logs/4.3.1/__cluster_metadata-0", &[".log"])
        .try_into()
        .unwrap();
    let whole = dump(&segment);
    let bytes = fs::read(&segment).unwrap();
    let damaged = dir.path().join("00000000000000000000.log");
    let positions: Vec<usize> = dump_json(&segment)
        .iter()
        .filter_map(|line| usize::try_from(line["position"].as_u64()?).ok())
        .collect();
    for position in [positions[0], positions[10], *positions.last().unwrap()] {
        let sound = whole
            .split_once(&format!("batch at byte {position}: "))
            .unwrap()
            .0;
        let mut flipped = bytes.clone();
        flipped[position + 40] ^= 1;
        for content in [&bytes[..position + 70], &flipped] {
            fs::write(&damaged, content).unwrap();
            let (printed, error) = dump_damaged(&damaged);
            assert_eq!(printed, sound);
            assert!(
                error.contains(&format!("{}, byte {position}: ", damaged.display())),
                "{error}"
            );
        }
    }
}

#[test]
fn a_checkpoint_without_its_footer_is_printed_and_refused() {
    let dir = tempfile::tempdir().unwrap();
    let whole = fixtures("logs/3.9.2", &["bootstrap.checkpoint"]).pop().unwrap();
    let cut = dir.path().join("bootstrap.checkpoint");
    fs::write(&cut, &fs::read(whole).unwrap()[..290]).unwrap();
    let (printed, error) = dump_damaged(&cut);
    assert!(printed.contains("UserScramCredentialRecord"), "{printed}");
    assert!(error.contains("the footer is missing"), "{error}");
}

#[test]
fn zookeepers_own_files_are_read_whole_compressed_or_not() {
    for version in ["3.4.14", "3.5.9", "3.8.4", "3.9.4", "3.9.4-gz", "3.9.4-snappy"] {
        let directory = format!("zookeeper/{version}/version-2");
        let newest = fixtures(&directory, &[""])
            .into_iter()
            .rfind(|path| path.to_string_lossy().contains("snapshot."))
            .unwrap();
        let id = dump_json(&newest)
            .into_iter()
            .find(|line| line["path"] == "/cluster/id")
            .unwrap();
        assert_eq!(id["kind"], "znode");
        assert_eq!(id["data"], r#"{"version":"1","id":"bXktY2x1c3Rlci1pZC0xMg"}"#);

        let mut zxids = Vec::new();
        for log in fixtures(&directory, &[""]) {
            if log.to_string_lossy().contains("/log.") {
                let lines = dump_json(&log);
                zxids.extend(lines.iter().map(|line| line["zxid"].as_i64().unwrap()));
            }
        }
        assert!(
            zxids.len() > 100 && zxids.windows(2).all(|pair| pair[0] + 1 == pair[1]),
            "{version}: {zxids:?}"
        );
    }
}

#[test]
fn a_damaged_file_of_zookeepers_is_printed_up_to_the_damage() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["snapshot.52", "log.54"] {
        let path = data_directory().join("version-2").join(name);
        let (whole, mut bytes) = (dump(&path), fs::read(&path).unwrap());
        let damaged = dir.path().join(name);
        if name.starts_with("log") {
            // A log that is cut off is what a server leaves that was killed.
            bytes[2000] ^= 1;
        } else {
            bytes.truncate(2000);
        }
        fs::write(&damaged, &bytes).unwrap();
        let (printed, error) = dump_damaged(&damaged);
        assert!(
            !printed.is_empty() && whole.starts_with(&printed),
            "{name}: {printed}"
        );
        assert!(
            error.contains(&format!("{}, offset ", damaged.display())),
            "{error}"
        );
    }
}

#[test]
fn a_sealed_capture_opens_with_its_passphrase_and_still_hides_secrets() {
    let dir = tempfile::tempdir().unwrap();
    let (capture, passphrase) = sealed_capture(dir.path());
    let (printed, error) = dump_damaged(&capture);
    assert!(printed.is_empty() && error.contains("sealed"), "{error}");
    let output = kraft_bridge()
        .args(["dump", "--json"])
        .arg(&capture)
        .arg("--passphrase-file")
        .arg(&passphrase)
        .assert()
        .success();
    let text = String::from_utf8_lossy(&output.get_output().stdout).into_owned();
    let summary: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!(summary["kind"], "summary");
    assert_eq!(
        summary["znodes"].as_u64().unwrap(),
        text.lines().count() as u64 - 1
    );
}

#[test]
fn a_directory_and_a_stranger_are_told_what_to_name() {
    let logs = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/logs/4.3.1");
    let (_, error) = dump_damaged(&logs);
    assert!(
        error.contains("__cluster_metadata-0/quorum-state, bootstrap.checkpoint, meta.properties"),
        "{error}"
    );
    let (_, error) = dump_damaged(Path::new("Cargo.toml"));
    assert!(error.contains("Cargo.toml: neither name nor content"), "{error}");
}
