//! Access control entries.

use kraft_bridge_protocol::{Uuid, codes, messages};

codes! {
    /// Kind of resource that an ACL protects.
    #[expect(missing_docs, reason = "the names are Kafka's and say it all")]
    ResourceType: i8 {
        Topic = 2,
        Group = 3,
        Cluster = 4,
        TransactionalId = 5,
        DelegationToken = 6,
        User = 7,
    }

    /// How the name of a resource matches.
    PatternType: i8 {
        /// The very name, or every name for `*`.
        Literal = 3,
        /// Every name that begins so.
        Prefixed = 4,
    }

    /// What an ACL lets a principal do, or keeps it from.
    #[expect(missing_docs, reason = "the names are Kafka's and say it all")]
    AclOperation: i8 {
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
        TwoPhaseCommit = 15,
    }

    /// Whether an ACL allows or denies.
    #[expect(missing_docs, reason = "the names are Kafka's and say it all")]
    AclPermission: i8 {
        Deny = 2,
        Allow = 3,
    }
}

messages! {
    /// Adds one ACL.
    ///
    /// Source: `AccessControlEntryRecord.json`, Kafka 4.3.
    AccessControlEntryRecord (key 18, versions 0..=0) {
        /// Id of the ACL.
        id: Uuid, since 0;
        /// Kind of resource.
        resource_type: ResourceType = ResourceType::Topic, since 0;
        /// Name or prefix.
        resource_name: String, since 0;
        /// How the name matches.
        pattern_type: PatternType = PatternType::Literal, since 0;
        /// `User:alice`.
        principal: String, since 0;
        /// Address, or `*`.
        host: String, since 0;
        /// What it is about.
        operation: AclOperation = AclOperation::All, since 0;
        /// Allow or deny.
        permission_type: AclPermission = AclPermission::Allow, since 0;
    }

    /// Removes one ACL.
    ///
    /// Source: `RemoveAccessControlEntryRecord.json`, Kafka 4.3.
    RemoveAccessControlEntryRecord (key 19, versions 0..=0) {
        /// Id of the ACL.
        id: Uuid, since 0;
    }
}
