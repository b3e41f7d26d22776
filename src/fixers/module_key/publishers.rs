//! Services that send to a queue or publish to a topic with a principal of their own.

use std::collections::BTreeSet;

use super::Service;
use crate::iam::policy::Policy;
use crate::model::{Mode, Project, Resource, Value};

/// Resources by which a service publishes to a topic, with the service where its principal and its conditions are known.
const TO_TOPICS: [(&str, Option<Service>); 14] = [
    ("aws_autoscaling_notification", None),
    ("aws_backup_vault_notifications", None),
    ("aws_budgets_budget", None),
    ("aws_cloudtrail", Some(Service::Trails)),
    ("aws_cloudwatch_composite_alarm", Some(Service::Alarms)),
    ("aws_cloudwatch_event_target", Some(Service::EventsToTopics)),
    ("aws_cloudwatch_metric_alarm", Some(Service::Alarms)),
    ("aws_codestarnotifications_notification_rule", None),
    ("aws_config_delivery_channel", None),
    ("aws_db_event_subscription", None),
    ("aws_glacier_vault", None),
    ("aws_s3_bucket_notification", Some(Service::Buckets)),
    ("aws_ses_event_destination", None),
    ("aws_ses_identity_notification_topic", None),
];
/// The same for queues.
const TO_QUEUES: [(&str, Option<Service>); 5] = [
    ("aws_cloudwatch_event_target", Some(Service::Events)),
    ("aws_iot_topic_rule", None),
    ("aws_s3_bucket_notification", Some(Service::Buckets)),
    ("aws_ses_receipt_rule", None),
    ("aws_sns_topic_subscription", Some(Service::Topics)),
];

/// The services that publish to a topic, or why they aren't known.
pub(super) fn of_topic(project: &Project, topic: &Resource) -> Result<Vec<Service>, String> {
    services(project, topic, &TO_TOPICS, "aws_sns_topic_policy", Service::EventsToTopics)
}

/// The services that send to a queue.
pub(super) fn of_queue(project: &Project, queue: &Resource) -> Result<Vec<Service>, String> {
    services(project, queue, &TO_QUEUES, "aws_sqs_queue_policy", Service::Events)
}

fn services(
    project: &Project,
    target: &Resource,
    table: &[(&'static str, Option<Service>)],
    policy_kind: &'static str,
    events: Service,
) -> Result<Vec<Service>, String> {
    let mut found = BTreeSet::new();
    let unknown = |who: String| Err(format!("{who} sends as a service, and what it needs of the key isn't known here"));
    for (kind, service) in table {
        for user in project.all(kind).filter(|user| user.uses(target)) {
            match service {
                Some(Service::Topics) if !has_own_topic(project, user) => {
                    return Err(format!(
                        "the topic of {} isn't declared here, and may be in another account",
                        user.address()
                    ));
                }
                Some(service) => found.insert(*service),
                None => return unknown(user.address()),
            };
        }
    }
    let policies = project.all(policy_kind).filter(|holder| holder.uses(target));
    let document = |holder: &Resource| project.value(holder, policy_kind, "policy");
    for holder in policies.chain([target]).filter(|holder| !document(holder).is_null()) {
        let policy = Policy::read(project, &document(holder), holder.span);
        let policy = policy.ok_or_else(|| format!("who sends by {} isn't known before a deploy", holder.address()))?;
        for statement in policy.statements.iter().filter(|statement| statement.allow != Some(false)) {
            for (_, value) in statement.principals.iter().filter(|(kind, _)| &**kind == "Service") {
                match by_principal(value, events) {
                    Some(service) => found.insert(service),
                    None => return unknown(format!("a principal of {}", holder.address())),
                };
            }
        }
    }
    Ok(found.into_iter().collect())
}

/// Whether a subscription's topic is declared here, and with it in this account.
fn has_own_topic(project: &Project, subscription: &Resource) -> bool {
    let Value::Reference(topic) = project.value(subscription, "aws_sns_topic_subscription", "topic_arn") else {
        return false;
    };
    project.resource(topic.resource).mode == Mode::Managed
}

fn by_principal(value: &Value, events: Service) -> Option<Service> {
    match value.as_str()? {
        "cloudtrail.amazonaws.com" => Some(Service::Trails),
        "cloudwatch.amazonaws.com" => Some(Service::Alarms),
        "events.amazonaws.com" => Some(events),
        "s3.amazonaws.com" => Some(Service::Buckets),
        "sns.amazonaws.com" => Some(Service::Topics),
        _ => None,
    }
}
