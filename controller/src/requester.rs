//! Who asks.

use kraft_bridge_metadata::records::{AclOperation, ResourceType};

/// Who asks, and what it may do.
pub trait Requester {
    /// Whether it may do this to the resource of this name.
    fn may(&self, operation: AclOperation, resource_type: ResourceType, name: &str) -> bool;

    /// Its principal, `User:alice`.
    fn principal(&self) -> &str;

    /// What its client calls itself.
    fn client_id(&self) -> Option<&str>;

    /// Whether it has shown who it is, by other means than a token: only then may it get tokens, or prolong them.
    fn may_ask_for_tokens(&self) -> bool;
}
