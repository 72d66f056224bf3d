//! An access control list entry and what it applies to, wherever it comes from: a znode, a record or a request.

use crate::records::{AclOperation, AclPermission, PatternType, ResourceType};

/// The resources an ACL applies to. Ordered by type, then pattern type, then name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct ResourcePattern {
    /// Kind of resource.
    pub resource_type: ResourceType,
    /// How `name` matches.
    pub pattern_type: PatternType,
    /// Resource name or prefix, raw.
    pub name: String,
}

/// One entry of a resource's access control list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Acl {
    /// `User:alice`.
    pub principal: String,
    /// Address, or `*` for any.
    pub host: String,
    /// What it is about.
    pub operation: AclOperation,
    /// Allow or deny.
    pub permission: AclPermission,
}
