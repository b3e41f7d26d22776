//! What reads a queue.

use crate::catalogue::Context;
use crate::model::Value;

const MAPPING: &str = "aws_lambda_event_source_mapping";
const FUNCTION: &str = "aws_lambda_function";
/// Seconds that a function has when the configuration doesn't say (the default of both languages).
const DEFAULT_TIMEOUT: f64 = 3.0;

/// The longest timeout of the functions that read a queue, in seconds; null without one that is declared here, unknown
/// where one isn't known.
pub(super) fn timeout(context: &Context<'_>) -> Value {
    let project = context.project;
    let mut longest = Value::Null;
    for mapping in project.all(MAPPING) {
        if !project.value(mapping, MAPPING, "event_source_arn").refers_to(context.resource.id) {
            continue;
        }
        let Value::Reference(reader) = project.value(mapping, MAPPING, "function_name") else { return Value::Unknown };
        let function = project.resource(reader.resource);
        if &*function.kind != project.kind(FUNCTION) {
            return Value::Unknown;
        }
        let timeout = match project.settle(&project.value(function, FUNCTION, "timeout")) {
            Value::Null => Some(DEFAULT_TIMEOUT),
            value => value.as_number(),
        };
        let Some(timeout) = timeout else { return Value::Unknown };
        longest = Value::Number(longest.as_number().map_or(timeout, |known| known.max(timeout)));
    }
    longest
}
