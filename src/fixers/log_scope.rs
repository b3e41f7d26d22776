//! Permissions to write logs: to the own group, where the configuration shows which one that is.

use super::open_policies::{POLICIES, statements};
use crate::catalogue::{Context, Verdict};
use crate::fix::{Change, Effect, Fix, Grade, StatementEdit};
use crate::iam::policy::Statement;
use crate::iam::scope::log_group;
use crate::model::{Draft, Mode, Project, Repeat, Resource, Value};

/// What Lambda does with a function's group on behalf of its role.
const WRITING: [&str; 3] = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"];

/// Resources that only say what a role may do.
const GRANTS: [&str; 5] = [
    "aws_iam_policy_attachment",
    "aws_iam_role_policies_exclusive",
    "aws_iam_role_policy",
    "aws_iam_role_policy_attachment",
    "aws_iam_role_policy_attachments_exclusive",
];

/// Logs are written to the own group.
pub(super) fn judge(context: &Context<'_>) -> Verdict {
    statements(context, POLICIES, |statement, argument| {
        let writes = ["logs:PutLogEvents", "logs:CreateLogStream"];
        let wide = statement.allow == Some(true)
            && !statement.not_actions
            && (statement.on_everything() || on_all_groups(statement))
            && statement.actions.iter().all(|a| a.as_str().is_some_and(|a| a.starts_with("logs:")))
            && writes.iter().any(|action| statement.covers_action(action));
        wide.then(|| {
            let fix = narrowed(context, statement, argument).unwrap_or_else(|reason| {
                let note = format!("{reason}: for a function it would be its own group's ARN with `:*` behind it");
                Fix::manual("Name the log group", note)
            });
            ("it may write to every log group".to_owned(), fix)
        })
    })
}

/// Whether a statement is on every log group of every region: `arn:aws:logs:*:*:*`.
fn on_all_groups(statement: &Statement) -> bool {
    let all = |value: &Value| {
        let text = value.as_str().unwrap_or_default();
        let rest = text.splitn(6, ':').nth(5).unwrap_or_default();
        text.contains(":logs:") && matches!(rest, "*" | "*:*" | "log-group:*" | "log-group:*:*")
    };
    !statement.resources.is_empty() && statement.resources.iter().all(all)
}

fn narrowed(context: &Context<'_>, statement: &Statement, argument: &str) -> Result<Fix, String> {
    let project = context.project;
    let is_pattern = |action: &Value| action.as_str().is_some_and(|action| action.contains('*'));
    let patterns = statement.actions.iter().any(is_pattern);
    let other = statement.actions.iter().find(|a| !is_pattern(a) && !a.as_str().is_some_and(|a| WRITING.contains(&a)));
    if let Some(other) = other {
        return Err(format!(
            "it allows more than to write: {}",
            other.as_str().unwrap_or("an action that isn't known")
        ));
    }
    let role = role_of(context)?;
    let functions = functions_of(project, role)?;
    let mut arns = Vec::new();
    let mut groups = Vec::new();
    let mut actions = vec![WRITING[1], WRITING[2]];
    for function in functions {
        if log_group::at_edge(project, function) {
            return Err(format!("{} runs at CloudFront's edge, with logs in every region", function.address()));
        }
        let group = log_group::declared(project, function);
        if let Some(other) = other_group(project, function, group) {
            return Err(format!("{} refers to {}, too", function.address(), other.address()));
        }
        // Where the source is at hand, it says whether the code works with log groups itself.
        let derivation = context.derivations.of(project, function, &context.settings.sources);
        let called = derivation.usage.as_ref().and_then(|usage| usage.calls.iter().find(|call| call.service == "logs"));
        if let Some(call) = called {
            let (file, line) = (&call.place.file, call.place.line);
            return Err(format!("{file}:{line} of {} calls {}", function.address(), call.operation));
        }
        if let Some(group) = group {
            groups.push(group.address());
            arns.push(Draft::Text(vec![Draft::Attribute(group.id, "arn".into()), Draft::string(":*")]));
            continue;
        }
        actions = WRITING.to_vec();
        if let Some(made) = log_group::made(project, function) {
            arns.push(made.draft(project, context.resource.instance)?);
            groups.push(made.shown);
            continue;
        }
        arns.push(by_reference(context, function)?);
        groups.push(format!("the group of {}", function.address()));
    }
    let resource = if arns.len() == 1 { arns.remove(0) } else { Draft::List(arns) };
    let mut edits = vec![StatementEdit::Replace("Resource".into(), resource)];
    if patterns {
        let actions = actions.into_iter().filter(|action| statement.covers_action(action)).map(Draft::string).collect();
        edits.insert(0, StatementEdit::Replace("Action".into(), Draft::List(actions)));
    }
    Ok(Fix {
        title: format!("Let it write to {} only", groups.join(" and ")),
        grade: Grade::Review,
        effect: Effect::Access,
        changes: vec![Change::EditStatement {
            resource: context.resource.id,
            argument: argument.to_owned(),
            at: statement.at,
            edits,
        }],
        notes: vec!["code that writes to other log groups by itself is refused from then on".into()],
    })
}

/// The ARN of the group that Lambda makes for a function whose name isn't known: it refers to the function.
fn by_reference(context: &Context<'_>, function: &Resource) -> Result<Draft, String> {
    let (project, policy) = (context.project, context.resource);
    let address = function.address();
    if !function.body.at("logging_config.log_group").is_null() || function.body.get("function_name").is_null() {
        return Err(format!("the log group of {address} isn't declared"));
    }
    if function.instance != policy.instance || function.repeat != Repeat::Once {
        return Err(format!("the name of {address} isn't known before a deploy"));
    }
    // The policy then waits for the function, which must not wait for the policy.
    let mut granting = users(project, policy);
    granting.push(policy);
    if granting.iter().any(|on| function.body.refers_to(on.id)) {
        return Err(format!("{address} waits for {}, and its name isn't known before a deploy", policy.address()));
    }
    Ok(Draft::Text(vec![
        Draft::string(format!("arn:aws:logs:*:*:log-group:{}", log_group::PREFIX)),
        Draft::Attribute(function.id, "function_name".into()),
        Draft::string(":*"),
    ]))
}

/// The one role that has the policy.
pub(super) fn role_of<'a>(context: &Context<'a>) -> Result<&'a Resource, String> {
    const UNKNOWN: &str = "which role has the policy is not in this module";
    let (project, resource) = (context.project, context.resource);
    let named = |holder: &Resource| match holder.body.get("role") {
        Value::Reference(reference) => Some(project.resource(reference.resource)),
        _ => None,
    };
    let role = match &*resource.kind {
        "aws_iam_role" => Some(resource),
        "aws_iam_role_policy" | "aws_iam_role_policy_attachment" => named(resource),
        "aws_iam_policy" => {
            let users = users(project, resource);
            match users.as_slice() {
                [one] if &*one.kind == "aws_iam_role_policy_attachment" => named(one),
                _ => return Err("the policy isn't attached to one role alone".into()),
            }
        }
        _ => None,
    };
    role.filter(|role| {
        &*role.kind == "aws_iam_role" && role.instance == resource.instance && role.mode == Mode::Managed
    })
    .ok_or_else(|| UNKNOWN.into())
}

/// What refers to a resource, outputs and code that can't be read apart.
fn users<'a>(project: &'a Project, resource: &Resource) -> Vec<&'a Resource> {
    let refers = |user: &&Resource| user.id != resource.id && user.body.refers_to(resource.id);
    project.resources.iter().filter(refers).collect()
}

/// The functions that have the role, when nothing else can have it.
fn functions_of<'a>(project: &'a Project, role: &Resource) -> Result<Vec<&'a Resource>, String> {
    if project.outputs.iter().any(|(_, value)| value.refers_to(role.id)) {
        return Err(format!("{} is an output: others may use it", role.address()));
    }
    let mut passed = project
        .opaque_calls
        .iter()
        .filter(|call| call.arguments.entries.iter().any(|entry| entry.node.value.refers_to(role.id)));
    if let Some(call) = passed.next() {
        return Err(format!("{} is passed to module.{}", role.address(), call.name));
    }
    let users = users(project, role).into_iter().filter(|user| !GRANTS.contains(&&*user.kind));
    let (functions, others): (Vec<_>, Vec<_>) = users.partition(|user| &*user.kind == "aws_lambda_function");
    if let Some(other) = others.first() {
        return Err(format!("{} uses the role, too", other.address()));
    }
    if functions.is_empty() {
        return Err("no function of this module has the role".into());
    }
    Ok(functions)
}

/// A log group beside its own that a function refers to.
fn other_group<'a>(project: &'a Project, function: &Resource, own: Option<&Resource>) -> Option<&'a Resource> {
    let is_own = |group: &Resource| own.is_some_and(|own| own.span == group.span);
    project.of_kind("aws_cloudwatch_log_group").find(|group| !is_own(group) && function.body.refers_to(group.id))
}
