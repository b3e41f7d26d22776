//! Type constraints of variables: a value is converted to the type before it is used, and what an object leaves out has
//! the default that its type gives.

use hcl_edit::expr::{Expression, FuncCall, ObjectKey};

use super::scope::respan;
use crate::hcl::literal;
use crate::model::{Body, Entry, Form, Node, Value};
use crate::source::Span;

/// A value as a variable of this type holds it. What the type doesn't say stays as it is.
pub(super) fn convert(value: Value, kind: &Expression, span: Span) -> Value {
    match (kind, value) {
        (_, Value::Null) => Value::Null,
        (_, Value::Either(arms)) => Value::either(
            arms.into_iter().map(|arm| Node { value: convert(arm.value, kind, arm.span), span: arm.span }).collect(),
        ),
        (Expression::Variable(name), value) => primitive(value, name.as_str()),
        (Expression::FuncCall(call), value) => {
            let inner = call.args.iter().next();
            match (call.name.name.as_str(), inner, value) {
                ("list" | "set", Some(inner), value) => collection(value, call, inner),
                ("map", Some(inner), Value::Map(mut body)) => {
                    for entry in &mut body.entries {
                        let node = std::mem::replace(&mut entry.node.value, Value::Unknown);
                        entry.node.value = convert(node, inner, entry.node.span);
                    }
                    Value::Map(body)
                }
                ("object", Some(Expression::Object(attributes)), Value::Map(body)) => object(&body, attributes, span),
                ("tuple", Some(Expression::Array(kinds)), Value::List(items)) if kinds.len() == items.len() => {
                    let each = items.into_iter().zip(kinds.iter());
                    Value::List(each.map(|(item, kind)| node(item, kind)).collect())
                }
                ("map" | "object" | "tuple", _, Value::String(_) | Value::Number(_) | Value::Bool(_)) => Value::Unknown,
                (_, _, value) => value,
            }
        }
        (Expression::Parenthesis(inner), value) => convert(value, inner.inner(), span),
        (_, value) => value,
    }
}

fn node(item: Node, kind: &Expression) -> Node {
    Node { value: convert(item.value, kind, item.span), span: item.span }
}

fn primitive(value: Value, name: &str) -> Value {
    match (name, value) {
        ("string", Value::Number(n)) => Value::string(n.to_string()),
        ("string", Value::Bool(b)) => Value::string(b.to_string()),
        ("number", Value::String(text)) => text.parse().map_or(Value::Unknown, Value::Number),
        ("bool", Value::String(text)) => text.parse().map_or(Value::Unknown, Value::Bool),
        (_, value) => value,
    }
}

fn collection(value: Value, call: &FuncCall, inner: &Expression) -> Value {
    let each = |items: Vec<Node>| items.into_iter().map(|item| node(item, inner)).collect::<Vec<_>>();
    match value {
        Value::List(items) if call.name.name.as_str() == "set" => crate::hcl::set(&each(items)),
        Value::List(items) => Value::List(each(items)),
        Value::AtLeast(items) => Value::AtLeast(each(items)),
        Value::Map(_) | Value::String(_) | Value::Number(_) | Value::Bool(_) => Value::Unknown,
        value => value,
    }
}

/// Attributes that the type doesn't have are dropped; those that it has are there, if only as null.
fn object(body: &Body, attributes: &hcl_edit::expr::Object, span: Span) -> Value {
    let mut result = Body::default();
    for (key, kind) in attributes {
        let name = match key {
            ObjectKey::Ident(ident) => ident.as_str(),
            ObjectKey::Expression(expr) => match expr {
                Expression::Variable(name) => name.as_str(),
                Expression::String(name) => name.value().as_str(),
                _ => return Value::Map(Body { open: true, ..body.clone() }),
            },
        };
        let (optional, kind, default) = optional(kind.expr());
        let given = body.entry(name);
        let at = given.map_or(span, |entry| entry.node.span);
        let value = match given {
            Some(entry) => convert(entry.node.value.clone(), kind, at),
            None if optional && !body.open => Value::Null,
            // It may be there, or Terraform refuses its absence.
            None => Value::Unknown,
        };
        let value = match default {
            Some(default) => unless_null(value, &|| with_default(default, kind, at)),
            None => value,
        };
        result.entries.push(Entry {
            name: name.into(),
            span: given.map_or(span, |entry| entry.span),
            form: Form::Attribute,
            node: Node { value, span: at },
        });
    }
    Value::Map(result)
}

/// The value, and the default where it is null.
pub(super) fn unless_null(value: Value, default: &dyn Fn() -> Value) -> Value {
    match value {
        Value::Null => default(),
        Value::Either(arms) => Value::either(
            arms.into_iter().map(|arm| Node { value: unless_null(arm.value, default), span: arm.span }).collect(),
        ),
        value => value,
    }
}

fn with_default(default: &Expression, kind: &Expression, span: Span) -> Value {
    let mut value = convert(literal(default), kind, span);
    respan(&mut value, span);
    value
}

/// `optional(T, default)`.
fn optional(kind: &Expression) -> (bool, &Expression, Option<&Expression>) {
    if let Expression::FuncCall(call) = kind {
        let mut arguments = call.args.iter();
        if let ("optional", Some(inner)) = (call.name.name.as_str(), arguments.next()) {
            return (true, inner, arguments.next());
        }
    }
    (false, kind, None)
}
