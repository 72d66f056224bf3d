//! Who is at the other end of a connection, and what it may do.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use kraft_bridge_metadata::authorizer::{Authorizer, Request};
use kraft_bridge_metadata::records::{AclOperation, ResourceType};
use kraft_bridge_protocol::Timestamp;

/// The name of who shows neither user nor certificate.
pub(super) const ANONYMOUS: &str = "User:ANONYMOUS";

/// Who asks.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// Name of the listener that was called.
    pub(crate) listener: String,
    /// Where from.
    pub(crate) address: SocketAddr,
    /// `User:alice`, or `User:CN=broker1,O=Example` by certificate.
    pub(crate) principal: String,
    /// What the request's header says; not to be trusted.
    pub(crate) client_id: Option<String>,
    /// Whether it has shown that it is that principal, by other means than a token.
    pub(crate) is_authenticated: bool,
    /// Who decides what it may do.
    pub(crate) rights: Rights,
}

/// Who a caller has shown to be.
#[derive(Clone, Debug)]
pub(super) struct Who {
    /// `User:alice`
    pub(super) principal: String,
    /// Whether all that it has shown is a delegation token of that principal's.
    pub(super) is_by_token: bool,
    /// When that is over; `None` if it is not.
    pub(super) until: Option<Timestamp>,
}

impl Who {
    /// Somebody who knows the user's password.
    pub(super) fn user(name: &str) -> Who {
        Who::principal(format!("User:{name}"))
    }

    /// Somebody who has shown to be this principal, for as long as the connection lasts.
    pub(super) fn principal(principal: String) -> Who {
        Who {
            principal,
            is_by_token: false,
            until: None,
        }
    }

    /// Whether it has shown that, by other means than a token.
    pub(super) fn is_authenticated(&self) -> bool {
        !self.is_by_token && self.principal != ANONYMOUS
    }

    /// Whether what it has shown is worth nothing any more.
    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|until| until <= now)
    }
}

/// Who decides what callers may do.
#[derive(Clone, Default)]
pub(crate) enum Rights {
    /// Nobody: everybody may do everything.
    #[default]
    Unlimited,
    /// An authorizer, by ACLs.
    Limited(Arc<Authorizer>),
}

impl kraft_bridge_controller::Requester for Caller {
    fn may(&self, operation: AclOperation, resource_type: ResourceType, name: &str) -> bool {
        Caller::may(self, operation, resource_type, name)
    }

    fn principal(&self) -> &str {
        &self.principal
    }

    fn client_id(&self) -> Option<&str> {
        self.client_id.as_deref()
    }

    fn may_ask_for_tokens(&self) -> bool {
        self.is_authenticated
    }
}

impl Caller {
    /// Whether the caller may do this to the resource of this name.
    pub(crate) fn may(&self, operation: AclOperation, resource_type: ResourceType, name: &str) -> bool {
        match &self.rights {
            Rights::Unlimited => true,
            Rights::Limited(authorizer) => {
                let request = Request {
                    principal: self.principal.as_str().into(),
                    host: self.host().into(),
                    operation,
                    resource_type,
                    resource_name: name.into(),
                };
                authorizer.decide(&request).allowed
            }
        }
    }

    /// The caller's host as Java writes it, which ACLs are compared with.
    fn host(&self) -> String {
        match self.address.ip().to_canonical() {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => {
                let groups = address.segments().map(|group| format!("{group:x}"));
                groups.join(":")
            }
        }
    }
}

/// Without the ACLs, which are many.
impl fmt::Debug for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Rights::Unlimited => "Unlimited",
            Rights::Limited(_) => "Limited",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_written_as_java_does() {
        for (address, host) in [
            ("10.0.0.1:1", "10.0.0.1"),
            ("[::1]:1", "0:0:0:0:0:0:0:1"),
            ("[2001:DB8::a0]:1", "2001:db8:0:0:0:0:0:a0"),
            ("[::ffff:10.0.0.1]:1", "10.0.0.1"),
        ] {
            let caller = Caller {
                listener: "CONTROLLER".to_owned(),
                address: address.parse().unwrap(),
                principal: ANONYMOUS.to_owned(),
                client_id: None,
                is_authenticated: false,
                rights: Rights::Unlimited,
            };
            assert_eq!(caller.host(), host);
        }
    }
}
