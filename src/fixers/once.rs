//! What is there once for a module or an account, whatever number of resources asks for it.

use crate::catalogue::Context;
use crate::model::{Project, Resource, Value};

/// Whether a resource is the one to ask for what there is once: the first of its type in its root module.
pub(super) fn first_of_kind(context: &Context<'_>) -> Value {
    let (project, own) = (context.project, context.resource);
    let root = |resource: &Resource| project.instance(resource.instance).root;
    let place = |resource: &Resource| (project.file(resource.span.file).display.clone(), resource.span.start);
    let alike = project.of_kind(&own.kind).filter(|other| root(other) == root(own));
    Value::Bool(alike.min_by_key(|other| place(other)).is_some_and(|first| first.span == own.span))
}

/// Whether the root module sets the role with which API Gateway writes logs.
pub(super) fn sets_account_role(context: &Context<'_>) -> Value {
    Value::Bool(declares(context.project, context.resource, context.project.kind("aws_api_gateway_account")))
}

/// Whether the root module says how all repositories of the registry are scanned.
pub(super) fn scans_registry(context: &Context<'_>) -> Value {
    let kind = context.project.kind("aws_ecr_registry_scanning_configuration");
    Value::Bool(declares(context.project, context.resource, kind))
}

/// Whether the root module has a budget.
pub(super) fn has_budget(context: &Context<'_>) -> Value {
    Value::Bool(declares(context.project, context.resource, context.project.kind("aws_budgets_budget")))
}

/// Whether the root module of a resource declares a resource of this type.
pub(super) fn declares(project: &Project, near: &Resource, kind: &str) -> bool {
    let root = project.instance(near.instance).root;
    project.of_kind(kind).any(|resource| project.instance(resource.instance).root == root)
}
