//! Lists, sets and maps, also those of which only some elements are known.

use std::cmp::Ordering;

use super::{Call, entry, equal, key, list, to_text, truth, whole};
use crate::model::value::{all, any};
use crate::model::{Body, Entry, Form, Node, Value};

/// Longest list that `range` and `setproduct` are worked out for.
const MAX_LENGTH: usize = 1024;

impl Call<'_> {
    pub(super) fn of_collection(&self, values: &[&Value]) -> Option<Value> {
        Some(match (self.name, values) {
            ("tomap", [Value::Map(_)])
            | ("tolist" | "reverse" | "sort" | "toset" | "distinct", [Value::AtLeast(_)]) => values[0].clone(),
            ("tolist", [Value::List(items)]) => Value::List(unified(items)),
            ("toset", [Value::List(items)]) => self.set(items),
            ("distinct", [Value::List(items)]) => self.distinct(items),
            ("sort", [Value::List(items)]) => sorted(&items.iter().map(as_text).collect::<Vec<_>>()),
            ("compact", [Value::List(items) | Value::AtLeast(items)]) => compact(items, values[0]),
            ("reverse", [Value::List(items)]) => Value::List(items.iter().rev().cloned().collect()),
            ("merge", parts) => merge(parts),
            ("concat", parts) => concat(parts),
            ("flatten", [Value::List(items)]) => flatten(items, true),
            ("flatten", [Value::AtLeast(items)]) => flatten(items, false),
            ("coalescelist", lists) => first_list(lists),
            ("lookup", [Value::Map(body), wanted, rest @ ..]) => lookup(body, wanted, rest, self),
            ("element", [Value::List(items), n]) if !items.is_empty() => match whole(n) {
                Some(n) => items[n % items.len()].value.clone(),
                None => Value::Unknown,
            },
            // One of all: which one depends on the index.
            ("element", [Value::Reference(reference), _]) => {
                Value::Reference(crate::model::Reference { index: Some("?".into()), ..reference.clone() })
            }
            ("values", [Value::Reference(reference)]) if reference.path.is_empty() => {
                Value::Reference(reference.clone())
            }
            ("one", [list]) => one(list, self),
            ("length", [value]) => length(value),
            ("keys", [Value::Map(body)]) => by_key(body, |entry| Value::String(entry.name.clone())),
            ("values", [Value::Map(body)]) => by_key(body, |entry| entry.node.value.clone()),
            ("contains", [Value::List(items), wanted]) => truth(self.holds(items, wanted)),
            ("contains", [Value::AtLeast(items), wanted]) => truth(self.holds(items, wanted).filter(|holds| *holds)),
            ("alltrue", [Value::List(items)]) => truth(all(items.iter().map(|i| i.value.as_bool()))),
            ("alltrue", [Value::AtLeast(items)]) => {
                truth(all(items.iter().map(|i| i.value.as_bool())).filter(|answer| !answer))
            }
            ("anytrue", [Value::List(items)]) => truth(any(items.iter().map(|i| i.value.as_bool()))),
            ("anytrue", [Value::AtLeast(items)]) => {
                truth(any(items.iter().map(|i| i.value.as_bool())).filter(|answer| *answer))
            }
            ("slice", [Value::List(items), from, to]) => match (whole(from), whole(to)) {
                (Some(from), Some(to)) => items.get(from..to).map_or(Value::Unknown, |part| Value::List(part.to_vec())),
                _ => Value::Unknown,
            },
            ("index", [Value::List(items), wanted]) => self.position(items, wanted),
            ("range", limits) => range(limits, self),
            ("chunklist", [Value::List(items), size]) => match whole(size) {
                Some(0) if items.is_empty() => list([], self.span),
                Some(0) => list([Value::List(items.clone())], self.span),
                Some(n) => list(items.chunks(n).map(|chunk| Value::List(chunk.to_vec())), self.span),
                None => Value::Unknown,
            },
            ("zipmap", [Value::List(keys), Value::List(values)]) if keys.len() == values.len() => zip(keys, values),
            ("setproduct", lists) => product(lists, self),
            ("setunion" | "setintersection" | "setsubtract", sets) => self.set_operation(sets),
            (
                "tomap" | "tolist" | "toset" | "distinct" | "sort" | "compact" | "reverse" | "flatten" | "lookup"
                | "element" | "keys" | "values" | "contains" | "alltrue" | "anytrue" | "slice" | "index" | "chunklist"
                | "zipmap",
                _,
            ) => Value::Unknown,
            _ => return None,
        })
    }

    fn holds(&self, items: &[Node], wanted: &Value) -> Option<bool> {
        any(items.iter().map(|item| equal(&item.value, wanted, self.converts)))
    }

    fn position(&self, items: &[Node], wanted: &Value) -> Value {
        for (i, item) in items.iter().enumerate() {
            match equal(&item.value, wanted, self.converts) {
                Some(true) => return Value::Number(i as f64),
                Some(false) => {}
                None => return Value::Unknown,
            }
        }
        Value::Unknown
    }

    /// The elements without repetition; where that isn't known, only that they are there.
    fn distinct(&self, items: &[Node]) -> Value {
        let items = unified(items);
        let mut different: Vec<Node> = Vec::new();
        for item in &items {
            match any(different.iter().map(|known| equal(&known.value, &item.value, self.converts))) {
                Some(true) => {}
                Some(false) => different.push(item.clone()),
                None => return Value::AtLeast(items),
            }
        }
        Value::List(different)
    }

    /// A set: strings and numbers are in order, null is the last; the order of anything else isn't known.
    fn set(&self, items: &[Node]) -> Value {
        let Value::List(mut items) = self.distinct(items) else { return Value::AtLeast(unified(items)) };
        let nulls: Vec<Node> = items.extract_if(.., |item| item.value.is_null()).collect();
        match sorted(&items) {
            Value::List(mut ordered) => {
                ordered.extend(nulls);
                Value::List(ordered)
            }
            _ if items.len() + nulls.len() == 1 => Value::List(items),
            other => other,
        }
    }

    fn set_operation(&self, sets: &[&Value]) -> Value {
        let Some((Value::List(first), rest)) = sets.split_first() else { return Value::Unknown };
        let mut result = first.clone();
        for set in rest {
            let Value::List(items) = set else { return Value::Unknown };
            if self.name == "setunion" {
                result.extend(items.iter().cloned());
                continue;
            }
            let mut kept = Vec::new();
            for item in result {
                match self.holds(items, &item.value) {
                    Some(holds) if holds == (self.name == "setintersection") => kept.push(item),
                    Some(_) => {}
                    None => return Value::Unknown,
                }
            }
            result = kept;
        }
        self.set(&result)
    }
}

fn as_text(node: &Node) -> Node {
    Node { value: to_text(&node.value), span: node.span }
}

/// Elements of one type: beside strings, numbers and booleans become strings.
fn unified(items: &[Node]) -> Vec<Node> {
    let text = |node: &Node| matches!(node.value, Value::String(_) | Value::Text(_));
    let other = |node: &Node| matches!(node.value, Value::Number(_) | Value::Bool(_));
    if items.iter().any(text) && items.iter().any(other) {
        items.iter().map(|item| if other(item) { as_text(item) } else { item.clone() }).collect()
    } else {
        items.to_vec()
    }
}

/// In order, where the order is known.
fn sorted(items: &[Node]) -> Value {
    let compare = |a: &Node, b: &Node| match (&a.value, &b.value) {
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        (Value::Number(a), Value::Number(b)) => a.partial_cmp(b),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        _ => None,
    };
    let comparable = items.iter().all(|item| items.first().is_some_and(|first| compare(first, item).is_some()));
    if !comparable && !items.is_empty() {
        return Value::AtLeast(items.to_vec());
    }
    let mut items = items.to_vec();
    items.sort_by(|a, b| compare(a, b).unwrap_or(Ordering::Equal));
    Value::List(items)
}

/// Without what is null or empty; that some are isn't always known.
fn compact(items: &[Node], written: &Value) -> Value {
    let mut kept = Vec::new();
    let mut certain = matches!(written, Value::List(_));
    for item in items {
        match (item.value.is_present(), &item.value) {
            (Some(false), _) => {}
            (Some(true), Value::String(text)) if text.is_empty() => {}
            (Some(true), Value::Text(_)) if item.value.known_pieces().is_empty() => certain = false,
            (Some(true), Value::Number(_) | Value::Bool(_)) => kept.push(as_text(item)),
            (Some(true), _) => kept.push(item.clone()),
            (None, _) => certain = false,
        }
    }
    if certain { Value::List(kept) } else { Value::AtLeast(kept) }
}

/// Later arguments win; one that isn't known leaves the result open.
pub(super) fn merge(parts: &[&Value]) -> Value {
    let mut body = Body::default();
    for part in parts {
        match part {
            Value::Map(next) => {
                if next.open {
                    body.entries.iter_mut().for_each(|entry| entry.node.value = Value::Unknown);
                }
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

pub(super) fn concat(parts: &[&Value]) -> Value {
    let mut items = Vec::new();
    let mut certain = true;
    for part in parts {
        match part {
            Value::List(next) => items.extend(next.iter().cloned()),
            Value::AtLeast(next) => {
                items.extend(next.iter().cloned());
                certain = false;
            }
            _ => certain = false,
        }
    }
    if certain { Value::List(items) } else { Value::AtLeast(items) }
}

fn flatten(items: &[Node], mut certain: bool) -> Value {
    let mut flat = Vec::new();
    for item in items {
        match &item.value {
            Value::List(inner) => match flatten(inner, true) {
                Value::List(inner) => flat.extend(inner),
                Value::AtLeast(inner) => {
                    flat.extend(inner);
                    certain = false;
                }
                _ => return Value::Unknown,
            },
            Value::AtLeast(inner) => {
                if let Value::List(inner) | Value::AtLeast(inner) = flatten(inner, false) {
                    flat.extend(inner);
                }
                certain = false;
            }
            Value::Unknown | Value::Symbol(_) | Value::Reference(_) | Value::Either(_) => certain = false,
            _ => flat.push(item.clone()),
        }
    }
    if certain { Value::List(flat) } else { Value::AtLeast(flat) }
}

/// The first list that isn't empty.
fn first_list(lists: &[&Value]) -> Value {
    for value in lists {
        match value {
            Value::List(items) if items.is_empty() => {}
            Value::Null => {}
            Value::List(_) => return (*value).clone(),
            Value::AtLeast(items) if !items.is_empty() => return (*value).clone(),
            _ => return Value::Unknown,
        }
    }
    Value::Unknown
}

fn lookup(body: &Body, wanted: &Value, rest: &[&Value], call: &Call<'_>) -> Value {
    let default = rest.first().copied();
    let Some(name) = key(wanted) else {
        let possible = body.entries.iter().map(|entry| entry.node.clone());
        let default = default.map(|value| Node { value: value.clone(), span: call.span });
        let known = !body.open && !matches!(wanted, Value::Null | Value::List(_) | Value::Map(_));
        return if known { Value::either(possible.chain(default).collect()) } else { Value::Unknown };
    };
    match (body.entry(&name), default) {
        (Some(_), _) => body.get(&name),
        (None, Some(default)) if !body.open => default.clone(),
        (None, _) => Value::Unknown,
    }
}

fn one(list: &Value, call: &Call<'_>) -> Value {
    match list {
        Value::List(items) if items.len() <= 1 => items.first().map_or(Value::Null, |item| item.value.clone()),
        // All instances of a resource: the one, if it is there.
        Value::Reference(reference) if reference.is_list() => {
            let nodes = [list.clone(), Value::Null].map(|value| Node { value, span: call.span });
            Value::either(nodes.into())
        }
        _ => Value::Unknown,
    }
}

fn length(value: &Value) -> Value {
    match value {
        Value::List(items) => Value::Number(items.len() as f64),
        Value::Map(body) if !body.open => Value::Number(body.entries.len() as f64),
        // What a reader sees as one character counts once.
        Value::String(text) if text.is_ascii() && !text.contains('\r') => Value::Number(text.len() as f64),
        _ => Value::Unknown,
    }
}

/// One value of each entry, in the order of the keys.
fn by_key(body: &Body, value: impl Fn(&Entry) -> Value) -> Value {
    let mut entries: Vec<&Entry> = body.entries.iter().collect();
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    let items = entries.into_iter().map(|entry| Node { value: value(entry), span: entry.node.span }).collect();
    if body.open { Value::AtLeast(items) } else { Value::List(items) }
}

fn range(limits: &[&Value], call: &Call<'_>) -> Value {
    let numbers: Option<Vec<f64>> = limits.iter().map(|limit| limit.as_number()).collect();
    let (from, to, step) = match numbers.as_deref() {
        Some([to]) => (0.0, *to, if *to < 0.0 { -1.0 } else { 1.0 }),
        Some([from, to]) => (*from, *to, if to < from { -1.0 } else { 1.0 }),
        Some([from, to, step]) if *step != 0.0 && (to - from) * step >= 0.0 => (*from, *to, *step),
        _ => return Value::Unknown,
    };
    let mut items = Vec::new();
    let mut n = from;
    while (step > 0.0 && n < to) || (step < 0.0 && n > to) {
        if items.len() >= MAX_LENGTH {
            return Value::Unknown;
        }
        items.push(super::number(n, &[step]));
        n += step;
    }
    list(items, call.span)
}

fn zip(keys: &[Node], values: &[Node]) -> Value {
    let mut body = Body::default();
    for (name, value) in keys.iter().zip(values) {
        match key(&name.value) {
            Some(name) => {
                body.entries.retain(|old| old.name != name);
                body.entries.push(entry(name, value.clone()));
            }
            None => return Value::Unknown,
        }
    }
    Value::Map(body)
}

fn product(lists: &[&Value], call: &Call<'_>) -> Value {
    if lists.len() < 2 {
        return Value::Unknown;
    }
    let mut rows: Vec<Vec<Node>> = vec![Vec::new()];
    let mut in_order = true;
    for value in lists {
        let Value::List(items) = value else { return Value::Unknown };
        in_order &= matches!(super::list_or_set(items.clone()), Value::List(_));
        if rows.len() * items.len() > MAX_LENGTH {
            return Value::Unknown;
        }
        let with = |row: &Vec<Node>, item: &Node| row.iter().chain([item]).cloned().collect();
        rows = rows.iter().flat_map(|row| items.iter().map(|item| with(row, item)).collect::<Vec<_>>()).collect();
    }
    let rows = rows.into_iter().map(|row| Node { value: Value::List(row), span: call.span }).collect();
    if in_order { Value::List(rows) } else { Value::AtLeast(rows) }
}
