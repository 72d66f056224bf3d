//! DescribeAcls, CreateAcls and DeleteAcls: who may do what.
//!
//! Kinds of resources, patterns, operations and permissions are Kafka's numbers, as they come: filters have numbers for
//! "any", and those that nobody knows are answered with an error of their own.
//!
//! Source: KIP-11, KIP-140; KIP-290 (patterns that are prefixes, version 1).

use super::{ErrorCode, Request};

/// Kafka's number of a pattern that is a name.
const LITERAL: i8 = 3;

crate::messages! {
    /// Asks for the ACLs that a filter lets through.
    ///
    /// Source: `DescribeAclsRequest.json`, Kafka 4.3.
    DescribeAclsRequest (key 29, versions 1..=3, flexible since 2) {
        /// Kind of resource, or 1 for any.
        resource_type_filter: i8, since 0;
        /// Name of the resource; `None` for any.
        resource_name_filter: Option<String>, since 0;
        /// Kind of pattern, 1 for any, or 2 for all that match the name.
        pattern_type_filter: i8 = LITERAL, since 1;
        /// `User:alice`; `None` for any.
        principal_filter: Option<String>, since 0;
        /// Address, or `*`; `None` for any.
        host_filter: Option<String>, since 0;
        /// Operation, or 1 for any.
        operation: i8, since 0;
        /// 2 deny, 3 allow, or 1 for either.
        permission_type: i8, since 0;
    }

    /// The ACLs, by resource.
    ///
    /// Source: `DescribeAclsResponse.json`, Kafka 4.3.
    DescribeAclsResponse (key 29, versions 1..=3, flexible since 2) {
        /// How long the client is held back, in milliseconds.
        throttle_time_ms: i32, since 0;
        /// Why none are told.
        error_code: ErrorCode = ErrorCode::None, since 0;
        /// The same in words.
        error_message: Option<String>, since 0;
        /// Each pattern of resources that has any.
        resources: Vec<DescribedAclResource>, since 0;
    }

    /// The ACLs of one pattern of resources.
    DescribedAclResource (versions 0..=3) {
        /// Kind of resource.
        resource_type: i8, since 0;
        /// Name or prefix.
        resource_name: String, since 0;
        /// Kind of pattern.
        pattern_type: i8 = LITERAL, since 1;
        /// The ACLs.
        acls: Vec<DescribedAcl>, since 0;
    }

    /// One ACL.
    DescribedAcl (versions 0..=3) {
        /// `User:alice`.
        principal: String, since 0;
        /// Address, or `*`.
        host: String, since 0;
        /// Operation.
        operation: i8, since 0;
        /// 2 deny, 3 allow.
        permission_type: i8, since 0;
    }

    /// Asks for ACLs to be added.
    ///
    /// Source: `CreateAclsRequest.json`, Kafka 4.3.
    CreateAclsRequest (key 30, versions 1..=3, flexible since 2) {
        /// The ACLs.
        creations: Vec<AclCreation>, since 0;
    }

    /// An ACL to be added.
    AclCreation (versions 0..=3) {
        /// Kind of resource.
        resource_type: i8, since 0;
        /// Name or prefix.
        resource_name: String, since 0;
        /// Kind of pattern.
        resource_pattern_type: i8 = LITERAL, since 1;
        /// `User:alice`.
        principal: String, since 0;
        /// Address, or `*`.
        host: String, since 0;
        /// Operation.
        operation: i8, since 0;
        /// 2 deny, 3 allow.
        permission_type: i8, since 0;
    }

    /// Which ACLs are there now.
    ///
    /// Source: `CreateAclsResponse.json`, Kafka 4.3.
    CreateAclsResponse (key 30, versions 1..=3, flexible since 2) {
        /// How long the client is held back, in milliseconds.
        throttle_time_ms: i32, since 0;
        /// Each ACL, in the order of the request.
        results: Vec<CreatedAcl>, since 0;
    }

    /// What became of one ACL.
    CreatedAcl (versions 0..=3) {
        /// Why it was not added.
        error_code: ErrorCode = ErrorCode::None, since 0;
        /// The same in words.
        error_message: Option<String>, since 0;
    }

    /// Asks for the ACLs that filters let through to be removed.
    ///
    /// Source: `DeleteAclsRequest.json`, Kafka 4.3.
    DeleteAclsRequest (key 31, versions 1..=3, flexible since 2) {
        /// The filters.
        filters: Vec<AclFilter>, since 0;
    }

    /// Which ACLs to remove.
    AclFilter (versions 0..=3) {
        /// Kind of resource, or 1 for any.
        resource_type_filter: i8, since 0;
        /// Name of the resource; `None` for any.
        resource_name_filter: Option<String>, since 0;
        /// Kind of pattern, 1 for any, or 2 for all that match the name.
        pattern_type_filter: i8 = LITERAL, since 1;
        /// `User:alice`; `None` for any.
        principal_filter: Option<String>, since 0;
        /// Address, or `*`; `None` for any.
        host_filter: Option<String>, since 0;
        /// Operation, or 1 for any.
        operation: i8, since 0;
        /// 2 deny, 3 allow, or 1 for either.
        permission_type: i8, since 0;
    }

    /// Which ACLs are gone.
    ///
    /// Source: `DeleteAclsResponse.json`, Kafka 4.3.
    DeleteAclsResponse (key 31, versions 1..=3, flexible since 2) {
        /// How long the client is held back, in milliseconds.
        throttle_time_ms: i32, since 0;
        /// Each filter, in the order of the request.
        filter_results: Vec<FilteredAcls>, since 0;
    }

    /// What one filter let through.
    FilteredAcls (versions 0..=3) {
        /// Why nothing was removed.
        error_code: ErrorCode = ErrorCode::None, since 0;
        /// The same in words.
        error_message: Option<String>, since 0;
        /// The ACLs.
        matching_acls: Vec<DeletedAcl>, since 0;
    }

    /// An ACL that a filter let through.
    DeletedAcl (versions 0..=3) {
        /// Why it was not removed.
        error_code: ErrorCode = ErrorCode::None, since 0;
        /// The same in words.
        error_message: Option<String>, since 0;
        /// Kind of resource.
        resource_type: i8, since 0;
        /// Name or prefix.
        resource_name: String, since 0;
        /// Kind of pattern.
        pattern_type: i8 = LITERAL, since 1;
        /// `User:alice`.
        principal: String, since 0;
        /// Address, or `*`.
        host: String, since 0;
        /// Operation.
        operation: i8, since 0;
        /// 2 deny, 3 allow.
        permission_type: i8, since 0;
    }
}

impl Request for DescribeAclsRequest {
    type Response = DescribeAclsResponse;
}

impl Request for CreateAclsRequest {
    type Response = CreateAclsResponse;
}

impl Request for DeleteAclsRequest {
    type Response = DeleteAclsResponse;
}
