//! JSON as a language: a tree with byte ranges, and splices in the file's own style.
//!
//! `.tf.json` files and CloudFormation templates are both JSON; they differ only in what strings and objects mean.
//! Parsing is for ranges: nothing is ever encoded back from the tree.

mod splice;

pub use splice::{Layout, Style, quote};

use std::ops::Range;
use std::sync::Arc;

use jsonc_parser::ast;
use jsonc_parser::{CollectOptions, ParseOptions};

/// A JSON value and where it stands.
#[derive(Debug, Clone)]
pub struct Node {
    /// The bytes of the value.
    pub range: Range<usize>,
    /// What it is.
    pub kind: Kind,
}

/// The kinds of JSON values.
#[derive(Debug, Clone)]
pub enum Kind {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A number, as written.
    Number(String),
    /// A string, unescaped.
    String(Arc<str>),
    /// An array.
    Array(Vec<Node>),
    /// An object, in source order.
    Object(Vec<Property>),
}

/// A property of an object.
#[derive(Debug, Clone)]
pub struct Property {
    /// The name, unescaped.
    pub name: Arc<str>,
    /// The name with its quotes.
    pub key: Range<usize>,
    /// Name and value.
    pub range: Range<usize>,
    /// The value.
    pub value: Node,
}

impl Node {
    /// The property `name` of an object.
    pub fn get(&self, name: &str) -> Option<&Node> {
        self.properties().iter().find(|p| &*p.name == name).map(|p| &p.value)
    }

    /// The property with this range, however deep.
    pub fn at(&self, range: &Range<usize>) -> Option<&Property> {
        match &self.kind {
            Kind::Object(properties) => {
                // Only what encloses the range can hold it.
                let around = properties.iter().find(|p| p.range.start <= range.start && range.end <= p.range.end)?;
                if around.range == *range { Some(around) } else { around.value.at(range) }
            }
            Kind::Array(items) => {
                items.iter().find(|i| i.range.start <= range.start && range.end <= i.range.end)?.at(range)
            }
            _ => None,
        }
    }

    /// The properties of an object; none for other values.
    pub fn properties(&self) -> &[Property] {
        match &self.kind {
            Kind::Object(properties) => properties,
            _ => &[],
        }
    }

    /// The elements of an array, or the value itself: Terraform takes one where it takes several.
    pub fn each(&self) -> &[Node] {
        match &self.kind {
            Kind::Array(items) => items,
            _ => std::slice::from_ref(self),
        }
    }

    /// The string.
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::String(text) => Some(text),
            _ => None,
        }
    }
}

/// Parses plain JSON. The error holds a message and a byte offset.
pub fn parse(text: &str) -> Result<Node, (String, usize)> {
    parse_with(text, false)
}

/// The same with a comma behind the last element or property: no JSON, but what is meant is clear.
pub fn parse_lenient(text: &str) -> Result<Node, (String, usize)> {
    parse_with(text, true)
}

fn parse_with(text: &str, allow_trailing_commas: bool) -> Result<Node, (String, usize)> {
    if let Some(offset) = crate::hcl::too_deep(text.as_bytes()) {
        return Err(("brackets nested too deep".into(), offset));
    }
    let options = ParseOptions {
        allow_comments: false,
        allow_loose_object_property_names: false,
        allow_trailing_commas,
        ..ParseOptions::default()
    };
    let parsed = jsonc_parser::parse_to_ast(text, &CollectOptions::default(), &options)
        .map_err(|error| (error.kind().to_string(), error.range().start))?;
    let value = parsed.value.ok_or_else(|| ("the file is empty".to_owned(), 0))?;
    Ok(convert(&value))
}

/// A name that an object has twice, and where the second one stands.
pub fn duplicate(node: &Node) -> Option<(Arc<str>, usize)> {
    match &node.kind {
        Kind::Object(properties) => {
            let mut seen = std::collections::HashSet::new();
            let twice = properties.iter().find(|p| !seen.insert(&p.name));
            let twice = twice.map(|p| (p.name.clone(), p.range.start));
            twice.or_else(|| properties.iter().find_map(|p| duplicate(&p.value)))
        }
        Kind::Array(items) => items.iter().find_map(duplicate),
        _ => None,
    }
}

fn convert(value: &ast::Value<'_>) -> Node {
    use jsonc_parser::common::Ranged as _;
    let range = value.range();
    let kind = match value {
        ast::Value::NullKeyword(_) => Kind::Null,
        ast::Value::BooleanLit(b) => Kind::Bool(b.value),
        ast::Value::NumberLit(n) => Kind::Number(n.value.to_owned()),
        ast::Value::StringLit(s) => Kind::String(s.value.as_ref().into()),
        ast::Value::Array(array) => Kind::Array(array.elements.iter().map(convert).collect()),
        ast::Value::Object(object) => Kind::Object(
            object
                .properties
                .iter()
                .map(|p| Property {
                    name: p.name.as_str().into(),
                    key: p.name.range().start..p.name.range().end,
                    range: p.range.start..p.range.end,
                    value: convert(&p.value),
                })
                .collect(),
        ),
    };
    Node { range: range.start..range.end, kind }
}
