//! Whether evaluating an expression fails, for `try` and `can`: yes, no, unknown.

use hcl_edit::expr::{Expression, FuncArgs, Traversal};

use super::evaluate::{Names, Scope, Step, evaluate};
use super::functions;
use super::traverse::{start, steps, walk};
use crate::model::value::{agree, any};
use crate::model::{Node, Value};

/// The value of `try(...)`: the first argument that doesn't fail; several where that isn't known.
pub(super) fn first_that_works(arguments: &FuncArgs, scope: &dyn Scope, bound: Names<'_>) -> Value {
    let mut possible: Vec<Node> = Vec::new();
    for argument in arguments {
        match fails(argument, scope, bound) {
            Some(true) => {}
            Some(false) => {
                possible.push(evaluate(argument, scope, bound));
                return Value::either(possible);
            }
            None => possible.push(evaluate(argument, scope, bound)),
        }
    }
    Value::either(possible)
}

/// Whether evaluating an expression fails.
pub(super) fn fails(expr: &Expression, scope: &dyn Scope, bound: Names<'_>) -> Option<bool> {
    let inner = |expr: &Expression| fails(expr, scope, bound);
    match expr {
        Expression::Null(_) | Expression::Bool(_) | Expression::Number(_) | Expression::String(_) => Some(false),
        Expression::Array(items) => any(items.iter().map(inner)),
        Expression::Object(object) => any(object.iter().map(|(_, item)| inner(item.expr()))),
        Expression::Parenthesis(parenthesis) => inner(parenthesis.inner()),
        Expression::Variable(_) => known(expr, scope, bound),
        Expression::Traversal(traversal) => traversal_fails(traversal, scope, bound),
        Expression::Conditional(c) => {
            let chosen = match evaluate(&c.cond_expr, scope, bound).value.as_bool() {
                Some(true) => inner(&c.true_expr),
                Some(false) => inner(&c.false_expr),
                None => agree([inner(&c.true_expr), inner(&c.false_expr)]),
            };
            any([inner(&c.cond_expr), chosen])
        }
        Expression::FuncCall(call) => match call.name.name.as_str() {
            "can" => Some(false),
            // They read text.
            "jsondecode" | "yamldecode" if takes_no_text(call.args.iter().next(), scope, bound) => Some(true),
            "try" => crate::model::value::all(call.args.iter().map(inner)),
            _ if any(call.args.iter().map(inner)) == Some(true) => Some(true),
            _ if any(call.args.iter().map(inner)) == Some(false) => known(expr, scope, bound),
            _ => None,
        },
        Expression::BinaryOp(op) => match any([inner(&op.lhs_expr), inner(&op.rhs_expr)]) {
            Some(false) => known(expr, scope, bound),
            answer => answer,
        },
        Expression::UnaryOp(op) => match inner(&op.expr) {
            Some(false) => known(expr, scope, bound),
            answer => answer,
        },
        Expression::StringTemplate(_) | Expression::HeredocTemplate(_) | Expression::ForExpr(_) => None,
    }
}

fn takes_no_text(argument: Option<&Expression>, scope: &dyn Scope, bound: Names<'_>) -> bool {
    let value = argument.map(|argument| evaluate(argument, scope, bound).value);
    matches!(value, Some(Value::List(_) | Value::AtLeast(_) | Value::Map(_)))
}

/// What has a known value didn't fail.
fn known(expr: &Expression, scope: &dyn Scope, bound: Names<'_>) -> Option<bool> {
    match evaluate(expr, scope, bound).value {
        Value::Unknown => None,
        _ => Some(false),
    }
}

fn traversal_fails(traversal: &Traversal, scope: &dyn Scope, bound: Names<'_>) -> Option<bool> {
    let steps = steps(traversal, scope, bound);
    match &traversal.expr {
        Expression::Variable(root) => {
            let (value, used) = start(root.as_str(), &steps, scope, bound);
            let lacks = match bound.and_then(|bound| bound.get(root.as_str())) {
                Some(_) => Some(false),
                None => scope.lacks(root.as_str(), &steps),
            };
            any([lacks, walk_fails(&value, &steps[used..])])
        }
        other => any([fails(other, scope, bound), walk_fails(&evaluate(other, scope, bound).value, &steps)]),
    }
}

fn walk_fails(value: &Value, steps: &[Step]) -> Option<bool> {
    let Some((first, rest)) = steps.split_first() else {
        return if matches!(value, Value::Unknown) { None } else { Some(false) };
    };
    let further = || walk_fails(&walk(value.clone(), &steps[..1]), rest);
    match (value, first) {
        (Value::Either(arms), _) => agree(arms.iter().map(|arm| walk_fails(&arm.value, steps))),
        (Value::List(items), Step::Splat) => any(items.iter().map(|item| walk_fails(&item.value, rest))),
        (Value::Null, Step::Splat) => Some(false),
        (Value::Map(body), Step::Name(name)) => match body.entry(name) {
            Some(_) => further(),
            None => (!body.open).then_some(true),
        },
        (Value::Map(body), Step::Key(key, _)) => match functions::key(key) {
            Some(name) if body.entry(&name).is_some() => further(),
            Some(_) => (!body.open).then_some(true),
            None => None,
        },
        (Value::List(items), Step::Key(key, _)) => match functions::whole(key) {
            Some(n) if n < items.len() => further(),
            Some(_) => Some(true),
            None => None,
        },
        (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_), Step::Name(_) | Step::Key(..)) => {
            Some(true)
        }
        (Value::List(_), Step::Name(_)) => Some(true),
        // Whether an instance is there depends on `count` and `for_each`; a resource as a whole is.
        (Value::Reference(reference), Step::Name(_)) if reference.index.is_none() => {
            let indexed = steps.iter().any(|step| matches!(step, Step::Key(..)));
            (!indexed).then_some(false)
        }
        _ => None,
    }
}
