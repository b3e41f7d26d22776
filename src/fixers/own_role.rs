//! One function, one role: a role that several functions share is copied, so that each can have its own permissions.
//!
//! The first function keeps the role, unless the role serves something else too. The trust, the policies and the
//! attachments of a copy are those of the original: no function can do less or more than before.

use crate::catalogue::{Context, Verdict};
use crate::fix::{Change, Effect, Fix, Grade};
use crate::iam::role::{self, Grants, Homes, Others};
use crate::model::{Draft, DraftBody, Project, Repeat, Resource, ResourceId, Value};

/// Managed policies that every function may need: sharing them shares nothing.
const BASIC_POLICIES: [&str; 6] = [
    "AWSLambdaBasicExecutionRole",
    "AWSLambdaVPCAccessExecutionRole",
    "AWSXRayDaemonWriteAccess",
    "AWSXrayWriteOnlyAccess",
    "CloudWatchLambdaInsightsExecutionRolePolicy",
    "CloudWatchLambdaApplicationSignalsExecutionRolePolicy",
];
/// Actions of which the same is true.
const BASIC_ACTIONS: [&str; 3] = ["logs:", "xray:", "cloudwatch:PutMetricData"];
/// Arguments that say what a function runs.
const PROGRAM: [&str; 6] = ["filename", "s3_bucket", "s3_key", "image_uri", "handler", "package_type"];
/// The longest name of a role.
const LONGEST_NAME: usize = 64;
const TITLE: &str = "Give it a role of its own";

pub(super) fn judge(context: &Context<'_>) -> Verdict {
    let (project, function) = (context.project, context.resource);
    let Some(role) = role::named(project, function, "role") else {
        return Verdict::Unknown("its role isn't declared beside it".into());
    };
    let sharers = sharers(project, role);
    let first = sharers.iter().find(|other| same_program(other, function));
    let is_first_of_its_program = first.is_none_or(|first| first.id == function.id);
    let programs = sharers.iter().filter(|other| !same_program(other, function)).count();
    if programs == 0 || !is_first_of_its_program || is_basic(&role::grants(project, role)) {
        return Verdict::Pass;
    }
    let homes = role::homes(project, role);
    let others = role::others(project, role, &homes);
    if others.served.is_empty() && sharers.first().is_some_and(|first| first.id == function.id) {
        return Verdict::Pass;
    }
    let users: Vec<String> =
        sharers.iter().filter(|other| other.id != function.id).map(|other| other.address()).collect();
    let message = format!("it shares {} and all its permissions with {}", role.address(), users.join(", "));
    let fix = match obstacle(function, role, &sharers, &homes, &others) {
        Some(obstacle) => Fix::manual(TITLE, obstacle),
        None => split(context, role, &homes, &others),
    };
    Verdict::fail(message, fix)
}

/// The functions that run as a role, in the order in which they are declared.
fn sharers<'a>(project: &'a Project, role: &Resource) -> Vec<&'a Resource> {
    let functions = project.of_kind("aws_lambda_function").filter(|f| f.instance == role.instance);
    let mut sharers: Vec<_> = functions.filter(|f| f.body.get("role").refers_to(role.id)).collect();
    sharers.sort_by_key(|f| (project.file(f.span.file).display.clone(), f.span));
    sharers
}

/// Whether two functions run the same code by the same handler: one of them may be the other's next version. Two of one
/// name are never there at the same time.
fn same_program(a: &Resource, b: &Resource) -> bool {
    let same = |name: &str| !a.body.get(name).is_null() && a.body.get(name).equals(&b.body.get(name)) == Some(true);
    a.id == b.id
        || same("function_name")
        || PROGRAM.iter().any(|name| !a.body.get(name).is_null())
            && PROGRAM.iter().all(|name| a.body.get(name).equals(&b.body.get(name)) == Some(true))
}

/// Whether a role allows no more than to write logs, traces and metrics, and to be in a VPC.
fn is_basic(grants: &Grants) -> bool {
    let is_basic_action = |action: &str| {
        BASIC_ACTIONS.iter().any(|basic| action.starts_with(basic))
            || action.starts_with("ec2:")
                && (action.contains("NetworkInterface") || action.contains("PrivateIpAddresses"))
    };
    !grants.unread
        && grants.managed_names().all(|name| BASIC_POLICIES.contains(&name))
        && grants.allowed_actions().all(|action| action.is_some_and(is_basic_action))
}

/// Why a role isn't split, if it can't be.
fn obstacle(
    function: &Resource,
    role: &Resource,
    sharers: &[&Resource],
    homes: &Homes,
    others: &Others,
) -> Option<String> {
    if role.repeat != Repeat::Once || sharers.iter().any(|f| matches!(f.repeat, Repeat::ForEach(_))) {
        return Some("functions or role are repeated: give the role the same `for_each` as its functions".into());
    }
    if !matches!(function.body.get("role"), Value::Reference(reference) if reference.resource == role.id) {
        return Some("its role is chosen by an expression".into());
    }
    if let Some(name) = &others.names {
        return Some(format!("{name} names {}: a new role would not be meant there", role.address()));
    }
    if !homes.exclusive.is_empty() {
        return Some(
            "the set of the role's policies is fixed by a resource of its own: it would need a second one".into(),
        );
    }
    homes.maybe.clone()
}

fn split(context: &Context<'_>, role: &Resource, homes: &Homes, others: &Others) -> Fix {
    let (project, function) = (context.project, context.resource);
    let copied = |original: &Resource| format!("{}_{}", original.name, function.name);
    let new_role = format!("aws_iam_role.{}", copied(role));
    let name = match new_name(context, role) {
        Ok(name) => name,
        Err(reason) => return Fix::manual(TITLE, reason),
    };
    let mut changes = vec![Change::Copy { resource: role.id, name: copied(role), rewired: Vec::new(), content: name }];
    let own: Vec<&Resource> = homes.own.iter().chain(&homes.off).map(|id| project.resource(*id)).collect();
    for policy in &own {
        // An attachment may name its role by a literal.
        let by_name = !policy.body.get("role").refers_to(role.id);
        let content = DraftBody::arguments([("role", Draft::AddedAttribute(new_role.clone(), "name".into()))]);
        changes.push(Change::Copy {
            resource: policy.id,
            name: copied(policy),
            rewired: vec![(role.id, new_role.clone())],
            content: if by_name { content } else { DraftBody::default() },
        });
    }
    changes.extend(homes.lists.iter().map(|list| Change::Append {
        resource: *list,
        argument: "roles".into(),
        value: Draft::AddedAttribute(new_role.clone(), "name".into()),
    }));
    changes.push(Change::Rewire {
        resource: function.id,
        argument: "role".into(),
        from: role.id,
        to: new_role.clone(),
    });
    let address = |policy: &Resource| format!("{}.{}", policy.kind, copied(policy));
    changes.extend(wait(project, function, &own, &address));
    Fix { title: TITLE.into(), grade: Grade::Review, effect: Effect::Access, changes, notes: notes(role, others) }
}

/// The name of the copy; nothing where a name is made up at a deploy.
fn new_name(context: &Context<'_>, role: &Resource) -> Result<DraftBody, String> {
    if role.body.entry("name").is_none() {
        return Ok(DraftBody::default());
    }
    let suffix = format!("-{}", context.resource.name.replace('_', "-"));
    let known = context.project.settle(&role.body.get("name"));
    let length: usize = known.known_pieces().iter().map(|piece| piece.len()).sum();
    if length + suffix.len() > LONGEST_NAME {
        return Err(format!("the name of a second role would be longer than {LONGEST_NAME} characters"));
    }
    let written = context.as_written(role, "name").ok_or("the name of its role can't be extended")?;
    let name = match written {
        Draft::String(name) => Draft::String(format!("{name}{suffix}")),
        other => Draft::Text(vec![other, Draft::String(suffix)]),
    };
    Ok(DraftBody::arguments([("name", name)]))
}

/// The function waits for the policies of its new role: without them its next call would fail.
fn wait(
    project: &Project,
    function: &Resource,
    policies: &[&Resource],
    address: &dyn Fn(&Resource) -> String,
) -> Vec<Change> {
    let argument = || "depends_on".to_owned();
    let waits: Vec<ResourceId> =
        policies.iter().map(|policy| policy.id).filter(|id| function.body.get("depends_on").refers_to(*id)).collect();
    let mut changes = Vec::new();
    let mut new = Vec::new();
    for policy in policies {
        if waits.contains(&policy.id) {
            let to = address(policy);
            changes.push(Change::Rewire { resource: function.id, argument: argument(), from: policy.id, to });
        } else if !project.depends_on(policy.id, function.id) {
            new.push(Draft::AddedAttribute(address(policy), String::new()));
        }
    }
    if !new.is_empty() {
        changes.extend(super::order::after(function, new));
    }
    changes
}

fn notes(role: &Resource, others: &Others) -> Vec<String> {
    let mut notes = vec![
        "the new role may do what the old one may: narrow each to what its function calls".to_owned(),
        "who deploys needs iam:CreateRole, and iam:PassRole on the new name; policies elsewhere that name the old role by its ARN don't mean the new one"
            .to_owned(),
    ];
    if !others.served.is_empty() {
        notes.push(format!("{} stays for {}", role.address(), others.served.join(", ")));
    }
    notes
}
