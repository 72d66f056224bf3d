//! An access control list entry and what it applies to, wherever it comes from: a znode, a record or a request.

use std::fmt;

use crate::records::{AclOperation, AclPermission, PatternType, ResourceType};

/// The literal name that stands for every resource of a type, and the host that stands for every host.
pub const WILDCARD: &str = "*";

/// The principal that stands for every principal, of whatever type.
pub const ANY_PRINCIPAL: &str = "User:*";

/// The name of the one resource of type [`ResourceType::Cluster`].
pub const CLUSTER_NAME: &str = "kafka-cluster";

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

/// As Kafka's audit log writes it: `Topic:PREFIXED:ord`.
impl fmt::Display for ResourcePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pattern_type = self.pattern_type.name().to_uppercase();
        write!(f, "{}:{pattern_type}:{}", self.resource_type.name(), self.name)
    }
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

/// `ALLOW User:alice Read from *`.
impl fmt::Display for Acl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let permission = self.permission.name().to_uppercase();
        let operation = self.operation.name();
        write!(
            f,
            "{permission} {} {operation} from {}",
            self.principal, self.host
        )
    }
}

/// The operations that requests ask for on a type of resource; ACLs may name others, which then decide nothing.
///
/// Source: Kafka documentation, "Operations and Resources on Protocols", 4.3.
pub const fn operations(resource_type: ResourceType) -> &'static [AclOperation] {
    use AclOperation as Op;
    match resource_type {
        ResourceType::Topic => &[
            Op::Read,
            Op::Write,
            Op::Create,
            Op::Delete,
            Op::Alter,
            Op::Describe,
            Op::DescribeConfigs,
            Op::AlterConfigs,
        ],
        ResourceType::Group => &[
            Op::Read,
            Op::Delete,
            Op::Describe,
            Op::DescribeConfigs,
            Op::AlterConfigs,
        ],
        ResourceType::Cluster => &[
            Op::Create,
            Op::Alter,
            Op::Describe,
            Op::ClusterAction,
            Op::DescribeConfigs,
            Op::AlterConfigs,
            Op::IdempotentWrite,
        ],
        ResourceType::TransactionalId => &[Op::Write, Op::Describe],
        ResourceType::DelegationToken => &[Op::Describe],
        ResourceType::User => &[Op::CreateTokens, Op::DescribeTokens],
    }
}
