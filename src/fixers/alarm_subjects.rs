//! What alarms watch: facts about stages, queues, buses and functions that pages ask for.

use super::alarms::ALARM;
use super::apis::{api_of, refers};
use crate::catalogue::Context;
use crate::iam::text;
use crate::model::value::{all, any};
use crate::model::{Body, Language, Project, Reference, Resource, Value};

const API: &str = "aws_api_gateway_rest_api";

/// The name of a stage's API, where it stands in the same module.
pub(super) fn api_name(context: &Context<'_>) -> Value {
    match api_of(context.project, context.resource) {
        // A template has no name for the name of an API.
        Some(api) if context.project.language == Language::CloudFormation => {
            match context.project.settle(&api.body.get("Name")) {
                Value::String(name) if api.instance == context.resource.instance => Value::String(name),
                _ => Value::Null,
            }
        }
        Some(api) if api.instance == context.resource.instance => {
            Value::Reference(Reference { resource: api.id, within: Vec::new(), index: None, path: vec!["name".into()] })
        }
        _ => Value::Null,
    }
}

/// Whether an alarm watches the server errors of a stage.
pub(super) fn stage_alarm(context: &Context<'_>) -> Value {
    const METRICS: [&str; 4] = ["5XXError", "5xx", "ExecutionError", "IntegrationError"];
    let (project, stage) = (context.project, context.resource);
    let Some(api) = api_of(project, stage) else { return Value::Unknown };
    let watches = |body: &Body, alarm: &Resource| {
        let metric = project.settle(&body.at(&project.argument(ALARM, "metric_name")));
        match metric.as_str() {
            Some(name) if METRICS.contains(&name) => {}
            Some(_) => return Some(false),
            None => return if metric.is_null() { Some(false) } else { None },
        }
        let of = |dimension: &str, target: &Resource, name: &str| {
            let dimensions = project.argument(ALARM, "dimensions");
            let value = project.spread(alarm, body.pair(&format!("{dimensions}.{dimension}")));
            if value.is_null() { Some(true) } else { project.names(&value, target, name) }
        };
        let by_name = !body.pair(&format!("{}.ApiName", project.argument(ALARM, "dimensions"))).is_null();
        let by = if by_name { ("ApiName", project.argument(API, "name")) } else { ("ApiId", "id".into()) };
        all([of(by.0, api, &by.1), of("Stage", stage, stage_name(stage))])
    };
    let root = |resource: &Resource| project.instance(resource.instance).root;
    let mut answers = Vec::new();
    for alarm in project.all(ALARM).filter(|alarm| root(alarm) == root(stage)) {
        answers.push(watches(&alarm.body, alarm));
        for query in alarm.body.blocks("metric_query") {
            answers.extend(query.blocks("metric").map(|metric| watches(metric, alarm)));
        }
    }
    let called = project.of_kind("module:terraform-aws-modules/cloudwatch/aws//modules/metric-alarm");
    answers.extend(called.filter(|call| root(call) == root(stage)).map(|call| watches(&call.body, call)));
    any(answers).map_or(Value::Unknown, Value::Bool)
}

fn stage_name(stage: &Resource) -> &'static str {
    match &*stage.kind {
        "aws_api_gateway_stage" => "stage_name",
        "aws_apigatewayv2_stage" => "name",
        _ => "StageName",
    }
}

/// Resources that send what fails to a queue, and where they name it.
const SENDERS: [(&str, &str); 9] = [
    ("aws_cloudwatch_event_target", "dead_letter_config.arn"),
    ("aws_lambda_event_source_mapping", "destination_config.on_failure.destination_arn"),
    ("aws_lambda_function", "dead_letter_config.target_arn"),
    ("aws_lambda_function_event_invoke_config", "destination_config.on_failure.destination"),
    ("aws_pipes_pipe", "source_parameters"),
    ("aws_scheduler_schedule", "target.dead_letter_config.arn"),
    ("aws_sns_topic_subscription", "redrive_policy"),
    ("aws_sqs_queue", "redrive_policy"),
    ("aws_sqs_queue_redrive_policy", "redrive_policy"),
];
/// Parts of names that say it.
const WORDS: [&str; 5] = ["dlq", "dead-letter", "dead_letter", "deadletter", "redrive"];

/// Whether a queue takes what failed elsewhere: something sends it there, it says who may, or its name says so.
pub(super) fn is_dead_letter_queue(context: &Context<'_>) -> Value {
    let (project, queue) = (context.project, context.resource);
    let sent =
        SENDERS.iter().any(|(kind, path)| project.all(kind).any(|s| refers(&project.value(s, kind, path), queue)));
    let logical_id = context.named(Value::Null, Value::String(queue.name.clone()));
    let given = [project.value(queue, "aws_sqs_queue", "name"), queue.body.get("name_prefix"), logical_id];
    let named = given.iter().any(|name| {
        let settled = project.settle(name);
        let text = settled.known_pieces().join(" ").to_lowercase();
        WORDS.iter().any(|word| text.contains(word))
    });
    Value::Bool(sent || named || takes_redrives(project, queue))
}

fn takes_redrives(project: &Project, queue: &Resource) -> bool {
    let allows = |value: &Value| match text::document(value, queue.span) {
        Some(document) => document.step("redrivePermission").as_str().is_some_and(|who| who != "denyAll"),
        None => false,
    };
    allows(&project.value(queue, "aws_sqs_queue", "redrive_allow_policy"))
        || project.of_kind("aws_sqs_queue_redrive_allow_policy").any(|policy| {
            refers(&policy.body.get("queue_url"), queue) && allows(&policy.body.get("redrive_allow_policy"))
        })
}

/// The bus of a rule: `default`, `own` (by its name), `arn`, or unknown.
pub(super) fn event_bus(context: &Context<'_>) -> Value {
    let given = context.resource.body.get(context.named("event_bus_name", "EventBusName"));
    if let Value::Reference(reference) = &given {
        let is_bus =
            &*context.project.resource(reference.resource).kind == context.project.kind("aws_cloudwatch_event_bus");
        return match reference.attribute().as_str() {
            "name" | "id" | "Name" | "Ref" if is_bus => Value::string("own"),
            "arn" | "Arn" => Value::string("arn"),
            _ => Value::Unknown,
        };
    }
    match &context.project.settle(&given) {
        Value::Null => Value::string("default"),
        Value::String(name) if &**name == "default" => Value::string("default"),
        Value::String(name) if name.starts_with("arn:") => Value::string("arn"),
        Value::String(_) => Value::string("own"),
        _ => Value::Unknown,
    }
}

/// Whether a function runs at the edge, where its metrics are those of every region.
pub(super) fn is_edge_function(context: &Context<'_>) -> Value {
    Value::Bool(crate::iam::scope::log_group::at_edge(context.project, context.resource))
}
