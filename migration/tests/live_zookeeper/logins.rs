//! SASL DIGEST-MD5, and znodes that only a logged-in user may read.

use kraft_bridge_harness::{Product, ZookeeperOptions};
use kraft_bridge_migration::capture::CaptureError;
use kraft_bridge_migration::legacy::Secret;
use kraft_bridge_migration::zk::{ConnectOptions, DigestCredentials};
use zookeeper_client::{Acl, Acls, AuthId, CreateMode, Permission};

use crate::common::{Server, Writer, capture, options, start};

const JAAS: &str = r#"Server {
    org.apache.zookeeper.server.auth.DigestLoginModule required
    user_kafka="made-up-secret";
};
"#;

/// A server with a user, and a znode that only that user may read.
fn start_with_user(version: &str, more_config: &str) -> (tempfile::TempDir, Server) {
    let jaas = tempfile::tempdir().unwrap();
    let file = jaas.path().join("jaas.conf");
    std::fs::write(&file, JAAS).unwrap();
    let server = ZookeeperOptions {
        config: vec![
            "authProvider.1=org.apache.zookeeper.server.auth.SASLAuthenticationProvider".to_owned(),
            more_config.to_owned(),
        ],
        jvm_arguments: vec![format!("-Djava.security.auth.login.config={}", file.display())],
        port: None,
    };
    (jaas, start(Product::Zookeeper, version, &server))
}

fn write_protected(server: &Server) {
    let writer = Writer::open(&server.zookeeper.address);
    writer.create([
        ("/config", b"".as_slice()),
        ("/config/topics", b"open".as_slice()),
    ]);
    let only_kafka = [Acl::new(Permission::ALL, AuthId::new("sasl", "kafka"))];
    writer.create_with(
        CreateMode::Persistent,
        Acls::new(&only_kafka),
        [("/config/users", b"protected".as_slice())],
    );
}

fn logged_in(server: &Server, password: &str) -> ConnectOptions {
    let mut options = options(&server.zookeeper.address);
    options.digest = Some(DigestCredentials {
        user: "kafka".to_owned(),
        password: Secret(password.to_owned()),
    });
    options
}

#[test]
fn what_only_a_user_may_read_is_read_by_the_user_and_reported_to_others() {
    for version in ["3.4.14", "3.9.4"] {
        let (_jaas, server) = start_with_user(version, "");
        write_protected(&server);

        let (got, _) = capture(logged_in(&server, "made-up-secret")).unwrap();
        assert_eq!(got.znodes["/config/users"].0, b"protected");
        assert!(got.unreadable.is_empty());

        let (got, summary) = capture(options(&server.zookeeper.address)).unwrap();
        let reason = &got.unreadable["/config/users"];
        assert!(reason.contains("log in as the brokers do"), "{reason}");
        assert!(!got.znodes.contains_key("/config/users") && got.znodes.contains_key("/config/topics"));
        assert_eq!(summary.znodes, 3);
    }
}

#[test]
fn a_chroot_that_others_may_not_read_is_no_empty_cluster() {
    let (_jaas, server) = start_with_user("3.9.4", "");
    write_protected(&server);
    let mut options = options(&server.zookeeper.address);
    options.chroot = "/config/users".to_owned();
    let error = capture(options).unwrap_err().to_string();
    assert!(
        error.contains("/config/users can't be read: access is denied"),
        "{error}"
    );
}

#[test]
fn a_wrong_password_is_said_and_not_repeated() {
    let (_jaas, server) = start_with_user("3.9.4", "");
    match capture(logged_in(&server, "open-sesame")) {
        Err(CaptureError::Ensemble { problem, .. }) => {
            assert!(problem.contains("refuse the login of \"kafka\""), "{problem}");
            assert!(!problem.contains("open-sesame"), "{problem}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn servers_that_want_a_login_are_told_apart_from_servers_that_are_not_there() {
    let (_jaas, server) = start_with_user("3.9.4", "sessionRequireClientSASLAuth=true");
    match capture(options(&server.zookeeper.address)) {
        Err(CaptureError::Ensemble { problem, .. }) => assert!(problem.contains("want a login"), "{problem}"),
        other => panic!("{other:?}"),
    }
    let (got, _) = capture(logged_in(&server, "made-up-secret")).unwrap();
    assert_eq!(got.order, ["/"]);
}
