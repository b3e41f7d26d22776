//! What may differ in policies: statements of the library for what an edit sets, and fewer permissions where an edit
//! narrows them.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::{kind, plain};
use crate::iam::LOG_DELIVERY;
use crate::iam::policy::pattern_matches;

/// Starts of the actions that the library lets a role do for a property, beside [`LOG_DELIVERY`]: traces, streams of logs.
const GRANTED: [&str; 3] = ["xray:Put", "xray:GetSampling", "logs:CreateLogStream"];
/// What holds permissions of a role and nothing else.
const POLICIES: [&str; 2] = ["AWS::IAM::ManagedPolicy", "AWS::IAM::Policy"];

/// A permission: one action on one resource, and all else that its statement says of it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Permission {
    action: String,
    on: String,
    rest: String,
}

/// Whether nothing is different in a policy but statements by which the library lets a role do what a property needs, or
/// use what was added for it (`usable`: ids in quotes).
pub(super) fn is_grant(was: Option<&Json>, now: &Json, usable: &[String]) -> bool {
    if kind(now) != "AWS::IAM::Policy" || was.is_some_and(|was| around(was) != around(now)) {
        return false;
    }
    let (old, new) = (was.map(permissions).unwrap_or_default(), permissions(now));
    old.is_subset(&new) && new.difference(&old).all(|permission| is_granted(permission, usable))
}

/// Whether a policy, or a role with policies in it, allows nothing that it didn't allow before, but what [`is_grant`]
/// takes. What it denied it denies.
pub(super) fn is_narrower(was: &Json, now: &Json, usable: &[String]) -> bool {
    let (old, new) = (permissions(was), permissions(now));
    let denied = |permission: &&Permission| permission.rest.contains(r#""Effect":"Deny""#);
    let still_denies = old.iter().filter(denied).all(|permission| new.contains(permission));
    let was_allowed = |permission: &Permission| old.iter().any(|wider| wider.covers(permission));
    still_denies && new.iter().all(|permission| was_allowed(permission) || is_granted(permission, usable))
}

/// Whether a resource is a policy that may be gone when nothing of it is needed.
pub(super) fn may_go(was: &Json) -> bool {
    POLICIES.contains(&kind(was)) && !plain(was).contains(r#""Effect":"Deny""#)
}

/// A policy, or a role, without its statements.
pub(super) fn around(holder: &Json) -> String {
    const DOCUMENT: &str = "PolicyDocument";
    let mut holder = holder.clone();
    let properties = &mut holder["Properties"];
    if let Some(document) = properties.get_mut(DOCUMENT) {
        document["Statement"] = Json::Null;
    }
    for policy in properties.get_mut("Policies").and_then(Json::as_array_mut).into_iter().flatten() {
        policy[DOCUMENT]["Statement"] = Json::Null;
    }
    plain(&holder)
}

fn is_granted(permission: &Permission, usable: &[String]) -> bool {
    GRANTED.iter().chain(&LOG_DELIVERY).any(|start| permission.action.starts_with(start))
        || usable.iter().any(|id| permission.on.contains(id) || permission.rest.contains(id))
}

impl Permission {
    /// Whether it allows all that the other one does.
    fn covers(&self, other: &Self) -> bool {
        self.rest == other.rest
            && (self.on == other.on || self.on == r#""*""#)
            && pattern_matches(&self.action, &other.action)
    }
}

/// What a policy says, one action on one resource each.
fn permissions(holder: &Json) -> BTreeSet<Permission> {
    let properties = &holder["Properties"];
    let inline = properties["Policies"].as_array().into_iter().flatten().map(|policy| &policy["PolicyDocument"]);
    let documents = std::iter::once(&properties["PolicyDocument"]).chain(inline);
    let mut found = BTreeSet::new();
    for statement in documents.filter_map(|document| document["Statement"].as_array()).flatten() {
        let mut rest = statement.clone();
        let mut take = |name| rest.as_object_mut().and_then(|statement| statement.remove(name)).unwrap_or_default();
        let (actions, resources) = (each(take("Action")), each(take("Resource")));
        let rest = plain(&rest);
        for action in &actions {
            found.extend(resources.iter().map(|resource| Permission {
                action: action.as_str().unwrap_or_default().to_owned(),
                on: plain(resource),
                rest: rest.clone(),
            }));
        }
    }
    found
}

fn each(value: Json) -> Vec<Json> {
    match value {
        Json::Array(values) => values,
        value => vec![value],
    }
}
