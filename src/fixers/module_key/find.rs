//! A key that the module has and that fits.

use super::statements::{self, Writer};
use super::{KEY, Service};
use crate::fix::Change;
use crate::iam::policy::Policy;
use crate::model::companion::Tie;
use crate::model::{Project, Repeat, Resource, Value};

/// The argument that holds a key's policy.
const POLICY: &str = "policy";

/// What the module has.
pub(super) enum Found<'a> {
    /// A key that fits.
    Key(&'a Resource),
    /// None.
    None,
}

/// The module's own key: the only one that fits, or the only one of them that serves the same kind of thing already.
pub(super) fn key<'a>(project: &'a Project, resource: &Resource, services: &[Service]) -> Result<Found<'a>, String> {
    let fitting: Vec<&Resource> = project
        .all(KEY)
        .filter(|key| key.instance == resource.instance && project.stand_together(key, resource))
        .filter(|key| is_general(project, key) && policy(project, key).is_some())
        .collect();
    let used = |key: &&Resource| {
        let mut users = project.of_kind(&resource.kind).filter(|user| user.instance == resource.instance);
        users.any(|user| user.uses(key))
    };
    let open = |key: &&Resource| {
        policy(project, key).is_some_and(|policy| services.iter().all(|service| service.is_served(&policy)))
    };
    let only = |serves: &dyn Fn(&&Resource) -> bool| {
        let mut serving = fitting.iter().copied().filter(serves);
        serving.next().filter(|_| serving.next().is_none())
    };
    match fitting.as_slice() {
        [] => return Ok(Found::None),
        [only] => return Ok(Found::Key(only)),
        _ => {}
    }
    let meant = only(&used).or_else(|| only(&open).filter(|_| !services.is_empty()));
    meant.map(Found::Key).ok_or_else(|| {
        let names: Vec<_> = fitting.iter().map(|key| key.address()).collect();
        format!("the module has {} keys ({}): name one in the option `kms_key`", names.len(), names.join(", "))
    })
}

/// A symmetric key for encryption, there once.
fn is_general(project: &Project, key: &Resource) -> bool {
    let is = |name: &str, usual: &str| {
        let value = project.value(key, KEY, name);
        value.is_null() || value.as_str() == Some(usual)
    };
    key.repeat == Repeat::Once
        && is("key_usage", "ENCRYPT_DECRYPT")
        && is("customer_master_key_spec", "SYMMETRIC_DEFAULT")
        && matches!(project.value(key, KEY, "is_enabled"), Value::Null | Value::Bool(true))
        && key.body.entry("custom_key_store_id").is_none()
}

/// What holds the policy of a key: the key, or a resource of its own.
fn holder<'a>(project: &'a Project, key: &'a Resource) -> Option<&'a Resource> {
    let tie = Tie { kind: project.kind("aws_kms_key_policy"), by: "key_id", name: "key_id" };
    let companions = project.companions(key, tie);
    match companions.found.as_slice() {
        [] if companions.maybe.is_none() => Some(key),
        [one] => Some(project.resource(*one)),
        _ => None,
    }
}

/// The key's policy, when it is known and lets roles in; that of AWS does.
fn policy(project: &Project, key: &Resource) -> Option<Policy> {
    let holder = holder(project, key)?;
    let document = project.value(holder, KEY, POLICY);
    if document.is_null() {
        return Some(Policy { statements: Vec::new(), complete: true });
    }
    Policy::read(project, &document, holder.span).filter(statements::lets_roles_in)
}

/// What the key's policy must be given so that the services can use it.
pub(super) fn extend(project: &Project, key: &Resource, services: &[Service], written: &Writer<'_>) -> Vec<Change> {
    let policy = policy(project, key).unwrap_or_default();
    let missing: Vec<Service> = services.iter().copied().filter(|service| !service.is_served(&policy)).collect();
    let holder = holder(project, key).unwrap_or(key);
    if missing.is_empty() {
        return Vec::new();
    }
    if !project.value(holder, KEY, POLICY).is_null() {
        let append = |service: Service| Change::AppendStatement {
            resource: holder.id,
            argument: project.argument(KEY, POLICY).into_owned(),
            statement: written.statement(service),
        };
        return missing.into_iter().map(append).collect();
    }
    // A policy that is written takes the place of the default one: its statement comes along.
    let mut all = vec![written.administration()];
    all.extend(missing.into_iter().map(|service| written.statement(service)));
    let content = project.arguments(KEY, [(POLICY, project.document(all))]);
    vec![Change::Set { resource: holder.id, content }]
}
