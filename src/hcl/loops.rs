//! `for` expressions, and in what order things are gone through.

use hcl_edit::expr::{Expression, ForExpr};

use super::evaluate::{Bindings, Names, Scope, evaluate};
use super::functions;
use crate::model::{Body, Entry, Form, Node, Reference, Value};

/// What a loop goes through.
#[derive(Debug)]
pub struct Turns {
    /// Key and value.
    pub items: Vec<(Value, Node)>,
    /// Whether these are all, in this order.
    pub complete: bool,
}

/// The turns of a loop over a collection; nothing where nothing is known of it. `written` is its expression.
pub fn turns(collection: &Value, written: &Expression) -> Option<Turns> {
    let key = |i: usize, item: &Node| match keys(written) {
        Keys::Positions => Value::Number(i as f64),
        Keys::Elements => item.value.clone(),
        Keys::Either => {
            let position = Node { value: Value::Number(i as f64), span: item.span };
            Value::either(vec![position, item.clone()])
        }
    };
    Some(match collection {
        Value::List(items) => {
            let items = items.iter().enumerate().map(|(i, item)| (key(i, item), item.clone()));
            Turns { items: items.collect(), complete: true }
        }
        Value::AtLeast(items) => {
            let items = items.iter().map(|item| (Value::Unknown, item.clone()));
            Turns { items: items.collect(), complete: false }
        }
        Value::Map(body) => {
            // Terraform goes through a map in the order of its keys.
            let mut entries: Vec<&Entry> = body.entries.iter().collect();
            entries.sort_by(|a, b| a.name.cmp(&b.name));
            let items = entries.into_iter().map(|entry| (Value::String(entry.name.clone()), entry.node.clone()));
            Turns { items: items.collect(), complete: !body.open }
        }
        // Blocks that aren't there; Terraform refuses a null.
        Value::Null => Turns { items: Vec::new(), complete: true },
        _ => return None,
    })
}

/// What the first of two names of a loop stands for.
enum Keys {
    Positions,
    Elements,
    /// A set's elements are their own keys, and a variable may hold a set.
    Either,
}

/// Whether an expression certainly gives a set.
pub(super) fn is_set(written: &Expression) -> bool {
    matches!(keys(written), Keys::Elements)
}

fn keys(written: &Expression) -> Keys {
    match written {
        Expression::Array(_) => Keys::Positions,
        Expression::Parenthesis(inner) => keys(inner.inner()),
        Expression::ForExpr(expr) if expr.key_expr.is_none() => Keys::Positions,
        Expression::FuncCall(call) => match call.name.name.as_str() {
            "toset" | "setunion" | "setintersection" | "setsubtract" => Keys::Elements,
            "chunklist" | "compact" | "concat" | "distinct" | "flatten" | "formatlist" | "keys" | "range"
            | "reverse" | "slice" | "sort" | "split" | "tolist" | "values" => Keys::Positions,
            _ => Keys::Either,
        },
        _ => Keys::Either,
    }
}

pub(super) fn value(expr: &ForExpr, scope: &dyn Scope, bound: Names<'_>) -> Value {
    let collection = evaluate(&expr.intro.collection_expr, scope, bound);
    if let Value::Reference(reference) = collection.value {
        return each_instance(expr, reference, scope, bound);
    }
    functions::lift(&[collection], &|collection| each(expr, &collection[0].value, scope, bound))
}

/// `[for x in aws_subnet.all : x.id]` means what `aws_subnet.all[*].id` does.
fn each_instance(expr: &ForExpr, mut all: Reference, scope: &dyn Scope, bound: Names<'_>) -> Value {
    if !all.path.is_empty() || all.index.is_some() || expr.key_expr.is_some() || expr.cond.is_some() {
        return Value::Unknown;
    }
    let target = all.resource;
    all.index = Some("*".into());
    let inner = Bindings::new(expr.intro.value_var.as_str(), Value::Reference(all), bound);
    match evaluate(&expr.value_expr, scope, Some(&inner)).value {
        value @ Value::Reference(_) if value.refers_to(target) => value,
        _ => Value::Unknown,
    }
}

/// The results so far.
#[derive(Default)]
struct Results {
    list: Vec<Node>,
    map: Body,
    complete: bool,
}

fn each(expr: &ForExpr, collection: &Value, scope: &dyn Scope, bound: Names<'_>) -> Value {
    let Some(turns) = turns(collection, &expr.intro.collection_expr) else { return Value::Unknown };
    let mut results = Results { complete: turns.complete, ..Results::default() };
    for (key, item) in turns.items {
        if !scope.charge(1) {
            return Value::Unknown;
        }
        let outer = Bindings::new(expr.intro.value_var.as_str(), item.value, bound);
        let key_name = expr.intro.key_var.as_ref().map_or("", |name| name.as_str());
        let inner = Bindings::new(key_name, key, Some(&outer));
        let keep = expr.cond.as_ref().map_or(Some(true), |c| evaluate(&c.expr, scope, Some(&inner)).value.as_bool());
        match keep {
            Some(true) => results.add(expr, scope, &inner),
            Some(false) => {}
            None => results.complete = false,
        }
    }
    match (&expr.key_expr, results.complete) {
        (Some(_), complete) => {
            results.map.open = !complete;
            if expr.grouping && !complete {
                results.map.entries.iter_mut().for_each(|entry| leave_open(&mut entry.node.value));
            }
            Value::Map(results.map)
        }
        (None, true) => Value::List(results.list),
        (None, false) => Value::AtLeast(results.list),
    }
}

/// A group may have more than what is known.
fn leave_open(group: &mut Value) {
    if let Value::List(items) = group {
        *group = Value::AtLeast(std::mem::take(items));
    }
}

impl Results {
    fn add(&mut self, expr: &ForExpr, scope: &dyn Scope, names: &Bindings<'_>) {
        let node = evaluate(&expr.value_expr, scope, Some(names));
        let Some(key) = &expr.key_expr else { return self.list.push(node) };
        let Some(name) = functions::key(&evaluate(key, scope, Some(names)).value) else {
            self.complete = false;
            return;
        };
        let known = self.map.entries.iter_mut().find(|entry| entry.name == name);
        match known {
            Some(Entry { node: Node { value: Value::List(group), .. }, .. }) if expr.grouping => group.push(node),
            // Terraform refuses the same key twice.
            Some(_) => self.complete = false,
            None => {
                let span = node.span;
                let node = if expr.grouping { Node { value: Value::List(vec![node]), span } } else { node };
                self.map.entries.push(Entry { name, span, form: Form::Attribute, node });
            }
        }
    }
}
