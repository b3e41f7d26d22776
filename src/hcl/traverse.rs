//! Names and what is reached from them: `local.x["key"][*].name`.

use std::sync::Arc;

use hcl_edit::Span as _;
use hcl_edit::expr::{Expression, Traversal, TraversalOperator};

use super::evaluate::{Names, Scope, Step, charged, evaluate};
use super::functions;
use crate::model::{Node, Value};

pub(super) fn lookup(root: &str, steps: &[Step], scope: &dyn Scope, bound: Names<'_>) -> Value {
    let (start, used) = start(root, steps, scope, bound);
    charged(walk(start, &steps[used..]), scope)
}

/// The value that a traversal starts from, and how many of the steps are used up by it.
pub(super) fn start(root: &str, steps: &[Step], scope: &dyn Scope, bound: Names<'_>) -> (Value, usize) {
    match bound.and_then(|bound| bound.get(root)) {
        Some(value) => (value.clone(), 0),
        None => scope.lookup(root, steps),
    }
}

pub(super) fn traversal_value(traversal: &Traversal, scope: &dyn Scope, bound: Names<'_>) -> Value {
    let steps = steps(traversal, scope, bound);
    match &traversal.expr {
        Expression::Variable(name) => lookup(name.as_str(), &steps, scope, bound),
        other => walk(evaluate(other, scope, bound).value, &steps),
    }
}

pub(super) fn steps(traversal: &Traversal, scope: &dyn Scope, bound: Names<'_>) -> Vec<Step> {
    traversal.operators.iter().map(|operator| step(operator.value(), scope, bound)).collect()
}

fn step(operator: &TraversalOperator, scope: &dyn Scope, bound: Names<'_>) -> Step {
    match operator {
        TraversalOperator::GetAttr(name) => Step::Name(name.as_str().into()),
        TraversalOperator::Index(key) => {
            let written =
                key.span().and_then(|range| scope.source().get(scope.base().span(Some(range)).range())).unwrap_or("?");
            Step::Key(evaluate(key, scope, bound).value, written.trim().into())
        }
        TraversalOperator::LegacyIndex(n) => Step::Key(Value::Number(*n.value() as f64), n.to_string().into()),
        TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_) => Step::Splat,
    }
}

/// Follows `steps` from a value.
pub(super) fn walk(start: Value, steps: &[Step]) -> Value {
    let Some((first, rest)) = steps.split_first() else { return start };
    let each = |items: Vec<Node>| {
        items.into_iter().map(|item| Node { value: walk(item.value, rest), span: item.span }).collect()
    };
    let next = match (first, start) {
        (Step::Splat, Value::List(items)) => return Value::List(each(items)),
        (Step::Splat, Value::AtLeast(items)) => return Value::AtLeast(each(items)),
        (Step::Splat, Value::Reference(mut reference)) if reference.path.is_empty() => {
            reference.index = Some("*".into());
            Value::Reference(reference)
        }
        (Step::Splat, Value::Either(arms)) => {
            let arms = arms.into_iter().map(|arm| Node { value: walk(arm.value, steps), span: arm.span });
            return Value::either(arms.collect());
        }
        (Step::Splat, Value::Null) => return Value::List(Vec::new()),
        (Step::Splat, _) => return Value::Unknown,
        (Step::Name(name), value) => value.step(name),
        (Step::Key(key, written), value) => index(value, key, written),
    };
    walk(next, rest)
}

fn index(value: Value, key: &Value, written: &Arc<str>) -> Value {
    match (value, key) {
        (Value::Either(arms), _) => Value::either(
            arms.into_iter().map(|arm| Node { value: index(arm.value, key, written), span: arm.span }).collect(),
        ),
        (Value::Reference(mut reference), _) if reference.path.is_empty() && reference.index.is_none() => {
            reference.index = Some(written.clone());
            Value::Reference(reference)
        }
        (Value::Reference(reference), _) => Value::Reference(reference.step(&format!("[{written}]"))),
        (value, Value::Either(keys)) => Value::either(
            keys.iter().map(|key| Node { value: index(value.clone(), &key.value, written), span: key.span }).collect(),
        ),
        (value @ Value::Symbol(_), _) => value.step(&format!("[{written}]")),
        (Value::List(items), key) => match functions::whole(key) {
            Some(n) => items.get(n).map_or(Value::Unknown, |item| item.value.clone()),
            // Some element is meant: Terraform refuses a key that isn't there.
            None if is_open(key) => Value::either(items),
            None => Value::Unknown,
        },
        (Value::Map(body), key) => match functions::key(key) {
            Some(name) => body.get(&name),
            None if is_open(key) && !body.open => Value::either(body.entries.into_iter().map(|e| e.node).collect()),
            None => Value::Unknown,
        },
        _ => Value::Unknown,
    }
}

/// Whether a key is a value that isn't known, as against one that can't be a key.
fn is_open(key: &Value) -> bool {
    matches!(key, Value::Unknown | Value::Symbol(_) | Value::Reference(_) | Value::Text(_))
}
