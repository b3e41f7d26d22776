//! Terraform's JSON syntax: a tree with byte ranges, and its values.

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
    if let Some(offset) = crate::hcl::too_deep(text.as_bytes()) {
        return Err(("brackets nested too deep".into(), offset));
    }
    let options = ParseOptions {
        allow_comments: false,
        allow_loose_object_property_names: false,
        allow_trailing_commas: false,
        ..ParseOptions::default()
    };
    let parsed = jsonc_parser::parse_to_ast(text, &CollectOptions::default(), &options)
        .map_err(|error| (error.kind().to_string(), error.range().start))?;
    let value = parsed.value.ok_or_else(|| ("the file is empty".to_owned(), 0))?;
    Ok(convert(&value))
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
                    range: p.range.start..p.range.end,
                    value: convert(&p.value),
                })
                .collect(),
        ),
    };
    Node { range: range.start..range.end, kind }
}
