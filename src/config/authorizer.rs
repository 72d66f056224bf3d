//! The authorizer of a KRaft node.

use std::collections::BTreeSet;

use kraft_bridge_metadata::acls::{Acl, ResourcePattern};
use kraft_bridge_metadata::authorizer::{Authorizer, Mode};

use super::{ConfigError, KafkaConfig};

/// Kafka's authorizer in KRaft mode.
const STANDARD: &str = "org.apache.kafka.metadata.authorizer.StandardAuthorizer";
const CLASS: &str = "authorizer.class.name";

/// What the file says of the authorizer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AuthorizerConfig {
    /// `super.users`
    pub(crate) super_users: BTreeSet<String>,
    /// `allow.everyone.if.no.acl.found`
    pub(crate) allow_everyone_if_no_acl_found: bool,
}

impl AuthorizerConfig {
    /// The authorizer once the cluster's ACLs are known.
    pub(crate) fn authorizer(&self, acls: impl IntoIterator<Item = (ResourcePattern, Acl)>) -> Authorizer {
        Authorizer::new(
            Mode::Kraft,
            self.super_users.clone(),
            self.allow_everyone_if_no_acl_found,
            acls,
        )
    }

    /// The authorizer as long as they are not: only super users may do anything.
    pub(crate) fn without_acls(&self) -> Authorizer {
        Authorizer::new(Mode::Kraft, self.super_users.clone(), false, [])
    }
}

impl KafkaConfig {
    /// Who decides what callers may do; `None` if everybody may do everything.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Invalid`] if it is an authorizer other than Kafka's own.
    pub(crate) fn authorizer(&self) -> Result<Option<AuthorizerConfig>, ConfigError> {
        let properties = &self.properties;
        match properties.plain(CLASS)? {
            None => Ok(None),
            Some(STANDARD) => Ok(Some(AuthorizerConfig {
                super_users: super_users(properties.plain("super.users")?.unwrap_or("")),
                allow_everyone_if_no_acl_found: properties.flag("allow.everyone.if.no.acl.found")?,
            })),
            Some(_) => Err(properties.invalid(
                CLASS,
                format!("Java classes can't be run here: only {STANDARD} is known, or no authorizer at all"),
            )),
        }
    }
}

/// The principals of `super.users`, which stand between semicolons.
fn super_users(text: &str) -> BTreeSet<String> {
    text.split(';')
        .map(|user| user.trim().to_owned())
        .filter(|user| !user.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Properties;

    fn decode(more: &str) -> Result<Option<AuthorizerConfig>, ConfigError> {
        let text = format!(
            "node.id=1\nprocess.roles=controller\ncontroller.listener.names=CONTROLLER\n\
             controller.quorum.voters=1@c1:9093\nlisteners=CONTROLLER://c1:9093\n{more}"
        );
        let properties = Properties::decode(Path::new("server.properties"), text.as_bytes()).unwrap();
        KafkaConfig::decode(properties).unwrap().authorizer()
    }

    #[test]
    fn without_an_authorizer_there_is_nothing_to_decide() {
        assert_eq!(decode("super.users=User:a").unwrap(), None);
    }

    #[test]
    fn super_users_stand_between_semicolons_since_a_subject_has_commas() {
        let text = format!("{CLASS}={STANDARD}\nsuper.users= User:admin; User:CN=c1,O=x ;\n");
        let config = decode(&text).unwrap().unwrap();
        let users = ["User:CN=c1,O=x".to_owned(), "User:admin".to_owned()];
        assert_eq!(config.super_users, BTreeSet::from(users));
        assert!(!config.allow_everyone_if_no_acl_found);
    }

    #[test]
    fn an_authorizer_of_somebody_elses_is_refused() {
        let error = decode("authorizer.class.name=com.example.Theirs").unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("server.properties: authorizer.class.name="),
            "{error}"
        );
    }
}
