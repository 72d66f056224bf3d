//! `format`, beside what `kafka-storage format` is known to write.

use std::path::Path;

use crate::support::{controller, controller_with, kraft_bridge, tree};

const CLUSTER_ID: &str = "-Yk3vWq1xTLa0hM6tPz8sg";

fn format(config: &Path, more: &[&str]) -> assert_cmd::assert::Assert {
    kraft_bridge()
        .args(["format", "--cluster-id", CLUSTER_ID, "--config"])
        .arg(config)
        .args(more)
        .assert()
}

fn files(dir: &Path) -> Vec<String> {
    tree(dir).keys().map(|path| path.display().to_string()).collect()
}

#[test]
fn a_controller_of_a_static_quorum_gets_identity_and_bootstrap_records() {
    let dir = tempfile::tempdir().unwrap();
    format(&controller(dir.path(), 3000, &[3000]), &[]).success();
    let data = dir.path().join("3000");
    assert_eq!(files(&data), ["bootstrap.checkpoint", "meta.properties"]);
    // The lengths of the files that Kafka's own formatter writes.
    assert_eq!(tree(&data)[Path::new("bootstrap.checkpoint")].len(), 411);
}

#[test]
fn for_3_9_the_bootstrap_records_are_those_of_3_9() {
    let dir = tempfile::tempdir().unwrap();
    format(
        &controller(dir.path(), 3000, &[3000]),
        &["--release-version", "3.9"],
    )
    .success();
    assert_eq!(
        tree(&dir.path().join("3000"))[Path::new("bootstrap.checkpoint")].len(),
        249
    );
}

#[test]
fn a_standalone_controller_is_the_only_voter_in_its_log() {
    let dir = tempfile::tempdir().unwrap();
    let config = controller_with(
        dir.path(),
        3000,
        "controller.quorum.bootstrap.servers=localhost:3000",
    );
    format(&config, &["--standalone"]).success();
    assert_eq!(
        files(&dir.path().join("3000")),
        [
            "__cluster_metadata-0/00000000000000000000-0000000000.checkpoint",
            "bootstrap.checkpoint",
            "meta.properties"
        ]
    );
}

#[test]
fn the_directory_of_an_initial_controller_is_the_one_it_is_named_with() {
    let dir = tempfile::tempdir().unwrap();
    let config = controller_with(
        dir.path(),
        3000,
        "controller.quorum.bootstrap.servers=localhost:3000",
    );
    let list = "3000@localhost:3000:AAAAAAAAAAAAAAAAAAAB8g,3001@localhost:3001:AAAAAAAAAAAAAAAAAAAB8Q";
    format(&config, &["--initial-controllers", list]).success();
    let identity = tree(&dir.path().join("3000"))[Path::new("meta.properties")].clone();
    assert!(
        String::from_utf8(identity)
            .unwrap()
            .contains("directory.id=AAAAAAAAAAAAAAAAAAAB8g")
    );
}

#[test]
fn who_votes_must_be_said_once_and_only_once() {
    let dir = tempfile::tempdir().unwrap();
    let of_static_quorum = controller(dir.path(), 3000, &[3000]);
    let of_dynamic_quorum = controller_with(
        dir.path(),
        3001,
        "controller.quorum.bootstrap.servers=localhost:3001",
    );
    format(&of_static_quorum, &["--standalone"]).code(2);
    format(&of_dynamic_quorum, &[]).code(2);
    format(&of_dynamic_quorum, &["--standalone", "--no-initial-controllers"]).code(2);
    format(&of_dynamic_quorum, &["--standalone", "--release-version", "3.8"]).code(2);
    let others = "3000@localhost:3000:AAAAAAAAAAAAAAAAAAAB8g";
    format(&of_dynamic_quorum, &["--initial-controllers", others]).code(2);
    assert_eq!(files(&dir.path().join("3001")), [""; 0]);
    format(&of_dynamic_quorum, &["--no-initial-controllers"]).success();
}

#[test]
fn a_formatted_directory_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let config = controller(dir.path(), 3000, &[3000]);
    format(&config, &[]).success();
    let before = tree(dir.path());
    format(&config, &[]).code(2);
    assert_eq!(tree(dir.path()), before);
}
