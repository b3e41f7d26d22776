//! Users of what is encrypted whose role isn't declared beside it: they can't be given a permission of their own.

use super::{Use, roles};
use crate::iam::role;
use crate::model::{Language, Project, Resource, Value};

/// Arguments by which something says as whom it acts.
const ROLE_ARGUMENTS: [&str; 6] =
    ["role", "role_arn", "execution_role_arn", "task_role_arn", "service_role", "service_role_arn"];

/// Who that is, as the beginning of a sentence, where the service lets him use the key; nothing where all are known.
pub(super) fn of(project: &Project, target: &Resource, what: &Use) -> Option<String> {
    if what.service().is_empty() {
        return None;
    }
    if let Some((argument, _)) = what.role {
        return roles::only_role(project, target, argument).err().map(|_| "its role stands elsewhere".to_owned());
    }
    role_elsewhere(project, target, what)
        .or_else(|| acting_as_stranger(project, target))
        .or_else(|| module(project, target).map(|module| format!("{module} may use it")))
}

fn role_elsewhere(project: &Project, target: &Resource, what: &Use) -> Option<String> {
    let mut others = project.all("aws_iam_role").filter(|role| role.instance != target.instance);
    let user = others.find(|other| roles::uses(project, &role::grants(project, other), target, what).is_some())?;
    Some(format!("{} uses it from another module", project.plan_address(user.id)))
}

/// A function, task or pipe that refers to it and acts as a role that stands elsewhere.
fn acting_as_stranger(project: &Project, target: &Resource) -> Option<String> {
    let is_declared = |value: &Value| match value {
        Value::Reference(reference) => project.is(project.resource(reference.resource), "aws_iam_role"),
        _ => false,
    };
    let mut users = project.users_of(target);
    let stranger = users.find(|user| {
        let roles = ROLE_ARGUMENTS.iter().map(|name| project.value(user, "", name)).filter(|role| !role.is_null());
        roles.into_iter().any(|role| !is_declared(&role))
    })?;
    Some(format!("{} may use it, by a role that isn't declared here", stranger.address()))
}

/// A module that it is passed to.
fn module(project: &Project, target: &Resource) -> Option<String> {
    let published = project.opaque_calls.iter().find(|call| call.arguments.refers_to(target.id));
    let published = published.map(|call| format!("module.{}", call.name));
    published.or_else(|| {
        let passed = (project.language == Language::Terraform).then(|| project.passed_to(target)).flatten();
        passed.map(|name| format!("module.{name}"))
    })
}
