//! The web ACL that a configuration has for its APIs.

use super::apis::refers;
use crate::catalogue::Context;
use crate::model::{Reference, Repeat, Resource, Value};

const ACL: &str = "aws_wafv2_web_acl";
const ASSOCIATION: &str = "aws_wafv2_web_acl_association";

/// Whether the configuration of the resource declares a web ACL for regional services, whatever it serves.
pub(super) fn declares_web_acl(context: &Context<'_>) -> Value {
    let project = context.project;
    let root = |resource: &Resource| project.instance(resource.instance).root;
    let regional = |acl: &Resource| {
        project.settle(&project.value(acl, ACL, "scope")).as_str() != Some("CLOUDFRONT")
            && root(acl) == root(context.resource)
    };
    Value::Bool(project.all(ACL).any(regional))
}

/// The ARN of the only regional web ACL beside the resource, unless it serves something of another type; null otherwise.
pub(super) fn web_acl(context: &Context<'_>) -> Value {
    let (project, target) = (context.project, context.resource);
    let regional = |acl: &&Resource| {
        acl.instance == target.instance
            && acl.repeat == Repeat::Once
            && project.settle(&project.value(acl, ACL, "scope")).as_str() == Some("REGIONAL")
    };
    let mut acls = project.all(ACL);
    let (Some(acl), None) = (acls.next().filter(regional), acls.next()) else { return Value::Null };
    let mut served = project
        .all(ASSOCIATION)
        .filter(|association| refers(&project.value(association, ASSOCIATION, "web_acl_arn"), acl))
        .map(|association| project.value(association, ASSOCIATION, "resource_arn"));
    let alike = served.all(|arn| match arn {
        Value::Reference(reference) => project.resource(reference.resource).kind == target.kind,
        _ => false,
    });
    if alike {
        Value::Reference(Reference {
            resource: acl.id,
            within: Vec::new(),
            index: None,
            path: vec![context.named("arn", "Arn").into()],
        })
    } else {
        Value::Null
    }
}
