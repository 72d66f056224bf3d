//! Secrets, planted wherever a controller takes one, are told nowhere: not in its log at the finest level, nor by its
//! metrics, its answers, its errors or a dump of what it wrote.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use kraft_bridge_harness::{Process, free_port, keystore};
use kraft_bridge_protocol::rpc::{
    AlterUserScramCredentialsRequest, AlterableConfig, AlterableResource, AnyRequest, AnyResponse,
    CreateDelegationTokenRequest, DescribableResource, DescribeConfigsRequest, ErrorCode,
    IncrementalAlterConfigsRequest, RenewDelegationTokenRequest, ScramUpsertion,
};
use kraft_bridge_protocol::wire::Blob;

use crate::support::{PROGRAM, get, kraft_bridge, tree};

const CLUSTER_ID: &str = "-Yk3vWq1xTLa0hM6tPz8sg";
const START: Duration = Duration::from_secs(60);
/// Every secret begins with it.
const CANARY: &str = "canary";
/// The canary as it may be written: in hexadecimal, in Base64 at each of its places, as numbers.
const FORMS: [&str; 6] = [
    CANARY,
    "63616e617279",
    "Y2FuYXJ5",
    "NhbmFye",
    "jYW5hcn",
    "99, 97, 110, 97, 114, 121",
];
const BROKER: i8 = 4;
const SCRAM_SHA_256: i8 = 1;

/// A controller with a plain listener and one that wants a login over TLS.
struct Node {
    plain: SocketAddr,
    secure: SocketAddr,
    metrics: SocketAddr,
    process: Process,
}

/// Starts a controller whose configuration file is full of secrets.
fn start(dir: &Path) -> Node {
    let [plain, secure, metrics] =
        [(); 3].map(|()| SocketAddr::from((Ipv4Addr::LOCALHOST, free_port().unwrap())));
    let store = dir.join("controller.p12");
    keystore::make(&store, "canary-store").unwrap();
    keystore::trust(&dir.join("trust.p12"), &store, "canary-store").unwrap();
    let config = dir.join("controller.properties");
    let text = format!(
        "process.roles=controller\nnode.id=1\ncontroller.listener.names=CONTROLLER,CLIENTS\n\
         listeners=CONTROLLER://{plain},CLIENTS://{secure}\nlog.dirs={}\ncontroller.quorum.voters=1@{plain}\n\
         listener.security.protocol.map=CONTROLLER:PLAINTEXT,CLIENTS:SASL_SSL\n\
         ssl.keystore.location={}\nssl.keystore.type=PKCS12\nssl.keystore.password=canary-store\n\
         sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256\n\
         listener.name.clients.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule \
         required user_alice=\"canary-alice\";\n\
         delegation.token.secret.key=canary-tokens\nsome.password=canary-unknown\n",
        dir.join("data").display(),
        store.display(),
    );
    fs::write(&config, text).unwrap();
    let mut format = kraft_bridge();
    format.args(["format", "--cluster-id", CLUSTER_ID, "--config"]);
    format.arg(&config).assert().success();

    let mut serve = Command::new(PROGRAM);
    serve.args(["serve", "--metrics", &metrics.to_string(), "--config"]);
    serve.arg(&config).env("RUST_LOG", "trace");
    let mut process = Process::start("serve", serve, &dir.join("out")).unwrap();
    let leads = |output: &str| Ok(output.contains("decides for brokers"));
    process.wait_until(START, leads).unwrap();
    Node {
        plain,
        secure,
        metrics,
        process,
    }
}

impl Node {
    /// Sends bytes to the plain listener and returns the content of the frame that comes back, if any.
    fn exchange(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut stream = TcpStream::connect(self.plain).unwrap();
        stream.set_read_timeout(Some(START)).unwrap();
        stream.write_all(bytes).unwrap();
        let mut length = [0; 4];
        stream.read_exact(&mut length).ok()?;
        let mut content = vec![0; usize::try_from(i32::from_be_bytes(length)).unwrap()];
        stream.read_exact(&mut content).unwrap();
        Some(content)
    }

    fn ask(&self, version: i16, request: &AnyRequest) -> AnyResponse {
        let frame = request.frame(version, 1, Some("test")).unwrap();
        let content = self.exchange(&frame).unwrap();
        request.decode_response(&content, version, 1).unwrap()
    }

    /// What `status` says to somebody with this password, and how it ends.
    fn status(&self, dir: &Path, password: &str) -> (String, Option<i32>) {
        let client = dir.join("client.properties");
        let text = format!(
            "security.protocol=SASL_SSL\nsasl.mechanism=PLAIN\n\
             sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \
             username=\"alice\" password=\"{password}\";\n\
             ssl.truststore.location={}\nssl.truststore.type=PKCS12\nssl.truststore.password=canary-store\n",
            dir.join("trust.p12").display()
        );
        fs::write(&client, text).unwrap();
        let mut status = kraft_bridge();
        status.arg("status").arg(format!("kafka://{}", self.secure));
        status
            .arg("--command-config")
            .arg(&client)
            .env("RUST_LOG", "trace");
        let output = status.output().unwrap();
        (said(&output), output.status.code())
    }
}

/// Everything that a program printed.
fn said(output: &std::process::Output) -> String {
    [&output.stdout, &output.stderr]
        .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
        .join("\n")
}

/// Configs of all brokers that are secrets, by name or by what they are.
fn alter_configs() -> AnyRequest {
    let configs = [
        "ssl.keystore.password",
        "sasl.jaas.config",
        "listener.name.x.ssl.key.password",
    ];
    let config = |name: &str| AlterableConfig {
        name: name.to_owned(),
        value: Some(format!("canary-{name}")),
        ..Default::default()
    };
    AnyRequest::IncrementalAlterConfigs(IncrementalAlterConfigsRequest {
        resources: vec![AlterableResource {
            resource_type: BROKER,
            configs: configs.map(config).into(),
            ..Default::default()
        }],
        ..Default::default()
    })
}

/// A user with this password and so many rounds.
fn alter_user(iterations: i32) -> AnyRequest {
    AnyRequest::AlterUserScramCredentials(AlterUserScramCredentialsRequest {
        upsertions: vec![ScramUpsertion {
            name: "bob".to_owned(),
            mechanism: SCRAM_SHA_256,
            iterations,
            salt: Blob(b"canary-salt".to_vec()),
            salted_password: Blob(b"canary-of-thirty-two-bytes-salted".to_vec()),
            ..Default::default()
        }],
        ..Default::default()
    })
}

#[test]
fn secrets_are_told_nowhere() {
    let dir = tempfile::tempdir().unwrap();
    let node = start(dir.path());
    let mut told = Vec::new();

    // What it takes.
    let answer = node.ask(1, &alter_configs());
    let AnyResponse::IncrementalAlterConfigs(altered) = &answer else {
        panic!("{answer:?}");
    };
    assert_eq!(altered.responses[0].error_code, ErrorCode::None);
    told.push(format!("{answer:?}"));
    for iterations in [4096, 1] {
        told.push(format!("{:?}", node.ask(0, &alter_user(iterations))));
    }
    // What it refuses, or cannot read.
    let hmac = Blob(b"canary-hmac".to_vec());
    for request in [
        AnyRequest::CreateDelegationToken(CreateDelegationTokenRequest::default()),
        AnyRequest::RenewDelegationToken(RenewDelegationTokenRequest {
            hmac,
            ..Default::default()
        }),
    ] {
        told.push(format!("{:?}", node.ask(2, &request)));
    }
    let frame = alter_configs().frame(1, 1, Some("test")).unwrap();
    let cut = frame.len() - 8;
    let length = u32::try_from(cut - 4).unwrap().to_be_bytes();
    assert_eq!(node.exchange(&[&length, &frame[4..cut]].concat()), None);
    let (text, code) = node.status(dir.path(), "canary-wrong");
    assert_eq!(code, Some(2), "{text}");
    told.push(text);

    // What it tells of all this.
    let (text, code) = node.status(dir.path(), "canary-alice");
    assert_eq!(code, Some(0), "{text}");
    told.push(text);
    let describe = [String::new(), "1".to_owned()].map(|resource_name| DescribableResource {
        resource_type: BROKER,
        resource_name,
        ..Default::default()
    });
    let described = node.ask(
        4,
        &AnyRequest::DescribeConfigs(DescribeConfigsRequest {
            resources: describe.into(),
            include_synonyms: true,
            ..Default::default()
        }),
    );
    told.push(format!("{described:?}"));
    told.push(get(node.metrics, "/metrics").unwrap());
    let live = kraft_bridge()
        .arg("dump")
        .arg(format!("kafka://{}", node.plain))
        .output()
        .unwrap();
    assert!(live.status.success(), "{live:?}");
    told.push(said(&live));
    node.process.stop().unwrap();

    let data = dir.path().join("data");
    let files = tree(&data);
    let is_planted = files.values().any(|bytes| has(bytes, b"canary-sasl.jaas.config"));
    assert!(is_planted, "the log holds what was asked for");
    for name in files.keys().filter(|name| {
        name.extension()
            .is_some_and(|it| it == "log" || it == "checkpoint")
    }) {
        let dump = kraft_bridge().arg("dump").arg(data.join(name)).output().unwrap();
        assert!(dump.status.success(), "{dump:?}");
        told.push(said(&dump));
    }
    told.push(fs::read_to_string(dir.path().join("out")).unwrap());
    for text in &told {
        let sung = FORMS.iter().find_map(|form| Some((form, text.find(form)?)));
        if let Some((form, at)) = sung {
            let before = text[..at].lines().next_back().unwrap_or_default();
            panic!("{form} after {before:?}");
        }
    }
}

fn has(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
