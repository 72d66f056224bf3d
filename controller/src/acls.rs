//! CreateAcls, DeleteAcls and DescribeAcls.
//!
//! Source: KIP-11, KIP-290 (patterns), KAFKA-13892 (an ACL that several filters find is removed once).

use std::collections::BTreeSet;

use kraft_bridge_metadata::acls::{CLUSTER_NAME, WILDCARD};
use kraft_bridge_metadata::image::MetadataImage;
use kraft_bridge_metadata::records::{
    AccessControlEntryRecord, AclOperation, AclPermission, PatternType, RemoveAccessControlEntryRecord,
    ResourceType,
};
use kraft_bridge_protocol::Uuid;
use kraft_bridge_protocol::rpc::{
    AclCreation, AclFilter, CreateAclsRequest, CreateAclsResponse, CreatedAcl, DeleteAclsRequest,
    DeleteAclsResponse, DeletedAcl, DescribeAclsRequest, DescribeAclsResponse, DescribedAcl,
    DescribedAclResource, ErrorCode, FilteredAcls,
};

use crate::decision::Refusal;
use crate::draft::{Draft, Size};

/// Any kind, in a filter.
const ANY: i8 = 1;
/// Any pattern that matches the name, in a filter.
const MATCH: i8 = 2;

/// What an ACL says, by which it is the same as another.
type Meaning<'a> = (
    ResourceType,
    &'a str,
    PatternType,
    &'a str,
    &'a str,
    AclOperation,
    AclPermission,
);

fn meaning(acl: &AccessControlEntryRecord) -> Meaning<'_> {
    (
        acl.resource_type,
        &acl.resource_name,
        acl.pattern_type,
        &acl.principal,
        &acl.host,
        acl.operation,
        acl.permission_type,
    )
}

/// Adds ACLs, each or says why not. One that is there already is not added again.
pub(crate) fn create(
    draft: &mut Draft<'_>,
    random: &mut fastrand::Rng,
    request: &CreateAclsRequest,
) -> CreateAclsResponse {
    let plans: Vec<Result<AccessControlEntryRecord, Refusal>> = request.creations.iter().map(plan).collect();
    let size = plans.iter().flatten().map(size).sum::<Size>();
    let mut results = Vec::with_capacity(plans.len());
    let mut new = Vec::new();
    {
        let mut known: BTreeSet<Meaning<'_>> = draft.image.acls.values().map(meaning).collect();
        for plan in &plans {
            match size.check().and(plan.as_ref().map_err(Clone::clone)) {
                Ok(acl) => {
                    if known.insert(meaning(acl)) {
                        new.push(acl.clone());
                    }
                    results.push(CreatedAcl::default());
                }
                Err(refusal) => results.push(CreatedAcl {
                    error_code: refusal.error,
                    error_message: refusal.message,
                    ..Default::default()
                }),
            }
        }
    }
    for acl in new {
        let id = id(draft.image, random);
        draft.push(AccessControlEntryRecord { id, ..acl });
    }
    CreateAclsResponse {
        results,
        ..Default::default()
    }
}

fn size(acl: &AccessControlEntryRecord) -> Size {
    Size::record(acl.resource_name.len() + acl.principal.len() + acl.host.len())
}

fn id(image: &MetadataImage, random: &mut fastrand::Rng) -> Uuid {
    loop {
        let id = Uuid::version_4(random.u128(..).to_be_bytes());
        if !image.acls.contains_key(&id) {
            return id;
        }
    }
}

/// The ACL but for its id.
fn plan(asked: &AclCreation) -> Result<AccessControlEntryRecord, Refusal> {
    let invalid = |message: String| Refusal::new(ErrorCode::InvalidRequest, message);
    let resource_type = ResourceType::from_code(asked.resource_type)
        .ok_or_else(|| invalid(format!("Invalid resourceType {}", asked.resource_type)))?;
    if resource_type == ResourceType::Cluster && asked.resource_name != CLUSTER_NAME {
        return Err(invalid(format!(
            "The only valid name for the CLUSTER resource is {CLUSTER_NAME}"
        )));
    }
    if asked.resource_name.is_empty() {
        return Err(invalid("Resource name should not be empty".to_owned()));
    }
    Ok(AccessControlEntryRecord {
        resource_type,
        resource_name: asked.resource_name.clone(),
        pattern_type: PatternType::from_code(asked.resource_pattern_type)
            .ok_or_else(|| invalid(format!("Invalid patternType {}", asked.resource_pattern_type)))?,
        principal: asked.principal.clone(),
        host: asked.host.clone(),
        operation: AclOperation::from_code(asked.operation)
            .ok_or_else(|| invalid(format!("Invalid operation {}", asked.operation)))?,
        permission_type: AclPermission::from_code(asked.permission_type)
            .ok_or_else(|| invalid(format!("Invalid permissionType {}", asked.permission_type)))?,
        ..Default::default()
    })
}

/// Removes what each filter lets through, or says why not.
pub(crate) fn delete(draft: &mut Draft<'_>, request: &DeleteAclsRequest) -> DeleteAclsResponse {
    let found: Vec<Result<Vec<Uuid>, Refusal>> = request
        .filters
        .iter()
        .map(|filter| {
            let filter = Filter::new(filter)?;
            let acls = draft.image.acls.values();
            Ok(acls
                .filter(|acl| filter.lets_through(acl))
                .map(|acl| acl.id)
                .collect())
        })
        .collect();
    let ids: BTreeSet<Uuid> = found.iter().flatten().flatten().copied().collect();
    let fits = ids.iter().map(|_| Size::record(0)).sum::<Size>().check();
    let result = |found: Result<Vec<Uuid>, Refusal>| match fits.clone().and(found) {
        Ok(ids) => FilteredAcls {
            matching_acls: ids.iter().map(|id| deleted(&draft.image.acls[id])).collect(),
            ..Default::default()
        },
        Err(refusal) => FilteredAcls {
            error_code: refusal.error,
            error_message: refusal.message,
            ..Default::default()
        },
    };
    let filter_results = found.into_iter().map(result).collect();
    if fits.is_ok() {
        for id in ids {
            draft.push(RemoveAccessControlEntryRecord {
                id,
                ..Default::default()
            });
        }
    }
    DeleteAclsResponse {
        filter_results,
        ..Default::default()
    }
}

fn deleted(acl: &AccessControlEntryRecord) -> DeletedAcl {
    DeletedAcl {
        resource_type: acl.resource_type.code(),
        resource_name: acl.resource_name.clone(),
        pattern_type: acl.pattern_type.code(),
        principal: acl.principal.clone(),
        host: acl.host.clone(),
        operation: acl.operation.code(),
        permission_type: acl.permission_type.code(),
        ..Default::default()
    }
}

/// The ACLs of an image that a filter lets through, by resource. Any controller may tell.
pub fn describe_acls(image: &MetadataImage, request: &DescribeAclsRequest) -> DescribeAclsResponse {
    let filter = AclFilter {
        resource_type_filter: request.resource_type_filter,
        resource_name_filter: request.resource_name_filter.clone(),
        pattern_type_filter: request.pattern_type_filter,
        principal_filter: request.principal_filter.clone(),
        host_filter: request.host_filter.clone(),
        operation: request.operation,
        permission_type: request.permission_type,
        ..Default::default()
    };
    let filter = match Filter::new(&filter) {
        Ok(filter) => filter,
        Err(refusal) => {
            return DescribeAclsResponse {
                error_code: refusal.error,
                error_message: refusal.message,
                ..Default::default()
            };
        }
    };
    let mut found: Vec<&AccessControlEntryRecord> = image
        .acls
        .values()
        .filter(|acl| filter.lets_through(acl))
        .collect();
    found.sort_by_key(|acl| meaning(acl));
    let same = |one: &&AccessControlEntryRecord, other: &&AccessControlEntryRecord| {
        let resource = |acl: &AccessControlEntryRecord| (acl.resource_type, acl.pattern_type);
        resource(one) == resource(other) && one.resource_name == other.resource_name
    };
    let resources = found.chunk_by(same).map(|acls| DescribedAclResource {
        resource_type: acls[0].resource_type.code(),
        resource_name: acls[0].resource_name.clone(),
        pattern_type: acls[0].pattern_type.code(),
        acls: acls.iter().map(|acl| described(acl)).collect(),
        ..Default::default()
    });
    DescribeAclsResponse {
        resources: resources.collect(),
        ..Default::default()
    }
}

fn described(acl: &AccessControlEntryRecord) -> DescribedAcl {
    DescribedAcl {
        principal: acl.principal.clone(),
        host: acl.host.clone(),
        operation: acl.operation.code(),
        permission_type: acl.permission_type.code(),
        ..Default::default()
    }
}

/// A filter that says nothing unknown; `None` lets everything through.
struct Filter<'a> {
    resource_type: Option<ResourceType>,
    pattern: Pattern,
    name: Option<&'a str>,
    principal: Option<&'a str>,
    host: Option<&'a str>,
    operation: Option<AclOperation>,
    permission: Option<AclPermission>,
}

enum Pattern {
    /// Of either type, and of this very name.
    Any,
    /// That a resource of the name would be met by.
    Match,
    /// Of this type, and of this very name.
    Only(PatternType),
}

impl<'a> Filter<'a> {
    fn new(filter: &'a AclFilter) -> Result<Filter<'a>, Refusal> {
        let unknown = |what: &str| Refusal::new(ErrorCode::InvalidRequest, format!("Unknown {what}."));
        let pattern = match filter.pattern_type_filter {
            ANY => Pattern::Any,
            MATCH => Pattern::Match,
            code => Pattern::Only(PatternType::from_code(code).ok_or_else(|| unknown("patternFilter"))?),
        };
        Ok(Filter {
            resource_type: any_or(filter.resource_type_filter, ResourceType::from_code)
                .ok_or_else(|| unknown("patternFilter"))?,
            pattern,
            name: filter.resource_name_filter.as_deref(),
            principal: filter.principal_filter.as_deref(),
            host: filter.host_filter.as_deref(),
            operation: any_or(filter.operation, AclOperation::from_code)
                .ok_or_else(|| unknown("entryFilter"))?,
            permission: any_or(filter.permission_type, AclPermission::from_code)
                .ok_or_else(|| unknown("entryFilter"))?,
        })
    }

    fn lets_through(&self, acl: &AccessControlEntryRecord) -> bool {
        self.resource_type
            .is_none_or(|wanted| wanted == acl.resource_type)
            && self.matches_name(acl)
            && self.principal.is_none_or(|wanted| wanted == acl.principal)
            && self.host.is_none_or(|wanted| wanted == acl.host)
            && self.operation.is_none_or(|wanted| wanted == acl.operation)
            && self.permission.is_none_or(|wanted| wanted == acl.permission_type)
    }

    fn matches_name(&self, acl: &AccessControlEntryRecord) -> bool {
        let is_same = self.name.is_none_or(|name| name == acl.resource_name);
        match self.pattern {
            Pattern::Any => is_same,
            Pattern::Only(wanted) => wanted == acl.pattern_type && is_same,
            Pattern::Match => self.name.is_none_or(|name| match acl.pattern_type {
                PatternType::Literal => is_same || acl.resource_name == WILDCARD,
                PatternType::Prefixed => name.starts_with(&acl.resource_name),
            }),
        }
    }
}

/// Nothing for any, or what the code stands for; `None` if it stands for nothing.
fn any_or<T>(code: i8, known: impl Fn(i8) -> Option<T>) -> Option<Option<T>> {
    match code {
        ANY => Some(None),
        code => known(code).map(Some),
    }
}
