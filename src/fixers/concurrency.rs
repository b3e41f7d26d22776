//! How many executions a function may be asked for at a time, and how many an account has to share out.

use super::apis::{api_of, refers};
use super::method_settings;
use crate::catalogue::Context;
use crate::model::{Project, Repeat, Resource, Value};

const FUNCTION: &str = "aws_lambda_function";
const MAPPING: &str = "aws_lambda_event_source_mapping";
const STREAM: &str = "aws_kinesis_stream";
/// Seconds that a function has when the configuration doesn't say.
const DEFAULT_TIMEOUT: f64 = 3.0;
/// What reservations may come to: an account has 1,000 executions by default, of which 100 stay unreserved.
///
/// Source: the developer guide of Lambda, "Configuring reserved concurrency for a function".
const RESERVABLE: f64 = 900.0;
/// Integrations of APIs, with the argument that names the function, and the stages that limit their requests.
const INTEGRATIONS: [(&str, &str, &str); 2] = [
    ("aws_api_gateway_integration", "uri", "aws_api_gateway_stage"),
    ("aws_apigatewayv2_integration", "integration_uri", "aws_apigatewayv2_stage"),
];

/// The mapping that reads a queue for the function and has no limit; null without one. What it reads above a reservation
/// returns to the queue and counts as a failed attempt.
pub(super) fn unlimited_queue_reader(context: &Context<'_>) -> Value {
    let project = context.project;
    let unlimited = |mapping: &&Resource| {
        !is_patient(project, mapping)
            && project.value(mapping, MAPPING, "scaling_config.maximum_concurrency").is_present() != Some(true)
    };
    let found = mappings(project, context.resource).find(unlimited);
    found.map_or(Value::Null, |mapping| Value::string(mapping.address()))
}

/// The mapping that reads a stream or a broker for the function, where only such mappings invoke it; null otherwise. What
/// is throttled stays there and is tried again.
pub(super) fn patient_reader(context: &Context<'_>) -> Value {
    let (project, function) = (context.project, context.resource);
    let mut all = mappings(project, function).peekable();
    let Some(first) = all.peek().map(|mapping| mapping.address()) else { return Value::Null };
    if super::invokers::others_wait(project, function, &[MAPPING]) || !all.all(|mapping| is_patient(project, mapping)) {
        return Value::Null;
    }
    Value::string(first)
}

/// The most executions that everything which invokes the function can ask for at a time; null where something has no
/// known limit, or nothing is declared that invokes it.
pub(super) fn concurrency_bound(context: &Context<'_>) -> Value {
    let (project, function) = (context.project, context.resource);
    let by_mappings = mappings(project, function).map(|mapping| of_mapping(project, mapping));
    let by_apis = integrations(project, function).map(|(api, stages)| of_api(project, function, api, stages));
    let bounds: Option<Vec<f64>> = by_mappings.chain(by_apis).collect();
    let others = super::invokers::asynchronous(project, function).is_some()
        || super::invokers::others_wait(project, function, &[MAPPING, INTEGRATIONS[0].0, INTEGRATIONS[1].0]);
    match bounds {
        Some(bounds) if !bounds.is_empty() && !others => Value::Number(bounds.iter().sum()),
        _ => Value::Null,
    }
}

/// The executions that each function of the root module which has no reservation can have, when they share what the
/// account has left for them.
pub(super) fn concurrency_share(context: &Context<'_>) -> Value {
    let project = context.project;
    let root = |resource: &Resource| project.instance(resource.instance).root;
    let (mut left, mut waiting) = (RESERVABLE, 0.0);
    for function in project.all(FUNCTION).filter(|function| root(function) == root(context.resource)) {
        let reserved = project.settle(&project.value(function, FUNCTION, "reserved_concurrent_executions"));
        match reserved.as_number() {
            Some(number) if number >= 0.0 => left -= number * times(function),
            _ => waiting += times(function),
        }
    }
    Value::Number((left / f64::max(waiting, 1.0)).floor())
}

/// How often a resource stands there; once where that isn't known.
fn times(resource: &Resource) -> f64 {
    match &resource.repeat {
        Repeat::Once => 1.0,
        Repeat::Count(node) => node.value.as_number().unwrap_or(1.0),
        Repeat::ForEach(node) => match &node.value {
            Value::List(items) => count(items.len()),
            Value::Map(body) if !body.open => count(body.entries.len()),
            _ => 1.0,
        },
    }
}

fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

fn mappings<'a>(project: &'a Project, function: &'a Resource) -> impl Iterator<Item = &'a Resource> {
    project.all(MAPPING).filter(|mapping| project.value(mapping, MAPPING, "function_name").refers_to(function.id))
}

/// Whether a mapping reads a stream or a broker: a queue has no position to start at, and names no queues.
fn is_patient(project: &Project, mapping: &Resource) -> bool {
    ["starting_position", "queues", "topics"].iter().any(|name| !project.value(mapping, MAPPING, name).is_null())
}

/// A mapping's limit: its own, or one execution for each shard, times its parallelization.
fn of_mapping(project: &Project, mapping: &Resource) -> Option<f64> {
    let number = |path: &str| project.settle(&project.value(mapping, MAPPING, path));
    if let Some(most) = number("scaling_config.maximum_concurrency").as_number() {
        return Some(most);
    }
    let Value::Reference(source) = project.value(mapping, MAPPING, "event_source_arn") else { return None };
    let stream = project.resource(source.resource);
    let shards = project.settle(&project.value(stream, STREAM, "shard_count")).as_number()?;
    let factor = match number("parallelization_factor") {
        Value::Null => 1.0,
        factor => factor.as_number()?,
    };
    (project.is(stream, STREAM) && stream.repeat == Repeat::Once && shards >= 1.0).then_some(shards * factor)
}

/// The APIs that lead to the function, each once, and the type of their stages.
fn integrations<'a>(
    project: &'a Project,
    function: &'a Resource,
) -> impl Iterator<Item = (Option<&'a Resource>, &'static str)> {
    let mut found: Vec<(Option<&Resource>, &'static str)> = Vec::new();
    for (kind, argument, stages) in INTEGRATIONS {
        for integration in project.of_kind(kind).filter(|one| refers(&one.body.get(argument), function)) {
            let api = api_of(project, integration);
            if !found.iter().any(|(known, _)| known.map(|known| known.id) == api.map(|api| api.id)) {
                found.push((api, stages));
            }
        }
    }
    found.into_iter()
}

/// What an API's stages let through while the function may run: those that come at once, and those of its timeout.
fn of_api(project: &Project, function: &Resource, api: Option<&Resource>, stages: &str) -> Option<f64> {
    let api = api?;
    let timeout = match project.settle(&project.value(function, FUNCTION, "timeout")) {
        Value::Null => DEFAULT_TIMEOUT,
        value => value.as_number()?,
    };
    let of_api = |stage: &&Resource| api_of(project, stage).is_some_and(|of| of.id == api.id);
    let limits: Option<Vec<(f64, f64)>> =
        project.of_kind(stages).filter(of_api).map(|stage| method_settings::limits_of(project, stage)).collect();
    let limits = limits.filter(|limits| !limits.is_empty())?;
    Some(limits.into_iter().map(|(rate, burst)| burst + (rate * timeout).ceil()).sum())
}
