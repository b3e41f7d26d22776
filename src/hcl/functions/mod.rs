//! Terraform's functions, as far as they decide what controls ask.
//!
//! Unknown is the answer wherever Terraform's isn't certain: for values that aren't known, for arguments that Terraform
//! refuses, for corners in which implementations differ (letters beyond ASCII, numbers that aren't exact in binary).
//! So whatever is answered didn't fail either.

mod collections;
mod numbers;
mod texts;

use std::sync::Arc;

use super::evaluate::{equal, truth};
use crate::model::{Body, Entry, Form, Node, Value};
use crate::source::Span;

pub(super) use numbers::exact as number;

/// The functions that may have a known value, for what else is a mistyped name in a page.
pub const FUNCTIONS: &[&str] = &[
    "abs",
    "alltrue",
    "anytrue",
    "basename",
    "can",
    "ceil",
    "chomp",
    "chunklist",
    "coalesce",
    "coalescelist",
    "compact",
    "concat",
    "contains",
    "dirname",
    "distinct",
    "element",
    "endswith",
    "flatten",
    "floor",
    "format",
    "formatlist",
    "indent",
    "index",
    "join",
    "jsondecode",
    "jsonencode",
    "keys",
    "length",
    "lookup",
    "lower",
    "max",
    "merge",
    "min",
    "nonsensitive",
    "one",
    "parseint",
    "range",
    "replace",
    "reverse",
    "sensitive",
    "setintersection",
    "setproduct",
    "setsubtract",
    "setunion",
    "signum",
    "slice",
    "sort",
    "split",
    "startswith",
    "strcontains",
    "strrev",
    "substr",
    "sum",
    "tobool",
    "tolist",
    "tomap",
    "tonumber",
    "toset",
    "tostring",
    "trim",
    "trimprefix",
    "trimspace",
    "trimsuffix",
    "try",
    "upper",
    "values",
    "zipmap",
];

/// Most combinations of possible arguments that are looked at.
const MAX_COMBINATIONS: usize = 64;

/// A call.
#[derive(Clone, Copy)]
pub(super) struct Call<'n> {
    pub(super) name: &'n str,
    pub(super) span: Span,
    /// Whether equality converts, see `Scope::converts`.
    pub(super) converts: bool,
}

/// The value of `f` for arguments of which some may be one of several.
pub(super) fn lift(arguments: &[Node], f: &dyn Fn(&[Node]) -> Value) -> Value {
    let arms = |node: &Node| match &node.value {
        Value::Either(arms) => arms.len(),
        _ => 1,
    };
    let combinations = arguments.iter().map(arms).try_fold(1usize, usize::checked_mul);
    if combinations.is_none_or(|n| n > MAX_COMBINATIONS) {
        return Value::Unknown;
    }
    let Some(at) = arguments.iter().position(|node| arms(node) > 1) else { return f(arguments) };
    let Value::Either(possible) = &arguments[at].value else { return Value::Unknown };
    let results = possible.iter().map(|arm| {
        let mut chosen = arguments.to_vec();
        chosen[at] = arm.clone();
        Node { value: lift(&chosen, f), span: arm.span }
    });
    Value::either(results.collect())
}

/// A call whose last argument is spread and not known.
pub(super) fn unknown_rest(name: &str, arguments: &[Node]) -> Value {
    let mut values: Vec<&Value> = arguments.iter().map(|node| &node.value).collect();
    values.push(&Value::Unknown);
    match name {
        "merge" => collections::merge(&values),
        "concat" => collections::concat(&values),
        _ => Value::Unknown,
    }
}

/// The name that a value gives as the key of a map.
pub(super) fn key(value: &Value) -> Option<Arc<str>> {
    match to_text(value) {
        Value::String(name) => Some(name),
        _ => None,
    }
}

/// A whole number that isn't negative.
pub(super) fn whole(value: &Value) -> Option<usize> {
    let n = value.as_number().filter(|n| n.fract() == 0.0 && (0.0..1e9).contains(n))?;
    Some(n as usize)
}

/// A primitive value as a string.
pub(super) fn to_text(value: &Value) -> Value {
    match value {
        Value::String(_) | Value::Text(_) | Value::Json(_) => value.clone(),
        Value::Number(n) => Value::string(n.to_string()),
        Value::Bool(b) => Value::string(b.to_string()),
        _ => Value::Unknown,
    }
}

fn list(values: impl IntoIterator<Item = Value>, span: Span) -> Value {
    Value::List(values.into_iter().map(|value| Node { value, span }).collect())
}

fn entry(name: Arc<str>, node: Node) -> Entry {
    Entry { name, span: node.span, form: Form::Attribute, node }
}

impl Call<'_> {
    pub(super) fn value(&self, arguments: &[Node]) -> Value {
        match (self.name, arguments) {
            // A document is read later, arms and all.
            ("jsonencode", [document]) => Value::Json(Box::new(document.clone())),
            ("sensitive" | "nonsensitive", [node]) => node.value.clone(),
            _ => lift(arguments, &|arguments| self.certain(arguments)),
        }
    }

    /// The value for arguments that aren't one of several.
    fn certain(&self, arguments: &[Node]) -> Value {
        let values: Vec<&Value> = arguments.iter().map(|node| &node.value).collect();
        if let Some(value) = self.of_collection(&values) {
            return value;
        }
        match (self.name, values.as_slice()) {
            ("jsondecode", [Value::Json(inner)]) => inner.value.clone(),
            ("jsondecode", [Value::String(text)]) => {
                serde_json::from_str(text).map_or(Value::Unknown, |json| from_json(&json, self.span))
            }
            ("tostring", [value]) => null_or(value, to_text),
            ("tonumber", [value]) => null_or(value, |value| {
                value.as_number().filter(|n| number_is_plain(*n)).map_or(Value::Unknown, Value::Number)
            }),
            ("tobool", [value]) => null_or(value, |value| truth(value.as_bool())),
            ("coalesce", _) => coalesce(arguments, self.span),
            ("format", [pattern, ..]) => texts::format(pattern, &arguments[1..], self.span),
            ("formatlist", [pattern, ..]) => texts::format_list(pattern, &arguments[1..], self.span),
            ("join", [Value::String(separator), lists @ ..]) => texts::join(separator, lists, self.span),
            (name, values) => numbers::call(name, values).unwrap_or_else(|| texts::call(name, values, self.span)),
        }
    }
}

/// Conversions leave null as it is.
fn null_or(value: &Value, convert: impl Fn(&Value) -> Value) -> Value {
    if value.is_null() { Value::Null } else { convert(value) }
}

/// Whether a number is the same in binary.
fn number_is_plain(n: f64) -> bool {
    matches!(numbers::exact(n, &[]), Value::Number(_))
}

/// The set of these elements.
pub fn set(items: &[Node]) -> Value {
    Call { name: "toset", span: Span::default(), converts: false }
        .of_collection(&[&Value::List(items.to_vec())])
        .unwrap_or(Value::Unknown)
}

/// What is either a list or the set of its elements: in order only where that makes no difference.
pub(super) fn list_or_set(items: Vec<Node>) -> Value {
    match set(&items) {
        Value::List(elements) if elements == items => Value::List(items),
        _ => Value::AtLeast(items),
    }
}

/// The first argument that is neither null nor an empty string.
fn coalesce(arguments: &[Node], span: Span) -> Value {
    let mut possible: Vec<Node> = Vec::new();
    for node in arguments {
        match node.value.is_present() {
            Some(false) => {}
            Some(true) if node.value.as_str() == Some("") => {}
            // A text may be empty; a reference is to something that has a name.
            Some(true) if matches!(&node.value, Value::Text(_)) && node.value.known_pieces().is_empty() => {
                possible.push(node.clone());
            }
            Some(true) => {
                possible.push(node.clone());
                return Value::either(possible);
            }
            // It is taken when it isn't null: something, then.
            None => possible.push(Node { value: Value::Text(vec![node.clone()]), span: node.span }),
        }
    }
    // `coalesce(x, "")` asks for an empty string when there is nothing; with nothing at all Terraform fails.
    match arguments.last() {
        Some(last) if last.value.as_str() == Some("") => {
            possible.push(Node { value: Value::string(""), span });
            Value::either(possible)
        }
        _ if possible.is_empty() => Value::Null,
        _ => Value::either(possible),
    }
}

fn from_json(json: &serde_json::Value, span: Span) -> Value {
    match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(b) => Value::Bool(*b),
        serde_json::Value::Number(n) => {
            n.as_f64().filter(|n| number_is_plain(*n)).map_or(Value::Unknown, Value::Number)
        }
        serde_json::Value::String(text) => Value::string(text.as_str()),
        serde_json::Value::Array(items) => list(items.iter().map(|item| from_json(item, span)), span),
        serde_json::Value::Object(entries) => Value::Map(Body {
            entries: entries
                .iter()
                .map(|(name, value)| entry(name.as_str().into(), Node { value: from_json(value, span), span }))
                .collect(),
            open: false,
        }),
    }
}
