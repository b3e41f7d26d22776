//! Resource policies that let everybody in: closed where the configuration names who uses the resource.

use super::open_policies::{self, is_restricted};
use super::senders::{self, Sender};
use super::{account, draft_of, open_accounts};
use crate::catalogue::{Context, Verdict};
use crate::fix::{Change, Effect, Fix, Grade, StatementEdit};
use crate::iam::policy::{Statement, pattern_matches};
use crate::model::{Draft, Resource, Value};

/// Arguments that hold a policy of a resource.
pub(super) const ARGUMENTS: [&str; 7] = [
    "policy",
    "resource_policy",
    "event_bus_policy",
    "PolicyDocument",
    "KeyPolicy",
    "RepositoryPolicyText",
    "ResourcePolicy",
];

/// The arguments by which the policy of a resource names it.
const TARGETS: [(&str, &str, &str); 3] = [
    ("aws_sqs_queue_policy", "queue_url", "aws_sqs_queue"),
    ("aws_sns_topic_policy", "arn", "aws_sns_topic"),
    ("aws_s3_bucket_policy", "bucket", "aws_s3_bucket"),
];

/// What a service does with what it sends to or reads from, by type.
const SERVICE_ACTIONS: [(&str, &str); 3] =
    [("aws_sqs_queue", "sqs:SendMessage"), ("aws_sns_topic", "sns:Publish"), ("aws_s3_bucket", "s3:GetObject")];

pub(super) const NOT_SHOWN: &str = "who uses it is not in the configuration";

/// No resource policy admits everybody.
pub(super) fn everybody(context: &Context<'_>) -> Verdict {
    let verdict = open_policies::statements(context, &ARGUMENTS, |statement, argument| {
        if statement.allow != Some(true) || is_restricted(statement) {
            return None;
        }
        if statement.names_everybody() {
            return Some(("everybody is let in, in any account".to_owned(), fix(context, statement, argument)));
        }
        let fix = open_accounts::any_account(context, statement, argument)?;
        Some(("it names users or roles of any account".to_owned(), fix))
    });
    match verdict {
        Verdict::Pass => named_by_arn(context).map_or(Verdict::Pass, Verdict::Exempt),
        verdict => verdict,
    }
}

/// Why a topic's policy stays that lets in users, roles or accounts by their ARNs.
fn named_by_arn(context: &Context<'_>) -> Option<String> {
    let resource = context.resource;
    let policy = context.policies.of(context.project, resource, "policy")?;
    let allowed = policy.certain().filter(|s| s.allow == Some(true) && s.conditions.is_empty());
    let is_arn = |text: &&str| text.starts_with("arn:") && &*resource.kind == "aws_sns_topic_policy";
    let found = allowed.flat_map(|s| &s.principals).find_map(|(_, value)| value.as_str().filter(is_arn))?;
    Some(format!("it lets in {found} by its ARN: only the topic's owner knows whether another account is meant"))
}

fn fix(context: &Context<'_>, statement: &Statement, argument: &str) -> Fix {
    let reason = match by_evidence(context, statement, argument) {
        Ok(fix) => return fix,
        Err(reason) => reason,
    };
    if let Some(organization) = context.option("organization_id").as_str() {
        return for_organization(context, statement, argument, organization);
    }
    let reason = match open_accounts::fix(context, statement, argument) {
        Ok(fix) => return fix,
        // What was found of those who use it says more than that nothing was.
        Err(other) if reason == NOT_SHOWN => other,
        Err(_) => reason,
    };
    let title = "Name who is meant, or tie the statement to an account, an organisation or a source";
    let choices = match &*context.resource.kind {
        "aws_kms_key" | "aws_kms_key_policy" => {
            "callers of the account kms:CallerAccount (with kms:ViaService for those who come through a service), \
             a service `Principal = { Service }` with aws:SourceArn, an organisation aws:PrincipalOrgID"
        }
        "aws_cloudwatch_event_bus_policy" => "an account its id as principal, an organisation aws:PrincipalOrgID",
        "aws_s3_bucket" | "aws_s3_bucket_policy" => {
            "CloudFront needs an origin access control and `Principal = { Service = \"cloudfront.amazonaws.com\" }` \
             with aws:SourceArn, callers of the account aws:PrincipalAccount, an organisation aws:PrincipalOrgID"
        }
        _ => {
            "a service needs `Principal = { Service }` with aws:SourceArn (aws:SourceAccount lets in services only), \
             callers of the account aws:PrincipalAccount, an organisation aws:PrincipalOrgID"
        }
    };
    Fix::manual(title, format!("{reason}: {choices}"))
}

/// The statement for those who use the resource, as the configuration shows it.
fn by_evidence(context: &Context<'_>, statement: &Statement, argument: &str) -> Result<Fix, String> {
    let target = target(context).ok_or(NOT_SHOWN)?;
    let senders = match &*target.kind {
        "aws_s3_bucket" => senders::readers(context.project, target),
        _ => senders::senders(context.project, target)?,
    };
    let Some((first, others)) = senders.split_first() else {
        return Err(NOT_SHOWN.into());
    };
    serves_only_services(statement, target)?;
    let mut data = Vec::new();
    let edits = narrowed(context, first, &mut data)?;
    let resource = context.resource.id;
    let mut changes = vec![Change::EditStatement { resource, argument: argument.to_owned(), at: statement.at, edits }];
    for sender in others {
        let statement = copy(context, statement, sender, &mut data)?;
        changes.push(Change::AppendStatement { resource, argument: argument.to_owned(), statement });
    }
    data.dedup();
    changes.splice(0..0, data);
    let services: Vec<&str> = senders.iter().map(|sender| sender.service).collect();
    let mut notes = vec![format!(
        "only {} may use the statement then; callers of other accounts are refused, and roles of this account need the \
         permission in their own policy",
        services.join(" and ")
    )];
    if senders.iter().any(|sender| sender.sources.is_empty()) {
        notes.push("EventBridge doesn't say which rule publishes to a topic: any rule may".into());
    }
    Ok(Fix {
        title: format!("Let in {} only", services.join(" and ")),
        grade: Grade::Review,
        effect: Effect::Access,
        changes,
        notes,
    })
}

fn for_organization(context: &Context<'_>, statement: &Statement, argument: &str, organization: &str) -> Fix {
    let edit = StatementEdit::Condition {
        operator: "StringEquals".into(),
        key: "aws:PrincipalOrgID".into(),
        value: Draft::string(organization),
    };
    Fix {
        title: "Admit the organisation's accounts only".into(),
        grade: Grade::Review,
        effect: Effect::Access,
        changes: vec![Change::EditStatement {
            resource: context.resource.id,
            argument: argument.to_owned(),
            at: statement.at,
            edits: vec![edit],
        }],
        notes: vec!["callers outside the organisation are refused, and AWS services, which belong to none".into()],
    }
}

/// The queue, topic or bucket that the policy belongs to.
pub(super) fn target<'a>(context: &Context<'a>) -> Option<&'a Resource> {
    let (project, resource) = (context.project, context.resource);
    let Some((_, by, kind)) = TARGETS.iter().find(|(policy, _, _)| *policy == &*resource.kind) else {
        return Some(resource).filter(|r| TARGETS.iter().any(|(_, _, kind)| *kind == &*r.kind));
    };
    let Value::Reference(reference) = resource.body.get(by) else { return None };
    Some(project.resource(reference.resource)).filter(|target| &*target.kind == *kind)
}

/// Refuses a statement that serves others than services, or has conditions that they don't meet.
fn serves_only_services(statement: &Statement, target: &Resource) -> Result<(), String> {
    let action = SERVICE_ACTIONS.iter().find(|(kind, _)| *kind == &*target.kind).map_or("", |(_, action)| action);
    let same = |value: &Value| value.as_str().is_some_and(|a| !a.contains('*') && pattern_matches(action, a));
    if statement.not_actions || statement.not_resources || !statement.actions.iter().all(same) {
        return Err(format!(
            "a service sends with `{action}`, but the statement allows more: who needs that is not known"
        ));
    }
    if statement.principals.len() != 1 {
        return Err("it names others beside everybody".into());
    }
    let meets = |key: &str| key.eq_ignore_ascii_case("aws:SecureTransport");
    match statement.conditions.iter().find(|(_, key, _)| !meets(key)) {
        Some((_, key, _)) => Err(format!("its condition on {key} is for other callers than services")),
        None => Ok(()),
    }
}

/// The edits that leave a statement to one service.
fn narrowed(context: &Context<'_>, sender: &Sender, data: &mut Vec<Change>) -> Result<Vec<StatementEdit>, String> {
    let principal = StatementEdit::Set("Principal".into(), Draft::object([("Service", Draft::string(sender.service))]));
    let conditions = conditions(context, sender, data)?.into_iter();
    let conditions = conditions.map(|(operator, key, value)| StatementEdit::Condition {
        operator: operator.into(),
        key: key.into(),
        value,
    });
    Ok(std::iter::once(principal).chain(conditions).collect())
}

fn conditions(
    context: &Context<'_>,
    sender: &Sender,
    data: &mut Vec<Change>,
) -> Result<Vec<(&'static str, &'static str, Draft)>, String> {
    let mut conditions = Vec::new();
    match sender.sources.as_slice() {
        [] => {}
        [one] => conditions.push(("ArnEquals", "aws:SourceArn", one.clone())),
        several => conditions.push(("ArnEquals", "aws:SourceArn", Draft::List(several.to_vec()))),
    }
    if sender.account {
        let (id, declared) = account(context.project, context.resource)?;
        data.extend(declared);
        conditions.push(("StringEquals", "aws:SourceAccount", id));
    }
    Ok(conditions)
}

/// The same statement for another service.
pub(super) fn copy(
    context: &Context<'_>,
    statement: &Statement,
    sender: &Sender,
    data: &mut Vec<Change>,
) -> Result<Draft, String> {
    let one_or_all = |values: &[Value]| -> Option<Draft> {
        match values {
            [one] => draft_of(one),
            several => several.iter().map(draft_of).collect::<Option<Vec<_>>>().map(Draft::List),
        }
    };
    let unknown = || "its actions and resources can't be written again for a second service".to_owned();
    let mut entries = vec![
        ("Effect".to_owned(), Draft::string("Allow")),
        ("Principal".to_owned(), Draft::object([("Service", Draft::string(sender.service))])),
        ("Action".to_owned(), one_or_all(&statement.actions).ok_or_else(unknown)?),
        ("Resource".to_owned(), one_or_all(&statement.resources).ok_or_else(unknown)?),
    ];
    let mut operators: Vec<(String, Draft)> = Vec::new();
    for (operator, key, value) in conditions(context, sender, data)? {
        operators.push((operator.to_owned(), Draft::Object(vec![(key.to_owned(), value)])));
    }
    if !operators.is_empty() {
        entries.push(("Condition".to_owned(), Draft::Object(operators)));
    }
    Ok(Draft::Object(entries))
}
