//! Values as far as they are known before a deploy, each with the place where it is written.
//!
//! Invariant: nothing is ever guessed. What can't be known is [`Value::Unknown`] or a [`Value::Symbol`] (unknown, but
//! equal to itself), and every question about a value has three answers: yes, no, unknown (`None`).

use std::sync::Arc;

use super::project::InstanceId;
use super::reference::Reference;
use super::text;
use crate::source::Span;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// The expression (or block) that gives the value, in the resource that uses it.
    pub span: Span,
}

/// What is known of a value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`, or an argument that is left out.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A string without unknown parts.
    String(Arc<str>),
    /// A list, set or tuple; also the blocks of one name.
    List(Vec<Node>),
    /// An object, a map or a nested block.
    Map(Body),
    /// An attribute of a resource or data source.
    Reference(Reference),
    /// Unknown, but the same wherever the same symbol stands: `each.key`, `var.name` without a value.
    Symbol(Symbol),
    /// A string put together from known and unknown pieces.
    Text(Vec<Node>),
    /// A string that encodes this value as JSON.
    Json(Box<Node>),
    /// A list or set that holds these, and maybe more, in an order that isn't known.
    AtLeast(Vec<Node>),
    /// One of these, decided by something unknown.
    Either(Vec<Node>),
    /// Nothing is known.
    Unknown,
}

/// More possible values than these are as good as unknown.
const MAX_ARMS: usize = 32;

/// A named unknown. Two are equal where name and module instance are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symbol {
    /// As written: `each.key`, `var.stage`.
    pub name: Arc<str>,
    /// Where it stands.
    pub instance: InstanceId,
}

/// The arguments and nested blocks of a resource, a block or an object, in source order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Body {
    /// The entries.
    pub entries: Vec<Entry>,
    /// Whether there may be more entries than are listed (a spread, a merge with something unknown).
    pub open: bool,
}

/// How an entry is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `name = value`.
    Attribute,
    /// `name { ... }`.
    Block,
    /// A block that may stand there any number of times: `dynamic "name" { ... }` over something unknown.
    Dynamic,
    /// A block that an expression leaves out: `dynamic "name" { ... }` over nothing.
    Empty,
}

/// One argument or nested block.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The name.
    pub name: Arc<str>,
    /// The whole item.
    pub span: Span,
    /// How it is written.
    pub form: Form,
    /// Its value; a block's is a [`Value::Map`].
    pub node: Node,
}

impl Entry {
    /// The blocks that the entry is: one, or several where a list stands for them, as in JSON syntax.
    pub fn bodies(&self) -> impl Iterator<Item = &Body> {
        let listed = self.node.value.as_list().unwrap_or_default();
        self.node.value.as_map().into_iter().chain(listed.iter().filter_map(|item| item.value.as_map()))
    }
}

impl Body {
    /// The value at `name`: an attribute's value, the blocks of that name as a list, or [`Value::Null`] when absent.
    pub fn get(&self, name: &str) -> Value {
        let mut blocks = Vec::new();
        let mut dynamic = None;
        for entry in self.entries.iter().filter(|e| &*e.name == name) {
            match entry.form {
                Form::Attribute => return entry.node.value.clone(),
                Form::Block => blocks.push(entry.node.clone()),
                Form::Dynamic => dynamic = Some(entry.node.clone()),
                Form::Empty => {}
            }
        }
        let span = dynamic.as_ref().map_or(Span::default(), |node| node.span);
        match dynamic {
            Some(node) => {
                // Not there, once, or several times, which two stand for.
                let times = |n| Node {
                    value: Self::blocks_or_null(blocks.iter().cloned().chain(std::iter::repeat_n(node.clone(), n))),
                    span,
                };
                Value::Either((0..3).map(times).collect())
            }
            None if blocks.is_empty() && self.open => Value::Unknown,
            None if blocks.is_empty() => Value::Null,
            None => Value::List(blocks),
        }
    }

    fn blocks_or_null(blocks: impl Iterator<Item = Node>) -> Value {
        let blocks: Vec<Node> = blocks.collect();
        if blocks.is_empty() { Value::Null } else { Value::List(blocks) }
    }

    /// Whether two objects are equal. What is null in one and left out in the other isn't told apart.
    fn equals(&self, other: &Self) -> Option<bool> {
        let names = self.entries.iter().chain(&other.entries).map(|entry| &*entry.name);
        let same = all(names.map(|name| match (self.entry(name), other.entry(name)) {
            (Some(_), Some(_)) => self.get(name).equals(&other.get(name)),
            (Some(alone), None) | (None, Some(alone)) if !(self.open || other.open) => {
                alone.node.value.is_present().filter(|present| *present).map(|_| false)
            }
            _ => None,
        }));
        if self.open || other.open { same.filter(|same| !same) } else { same }
    }

    /// The first entry of this name.
    pub fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|e| &*e.name == name)
    }

    /// The bodies of the blocks `name` (dynamic ones too).
    pub fn blocks<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Body> {
        self.entries.iter().filter(move |e| &*e.name == name).flat_map(Entry::bodies)
    }

    /// The value at a dotted path. A list with one element is looked through; one with several gives [`Value::Either`].
    pub fn at(&self, path: &str) -> Value {
        let mut names = path.split('.');
        let first = names.next().unwrap_or_default();
        names.fold(self.get(first), |value, name| value.step(name))
    }
}

impl Value {
    /// A known string.
    pub fn string(text: impl Into<Arc<str>>) -> Self {
        Self::String(text.into())
    }

    /// The known string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The known number; a numeric string counts, as Terraform converts it.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Self::Number(n) => Some(*n),
            Self::String(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// The known boolean; `"true"` and `"false"` count, as Terraform converts them.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(b) => Some(*b),
            Self::String(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// The elements of a known list.
    pub fn as_list(&self) -> Option<&[Node]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// The entries of a known map or block.
    pub fn as_map(&self) -> Option<&Body> {
        match self {
            Self::Map(body) => Some(body),
            _ => None,
        }
    }

    /// Whether the value is certainly absent.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The value one name further in.
    #[must_use]
    pub fn step(&self, name: &str) -> Self {
        match self {
            Self::Map(body) => body.get(name),
            Self::Null => Self::Null,
            Self::List(items) if items.len() == 1 => items[0].value.step(name),
            Self::List(items) if items.is_empty() => Self::Null,
            Self::List(arms) | Self::Either(arms) => {
                Self::either(arms.iter().map(|arm| Node { value: arm.value.step(name), span: arm.span }).collect())
            }
            Self::Reference(reference) => Self::Reference(reference.step(name)),
            Self::Symbol(symbol) => Self::Symbol(symbol.step(name)),
            _ => Self::Unknown,
        }
    }

    /// One of `arms`; when all arms are the same, that one.
    pub fn either(arms: Vec<Node>) -> Self {
        let mut different: Vec<Node> = Vec::with_capacity(arms.len());
        let flat = arms.into_iter().flat_map(|arm| match arm.value {
            Self::Either(inner) => inner,
            _ => vec![arm],
        });
        for arm in flat {
            if !different.iter().any(|known| known.value == arm.value) {
                different.push(arm);
            }
        }
        match different.len() {
            1 => different.swap_remove(0).value,
            2..=MAX_ARMS => Self::Either(different),
            _ => Self::Unknown,
        }
    }

    /// Whether the value is neither null nor possibly null.
    pub fn is_present(&self) -> Option<bool> {
        match self {
            Self::Null => Some(false),
            Self::Either(arms) => agree(arms.iter().map(|arm| arm.value.is_present())),
            Self::Unknown | Self::Symbol(_) => None,
            _ => Some(true),
        }
    }

    /// Whether two values are equal.
    pub fn equals(&self, other: &Self) -> Option<bool> {
        match (self, other) {
            (Self::Either(arms), single) | (single, Self::Either(arms)) => {
                agree(arms.iter().map(|arm| arm.value.equals(single)))
            }
            (Self::Null, value) | (value, Self::Null) => value.is_present().map(|present| !present),
            (Self::Bool(a), b) | (b, Self::Bool(a)) if b.as_bool().is_some() => Some(b.as_bool() == Some(*a)),
            (Self::Number(a), b) | (b, Self::Number(a)) if b.as_number().is_some() => Some(b.as_number() == Some(*a)),
            (Self::String(a), Self::String(b)) => Some(a == b),
            (Self::List(a), Self::List(b)) if a.len() == b.len() => {
                all(a.iter().zip(b).map(|(a, b)| a.value.equals(&b.value)))
            }
            (Self::Map(a), Self::Map(b)) => a.equals(b),
            (Self::Reference(a), Self::Reference(b)) if a == b => Some(true),
            (Self::Symbol(a), Self::Symbol(b)) if a == b => Some(true),
            (Self::Text(a), Self::Text(b)) => text::same(a, b),
            (Self::Text(pieces), Self::String(text)) | (Self::String(text), Self::Text(pieces)) => {
                if text::may_be(pieces, text) { None } else { Some(false) }
            }
            (a, b) if a.is_opaque() || b.is_opaque() => None,
            _ => Some(false),
        }
    }

    fn is_opaque(&self) -> bool {
        matches!(
            self,
            Self::Unknown | Self::Symbol(_) | Self::Reference(_) | Self::Text(_) | Self::Json(_) | Self::AtLeast(_)
        )
    }

    /// Whether nothing in it depends on anything else.
    pub fn is_plain(&self) -> bool {
        match self {
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_) => true,
            Self::List(nodes) => nodes.iter().all(|node| node.value.is_plain()),
            _ => false,
        }
    }

    /// Visits every reference in the value.
    pub fn each_reference<'a>(&'a self, visit: &mut dyn FnMut(&'a Reference)) {
        match self {
            Self::Reference(reference) => visit(reference),
            Self::List(nodes) | Self::AtLeast(nodes) | Self::Text(nodes) | Self::Either(nodes) => {
                for node in nodes {
                    node.value.each_reference(visit);
                }
            }
            Self::Map(body) => body.entries.iter().for_each(|entry| entry.node.value.each_reference(visit)),
            Self::Json(node) => node.value.each_reference(visit),
            _ => {}
        }
    }
}

impl Symbol {
    fn step(&self, name: &str) -> Self {
        Self { name: format!("{}.{name}", self.name).into(), instance: self.instance }
    }
}

/// Kleene's "and".
pub fn all(answers: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    let mut known = true;
    for answer in answers {
        match answer {
            Some(false) => return Some(false),
            Some(true) => {}
            None => known = false,
        }
    }
    known.then_some(true)
}

/// Kleene's "or".
pub fn any(answers: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    all(answers.into_iter().map(|answer| answer.map(|b| !b))).map(|b| !b)
}

/// The common answer of all, if they have one.
pub fn agree(answers: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    let mut answers = answers.into_iter();
    let first = answers.next()??;
    answers.all(|answer| answer == Some(first)).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(value: Value) -> Node {
        Node { value, span: Span::default() }
    }

    fn symbol(name: &str) -> Value {
        Value::Symbol(Symbol { name: name.into(), instance: InstanceId(0) })
    }

    #[test]
    fn unknown_is_never_yes_or_no() {
        assert_eq!(Value::Unknown.equals(&Value::Bool(true)), None);
        assert_eq!(symbol("var.a").equals(&symbol("var.a")), Some(true));
        assert_eq!(symbol("var.a").equals(&symbol("var.b")), None);
        assert_eq!(Value::Unknown.is_present(), None);
    }

    #[test]
    fn arms_must_agree() {
        let both = Value::Either(vec![node(Value::Bool(true)), node(Value::Null)]);
        assert_eq!(both.equals(&Value::Bool(true)), None);
        assert_eq!(both.equals(&Value::Bool(false)), Some(false));
        let same = Value::either(vec![node(Value::Bool(true)), node(Value::Bool(true))]);
        assert_eq!(same, Value::Bool(true));
    }

    #[test]
    fn text_is_compared_by_its_known_ends() {
        let text = Value::Text(vec![node(Value::string("/aws/lambda/")), node(symbol("each.key"))]);
        assert_eq!(text.equals(&Value::string("/aws/lambda/orders")), None);
        assert_eq!(text.equals(&Value::string("/ecs/orders")), Some(false));
        assert_eq!(text.equals(&text.clone()), Some(true));
    }

    #[test]
    fn terraform_converts_strings() {
        assert_eq!(Value::string("true").equals(&Value::Bool(true)), Some(true));
        assert_eq!(Value::string("7").equals(&Value::Number(7.0)), Some(true));
    }
}
