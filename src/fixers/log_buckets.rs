//! Buckets that take the access logs of others.

use std::sync::Arc;

use super::bucket_signals::tie;
use crate::catalogue::Context;
use crate::iam::policy::Policy;
use crate::model::companion::Tie;
use crate::model::{Project, Reference, Repeat, Resource, Value};

const BUCKET: &str = "aws_s3_bucket";
/// The principal that delivers access logs.
const DELIVERY: &str = "logging.s3.amazonaws.com";

/// The bucket that the module has for access logs; null when it has none.
pub(super) fn of_module(context: &Context<'_>) -> Value {
    let (project, bucket) = (context.project, context.resource);
    let here = |other: &&Resource| {
        other.instance == bucket.instance
            && other.id != bucket.id
            && other.repeat == Repeat::Once
            && project.apart(other).is_none()
    };
    let found = project.all(BUCKET).filter(here).find(|other| takes(project, other));
    let id = |found: &Resource| Reference {
        resource: found.id,
        within: Vec::new(),
        index: None,
        path: vec![Arc::from(context.named("id", "Ref"))],
    };
    found.map_or(Value::Null, |found| Value::Reference(id(found)))
}

/// Whether the bucket takes access logs: then it keeps none of its own.
pub(super) fn takes_access_logs(context: &Context<'_>) -> Value {
    Value::Bool(takes(context.project, context.resource))
}

fn takes(project: &Project, bucket: &Resource) -> bool {
    let targeted = |kind, by| {
        let (by, name) = (project.argument(kind, by), project.argument(BUCKET, "bucket"));
        let tie = Tie { kind: project.kind(kind), by: &by, name: &name };
        !project.companions(bucket, tie).found.is_empty()
    };
    targeted("aws_s3_bucket_logging", "target_bucket")
        || targeted(BUCKET, "logging.target_bucket")
        || delivery_acl(project, bucket)
        || delivery_policy(project, bucket)
}

/// Whether its ACL lets access logs in.
pub(super) fn delivery_acl(project: &Project, bucket: &Resource) -> bool {
    let companions = project.companions(bucket, tie(project, "aws_s3_bucket_acl"));
    let acls = companions.found.iter().map(|id| project.resource(*id).body.get("acl"));
    acls.chain([project.value(bucket, BUCKET, "acl")])
        .any(|acl| matches!(acl.as_str(), Some("log-delivery-write" | "LogDeliveryWrite")))
}

fn delivery_policy(project: &Project, bucket: &Resource) -> bool {
    let companions = project.companions(bucket, tie(project, "aws_s3_bucket_policy"));
    let holders = companions.found.iter().map(|id| project.resource(*id)).chain([bucket]);
    let policies = holders.filter_map(|holder| {
        Policy::read(project, &project.value(holder, "aws_s3_bucket_policy", "policy"), holder.span)
    });
    policies
        .flat_map(|policy| policy.statements)
        .any(|statement| statement.allow == Some(true) && statement.services().any(|service| service == DELIVERY))
}
