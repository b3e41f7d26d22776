//! Statements for everybody where nothing shows who is meant: left to those who are named beside everybody, else to the
//! account that the policy is deployed to, and to AWS services that come on its behalf.
//!
//! NOTE: `*` includes AWS services. A request of a service has no `aws:PrincipalAccount`, one of a principal has no
//! `aws:SourceAccount`: two statements keep both.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>

use super::open_resources::{NOT_SHOWN, copy, target};
use super::senders::{self, Sender};
use super::{account, bucket_signals, draft_of};
use crate::catalogue::Context;
use crate::fix::{Change, Effect, Fix, Grade, StatementEdit};
use crate::iam::policy::{Statement, pattern_matches};
use crate::model::{Draft, Language, Project, Resource, Value};

/// What is particular to the policies of a kind of resource.
struct Kind {
    /// The types that hold them.
    types: [&'static str; 2],
    /// The condition key for principals of the account.
    key: &'static str,
    /// What services do by a policy of this kind.
    services: &'static [&'static str],
    /// Whether `Resource` may be `*`: the policy speaks of its owner only.
    any_resource: bool,
    /// Whether roles of the account need no more than their own policies.
    roles_suffice: bool,
}

const KINDS: [Kind; 6] = [
    Kind {
        types: ["aws_sqs_queue_policy", "aws_sqs_queue"],
        key: "aws:PrincipalAccount",
        services: &["sqs:SendMessage"],
        any_resource: true,
        roles_suffice: true,
    },
    Kind {
        types: ["aws_sns_topic_policy", "aws_sns_topic"],
        key: "aws:PrincipalAccount",
        services: &["sns:Publish"],
        any_resource: true,
        roles_suffice: true,
    },
    Kind {
        types: ["aws_s3_bucket_policy", "aws_s3_bucket"],
        key: "aws:PrincipalAccount",
        services: &["s3:GetBucketAcl", "s3:ListBucket", "s3:PutObject"],
        any_resource: false,
        roles_suffice: true,
    },
    Kind {
        types: ["aws_secretsmanager_secret_policy", "aws_secretsmanager_secret"],
        key: "aws:PrincipalAccount",
        services: &[],
        any_resource: true,
        roles_suffice: true,
    },
    Kind {
        types: ["aws_ecr_repository_policy", ""],
        key: "aws:PrincipalAccount",
        services: &["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
        any_resource: false,
        roles_suffice: true,
    },
    Kind {
        types: ["aws_kms_key_policy", "aws_kms_key"],
        key: "kms:CallerAccount",
        services: &["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
        any_resource: true,
        roles_suffice: false,
    },
];

/// Words in names that say that others than the account are meant.
const OTHERS_MEANT: [&str; 10] = [
    "anonymous",
    "crossaccount",
    "everybody",
    "everyone",
    "external",
    "partner",
    "partners",
    "public",
    "shared",
    "website",
];

/// Resources whose services publish to a topic without saying for which account.
const SILENT: [&str; 3] =
    ["aws_backup_vault_notifications", "aws_cloudtrail", "aws_codestarnotifications_notification_rule"];

/// The fix, or why the account isn't known to be meant.
pub(super) fn fix(context: &Context<'_>, statement: &Statement, argument: &str) -> Result<Fix, String> {
    let resource = context.resource;
    let kind = KINDS.iter().find(|kind| kind.types.contains(&&*resource.kind)).ok_or(NOT_SHOWN)?;
    if context.project.language != Language::Terraform {
        return Err(NOT_SHOWN.into());
    }
    meant_for_others(context, statement)?;
    if statement.principals.len() > 1 {
        return leave_named(context, kind, statement, argument);
    }
    let mut data = Vec::new();
    let (id, declared) = account(context.project, resource)?;
    data.extend(declared);
    let condition =
        StatementEdit::Condition { operator: "StringEquals".into(), key: kind.key.into(), value: id.clone() };
    let edits = vec![condition];
    let mut changes =
        vec![Change::EditStatement { resource: resource.id, argument: argument.to_owned(), at: statement.at, edits }];
    let mut append = |statement: Draft| {
        changes.push(Change::AppendStatement { resource: resource.id, argument: argument.to_owned(), statement });
    };
    let services = for_services(kind, statement, id)?;
    let serves = services.is_some();
    services.into_iter().for_each(&mut append);
    let silent = silent_senders(context)?;
    for sender in silent.iter().filter(|_| serves) {
        append(copy(context, statement, sender, &mut data)?);
    }
    changes.splice(0..0, data);
    let services = if serves { " and by AWS services on its behalf" } else { "" };
    Ok(Fix {
        title: "Admit the account's own principals only".into(),
        grade: Grade::Review,
        effect: Effect::Access,
        changes,
        notes: vec![format!(
            "who is meant is not in the configuration: it may be used from the account that it is deployed to{services}; \
             callers of other accounts and without credentials are refused from then on"
        )],
    })
}

/// Users and roles of any account: `arn:aws:iam::*:role/writer`. AWS refuses such a principal; the account's own are left.
pub(super) fn any_account(context: &Context<'_>, statement: &Statement, argument: &str) -> Option<Fix> {
    let parts = |value: &Value| {
        let (partition, rest) = value.as_str()?.strip_prefix("arn:")?.split_once(":iam::*:")?;
        Some((format!("arn:{partition}:iam::"), format!(":{rest}")))
    };
    if !statement.principals.iter().any(|(_, value)| parts(value).is_some()) {
        return None;
    }
    let title = "Name the account";
    let manual = |reason: &str| Some(Fix::manual(title, reason));
    if context.project.language != Language::Terraform || statement.principals.iter().any(|(kind, _)| &**kind != "AWS")
    {
        return manual("AWS takes no wildcard in the ARN of a principal");
    }
    let (account, declared) = match account(context.project, context.resource) {
        Ok(account) => account,
        Err(reason) => return manual(&reason),
    };
    let named = |value: &Value| match parts(value) {
        Some((before, after)) => Some(Draft::Text(vec![Draft::string(before), account.clone(), Draft::string(after)])),
        None => draft_of(value),
    };
    let names: Option<Vec<Draft>> = statement.principals.iter().map(|(_, value)| named(value)).collect();
    let Some(names) = names else { return manual("who else is named isn't known before a deploy") };
    let value = if let [one] = names.as_slice() { one.clone() } else { Draft::List(names) };
    let edits = vec![StatementEdit::Set("Principal".into(), Draft::object([("AWS", value)]))];
    let resource = context.resource.id;
    let edit = Change::EditStatement { resource, argument: argument.to_owned(), at: statement.at, edits };
    Some(Fix {
        title: title.into(),
        grade: Grade::Review,
        effect: Effect::Access,
        changes: declared.into_iter().chain([edit]).collect(),
        notes: vec![
            "AWS takes no wildcard in the ARN of a principal: that of the account is named, which must exist; for others \
             name their accounts"
                .into(),
        ],
    })
}

/// Refuses what seems to be meant for others than the account.
fn meant_for_others(context: &Context<'_>, statement: &Statement) -> Result<(), String> {
    let (project, resource) = (context.project, context.resource);
    let target = target(context);
    let own = |resource: &Resource| {
        let known = ["name", "bucket"].map(|argument| project.settle(&resource.body.get(argument)));
        let known = known.iter().flat_map(Value::known_pieces).map(str::to_owned).collect::<Vec<_>>();
        known.into_iter().chain([resource.name.to_string()])
    };
    let sid = statement.sid.iter().map(ToString::to_string);
    for name in own(resource).chain(target.into_iter().flat_map(own)).chain(sid) {
        let words = bucket_signals::words(&name);
        let joined = words.windows(2).map(<[String]>::concat);
        if let Some(word) = words.iter().cloned().chain(joined).find(|word| OTHERS_MEANT.contains(&word.as_str())) {
            return Err(format!("its name says `{word}`: others than the account may be meant"));
        }
    }
    if &*resource.kind == "aws_s3_bucket" || &*resource.kind == "aws_s3_bucket_policy" {
        return published(project, target, statement);
    }
    Ok(())
}

/// Refuses what a website or a distribution needs.
fn published(project: &Project, bucket: Option<&Resource>, statement: &Statement) -> Result<(), String> {
    if let Some(signal) = bucket.and_then(|bucket| bucket_signals::published(project, bucket)) {
        return Err(format!("the bucket seems to be public on purpose: {signal}"));
    }
    let distribution = project.of_kind("aws_cloudfront_distribution").find(|d| bucket.is_some_and(|b| d.uses(b)));
    if let Some(distribution) = distribution {
        return Err(format!("{} reads the bucket", distribution.address()));
    }
    let reads = |action: &Value| {
        action.as_str().map(str::to_lowercase).is_some_and(|a| a.starts_with("s3:get") || a.starts_with("s3:list"))
    };
    if statement.actions.iter().all(reads) && !statement.not_actions {
        return Err("everybody may read, as on a website, and whether that is meant is not in the configuration".into());
    }
    Ok(())
}

/// The statement for those who are named beside everybody.
fn leave_named(context: &Context<'_>, kind: &Kind, statement: &Statement, argument: &str) -> Result<Fix, String> {
    let named: Vec<_> = statement.principals.iter().filter(|(_, value)| value.as_str() != Some("*")).collect();
    let is_account = named.iter().all(|(kind, _)| &**kind == "AWS") && !named.is_empty();
    if !is_account || !kind.roles_suffice {
        return Err("it names others beside everybody".into());
    }
    let drafts: Option<Vec<Draft>> = named.iter().map(|(_, value)| draft_of(value)).collect();
    let drafts = drafts.ok_or("who is named beside everybody isn't known before a deploy")?;
    let value = if let [one] = drafts.as_slice() { one.clone() } else { Draft::List(drafts) };
    let edits = vec![StatementEdit::Set("Principal".into(), Draft::object([("AWS", value)]))];
    Ok(Fix {
        title: "Leave it to those who are named".into(),
        grade: Grade::Review,
        effect: Effect::Access,
        changes: vec![Change::EditStatement {
            resource: context.resource.id,
            argument: argument.to_owned(),
            at: statement.at,
            edits,
        }],
        notes: vec![
            "everybody else is refused from then on, AWS services too; roles of this account need the permission in \
             their own policy"
                .into(),
        ],
    })
}

/// The same for AWS services that come on behalf of the account; nothing when they can't be served by the statement.
fn for_services(kind: &Kind, statement: &Statement, account: Draft) -> Result<Option<Draft>, String> {
    let others = statement.conditions.iter().any(|(_, key, _)| !key.eq_ignore_ascii_case("aws:SecureTransport"));
    // A condition on the referer or the like is met by no service.
    if others || statement.not_actions || statement.not_resources {
        return Ok(None);
    }
    let own: Option<Vec<&str>> = statement.actions.iter().map(|action| done_by_services(kind, action)).collect();
    let covered = || kind.services.iter().copied().filter(|action| statement.covers_action(action)).collect();
    let actions: Vec<&str> = own.unwrap_or_else(covered);
    if actions.is_empty() {
        return Ok(None);
    }
    let one_or_all = |mut drafts: Vec<Draft>| if drafts.len() == 1 { drafts.remove(0) } else { Draft::List(drafts) };
    let mut entries = vec![
        ("Effect".to_owned(), Draft::string("Allow")),
        ("Principal".to_owned(), Draft::string("*")),
        ("Action".to_owned(), one_or_all(actions.into_iter().map(Draft::string).collect())),
    ];
    if !statement.resources.is_empty() {
        let resources: Option<Vec<Draft>> = statement.resources.iter().map(draft_of).collect();
        let resources = match resources {
            Some(resources) => one_or_all(resources),
            None if kind.any_resource => Draft::string("*"),
            None => return Err("its resources can't be written again in a statement for AWS services".into()),
        };
        entries.push(("Resource".to_owned(), resources));
    }
    let account = Draft::object([("aws:SourceAccount", account)]);
    entries.push(("Condition".to_owned(), Draft::object([("StringEquals", account)])));
    Ok(Some(Draft::Object(entries)))
}

/// An action that services do, as it is written.
fn done_by_services<'a>(kind: &Kind, action: &'a Value) -> Option<&'a str> {
    let action = action.as_str()?;
    kind.services.iter().any(|does| pattern_matches(does, action)).then_some(action)
}

/// The services that don't say on whose behalf they come, as far as the configuration shows them.
fn silent_senders(context: &Context<'_>) -> Result<Vec<Sender>, String> {
    let Some(target) = target(context).filter(|target| &*target.kind != "aws_s3_bucket") else {
        return Ok(Vec::new());
    };
    let silent = SILENT.iter().flat_map(|kind| context.project.of_kind(kind)).find(|other| other.uses(target));
    if let Some(other) = silent.filter(|_| &*target.kind == "aws_sns_topic") {
        return Err(format!("{} publishes to it without saying for which account", other.address()));
    }
    let senders = senders::senders(context.project, target).unwrap_or_default();
    Ok(senders.into_iter().filter(|sender| sender.sources.is_empty()).collect())
}
