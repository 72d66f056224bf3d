//! Listeners with a handler that answers little, and callers of every kind.

mod apart;
mod client;
mod forged;
mod jvm;
mod logins;
mod requests;
mod tls;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, LazyLock, OnceLock};
use std::time::Duration;

use kraft_bridge_harness::keystore;
use kraft_bridge_metadata::authorizer::Authorizer;
use kraft_bridge_metadata::image::ScramCredential;
use kraft_bridge_metadata::records::ScramMechanism;
use kraft_bridge_protocol::rpc::{
    AnyRequest, AnyResponse, Api, ApiVersion, DescribeClusterResponse, DescribedNode, SupportedFeature,
};
use kraft_bridge_protocol::wire::Blob;
use kraft_bridge_protocol::{NodeId, Timestamp};
use rsasl::mechanisms::scram::tools::{derive_keys, hash_password};
use sha2::{Digest, Sha256, Sha512};
use tempfile::TempDir;
use tokio::sync::watch;

use super::{Caller, Features, Handler, LoginToken, Server};
use crate::config::{KafkaConfig, Limits, ListenerConfig, Properties};
use client::Client;

const STORE_PASSWORD: &str = "store-password";
const SCRAM_ITERATIONS: u32 = 4096;
/// Id of a delegation token.
const TOKEN: &str = "a-token";
const TOKEN_OWNER: &str = "User:owner";
const TOKEN_SECRET: &[u8] = b"a token's secret";

/// Key stores of a server and of somebody else, and trust stores for either.
static STORES: LazyLock<TempDir> = LazyLock::new(|| {
    let dir = tempfile::tempdir().unwrap();
    for name in ["server", "other"] {
        let store = dir.path().join(format!("{name}.p12"));
        keystore::make(&store, STORE_PASSWORD).unwrap();
        let trust = dir.path().join(format!("trusts-{name}.p12"));
        keystore::trust(&trust, &store, STORE_PASSWORD).unwrap();
    }
    dir
});

fn store(name: &str) -> String {
    STORES.path().join(name).display().to_string()
}

/// The configuration of a controller with one listener, `CONTROLLER`, and these keys beside those that it must have.
fn node(security: &str, more: &str) -> KafkaConfig {
    let text = format!(
        "node.id=1\nprocess.roles=controller\ncontroller.listener.names=CONTROLLER\n\
         controller.quorum.voters=1@127.0.0.1:9093\nlisteners=CONTROLLER://127.0.0.1:0\n\
         listener.security.protocol.map=CONTROLLER:{security}\n{more}\n"
    );
    let properties = Properties::decode(Path::new("server.properties"), text.as_bytes()).unwrap();
    KafkaConfig::decode(properties).unwrap()
}

/// The configuration of its listener.
fn config(security: &str, more: &str) -> ListenerConfig {
    node(security, more).controller_listeners().unwrap().remove(0)
}

/// `ssl.*` of the server.
fn server_stores() -> String {
    format!(
        "ssl.keystore.location={}\nssl.keystore.type=PKCS12\nssl.keystore.password={STORE_PASSWORD}\n\
         ssl.truststore.location={}\nssl.truststore.type=PKCS12\nssl.truststore.password={STORE_PASSWORD}\n",
        store("server.p12"),
        store("trusts-other.p12")
    )
}

fn with_limits(mut config: ListenerConfig, change: impl FnOnce(&mut Limits)) -> ListenerConfig {
    change(&mut config.limits);
    config
}

async fn open(config: ListenerConfig) -> Server {
    Server::bind(config, Arc::new(Answers::default())).await.unwrap()
}

/// Waits for something that comes soon or never.
async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), what)
        .await
        .expect("it should have come by now")
}

/// Waits until a new caller is let in.
async fn somebody_is_let_in(server: &Server) {
    soon(async {
        let address = server.address();
        while Client::connect(address).await.principal().await.is_none() {}
    })
    .await;
}

/// Names its caller to who asks for the cluster, and parks fetches forever.
pub(super) struct Answers {
    authorizer: Option<Arc<Authorizer>>,
    credentials: BTreeMap<(ScramMechanism, String), ScramCredential>,
    /// When the token [`TOKEN`] of [`TOKEN_OWNER`] ends.
    token_expires: Timestamp,
    /// How many fetches are parked.
    parked: watch::Sender<usize>,
    /// Where the listener is, once that is known.
    port: OnceLock<u16>,
}

impl Default for Answers {
    fn default() -> Answers {
        let user = "scram,user=1";
        Answers {
            authorizer: None,
            credentials: BTreeMap::from([
                (
                    (ScramMechanism::Sha256, user.to_owned()),
                    sha_256(user, "scram-password"),
                ),
                (
                    (ScramMechanism::Sha512, user.to_owned()),
                    sha_512(user, "scram-password"),
                ),
            ]),
            token_expires: Timestamp(i64::MAX),
            parked: watch::Sender::new(0),
            port: OnceLock::new(),
        }
    }
}

macro_rules! credential {
    ($name:ident, $hash:ty, $mechanism:expr) => {
        fn $name(user: &str, password: &str) -> ScramCredential {
            let salt = b"a salt of theirs";
            let mut salted = Default::default();
            hash_password::<$hash>(password.as_bytes(), SCRAM_ITERATIONS, salt, &mut salted);
            let (client_key, server_key) = derive_keys::<$hash>(&salted);
            ScramCredential {
                name: user.to_owned(),
                mechanism: $mechanism,
                salt: Blob(salt.to_vec()),
                stored_key: Blob(<$hash>::digest(client_key).to_vec()),
                server_key: Blob(server_key.to_vec()),
                iterations: i32::try_from(SCRAM_ITERATIONS).unwrap(),
                ..Default::default()
            }
        }
    };
}

credential!(sha_256, Sha256, ScramMechanism::Sha256);
credential!(sha_512, Sha512, ScramMechanism::Sha512);

/// Counts a fetch as parked until it is dropped.
struct Parked<'a>(&'a watch::Sender<usize>);

impl<'a> Parked<'a> {
    fn new(count: &'a watch::Sender<usize>) -> Parked<'a> {
        count.send_modify(|count| *count += 1);
        Parked(count)
    }
}

impl Drop for Parked<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

impl Handler for Answers {
    fn apis(&self) -> Vec<ApiVersion> {
        [1, 19, 55, 60]
            .iter()
            .filter_map(|key| Api::of(*key)?.versions())
            .collect()
    }

    fn features(&self) -> Features {
        Features {
            supported: vec![
                SupportedFeature::new("kraft.version", 0, 1),
                SupportedFeature::new("metadata.version", 7, 30),
            ],
            finalized: Vec::new(),
            finalized_epoch: -1,
        }
    }

    fn authorizer(&self) -> Option<Arc<Authorizer>> {
        self.authorizer.clone()
    }

    fn scram_credential(&self, mechanism: ScramMechanism, user: &str) -> Option<ScramCredential> {
        self.credentials.get(&(mechanism, user.to_owned())).cloned()
    }

    fn login_token(&self, token_id: &str) -> Option<LoginToken> {
        (token_id == TOKEN).then(|| LoginToken {
            owner: TOKEN_OWNER.to_owned(),
            secret: Blob(TOKEN_SECRET.to_vec()),
            expires: self.token_expires,
        })
    }

    async fn handle(&self, caller: &Caller, _version: i16, request: AnyRequest) -> AnyResponse {
        match request {
            AnyRequest::DescribeCluster(request) => AnyResponse::DescribeCluster(DescribeClusterResponse {
                endpoint_type: request.endpoint_type,
                cluster_id: caller.principal.clone(),
                error_message: Some(format!(
                    "{} {:?} {}",
                    caller.listener, caller.client_id, caller.is_authenticated
                )),
                controller_id: Some(NodeId(1)),
                brokers: vec![DescribedNode {
                    broker_id: NodeId(1),
                    host: caller.address.ip().to_string(),
                    port: self.port.get().copied().map_or(0, i32::from),
                    ..Default::default()
                }],
                ..Default::default()
            }),
            AnyRequest::Fetch(_) => {
                let _parked = Parked::new(&self.parked);
                std::future::pending().await
            }
            AnyRequest::CreateTopics(_) => panic!("the handler of the tests has no answer to this"),
            request => super::with_error(&request, kraft_bridge_protocol::rpc::ErrorCode::NotController),
        }
    }
}
