//! Policies that allow too much or let in too many. Shown: who is meant stands outside the configuration.

use std::sync::Arc;

use super::open_resources::ARGUMENTS;
use crate::catalogue::{Context, Failure, Verdict};
use crate::fix::{Change, Effect, Fix, Grade, StatementEdit};
use crate::iam::policy::{Policy, Statement};
use crate::model::{Body, Draft, Language, Project, Resource, Value};

/// Condition keys that tie a request to somebody; `aws:Referer` and user agents can be made up.
const RESTRICTING: [&str; 14] = [
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceip",
    "aws:sourceorgid",
    "aws:sourceowner",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:vpcsourceip",
    "kms:calleraccount",
    "s3:dataaccesspointaccount",
];

/// Arguments that hold a policy of somebody.
pub(super) const POLICIES: &[&str] = &["policy", "PolicyDocument"];
/// Arguments that say who may assume a role.
const TRUST: &[&str] = &["assume_role_policy", "AssumeRolePolicyDocument"];

/// No resource policy allows every action of its service.
pub(super) fn every_action(context: &Context<'_>) -> Verdict {
    statements(context, &ARGUMENTS, |statement, argument| {
        let wide = statement.allow == Some(true)
            && !statement.not_actions
            && statement.actions.iter().any(|a| a.as_str().is_some_and(|a| a == "*" || a.ends_with(":*")));
        wide.then(|| {
            (
                "every action is allowed, administration included".to_owned(),
                message_actions(context, statement, argument),
            )
        })
    })
}

/// The statement without the administration of the queue.
///
/// NOTE: other accounts can't administer a queue by its policy, and the account's own roles can by their policies.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-customer-managed-policy-examples.html>
fn message_actions(context: &Context<'_>, statement: &Statement, argument: &str) -> Fix {
    const MESSAGES: [&str; 6] = [
        "sqs:ChangeMessageVisibility",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:GetQueueUrl",
        "sqs:ReceiveMessage",
        "sqs:SendMessage",
    ];
    let title = "Name the actions that are used";
    if context.project.language != Language::Terraform || statement.actions.iter().any(|a| a.as_str().is_none()) {
        return Fix::manual(title, "which actions are needed is not in the configuration");
    }
    // All that a service does with a queue is to send to it.
    let only_services = statement.principals.iter().all(|(kind, _)| &**kind == "Service");
    let (actions, note) = if only_services {
        (Draft::string("sqs:SendMessage"), "services send to queues and do nothing else there")
    } else {
        let all = MESSAGES.map(Draft::string).to_vec();
        (
            Draft::List(all),
            "who empties, changes or deletes the queue by this statement needs a policy of their own for it",
        )
    };
    let edits = vec![StatementEdit::Set("Action".into(), actions)];
    let resource = context.resource.id;
    Fix {
        title: "Leave the sending and receiving of messages".into(),
        grade: Grade::Review,
        effect: Effect::Access,
        changes: vec![Change::EditStatement { resource, argument: argument.to_owned(), at: statement.at, edits }],
        notes: vec![note.into()],
    }
}

/// A role may be assumed by those who are named only.
pub(super) fn trust(context: &Context<'_>) -> Verdict {
    statements(context, TRUST, |statement, _| {
        let open = statement.allow == Some(true) && statement.names_everybody() && !is_restricted(statement);
        open.then(|| {
            let fix = Fix::manual("Name who may assume the role", "who is meant is not in the configuration");
            ("everybody in any account may assume the role".to_owned(), fix)
        })
    })
}

/// A role that GitHub's workflows assume names the repository.
pub(super) fn github_subject(context: &Context<'_>) -> Verdict {
    statements(context, TRUST, |statement, _| {
        let github = statement.allow == Some(true)
            && statement.principals.iter().any(|(kind, value)| {
                &**kind == "Federated"
                    && value.known_pieces().iter().any(|p| p.contains("token.actions.githubusercontent.com"))
            });
        if !github {
            return None;
        }
        let subjects: Vec<&Value> = statement
            .conditions
            .iter()
            .filter(|(_, key, _)| key.starts_with("token.actions.githubusercontent.com") && key.ends_with(":sub"))
            .flat_map(|(_, _, values)| values)
            .collect();
        let wide = |subject: &&Value| {
            subject
                .as_str()
                .is_some_and(|s| matches!(s, "*" | "repo:*" | "repo:*:*" | "repo:*/*") || !s.contains("repo:"))
        };
        let message = if subjects.is_empty() {
            "any workflow of any repository on GitHub may assume the role"
        } else if subjects.iter().any(wide) {
            "its subject matches any repository on GitHub"
        } else {
            return None;
        };
        let note = "which repository is meant is not in the configuration: set the condition \
                    token.actions.githubusercontent.com:sub to repo:ORGANISATION/REPOSITORY:ref:refs/heads/BRANCH";
        Some((message.to_owned(), Fix::manual("Name the repository", note)))
    })
}

/// `PassRole` names the roles.
pub(super) fn pass_role(context: &Context<'_>) -> Verdict {
    statements(context, POLICIES, |statement, _| {
        let passes = statement.allow == Some(true)
            && !statement.not_actions
            && statement.actions.iter().any(|action| {
                action
                    .as_str()
                    .is_some_and(|a| a.to_lowercase().starts_with("iam:") && statement.covers_action("iam:PassRole"))
            })
            && statement.on_everything();
        let to_service = statement.conditions.iter().any(|(_, key, _)| key.eq_ignore_ascii_case("iam:PassedToService"));
        (passes && !to_service).then(|| {
            let fix = Fix::manual(
                "Name the roles, and the service with iam:PassedToService",
                "which roles are passed is not in the configuration",
            );
            ("it may pass any role to any service, an administrator's too".to_owned(), fix)
        })
    })
}

/// Whether a policy lets in whoever comes, and turns nobody away.
pub(super) fn admits_everybody(policy: &Policy) -> bool {
    policy.statements.iter().any(|s| s.allow == Some(true) && s.names_everybody() && !is_restricted(s))
        && policy.statements.iter().all(|s| s.allow == Some(true))
}

pub(super) fn is_restricted(statement: &Statement) -> bool {
    statement.conditions.iter().any(|(operator, key, _)| {
        let ties = !operator.starts_with("Null") && !operator.contains("Not");
        ties && RESTRICTING.contains(&key.to_lowercase().as_str()) || &**key == "?"
    })
}

/// Whether a policy only limits what others grant: it is a boundary of roles, or is called one, and attached to nobody.
fn is_boundary(project: &Project, policy: &Resource) -> bool {
    const BOUNDARY: [&str; 2] = ["permissions_boundary", "PermissionsBoundary"];
    if !matches!(&*policy.kind, "aws_iam_policy" | "AWS::IAM::ManagedPolicy") {
        return false;
    }
    let limits = |user: &Resource, name: &str| user.body.get(name).refers_to(policy.id);
    let mut users = project.resources.iter().filter(|user| user.uses(policy)).peekable();
    let is_called = || policy.name.to_ascii_lowercase().contains("boundary");
    match users.peek() {
        Some(_) => users.all(|user| BOUNDARY.iter().any(|name| limits(user, name))),
        None => is_called(),
    }
}

/// The first statement of the policies in `arguments` (and in `inline_policy` blocks) that a test objects to.
pub(super) fn statements(
    context: &Context<'_>,
    arguments: &[&'static str],
    test: impl Fn(&Statement, &str) -> Option<(String, Fix)>,
) -> Verdict {
    let (project, resource) = (context.project, context.resource);
    if arguments.contains(&"policy") && is_boundary(project, resource) {
        return Verdict::Pass;
    }
    let policies = resource.body.get("Policies");
    let is_there = |body: &Body, argument: &str| !body.get(argument).is_null();
    let own = arguments.iter().filter(|argument| is_there(&resource.body, argument));
    let mut documents: Vec<(Option<Arc<Policy>>, &str)> =
        own.map(|argument| (context.policies.of(project, resource, argument), *argument)).collect();
    if arguments.contains(&"policy") {
        let listed = policies.as_list().into_iter().flatten().filter_map(|item| item.value.as_map());
        let parts = resource.body.blocks("inline_policy").map(|block| (block, "policy"));
        let parts = parts.chain(listed.map(|body| (body, "PolicyDocument")));
        let parts = parts.filter(|(body, argument)| is_there(body, argument));
        documents.extend(parts.map(|(body, argument)| (Policy::of(project, body, argument).map(Arc::new), argument)));
    }
    let mut unknown = None;
    for (policy, argument) in documents {
        match policy {
            None => unknown = Some("its policy can't be read here"),
            Some(policy) => {
                if let Some((at, (message, fix))) = policy.certain().find_map(|s| Some((s.at.span, test(s, argument)?)))
                {
                    return Verdict::Fail(Box::new(Failure { message, at: Some(at), fix: Ok(fix) }));
                }
                if !policy.complete {
                    unknown = Some("parts of its policy aren't known before a deploy");
                }
            }
        }
    }
    unknown.map_or(Verdict::Pass, |reason| Verdict::Unknown(reason.into()))
}
