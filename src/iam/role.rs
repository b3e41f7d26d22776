//! What a role may do, as far as the configuration shows it.

use super::policy::{Policy, pattern_matches};
use crate::model::companion::Tie;
use crate::model::{Project, Resource, Value};

/// How policies come to a role.
#[derive(Debug, Default)]
pub struct Grants {
    /// ARNs (known parts) of attached managed policies.
    pub managed: Vec<Value>,
    /// Documents of inline policies and of policies that are declared and attached.
    pub policies: Vec<Policy>,
    /// The resource or argument that fixes the set of attachments, where an extra attachment would be undone.
    pub exclusive: Option<Exclusive>,
}

/// What owns the whole set of attached managed policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exclusive {
    /// `managed_policy_arns` of the role itself.
    Argument,
    /// An `aws_iam_role_policy_attachments_exclusive`.
    Resource(crate::model::ResourceId),
}

/// How policies and attachments name their role.
const BY_ROLE: &str = "role";

/// The grants of a role.
pub fn grants(project: &Project, role: &Resource) -> Grants {
    let mut grants = Grants::default();
    let by_role = |kind| project.companions(role, Tie { kind, by: BY_ROLE, name: "name" }).found;
    for id in by_role("aws_iam_role_policy") {
        let resource = project.resource(id);
        grants.policies.extend(Policy::read(project, &resource.body.get("policy"), resource.span));
    }
    for block in role.body.blocks("inline_policy") {
        grants.policies.extend(Policy::read(project, &block.get("policy"), role.span));
    }
    let mut arns: Vec<Value> = by_role("aws_iam_role_policy_attachment")
        .iter()
        .map(|id| project.resource(*id).body.get("policy_arn"))
        .collect();
    if let Value::List(items) = role.body.get("managed_policy_arns") {
        arns.extend(items.into_iter().map(|item| item.value));
        grants.exclusive = Some(Exclusive::Argument);
    }
    let exclusive = Tie { kind: "aws_iam_role_policy_attachments_exclusive", by: "role_name", name: "name" };
    if let Some(id) = project.companions(role, exclusive).found.first() {
        grants.exclusive = Some(Exclusive::Resource(*id));
    }
    for arn in arns {
        if let Value::Reference(reference) = &arn {
            let policy = project.resource(reference.resource);
            grants.policies.extend(Policy::read(project, &policy.body.get("policy"), policy.span));
        }
        grants.managed.push(project.settle(&arn));
    }
    grants
}

impl Grants {
    /// Whether an action is certainly allowed on everything, by a statement or by a managed policy whose name matches.
    pub fn allows(&self, action: &str, managed: &[&str]) -> bool {
        let by_name = self.managed.iter().any(|arn| {
            let pieces = arn.known_pieces();
            managed.iter().any(|name| pieces.iter().any(|piece| pattern_matches(&format!("*/{name}"), piece)))
        });
        by_name
            || self.policies.iter().flat_map(|policy| &policy.statements).any(|statement| {
                statement.allow == Some(true)
                    && statement.conditions.is_empty()
                    && statement.covers_action(action)
                    && statement.on_everything()
            })
    }
}
