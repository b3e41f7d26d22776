//! What reads a queue.

use crate::catalogue::Context;
use crate::model::Value;

/// Seconds that a function has when the configuration doesn't say (the provider's default).
const DEFAULT_TIMEOUT: f64 = 3.0;

/// The longest timeout of the functions that read a queue, in seconds; null without one that is declared here, unknown
/// where one isn't known.
pub(super) fn timeout(context: &Context<'_>) -> Value {
    let project = context.project;
    let mut longest = Value::Null;
    for mapping in project.of_kind("aws_lambda_event_source_mapping") {
        if !mapping.body.get("event_source_arn").refers_to(context.resource.id) {
            continue;
        }
        let Value::Reference(reader) = mapping.body.get("function_name") else { return Value::Unknown };
        let function = project.resource(reader.resource);
        if &*function.kind != "aws_lambda_function" {
            return Value::Unknown;
        }
        let timeout = match project.settle(&function.body.get("timeout")) {
            Value::Null => Some(DEFAULT_TIMEOUT),
            value => value.as_number(),
        };
        let Some(timeout) = timeout else { return Value::Unknown };
        longest = Value::Number(longest.as_number().map_or(timeout, |known| known.max(timeout)));
    }
    longest
}
