//! Controllers that trust nobody without a certificate, or a password that the log knows.

use std::path::Path;
use std::sync::LazyLock;

use kraft_bridge_harness::{Properties, Tool, keystore};
use tempfile::TempDir;

use crate::broker::Broker;
use crate::ending::all_is_well;
use crate::faults::{ALL, is_killed_and_started};
use crate::quorum::{Case, Quorum, Release, Voters};

/// A made-up password of every store.
const STORE_PASSWORD: &str = "made-up-secret";
/// Who every node is.
const USER: &str = "controller";
const SCRAM: &str = "SCRAM-SHA-512";

/// One key and certificate for every node, and a store that trusts it alone.
static STORES: LazyLock<TempDir> = LazyLock::new(|| {
    let dir = tempfile::tempdir().unwrap();
    let key = dir.path().join("key.p12");
    keystore::make(&key, STORE_PASSWORD).unwrap();
    keystore::trust(&dir.path().join("trust.p12"), &key, STORE_PASSWORD).unwrap();
    dir
});

fn store(kind: &str, path: &Path) -> Properties {
    Properties::new()
        .with(format!("ssl.{kind}.location"), path.display())
        .with(format!("ssl.{kind}.type"), "PKCS12")
        .with(format!("ssl.{kind}.password"), STORE_PASSWORD)
}

fn stores() -> Properties {
    store("keystore", &STORES.path().join("key.p12"))
        .and(store("truststore", &STORES.path().join("trust.p12")))
        .with("ssl.key.password", STORE_PASSWORD)
}

fn authorized(users: &str) -> Properties {
    // Clients of the broker need not log in.
    Properties::new()
        .with(
            "authorizer.class.name",
            "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        )
        .with("super.users", format!("{users};User:ANONYMOUS"))
}

/// Both sides of every connection show a certificate.
pub(crate) fn certificates_are_shown(release: Release, voters: Voters) {
    let mut case = Case::new(release, voters, 1);
    case.protocol = "SSL";
    case.settings = stores()
        .and(authorized("User:CN=broker"))
        .with("listener.name.controller.ssl.client.auth", "required");
    case.client = stores().with("security.protocol", "SSL");
    let mut quorum = Quorum::start(case);
    let broker = Broker::start(&quorum);
    broker.works(&quorum, "before");
    for id in ALL {
        is_killed_and_started(&mut quorum, id);
    }
    broker.works(&quorum, "after");
    all_is_well(&mut quorum, Some(broker));
}

fn module(kind: &str, more: &str) -> String {
    let module = format!("org.apache.kafka.common.security.{kind}LoginModule");
    format!("{module} required username=\"{USER}\" password=\"{USER}-password\"{more};")
}

/// A log that nobody can read yet knows no password: the quorum begins with PLAIN, whose passwords are in the files,
/// and turns to SCRAM node by node, while it goes on.
pub(crate) fn passwords_come_from_the_log(release: Release, voters: Voters) {
    let mut quorum = Quorum::start(with_passwords(release, voters));
    let broker = Broker::start(&quorum);
    let password = format!(
        "--alter --entity-type users --entity-name {USER} --add-config {SCRAM}=[password={USER}-password]"
    );
    quorum
        .tools
        .run(&[broker.call(Tool::Configs, &password)])
        .unwrap();
    broker.works(&quorum, "before");
    broker.stop();

    log_in_by_scram(&mut quorum);
    for id in ALL {
        restart_with_its_file_written_anew(&mut quorum, id);
    }
    let broker = Broker::start(&quorum);
    quorum.set("listener.name.controller.sasl.enabled.mechanisms", SCRAM);
    for id in ALL {
        restart_with_its_file_written_anew(&mut quorum, id);
    }
    broker.works(&quorum, "after");
    all_is_well(&mut quorum, Some(broker));
}

fn with_passwords(release: Release, voters: Voters) -> Case {
    let mut case = Case::new(release, voters, 1);
    case.protocol = "SASL_SSL";
    let own = |key: &str| format!("listener.name.controller.{key}");
    let plain = module("plain.Plain", &format!(" user_{USER}=\"{USER}-password\""));
    case.settings = stores()
        .and(authorized(&format!("User:{USER}")))
        .with(own("sasl.enabled.mechanisms"), format!("PLAIN,{SCRAM}"))
        .with(own("plain.sasl.jaas.config"), plain)
        .with(own("scram-sha-512.sasl.jaas.config"), module("scram.Scram", ""))
        .with("sasl.mechanism.controller.protocol", "PLAIN");
    case.client = store("truststore", &STORES.path().join("trust.p12"))
        .with("security.protocol", "SASL_SSL")
        .with("sasl.mechanism", "PLAIN")
        .with("sasl.jaas.config", module("plain.Plain", ""));
    case
}

/// In the files that are written from now on.
fn log_in_by_scram(quorum: &mut Quorum) {
    quorum.set("sasl.mechanism.controller.protocol", SCRAM);
    quorum.set_client("sasl.mechanism", SCRAM);
    quorum.set_client("sasl.jaas.config", &module("scram.Scram", ""));
}

/// The node knows the passwords again before the next one goes: those of Kafka read the log anew from its start.
fn restart_with_its_file_written_anew(quorum: &mut Quorum, id: i32) {
    quorum.member_mut(id).kill();
    quorum.write_config(quorum.member(id));
    quorum.leader();
    quorum.start_member(id);
    quorum.in_step(&ALL);
    if quorum.is_ours(id) {
        // What was committed at the first time is known as such at the second.
        quorum.in_step(&ALL);
    } else {
        quorum
            .member_mut(id)
            .wait_until_logged("InitializeNewPublishers: initializing ScramPublisher");
    }
}
