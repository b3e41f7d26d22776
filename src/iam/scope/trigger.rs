//! Resources that a function's event names, by what calls the function.

use super::bind::Binder;
use super::kinds;
use crate::iam::text;
use crate::model::{Node, Project, Resource, Value};

/// Where the bucket of an event of `EventBridge` is named.
const OF_RULE: &str = "detail.bucket.name";

/// The type of an API in ARNs.
pub(super) const API: &str = "execute-api:execute-api-general";

/// A resource, and what makes its events reach the function.
pub(super) struct Source {
    /// What names the resource.
    pub name: Value,
    /// `aws_s3_bucket_notification.uploads`
    pub by: String,
}

/// What the event names, by what calls the function.
pub(super) fn named(project: &Project, binder: &Binder<'_>, path: &str, kind: &str) -> Result<Vec<Source>, String> {
    let found = match kind {
        "s3:bucket" => return buckets(project, binder, path),
        "secretsmanager:Secret" if path == "SecretId" => rotated(project, binder),
        API if path.starts_with("requestContext.") => integrated(project, binder),
        _ => Vec::new(),
    };
    if found.is_empty() { Err(format!("it comes from the event ({path})")) } else { Ok(found) }
}

/// Secrets that the function rotates.
fn rotated(project: &Project, binder: &Binder<'_>) -> Vec<Source> {
    let rotations = project.of_kind("aws_secretsmanager_secret_rotation");
    let of = rotations.filter(|rotation| binder.is_function(&rotation.body.get("rotation_lambda_arn")));
    of.map(|rotation| Source { name: rotation.body.get("secret_id"), by: rotation.address() }).collect()
}

/// APIs whose routes call the function.
fn integrated(project: &Project, binder: &Binder<'_>) -> Vec<Source> {
    let integrations = project.of_kind("aws_apigatewayv2_integration");
    let of = integrations.filter(|integration| binder.is_function(&integration.body.get("integration_uri")));
    of.map(|integration| Source { name: integration.body.get("api_id"), by: integration.address() }).collect()
}

/// Buckets whose events reach the function: by a notification, by a queue or topic on the way, or by a rule.
fn buckets(project: &Project, binder: &Binder<'_>, path: &str) -> Result<Vec<Source>, String> {
    let by_rule = path.ends_with(OF_RULE);
    if !by_rule && !path.ends_with("s3.bucket.name") && !path.ends_with("s3.bucket.arn") {
        return Err(format!("it comes from the event ({path})"));
    }
    let found = if by_rule { of_rules(project, binder)? } else { of_notifications(project, binder) };
    if found.is_empty() {
        return Err(format!("it comes from the event ({path}), and no notification shows which"));
    }
    Ok(found)
}

fn of_notifications(project: &Project, binder: &Binder<'_>) -> Vec<Source> {
    let queues: Vec<Value> = binder.event_sources().map(|mapping| mapping.body.get("event_source_arn")).collect();
    let is_queue = |value: &Value| names_one_of(value, &queues);
    // A topic calls the function, or fills its queue.
    let subscriptions = project.of_kind("aws_sns_topic_subscription").filter(|subscription| {
        let endpoint = subscription.body.get("endpoint");
        binder.is_function(&endpoint) || is_queue(&endpoint)
    });
    let topics: Vec<Value> = subscriptions.map(|subscription| subscription.body.get("topic_arn")).collect();
    let reaches = |notification: &Resource| {
        let block = |name: &'static str, argument: &'static str| {
            notification.body.blocks(name).map(move |block| block.get(argument)).collect::<Vec<_>>()
        };
        block("lambda_function", "lambda_function_arn").iter().any(|arn| binder.is_function(arn))
            || block("queue", "queue_arn").iter().any(is_queue)
            || block("topic", "topic_arn").iter().any(|arn| names_one_of(arn, &topics))
    };
    let notifications = project.of_kind("aws_s3_bucket_notification").filter(|notification| reaches(notification));
    notifications.map(|it| Source { name: it.body.get("bucket"), by: it.address() }).collect()
}

/// Whether a value refers to a resource that one of some values refers to.
fn names_one_of(value: &Value, others: &[Value]) -> bool {
    let mut same = false;
    value.each_reference(&mut |r| same |= others.iter().any(|other| other.refers_to(r.resource)));
    same
}

/// Rules that call the function name their buckets in their pattern.
fn of_rules(project: &Project, binder: &Binder<'_>) -> Result<Vec<Source>, String> {
    let mut found = Vec::new();
    for target in project.of_kind("aws_cloudwatch_event_target") {
        if !binder.is_function(&target.body.get("arn")) {
            continue;
        }
        let named = target.body.get("rule");
        let mut rule = kinds::meant(project, &named).map(|(resource, _)| resource);
        named.each_reference(&mut |reference| rule = Some(project.resource(reference.resource)));
        let Some(rule) = rule.filter(|rule| &*rule.kind == "aws_cloudwatch_event_rule") else {
            return Err(format!("the rule of {} isn't declared here", target.address()));
        };
        let Some(names) = names_in(project, rule) else {
            return Err(format!("it comes from the event, and {} doesn't name its buckets", rule.address()));
        };
        found.extend(names.into_iter().map(|node| Source { name: node.value, by: rule.address() }));
    }
    Ok(found)
}

/// The buckets that a rule's pattern lists by their whole names.
fn names_in(project: &Project, rule: &Resource) -> Option<Vec<Node>> {
    let entry = rule.body.entry("event_pattern")?;
    let pattern = match &entry.node.value {
        Value::Json(node) => node.value.clone(),
        other => match project.settle(other) {
            Value::Json(node) => node.value,
            written => text::parse(&written, entry.node.span)?,
        },
    };
    let names = pattern.as_map()?.at(OF_RULE);
    let Value::List(names) = names else { return None };
    // `{ prefix = ... }` is many.
    names.iter().all(|name| !matches!(name.value, Value::Map(_) | Value::Unknown)).then_some(names)
}
