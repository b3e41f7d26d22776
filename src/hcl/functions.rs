//! Terraform's functions, as far as they decide what controls ask. Any other call is unknown.

use std::sync::Arc;

use crate::model::value::{all, any};
use crate::model::{Body, Entry, Form, Node, Value};
use crate::source::Span;

/// The value of `name(arguments...)`.
pub(super) fn call(name: &str, arguments: &[Node], span: Span) -> Value {
    let values: Vec<&Value> = arguments.iter().map(|node| &node.value).collect();
    match (name, values.as_slice()) {
        ("jsonencode", [_]) => Value::Json(Box::new(arguments[0].clone())),
        ("jsondecode", [Value::Json(inner)]) => inner.value.clone(),
        ("sensitive" | "nonsensitive" | "tostring" | "tonumber" | "tobool" | "tomap" | "tolist" | "trimspace", [v]) => {
            (*v).clone()
        }
        ("toset" | "compact" | "distinct" | "sort", [v @ Value::List(_)]) => (*v).clone(),
        ("merge", parts) => merge(parts),
        ("concat", parts) => concat(parts),
        ("flatten", [Value::List(items)]) => flatten(items),
        ("coalesce" | "try" | "coalescelist", _) => first_usable(&values, name == "coalesce"),
        ("lookup", [Value::Map(body), Value::String(key), rest @ ..]) => match (body.get(key), rest) {
            (Value::Null, [default]) => (*default).clone(),
            (found, _) => found,
        },
        ("element", [Value::List(items), Value::Number(n)]) if !items.is_empty() => {
            items[*n as usize % items.len()].value.clone()
        }
        // One of all: which one depends on the index.
        ("element", [Value::Reference(reference), _]) => {
            Value::Reference(crate::model::Reference { index: Some("?".into()), ..reference.clone() })
        }
        ("values", [Value::Reference(reference)]) if reference.path.is_empty() => (*values[0]).clone(),
        ("one", [Value::List(items)]) if items.len() <= 1 => items.first().map_or(Value::Null, |i| i.value.clone()),
        ("length", [Value::List(items)]) => Value::Number(items.len() as f64),
        ("length", [Value::Map(body)]) if !body.open => Value::Number(body.entries.len() as f64),
        ("length", [Value::String(text)]) => Value::Number(text.chars().count() as f64),
        ("keys", [Value::Map(body)]) if !body.open => {
            list(body.entries.iter().map(|e| Value::String(e.name.clone())), span)
        }
        ("values", [Value::Map(body)]) if !body.open => list(body.entries.iter().map(|e| e.node.value.clone()), span),
        ("contains", [Value::List(items), wanted]) => truth(any(items.iter().map(|i| i.value.equals(wanted)))),
        ("alltrue", [Value::List(items)]) => truth(all(items.iter().map(|i| i.value.as_bool()))),
        ("anytrue", [Value::List(items)]) => truth(any(items.iter().map(|i| i.value.as_bool()))),
        ("format", [Value::String(pattern), ..]) => format_text(pattern, &arguments[1..], span),
        ("join", [Value::String(separator), Value::List(items)]) => join(separator, items, span),
        (_, [Value::String(text), rest @ ..]) => text_function(name, text, rest, span),
        _ => Value::Unknown,
    }
}

fn truth(answer: Option<bool>) -> Value {
    answer.map_or(Value::Unknown, Value::Bool)
}

fn list(values: impl Iterator<Item = Value>, span: Span) -> Value {
    Value::List(values.map(|value| Node { value, span }).collect())
}

fn text_function(name: &str, text: &str, rest: &[&Value], span: Span) -> Value {
    match (name, rest) {
        ("lower", []) => Value::string(text.to_lowercase()),
        ("upper", []) => Value::string(text.to_uppercase()),
        ("replace", [Value::String(from), Value::String(to)]) if !from.starts_with('/') => {
            Value::string(text.replace(&**from, to))
        }
        ("startswith", [Value::String(start)]) => Value::Bool(text.starts_with(&**start)),
        ("endswith", [Value::String(end)]) => Value::Bool(text.ends_with(&**end)),
        ("strcontains", [Value::String(part)]) => Value::Bool(text.contains(&**part)),
        ("trimprefix", [Value::String(start)]) => Value::string(text.strip_prefix(&**start).unwrap_or(text)),
        ("trimsuffix", [Value::String(end)]) => Value::string(text.strip_suffix(&**end).unwrap_or(text)),
        ("basename", []) => Value::string(text.rsplit('/').next().unwrap_or(text)),
        ("substr", [Value::Number(from), Value::Number(count)]) if *from >= 0.0 => {
            let rest = text.chars().skip(*from as usize);
            Value::string(if *count < 0.0 { rest.collect::<String>() } else { rest.take(*count as usize).collect() })
        }
        ("split", [Value::String(whole)]) => list(whole.split(text).map(Value::string), span),
        _ => Value::Unknown,
    }
}

/// Later arguments win; one that isn't known leaves the result open.
fn merge(parts: &[&Value]) -> Value {
    let mut body = Body::default();
    for part in parts {
        match part {
            Value::Map(next) => {
                body.open |= next.open;
                for entry in &next.entries {
                    body.entries.retain(|old| old.name != entry.name);
                    body.entries.push(Entry { form: Form::Attribute, ..entry.clone() });
                }
            }
            Value::Null => {}
            _ => {
                // What stands before may be overwritten by what isn't known.
                body.entries.iter_mut().for_each(|entry| entry.node.value = Value::Unknown);
                body.open = true;
            }
        }
    }
    Value::Map(body)
}

fn concat(parts: &[&Value]) -> Value {
    let mut items = Vec::new();
    for part in parts {
        match part {
            Value::List(next) => items.extend(next.iter().cloned()),
            _ => return Value::Unknown,
        }
    }
    Value::List(items)
}

fn flatten(items: &[Node]) -> Value {
    let mut flat = Vec::new();
    for item in items {
        match &item.value {
            Value::List(inner) => match flatten(inner) {
                Value::List(inner) => flat.extend(inner),
                _ => return Value::Unknown,
            },
            Value::Unknown | Value::Symbol(_) | Value::Reference(_) | Value::Either(_) => return Value::Unknown,
            _ => flat.push(item.clone()),
        }
    }
    Value::List(flat)
}

fn first_usable(values: &[&Value], skip_empty: bool) -> Value {
    for value in values {
        match value.is_present() {
            Some(false) => {}
            Some(true) if skip_empty && value.as_str() == Some("") => {}
            Some(true) => return (*value).clone(),
            None => return Value::Unknown,
        }
    }
    // `coalesce(x, "")` asks for an empty string when there is nothing.
    values.last().filter(|last| last.as_str() == Some("")).map_or(Value::Null, |last| (*last).clone())
}

/// `%s`, `%d` and `%v`; any other verb makes the result unknown.
fn format_text(pattern: &str, arguments: &[Node], span: Span) -> Value {
    let mut pieces = Vec::new();
    let mut arguments = arguments.iter();
    let mut parts = pattern.split('%');
    let text = |text: &str| Node { value: Value::String(Arc::from(text)), span };
    pieces.push(text(parts.next().unwrap_or_default()));
    for part in parts {
        match (part.chars().next(), arguments.next()) {
            (Some('s' | 'd' | 'v'), Some(argument)) => {
                pieces.push(argument.clone());
                pieces.push(text(&part[1..]));
            }
            _ => return Value::Unknown,
        }
    }
    // An empty start would hide that a lone "%s" is its argument.
    Value::text(pieces.into_iter().filter(|piece| piece.value.as_str() != Some("")).collect())
}

fn join(separator: &str, items: &[Node], span: Span) -> Value {
    let mut pieces = Vec::new();
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            pieces.push(Node { value: Value::string(separator), span });
        }
        pieces.push(item.clone());
    }
    Value::text(pieces)
}
