//! Encryption of topics: which key is right depends on who publishes.

use crate::catalogue::{Context, Verdict};
use crate::fix::{Change, Effect, Fix, Grade};
use crate::iam::policy::Policy;
use crate::model::{Draft, DraftBody, Project, Resource};

/// Resources by which an AWS service publishes to a topic by itself, not with a role.
const SERVICES: [&str; 27] = [
    "AWS::AutoScaling::AutoScalingGroup",
    "AWS::Backup::BackupVault",
    "AWS::Budgets::Budget",
    "AWS::CloudTrail::Trail",
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::CodeStarNotifications::NotificationRule",
    "AWS::Config::DeliveryChannel",
    "AWS::Events::Rule",
    "AWS::IoT::TopicRule",
    "AWS::RDS::EventSubscription",
    "AWS::S3::Bucket",
    "AWS::SES::ConfigurationSetEventDestination",
    "aws_autoscaling_notification",
    "aws_backup_vault_notifications",
    "aws_budgets_budget",
    "aws_cloudtrail",
    "aws_cloudwatch_composite_alarm",
    "aws_cloudwatch_event_target",
    "aws_cloudwatch_metric_alarm",
    "aws_codestarnotifications_notification_rule",
    "aws_config_delivery_channel",
    "aws_db_event_subscription",
    "aws_glacier_vault",
    "aws_s3_bucket_notification",
    "aws_ses_event_destination",
    "aws_ses_identity_notification_topic",
];
/// Resources that show a role as publisher.
const ROLES: [&str; 13] = [
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Policy",
    "AWS::IAM::Role",
    "AWS::Lambda::Function",
    "AWS::Scheduler::Schedule",
    "AWS::StepFunctions::StateMachine",
    "aws_iam_role_policy",
    "aws_iam_policy",
    "aws_iam_policy_document",
    "aws_lambda_function",
    "aws_sfn_state_machine",
    "aws_scheduler_schedule",
    "aws_pipes_pipe",
];

enum Publishers {
    Services(String),
    Roles,
    Unknown,
}

pub(super) fn judge(context: &Context<'_>) -> Verdict {
    let (project, topic) = (context.project, context.resource);
    let key = project.settle(&topic.body.get(context.named("kms_master_key_id", "KmsMasterKeyId")));
    match key.is_present() {
        Some(true) if key.as_str() != Some("") => return Verdict::Pass,
        None => return Verdict::Unknown("the key isn't known before a deploy".into()),
        _ => {}
    }
    Verdict::fail("messages are not encrypted at rest", fix(context, topic))
}

fn fix(context: &Context<'_>, topic: &Resource) -> Fix {
    let set = |value: Draft, grade, effect, note: &str| Fix {
        title: "Encrypt the topic".into(),
        grade,
        effect,
        changes: vec![Change::Set {
            resource: topic.id,
            content: DraftBody::arguments([(context.named("kms_master_key_id", "KmsMasterKeyId"), value)]),
        }],
        notes: vec![note.to_owned()],
    };
    if super::module_key::is_asked(context) {
        return with_module_key(context, topic);
    }
    if let Some(key) = context.option("kms_key").as_str() {
        let note =
            "publishers need kms:GenerateDataKey and kms:Decrypt on the key: services in its policy, roles in theirs";
        return set(Draft::Expression(key.to_owned()), Grade::Review, Effect::Access, note);
    }
    let title = "Encrypt the topic with a customer-managed key";
    match publishers(context.project, topic) {
        Publishers::Roles => {
            let note =
                "only roles of this account publish: the AWS-managed key serves them without further permissions";
            set(Draft::string("alias/aws/sns"), Grade::Review, Effect::Access, note)
        }
        Publishers::Services(who) => Fix::manual(
            title,
            format!(
                "{who} publishes as a service, which the AWS-managed key refuses: name a key in the option `kms_key`"
            ),
        ),
        Publishers::Unknown => Fix::manual(
            title,
            "who publishes isn't declared here, and a service could not publish with the AWS-managed key: name a key in the option `kms_key`",
        ),
    }
}

/// With a key of its own whoever publishes can be let in, services too.
fn with_module_key(context: &Context<'_>, topic: &Resource) -> Fix {
    let title = "Encrypt the topic with the module's key";
    let plan = match super::module_key::plan(context, "topic") {
        Ok(plan) => plan,
        Err(reason) => return Fix::manual(title, reason),
    };
    let mut changes = plan.changes;
    changes.push(Change::Set {
        resource: topic.id,
        content: context.project.arguments("aws_sns_topic", [("kms_master_key_id", plan.arn)]),
    });
    Fix { title: title.into(), grade: Grade::Review, effect: Effect::Access, changes, notes: plan.notes }
}

/// Who publishes, as far as the configuration shows it.
fn publishers(project: &Project, topic: &Resource) -> Publishers {
    if project.outputs.iter().any(|(_, value)| value.refers_to(topic.id)) {
        return Publishers::Unknown;
    }
    let mut by_role = false;
    for user in project.resources.iter().filter(|user| user.id != topic.id) {
        if !user.body.entries.iter().any(|entry| entry.node.value.refers_to(topic.id)) {
            continue;
        }
        if SERVICES.contains(&&*user.kind) {
            return Publishers::Services(user.address());
        }
        if matches!(&*user.kind, "aws_sns_topic_policy" | "AWS::SNS::TopicPolicy") {
            let document = if user.kind.contains("::") { "PolicyDocument" } else { "policy" };
            match Policy::of(project, &user.body, document) {
                Some(policy) if policy.statements.iter().any(|s| s.services().next().is_some()) => {
                    return Publishers::Services(format!("a principal of {}", user.address()));
                }
                Some(_) => {}
                None => return Publishers::Unknown,
            }
        }
        by_role |= ROLES.contains(&&*user.kind);
    }
    let own = topic.body.get("policy");
    if !own.is_null() {
        return Publishers::Unknown;
    }
    if by_role { Publishers::Roles } else { Publishers::Unknown }
}
