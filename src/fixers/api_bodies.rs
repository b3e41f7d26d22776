//! `OpenAPI` documents in the `body` of an API: which operations answer whoever calls.

use super::apis::{limited, open_path, parts_of};
use crate::catalogue::Context;
use crate::model::{Body, Node, Value};

const VERBS: [&str; 8] = ["get", "put", "post", "delete", "patch", "head", "trace", "x-amazon-apigateway-any-method"];

/// The operations of the document that ask nobody, as a text; null when all do, or there is no document; unknown where it
/// can't be read.
pub(super) fn open_operations(context: &Context<'_>) -> Value {
    let (project, api) = (context.project, context.resource);
    let document = match project.settle(&api.body.get("body")) {
        Value::Null => return Value::Null,
        body => crate::iam::text::document(&body, api.span),
    };
    let Some(Value::Map(document)) = document else { return Value::Unknown };
    match (limited(project, api), document.get("x-amazon-apigateway-policy")) {
        (Value::Null, Value::Null) => {}
        (Value::String(_), _) => return Value::Null,
        _ => return Value::Unknown,
    }
    let (Value::Map(paths), false) = (document.get("paths"), document.open) else { return Value::Unknown };
    let asks_everywhere = asks(&document);
    let mut open = Vec::new();
    for (path, operations) in paths.entries.iter().map(|entry| (&entry.name, &entry.node)) {
        let Some(operations) = operations.value.as_map() else { return Value::Unknown };
        if open_path(&parts_of(path).collect::<Vec<_>>()).is_some() {
            continue;
        }
        for verb in VERBS {
            match operations.get(verb) {
                Value::Null => {}
                Value::Map(operation) => {
                    let asks = asks(&operation).or(asks_everywhere) == Some(true);
                    if !asks && !is_mock(&operation) {
                        open.push(name(verb, path));
                    }
                }
                _ => return Value::Unknown,
            }
        }
    }
    if open.is_empty() { Value::Null } else { Value::string(open.join(", ")) }
}

fn name(verb: &str, path: &str) -> String {
    let verb = if verb.starts_with("x-") { "ANY".to_owned() } else { verb.to_uppercase() };
    format!("{verb} {path}")
}

/// Whether an operation (or the whole document) asks who calls; nothing when it doesn't say.
fn asks(body: &Body) -> Option<bool> {
    match (body.get("x-amazon-apigateway-auth"), body.get("security")) {
        (Value::Map(auth), _) => Some(auth.get("type").as_str().is_none_or(|kind| !kind.eq_ignore_ascii_case("none"))),
        (_, Value::Null) => None,
        (_, Value::List(items)) => Some(!items.is_empty() && items.iter().all(|item| !is_empty(item))),
        _ => Some(true),
    }
}

/// `security: [{}]` lets callers in without any of the schemes.
fn is_empty(item: &Node) -> bool {
    item.value.as_map().is_some_and(|schemes| schemes.entries.is_empty() && !schemes.open)
}

fn is_mock(operation: &Body) -> bool {
    let integration = operation.get("x-amazon-apigateway-integration");
    integration.step("type").as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("mock"))
}
