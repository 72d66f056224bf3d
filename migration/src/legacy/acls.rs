//! ACLs: `/kafka-acl/<Type>/<name>` (literal) and `/kafka-acl-extended/prefixed/<Type>/<name>`.

/// Kind of resource an ACL protects. The numbers are Kafka's codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[repr(i8)]
#[expect(missing_docs, reason = "the names are Kafka's and say it all")]
pub enum ResourceType {
    Topic = 2,
    Group = 3,
    Cluster = 4,
    TransactionalId = 5,
    DelegationToken = 6,
    User = 7,
}

/// How the name of a resource matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[repr(i8)]
pub enum PatternType {
    /// The very name, or every name for `*`.
    Literal = 3,
    /// Every name that begins so.
    Prefixed = 4,
}

/// What an ACL lets a principal do, or keeps it from. The numbers are Kafka's codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[repr(i8)]
#[expect(missing_docs, reason = "the names are Kafka's and say it all")]
pub enum AclOperation {
    All = 2,
    Read = 3,
    Write = 4,
    Create = 5,
    Delete = 6,
    Alter = 7,
    Describe = 8,
    ClusterAction = 9,
    DescribeConfigs = 10,
    AlterConfigs = 11,
    IdempotentWrite = 12,
    CreateTokens = 13,
    DescribeTokens = 14,
}

/// Whether an ACL allows or denies. The numbers are Kafka's codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[repr(i8)]
#[expect(missing_docs, reason = "the names are Kafka's and say it all")]
pub enum AclPermission {
    Deny = 2,
    Allow = 3,
}

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
