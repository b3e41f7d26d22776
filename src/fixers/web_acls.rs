//! The web ACL that a configuration has for its APIs.

use super::apis::refers;
use crate::catalogue::Context;
use crate::model::{Reference, Repeat, Resource, Value};

/// The ARN of the only regional web ACL beside the resource, unless it serves something of another type; null otherwise.
pub(super) fn web_acl(context: &Context<'_>) -> Value {
    let (project, target) = (context.project, context.resource);
    let regional = |acl: &&Resource| {
        acl.instance == target.instance
            && acl.repeat == Repeat::Once
            && project.settle(&acl.body.get("scope")).as_str() == Some("REGIONAL")
    };
    let mut acls = project.of_kind("aws_wafv2_web_acl");
    let (Some(acl), None) = (acls.next().filter(regional), acls.next()) else { return Value::Null };
    let mut served = project
        .of_kind("aws_wafv2_web_acl_association")
        .filter(|association| refers(&association.body.get("web_acl_arn"), acl))
        .map(|association| association.body.get("resource_arn"));
    let alike = served.all(|arn| match arn {
        Value::Reference(reference) => project.resource(reference.resource).kind == target.kind,
        _ => false,
    });
    if alike {
        Value::Reference(Reference { resource: acl.id, index: None, path: vec!["arn".into()] })
    } else {
        Value::Null
    }
}
