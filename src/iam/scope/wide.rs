//! What is wide in a role's grants: wildcards of actions, everything as resource, managed policies for a whole service.

use super::arn::Pattern;
use super::grant::{Granted, Held};
use crate::iam::actions;
use crate::iam::policy::Statement;

/// What a function in a VPC must be allowed on everything: Lambda checks it before the interface is there.
const NETWORK: [&str; 4] =
    ["CreateNetworkInterface", "DeleteNetworkInterface", "AssignPrivateIpAddresses", "UnassignPrivateIpAddresses"];

/// What is wide, in words.
pub fn breadth(granted: &Granted) -> Option<String> {
    let mut found: Vec<String> = Vec::new();
    for attached in granted.attached.iter().filter(|attached| !attached.standing) {
        found.push(attached.name.clone());
    }
    for held in granted.documents.iter().flat_map(|document| &document.statements) {
        if !held.allows || held.fixed.is_some() {
            continue;
        }
        found.extend(held.actions.iter().filter(|action| action.contains('*')).cloned());
        let everywhere = on_everything(held);
        if !everywhere.is_empty() {
            found.push(format!("{} on everything", everywhere.join(", ")));
        }
    }
    found.dedup();
    (!found.is_empty()).then(|| found.join("; "))
}

/// The actions of a statement that could name a resource and are allowed on everything.
pub fn on_everything(held: &Held) -> Vec<&str> {
    if !held.patterns.iter().any(Pattern::is_everything) {
        return Vec::new();
    }
    let is_network = |action: &str| action.strip_prefix("ec2:").is_some_and(|name| NETWORK.contains(&name));
    let restrictable = |action: &&str| {
        !action.contains('*')
            && !is_network(action)
            && actions::table().action(action).is_some_and(|known| !known.takes_no_resource())
    };
    held.actions.iter().map(String::as_str).filter(restrictable).collect()
}

/// The actions of a policy's statement that could name a resource and are allowed on everything. Writing logs has a
/// control of its own.
pub fn restrictable(statement: &Statement) -> Vec<&str> {
    let open = statement.allow == Some(true)
        && !statement.not_actions
        && !statement.not_resources
        && statement.conditions.is_empty()
        && statement.on_everything();
    if !open {
        return Vec::new();
    }
    let table = actions::table();
    let takes_one = |action: &str| table.action(action).is_some_and(|known| !known.takes_no_resource());
    let is_restrictable = |action: &&str| match action.split_once(':') {
        Some(("logs", _)) | None => false,
        // Lambda asks for these on everything.
        Some(("ec2", name)) if NETWORK.contains(&name) => false,
        Some((_, name)) if name.contains(['*', '?']) => {
            table.expand(action).is_some_and(|all| all.iter().any(|action| takes_one(action)))
        }
        Some(_) => takes_one(action),
    };
    statement.actions.iter().filter_map(|action| action.as_str()).filter(is_restrictable).collect()
}

/// Some actions, and how many others.
pub fn shortened(actions: &[&str]) -> String {
    const SHOWN: usize = 5;
    match actions.len().checked_sub(SHOWN) {
        None | Some(0) => actions.join(", "),
        Some(more) => format!("{} and {more} other actions", actions[..SHOWN].join(", ")),
    }
}
