//! The configuration file of a ZooKeeper-mode broker: how to reach its ensemble, and what znodes cannot tell.
//!
//! ```text
//! server.properties ─Properties─▶ LegacyBroker ─┬─▶ ConnectOptions      the ensemble, and where the ACLs are
//!                                               ├─▶ PasswordEncoder     opens the passwords of broker configs
//!                                               └─▶ preflight           log.dirs, authorizer, tokens, protocol version
//! ```
//!
//! The keys and their defaults are those of `KafkaConfig` up to 3.9.

use std::path::{Path, PathBuf};

use kraft_bridge_migration::legacy::Secret;
use kraft_bridge_migration::parity::decisions::DecisionOptions;
use kraft_bridge_migration::password_encoder::PasswordEncoder;
use kraft_bridge_migration::preflight::BrokerFacts;
use kraft_bridge_migration::zk::ConnectOptions;
use kraft_bridge_protocol::NodeId;

use super::kafka::log_dirs;
use super::zookeeper::{Owner, connect_options};
use super::{ConfigError, Properties};

/// The configuration of one broker in ZooKeeper mode.
#[derive(Clone, Debug)]
pub(crate) struct LegacyBroker {
    /// `broker.id`; `None` if the broker was given a generated one.
    pub(crate) broker_id: Option<NodeId>,
    /// `log.dirs`, else `log.dir`, else `/tmp/kafka-logs`, as written.
    pub(crate) log_dirs: Vec<PathBuf>,
    /// `zookeeper.*`: the ensemble. A SASL login stands in another file.
    pub(crate) zookeeper: ConnectOptions,
    /// Where the ACLs are if not with everything else (`authorizer.zookeeper.url`).
    pub(crate) acl_store: Option<ConnectOptions>,
    /// `authorizer.class.name`, if any.
    pub(crate) authorizer: Option<String>,
    /// `super.users`, as written.
    pub(crate) super_users: Option<String>,
    /// `allow.everyone.if.no.acl.found`, if it is set.
    pub(crate) allow_everyone: Option<bool>,
    /// `password.encoder.secret` and `password.encoder.old.secret`.
    pub(crate) password_encoder: Option<PasswordEncoder>,
    /// Whether there is a `delegation.token.secret.key`, also under its old name.
    pub(crate) delegation_tokens: bool,
    /// `min.insync.replicas`, 1 by default.
    pub(crate) min_insync_replicas: u32,
    /// `inter.broker.protocol.version`, if any.
    pub(crate) inter_broker_protocol_version: Option<String>,
    /// The file.
    pub(crate) path: PathBuf,
}

impl LegacyBroker {
    /// Under which settings the brokers' authorizer decides; they are not known without an authorizer.
    pub(crate) fn decision_options(&self) -> DecisionOptions {
        let super_users = self.super_users.iter().flat_map(|users| users.split(';'));
        let super_users = super_users
            .map(|user| user.trim().to_owned())
            .filter(|user| !user.is_empty());
        DecisionOptions {
            super_users: super_users.collect(),
            allow_everyone: self
                .authorizer
                .as_ref()
                .map(|_| self.allow_everyone.unwrap_or(false)),
            ..DecisionOptions::default()
        }
    }

    /// Reads and checks the file.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the file, the key and the remedy.
    pub(crate) fn load(path: &Path) -> Result<LegacyBroker, ConfigError> {
        LegacyBroker::decode(&Properties::load(path)?)
    }

    /// Checks what a file holds.
    ///
    /// # Errors
    ///
    /// As [`LegacyBroker::load`].
    pub(crate) fn decode(properties: &Properties) -> Result<LegacyBroker, ConfigError> {
        refuse_kraft_node(properties)?;
        let authorizer = properties.plain("authorizer.class.name")?.map(str::to_owned);
        let zookeeper = connect_options(properties, Owner::Broker)?;
        let acl_store = match &authorizer {
            Some(_) => Some(connect_options(properties, Owner::Authorizer)?)
                .filter(|acls| (&acls.servers, &acls.chroot) != (&zookeeper.servers, &zookeeper.chroot)),
            None => None,
        };
        Ok(LegacyBroker {
            broker_id: properties
                .parsed("broker.id", "a number")?
                .filter(|id| *id >= 0)
                .map(NodeId),
            log_dirs: log_dirs(properties)?,
            zookeeper,
            acl_store,
            authorizer,
            super_users: properties.plain("super.users")?.map(str::to_owned),
            allow_everyone: properties.parsed("allow.everyone.if.no.acl.found", "true or false")?,
            password_encoder: password_encoder(properties)?,
            delegation_tokens: ["delegation.token.secret.key", "delegation.token.master.key"]
                .iter()
                .any(|key| properties.get(key).is_some_and(|value| !value.is_empty())),
            min_insync_replicas: min_insync_replicas(properties)?,
            inter_broker_protocol_version: properties
                .plain("inter.broker.protocol.version")?
                .map(str::to_owned),
            path: properties.path().to_owned(),
        })
    }

    /// What preflight looks at.
    pub(crate) fn facts(&self) -> BrokerFacts {
        let elsewhere = self.acl_store.as_ref();
        BrokerFacts {
            file: self.path.display().to_string(),
            broker: self.broker_id,
            log_dirs: self.log_dirs.len(),
            authorizer: self.authorizer.clone(),
            super_users: self.super_users.is_some(),
            acls_elsewhere: elsewhere.map(|store| format!("{}{}", store.servers, store.chroot)),
            delegation_tokens: self.delegation_tokens,
            inter_broker_protocol_version: self.inter_broker_protocol_version.clone(),
        }
    }
}

/// The new file in place of the old one would be read as a cluster without znodes.
fn refuse_kraft_node(properties: &Properties) -> Result<(), ConfigError> {
    let key = "process.roles";
    if properties.plain(key)?.is_some() {
        return Err(properties.invalid(
            key,
            "this is the file of a KRaft node: give the server.properties that a broker ran with in ZooKeeper mode",
        ));
    }
    Ok(())
}

fn password_encoder(properties: &Properties) -> Result<Option<PasswordEncoder>, ConfigError> {
    let secret =
        |key| -> Result<_, ConfigError> { Ok(properties.plain(key)?.map(|text| Secret(text.to_owned()))) };
    let old = secret("password.encoder.old.secret")?;
    Ok(secret("password.encoder.secret")?.map(|secret| PasswordEncoder::new(secret, old)))
}

fn min_insync_replicas(properties: &Properties) -> Result<u32, ConfigError> {
    let (key, expected) = ("min.insync.replicas", "a number of at least 1");
    match properties.parsed(key, expected)? {
        Some(0) => Err(properties.invalid(key, format!("expected {expected}"))),
        replicas => Ok(replicas.unwrap_or(1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(text: &str) -> Result<LegacyBroker, ConfigError> {
        LegacyBroker::decode(&Properties::decode(Path::new("server.properties"), text.as_bytes()).unwrap())
    }

    #[test]
    fn a_broker_s_file_says_what_znodes_cannot() {
        let broker = decode(
            "broker.id=4\nzookeeper.connect=z1:2181/kafka\nlog.dirs=/d1,/d2\nmin.insync.replicas=2\n\
             authorizer.class.name=kafka.security.authorizer.AclAuthorizer\nsuper.users=User:admin\n\
             inter.broker.protocol.version=2.8\ndelegation.token.master.key=hush\n\
             password.encoder.secret=hush\n",
        )
        .unwrap();

        assert_eq!(broker.broker_id, Some(NodeId(4)));
        assert_eq!(broker.log_dirs, [Path::new("/d1"), Path::new("/d2")]);
        assert_eq!(broker.min_insync_replicas, 2);
        assert_eq!(
            broker.authorizer.as_deref(),
            Some("kafka.security.authorizer.AclAuthorizer")
        );
        assert_eq!(broker.super_users.as_deref(), Some("User:admin"));
        assert_eq!(broker.inter_broker_protocol_version.as_deref(), Some("2.8"));
        assert!(broker.delegation_tokens && broker.acl_store.is_none());
        assert!(broker.password_encoder.is_some());
        assert!(!format!("{broker:?}").contains("hush"));
    }

    #[test]
    fn an_authorizer_allows_nobody_without_acls_unless_it_is_told_to() {
        let file = "zookeeper.connect=z1\nsuper.users=User:admin; User:CN=ops,O=x\n";
        let options = |more: &str| decode(&format!("{file}{more}")).unwrap().decision_options();

        assert_eq!(options("").allow_everyone, None);
        let strict = options("authorizer.class.name=x.Authorizer");
        assert_eq!(strict.allow_everyone, Some(false));
        assert!(strict.super_users.iter().eq(["User:CN=ops,O=x", "User:admin"]));
        let lenient = options("authorizer.class.name=x.Authorizer\nallow.everyone.if.no.acl.found=true");
        assert_eq!(lenient.allow_everyone, Some(true));
    }

    #[test]
    fn what_a_file_does_not_say_is_kafkas_default() {
        let broker = decode("zookeeper.connect=z1").unwrap();

        assert_eq!(broker.broker_id, None);
        assert_eq!(broker.log_dirs, [Path::new("/tmp/kafka-logs")]);
        assert_eq!(broker.min_insync_replicas, 1);
        assert!(!broker.delegation_tokens);
        assert!(broker.password_encoder.is_none());
    }

    #[test]
    fn a_broker_with_a_generated_id_has_none_in_its_file() {
        assert_eq!(
            decode("zookeeper.connect=z1\nbroker.id=-1").unwrap().broker_id,
            None
        );
    }

    #[test]
    fn the_file_of_a_kraft_node_is_refused_with_what_to_give_instead() {
        let error = decode("process.roles=broker\nnode.id=1").unwrap_err().to_string();

        assert!(
            error.starts_with("server.properties: process.roles=broker:"),
            "{error}"
        );
        assert!(error.contains("in ZooKeeper mode"), "{error}");
    }

    #[test]
    fn t9_acls_in_another_zookeeper_are_known_as_soon_as_an_authorizer_reads_them() {
        let file = "zookeeper.connect=z1:2181/kafka\nzookeeper.session.timeout.ms=5000\n\
                    authorizer.zookeeper.url=z9:2181/acls\nauthorizer.zookeeper.session.timeout.ms=7000\n";
        assert!(decode(file).unwrap().acl_store.is_none());

        let acls = decode(&format!("{file}authorizer.class.name=x.Authorizer"))
            .unwrap()
            .acl_store
            .unwrap();
        assert_eq!(
            (acls.servers.as_str(), acls.chroot.as_str()),
            ("z9:2181", "/acls")
        );
        assert_eq!(acls.session_timeout.as_millis(), 7000);
    }

    #[test]
    fn t9_an_override_that_names_the_same_place_is_none() {
        let broker = decode(
            "zookeeper.connect=z1:2181/kafka\nauthorizer.class.name=x.Authorizer\n\
             authorizer.zookeeper.url=z1:2181/kafka/",
        )
        .unwrap();

        assert!(broker.acl_store.is_none());
    }

    #[test]
    fn preflight_is_told_where_the_acls_are() {
        let facts = decode(
            "zookeeper.connect=z1\nauthorizer.class.name=x.Authorizer\nauthorizer.zookeeper.url=z9:2181/acls\n\
             log.dirs=/d1,/d2\nbroker.id=4",
        )
        .unwrap()
        .facts();

        assert_eq!(facts.acls_elsewhere.as_deref(), Some("z9:2181/acls"));
        assert_eq!(
            (facts.broker, facts.log_dirs, facts.super_users),
            (Some(NodeId(4)), 2, false)
        );
    }

    #[test]
    fn odd_values_are_refused_by_key() {
        for more in [
            "min.insync.replicas=0",
            "broker.id=four",
            "zookeeper.ssl.client.enable=yes",
            "log.dirs=/a,/a",
        ] {
            let error = decode(&format!("zookeeper.connect=z1\n{more}")).unwrap_err();
            assert!(
                error.to_string().contains(more.split('=').next().unwrap()),
                "{error}"
            );
        }
    }
}
