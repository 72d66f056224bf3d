//! TLS with the brokers' own key stores.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use kraft_bridge_harness::{Product, ZookeeperOptions, free_port};
use kraft_bridge_migration::capture::CaptureError;
use kraft_bridge_migration::key_material::{KeyMaterial, KeyMaterialKind};
use kraft_bridge_migration::legacy::Secret;
use kraft_bridge_migration::zk::{ConnectOptions, TlsOptions};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

use crate::common::{Server, Writer, capture, options, start};

const PASSWORD: &str = "made-up-secret";

/// A server that takes TLS on one port and clear text on another, which the tests write through.
fn start_tls(
    client_auth: &str,
    kind: &str,
    key_store: &Path,
    trust_store: &Path,
) -> (Server, ConnectOptions) {
    let port = free_port().unwrap();
    let server = ZookeeperOptions {
        config: vec![
            "serverCnxnFactory=org.apache.zookeeper.server.NettyServerCnxnFactory".to_owned(),
            format!("secureClientPort={port}"),
            "secureClientPortAddress=127.0.0.1".to_owned(),
            format!("ssl.clientAuth={client_auth}"),
            format!("ssl.keyStore.location={}", key_store.display()),
            format!("ssl.keyStore.type={kind}"),
            format!("ssl.trustStore.location={}", trust_store.display()),
            format!("ssl.trustStore.type={kind}"),
            format!(
                "ssl.keyStore.password={}",
                if kind == "PEM" { "" } else { PASSWORD }
            ),
            format!(
                "ssl.trustStore.password={}",
                if kind == "PEM" { "" } else { PASSWORD }
            ),
        ],
        ..ZookeeperOptions::default()
    };
    let server = start(Product::Zookeeper, "3.9.4", &server);
    Writer::open(&server.zookeeper.address).fill("", 20);
    (server, options(&format!("127.0.0.1:{port}")))
}

fn material(path: &Path, kind: KeyMaterialKind, password: Option<&str>) -> Option<KeyMaterial> {
    Some(KeyMaterial {
        path: path.to_owned(),
        kind,
        password: password.map(|text| Secret(text.to_owned())),
    })
}

fn tls(trust: Option<KeyMaterial>, identity: Option<KeyMaterial>) -> Option<TlsOptions> {
    Some(TlsOptions {
        trust,
        identity,
        verify_host_name: true,
    })
}

fn assert_unreachable(mut options: ConnectOptions) {
    options.connection_timeout = Duration::from_secs(4);
    match capture(options) {
        Err(CaptureError::Ensemble { problem, .. }) => {
            assert!(problem.contains("opens no session"), "{problem}");
        }
        other => panic!("{other:?}"),
    }
}

/// Key and trust stores in PEM, signed by an authority of their own.
struct Pem {
    dir: tempfile::TempDir,
}

impl Pem {
    fn new(server_name: &str) -> Pem {
        let pem = Pem {
            dir: tempfile::tempdir().unwrap(),
        };
        let mut authority = CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
        std::fs::write(pem.file("authority.pem"), authority.pem()).unwrap();
        for (owner, name) in [("server", server_name), ("client", "client")] {
            let key = KeyPair::generate().unwrap();
            let certificate = CertificateParams::new(vec![name.to_owned()])
                .unwrap()
                .signed_by(&key, &authority)
                .unwrap();
            let text = key.serialize_pem() + &certificate.pem();
            std::fs::write(pem.file(&format!("{owner}.pem")), text).unwrap();
        }
        pem
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn start(&self, client_auth: &str) -> (Server, ConnectOptions) {
        start_tls(
            client_auth,
            "PEM",
            &self.file("server.pem"),
            &self.file("authority.pem"),
        )
    }

    fn material(&self, name: &str) -> Option<KeyMaterial> {
        material(&self.file(name), KeyMaterialKind::Pem, None)
    }
}

#[test]
fn a_server_is_verified_against_the_trust_store() {
    let (pem, other) = (Pem::new("127.0.0.1"), Pem::new("127.0.0.1"));
    let (_server, mut options) = pem.start("none");
    options.tls = tls(pem.material("authority.pem"), None);
    let (got, _) = capture(options.clone()).unwrap();
    assert!(got.znodes.contains_key("/brokers/topics/topic-19"));

    options.tls = tls(other.material("authority.pem"), None);
    assert_unreachable(options.clone());

    options.tls = None;
    assert_unreachable(options);
}

#[test]
fn a_server_whose_certificate_names_another_host_is_refused() {
    let pem = Pem::new("zookeeper.example");
    let (_server, mut options) = pem.start("none");
    options.tls = tls(pem.material("authority.pem"), None);
    assert_unreachable(options);
}

#[test]
fn both_sides_are_verified_with_pem_key_stores() {
    let pem = Pem::new("127.0.0.1");
    let (_server, mut options) = pem.start("need");
    options.tls = tls(pem.material("authority.pem"), pem.material("client.pem"));
    let (got, _) = capture(options.clone()).unwrap();
    assert!(got.znodes.contains_key("/brokers/topics/topic-19"));

    options.tls = tls(pem.material("authority.pem"), None);
    assert_unreachable(options);
}

/// Runs keytool on a PKCS#12 store in `dir`.
fn keytool(dir: &Path, store: &str, arguments: &[&str]) {
    let output = Command::new("keytool")
        .current_dir(dir)
        .args(arguments)
        .args([
            "-noprompt",
            "-keystore",
            store,
            "-storetype",
            "PKCS12",
            "-storepass",
            PASSWORD,
        ])
        .output()
        .expect("keytool is part of Java: apt-get install openjdk-17-jre-headless");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
}

#[test]
fn both_sides_are_verified_with_pkcs12_key_stores() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    for (owner, trusted_by) in [("server", "client-trust.p12"), ("client", "server-trust.p12")] {
        let store = format!("{owner}.p12");
        let name = format!("CN={owner}");
        let make = [
            "-genkeypair",
            "-keyalg",
            "EC",
            "-dname",
            &name,
            "-ext",
            "san=ip:127.0.0.1",
            "-alias",
            owner,
        ];
        keytool(dir, &store, &make);
        keytool(
            dir,
            &store,
            &["-exportcert", "-alias", owner, "-file", "certificate"],
        );
        keytool(
            dir,
            trusted_by,
            &["-importcert", "-alias", owner, "-file", "certificate"],
        );
    }
    let (_server, mut options) = start_tls(
        "need",
        "PKCS12",
        &dir.join("server.p12"),
        &dir.join("server-trust.p12"),
    );
    let store = |name: &str, password| material(&dir.join(name), KeyMaterialKind::Pkcs12, Some(password));
    options.tls = tls(store("client-trust.p12", PASSWORD), store("client.p12", PASSWORD));
    let (got, _) = capture(options.clone()).unwrap();
    assert!(got.znodes.contains_key("/brokers/topics/topic-19"));

    options.tls = tls(store("client-trust.p12", "open-sesame"), None);
    let error = capture(options).unwrap_err().to_string();
    assert!(
        error.contains("client-trust.p12: the password does not open it"),
        "{error}"
    );
    assert!(!error.contains("open-sesame"), "{error}");
}
