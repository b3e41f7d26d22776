//! Which AWS services use a queue, a topic or a bucket through its policy, by what the configuration shows.

use crate::model::{Draft, Project, Resource, Value};

/// A service and the things on whose behalf it comes.
#[derive(Debug, PartialEq)]
pub(super) struct Sender {
    /// `sns.amazonaws.com`
    pub(super) service: &'static str,
    /// Their ARNs; none where the service doesn't say for whom it comes.
    pub(super) sources: Vec<Draft>,
    /// Whether the ARNs hold no account: the condition must name it.
    pub(super) account: bool,
}

/// How a resource shows that a service uses something.
struct Way {
    /// What is used.
    target: &'static str,
    /// The resource, and its dotted argument that names the target.
    kind: &'static str,
    argument: &'static str,
    service: &'static str,
    /// The argument that names the source; the resource itself when empty.
    source: &'static str,
    /// Whether the request names its source, and whether its ARN names the account.
    says: Says,
}

#[derive(Clone, Copy, PartialEq)]
enum Says {
    Arn,
    ArnWithoutAccount,
    Nothing,
}

const fn way(
    target: &'static str,
    kind: &'static str,
    argument: &'static str,
    service: &'static str,
    source: &'static str,
    says: Says,
) -> Way {
    Way { target, kind, argument, service, source, says }
}

const QUEUE: &str = "aws_sqs_queue";
const TOPIC: &str = "aws_sns_topic";
const SUBSCRIPTION: &str = "aws_sns_topic_subscription";
const NOTIFICATION: &str = "aws_s3_bucket_notification";
const RULE_TARGET: &str = "aws_cloudwatch_event_target";
const ALARM: &str = "aws_cloudwatch_metric_alarm";
const SNS: &str = "sns.amazonaws.com";
const S3: &str = "s3.amazonaws.com";
const EVENTS: &str = "events.amazonaws.com";
const ALARMS: &str = "cloudwatch.amazonaws.com";

/// Sources: the guides of SNS, S3, `EventBridge` and `CloudWatch` on the policies that their targets need.
///
/// NOTE: the ARN of a bucket has no account, so another account's bucket of the same name could send later.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html>
///
/// NOTE: `EventBridge`'s guide shows no condition in the policy of a topic, and for years said that none is supported.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-sns-permissions>
const WAYS: [Way; 10] = [
    way(QUEUE, SUBSCRIPTION, "endpoint", SNS, "topic_arn", Says::Arn),
    way(QUEUE, SUBSCRIPTION, "redrive_policy", SNS, "topic_arn", Says::Arn),
    way(QUEUE, NOTIFICATION, "queue.queue_arn", S3, "bucket", Says::ArnWithoutAccount),
    way(QUEUE, RULE_TARGET, "arn", EVENTS, "rule", Says::Arn),
    way(QUEUE, RULE_TARGET, "dead_letter_config.arn", EVENTS, "rule", Says::Arn),
    way(TOPIC, NOTIFICATION, "topic.topic_arn", S3, "bucket", Says::ArnWithoutAccount),
    way(TOPIC, RULE_TARGET, "arn", EVENTS, "rule", Says::Nothing),
    way(TOPIC, ALARM, "alarm_actions", ALARMS, "", Says::Arn),
    way(TOPIC, ALARM, "ok_actions", ALARMS, "", Says::Arn),
    way(TOPIC, ALARM, "insufficient_data_actions", ALARMS, "", Says::Arn),
];

/// Resources by which a service uses a topic in a way that isn't listed above.
const OTHERS: [&str; 9] = [
    "aws_autoscaling_notification",
    "aws_backup_vault_notifications",
    "aws_budgets_budget",
    "aws_cloudtrail",
    "aws_cloudwatch_composite_alarm",
    "aws_codestarnotifications_notification_rule",
    "aws_config_delivery_channel",
    "aws_db_event_subscription",
    "aws_ses_identity_notification_topic",
];

/// The services that use `target`; none when nothing shows one. The error says why they can't all be named.
pub(super) fn senders(project: &Project, target: &Resource) -> Result<Vec<Sender>, String> {
    let mut found: Vec<Sender> = Vec::new();
    let root = project.instance(target.instance).root;
    for way in WAYS.iter().filter(|way| way.target == &*target.kind) {
        for user in project.of_kind(way.kind).filter(|user| project.instance(user.instance).root == root) {
            match uses(project, &user.body.at(way.argument), target) {
                Some(false) => continue,
                Some(true) => {}
                None => return Err(format!("{} may send to it, too", user.address())),
            }
            let source = source(project, user, way)?;
            add(&mut found, way, source);
        }
    }
    let refers = |user: &&Resource| {
        let mut refers = false;
        for entry in &user.body.entries {
            entry.node.value.each_reference(&mut |reference| refers |= reference.resource == target.id);
        }
        refers
    };
    let other = OTHERS.iter().flat_map(|kind| project.of_kind(kind)).find(refers);
    if let Some(other) = other.filter(|_| &*target.kind == TOPIC) {
        return Err(format!("{} publishes to it, too", other.address()));
    }
    Ok(found)
}

/// Whether a value is a domain name of the bucket, or has one in it.
pub(super) fn names_domain(value: &Value, bucket: &Resource) -> bool {
    let mut found = false;
    value.each_reference(&mut |reference| {
        found |= reference.resource == bucket.id && reference.path.last().is_some_and(|n| n.ends_with("domain_name"));
    });
    found
}

/// The distributions that read a bucket with an origin access control.
pub(super) fn readers(project: &Project, bucket: &Resource) -> Vec<Sender> {
    let refers = |value: &Value| names_domain(value, bucket);
    let reads = |distribution: &&Resource| {
        distribution.body.blocks("origin").any(|origin| {
            refers(&origin.get("domain_name")) && origin.get("origin_access_control_id").is_present() == Some(true)
        })
    };
    let distributions = project.of_kind("aws_cloudfront_distribution").filter(reads);
    let sources: Vec<Draft> = distributions.map(|found| Draft::Attribute(found.id, "arn".into())).collect();
    if sources.is_empty() {
        return Vec::new();
    }
    vec![Sender { service: "cloudfront.amazonaws.com", sources, account: false }]
}

fn uses(project: &Project, value: &Value, target: &Resource) -> Option<bool> {
    match value {
        Value::Null => Some(false),
        // A redrive policy names its queue in JSON.
        Value::Json(node) => Some(node.value.refers_to(target.id)),
        other => project.names(other, target, "name"),
    }
}

/// The ARN on whose behalf a service comes; nothing when it doesn't say.
fn source(project: &Project, user: &Resource, way: &Way) -> Result<Option<Draft>, String> {
    if way.says == Says::Nothing {
        return Ok(None);
    }
    if way.source.is_empty() {
        return Ok(Some(Draft::Attribute(user.id, "arn".into())));
    }
    match user.body.get(way.source) {
        Value::Reference(reference) => {
            // What is only read here has its ARN, too.
            Ok(Some(Draft::Attribute(project.resource(reference.resource).id, "arn".into())))
        }
        Value::String(arn) if arn.starts_with("arn:") => Ok(Some(Draft::string(&*arn))),
        _ => Err(format!("what {} comes from isn't known", user.address())),
    }
}

fn add(found: &mut Vec<Sender>, way: &Way, source: Option<Draft>) {
    let known = found.iter().position(|sender| sender.service == way.service);
    let at = known.unwrap_or(found.len());
    if known.is_none() {
        let account = way.says == Says::ArnWithoutAccount;
        found.push(Sender { service: way.service, sources: Vec::new(), account });
    }
    let sender = &mut found[at];
    if let Some(source) = source.filter(|source| !sender.sources.contains(source)) {
        sender.sources.push(source);
    }
}
