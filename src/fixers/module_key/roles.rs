//! Roles that use the key through what it encrypts, and the permission that they need for it.

use super::Use;
use crate::fix::Change;
use crate::iam::policy::Statement;
use crate::iam::role::{self, Grants};
use crate::model::companion::Tie;
use crate::model::{Draft, DraftBody, Language, Mode, Project, Resource, Value, resource::address};

/// Managed policies that allow every use of every key.
const ENOUGH: [&str; 2] = ["AdministratorAccess", "PowerUserAccess"];
/// The two permissions: of who reads, and of who writes, too.
pub(super) const READ: &str = "kms:Decrypt";
pub(super) const WRITE: &str = "kms:GenerateDataKey";

const ROLE: &str = "aws_iam_role";
const POLICY: &str = "aws_iam_role_policy";

/// What is written for the roles, and what can't be.
pub(super) struct RoleGrants {
    pub(super) changes: Vec<Change>,
    pub(super) notes: Vec<String>,
}

/// The permissions of the roles that are declared beside `target`; `own` is the key where it is there already, `stranger`
/// a user whose role isn't declared there.
pub(super) fn grants(
    project: &Project,
    target: &Resource,
    what: &Use,
    arn: &Draft,
    (own, stranger): (Option<&Resource>, Option<String>),
) -> Result<RoleGrants, String> {
    let mut out = RoleGrants { changes: Vec::new(), notes: Vec::new() };
    let through = |stranger: &str| {
        format!(
            "{stranger}: whoever of the account may use it may use the key through `{}`, as with AWS's own key",
            what.service()
        )
    };
    if let Some((argument, wanted)) = what.role {
        if let Some(stranger) = stranger {
            out.notes.push(through(&stranger));
            return Ok(out);
        }
        let role = only_role(project, target, argument)?;
        let needed = missing(project, role, own, wanted);
        grant(project, role, &needed, arn, &mut out)?;
        return Ok(out);
    }
    if what.prefix.is_empty() {
        return Ok(out);
    }
    let mut seen = false;
    for role in project.all(ROLE) {
        let grants = role::grants(project, role);
        let Some(writes) = uses(project, &grants, target, what) else { continue };
        // Others use it through the service.
        if role.instance != target.instance {
            continue;
        }
        seen = true;
        let wanted = if writes { &[READ, WRITE][..] } else { &[READ] };
        let needed = missing(project, role, own, wanted);
        grant(project, role, &needed, arn, &mut out)?;
    }
    if let Some(stranger) = stranger {
        out.notes.push(through(&stranger));
        return Ok(out);
    }
    let others = if seen { "other roles" } else { "no role that uses it is declared here: roles" };
    let both = if what.writes.is_empty() { READ.to_owned() } else { format!("{READ} (writers {WRITE}, too)") };
    out.notes.push(format!("{others} that read or write it need {both} on the key, or they are refused"));
    Ok(out)
}

/// The role that an argument names.
pub(super) fn only_role<'a>(project: &'a Project, target: &Resource, argument: &str) -> Result<&'a Resource, String> {
    let Value::Reference(reference) = project.value(target, "", argument) else {
        return Err(format!("its role stands elsewhere: without {READ} on the key it would fail"));
    };
    let role = project.resource(reference.resource);
    if project.is(role, ROLE) && role.instance == target.instance {
        return Ok(role);
    }
    Err(format!("its role ({}) stands elsewhere: without {READ} on the key it would fail", role.address()))
}

/// Whether a role uses `target`, and then whether it writes.
pub(super) fn uses(project: &Project, grants: &Grants, target: &Resource, what: &Use) -> Option<bool> {
    let on_target = |statement: &&Statement| {
        statement.allow == Some(true) && statement.resources.iter().any(|resource| names(project, resource, target))
    };
    let all = || grants.statements().filter(on_target);
    let may = |names: &[&str]| {
        let action = |name: &&str| format!("{}{name}", what.prefix);
        names.iter().any(|name| all().any(|statement| statement.covers_action(&action(name))))
    };
    let of_service = |action: &Value| action.known_prefix().to_ascii_lowercase().starts_with(what.prefix);
    let by_name = grants.managed.iter().any(|arn| arn.known_pieces().iter().any(|piece| piece.contains(what.managed)));
    let writes = may(what.writes) || by_name && !what.writes.is_empty();
    let touches = may(what.reads) || by_name || all().any(|statement| statement.actions.iter().any(of_service));
    (writes || touches).then_some(writes)
}

/// Whether the resource of a statement may be `target`.
fn names(project: &Project, resource: &Value, target: &Resource) -> bool {
    let mut refers = resource.as_str() == Some("*");
    resource.each_reference(&mut |reference| refers |= reference.resource == target.id);
    let is_name = |name: &str| matches!(name, "name" | "bucket") || name.ends_with("Name");
    let mut given = target.body.entries.iter().filter(|entry| is_name(&entry.name));
    let name = given.find_map(|entry| project.settle(&entry.node.value).as_str().map(str::to_owned));
    refers || name.is_some_and(|name| resource.known_pieces().iter().any(|piece| is_in_arn(piece, &name)))
}

/// Whether a name stands in an ARN, or in a part of one, as a whole.
fn is_in_arn(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + name.len()..].chars().next();
        before.is_none_or(|c| c == ':' || c == '/') && after.is_none_or(|c| matches!(c, '/' | ':' | '*' | '-' | '?'))
    })
}

/// The permissions that a role doesn't have for the key.
fn missing(project: &Project, role: &Resource, own: Option<&Resource>, wanted: &[&'static str]) -> Vec<&'static str> {
    let grants = role::grants(project, role);
    let on_key = |statement: &Statement| {
        let mut named = false;
        for resource in &statement.resources {
            resource.each_reference(&mut |reference| named |= own.is_some_and(|key| key.id == reference.resource));
        }
        named && statement.allow == Some(true) && statement.conditions.is_empty()
    };
    let has = |action: &str| {
        grants.allows(action, &ENOUGH) || grants.statements().any(|s| on_key(s) && s.covers_action(action))
    };
    wanted.iter().copied().filter(|action| !has(action)).collect()
}

/// A policy of the role for the key, one for all that the key encrypts.
fn grant(
    project: &Project,
    role: &Resource,
    actions: &[&'static str],
    arn: &Draft,
    out: &mut RoleGrants,
) -> Result<(), String> {
    if actions.is_empty() {
        return Ok(());
    }
    let exclusive = Tie { kind: project.kind("aws_iam_role_policies_exclusive"), by: "role_name", name: "name" };
    if !project.companions(role, exclusive).found.is_empty() {
        let needed = actions.join(" and ");
        return Err(format!(
            "the inline policies of {} are a closed list: allow it {needed} on the key",
            role.address()
        ));
    }
    let statement = Draft::object([
        ("Effect", Draft::string("Allow")),
        ("Action", Draft::List(actions.iter().map(|action| Draft::string(*action)).collect())),
        ("Resource", arn.clone()),
    ]);
    out.notes.push(format!("{} may then use the key ({})", role.address(), actions.join(", ")));
    // A role with blocks for its inline policies knows no others.
    if role.body.blocks("inline_policy").next().is_some() {
        out.changes.push(Change::AppendBlock {
            resource: role.id,
            name: "inline_policy".into(),
            content: DraftBody::arguments([
                ("name", Draft::string("kms")),
                ("policy", project.document(vec![statement])),
            ]),
        });
        return Ok(());
    }
    let (name, of_role, policy_name) = match project.language {
        Language::Terraform => (format!("{}_kms", role.name), Draft::Attribute(role.id, "id".into()), "kms"),
        Language::CloudFormation => {
            let list = Draft::List(vec![Draft::Attribute(role.id, "Ref".into())]);
            (format!("{}KmsPolicy", role.name), list, "data-key")
        }
    };
    if let Some(policy) = project.at(role.instance, &address(Mode::Managed, project.kind(POLICY), &name)) {
        let argument = project.argument(POLICY, "policy").into_owned();
        out.changes.push(Change::AppendStatement { resource: policy.id, argument, statement });
        return Ok(());
    }
    out.changes.push(Change::AddShared {
        near: role.id,
        kind: project.kind(POLICY).into(),
        name,
        mirror: true,
        content: project.arguments(
            POLICY,
            [("name", Draft::string(policy_name)), ("role", of_role), ("policy", project.document(vec![statement]))],
        ),
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_in_arns_as_a_whole() {
        for (text, expected) in [
            ("arn:aws:dynamodb:eu-west-1:111122223333:table/orders", true),
            ("arn:aws:dynamodb:*:*:table/orders/index/*", true),
            ("arn:aws:s3:::orders/*", true),
            ("arn:aws:secretsmanager:*:*:secret:orders-??????", true),
            ("arn:aws:s3:::acme-orders", false),
            ("arn:aws:s3:::orders2", false),
        ] {
            assert_eq!(is_in_arn(text, "orders"), expected, "{text}");
        }
    }
}
