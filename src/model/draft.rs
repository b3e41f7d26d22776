//! What a fix wants to be written, without syntax: backends turn a draft into HCL, JSON or source code.

use super::resource::ResourceId;

/// A value to be written.
#[derive(Debug, Clone, PartialEq)]
pub enum Draft {
    /// A boolean.
    Bool(bool),
    /// A number, as it is to be written.
    Number(String),
    /// A string without interpolation; backends escape it.
    String(String),
    /// A string with references in it.
    Text(Vec<Draft>),
    /// A list.
    List(Vec<Draft>),
    /// An object or map.
    Object(Vec<(String, Draft)>),
    /// An attribute of a resource; the backend writes the index that the place needs.
    Attribute(ResourceId, String),
    /// An attribute of something that the same fix adds, by address.
    AddedAttribute(String, String),
    /// A string argument that holds this value as a JSON document.
    Json(Box<Draft>),
    /// An expression in the language of the project, as it is (`each.key`).
    Expression(String),
}

/// Arguments and blocks to be written, in order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DraftBody {
    /// Name and content.
    pub items: Vec<(String, DraftItem)>,
}

/// An argument or a block.
#[derive(Debug, Clone, PartialEq)]
pub enum DraftItem {
    /// `name = value`.
    Argument(Draft),
    /// `name { ... }`.
    Block(DraftBody),
}

impl Draft {
    /// A string.
    pub fn string(text: impl Into<String>) -> Self {
        Self::String(text.into())
    }

    /// An object from its entries.
    pub fn object<const N: usize>(entries: [(&str, Draft); N]) -> Self {
        Self::Object(entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }
}

impl DraftBody {
    /// A body from its arguments.
    pub fn arguments<const N: usize>(entries: [(&str, Draft); N]) -> Self {
        let items = entries.into_iter().map(|(name, value)| (name.to_owned(), DraftItem::Argument(value)));
        Self { items: items.collect() }
    }

    /// The same body with a block more.
    #[must_use]
    pub fn with_block(mut self, name: &str, body: DraftBody) -> Self {
        self.items.push((name.to_owned(), DraftItem::Block(body)));
        self
    }

    /// The dotted paths of all arguments.
    pub fn paths(&self) -> Vec<String> {
        let mut paths = Vec::new();
        for (name, item) in &self.items {
            match item {
                DraftItem::Argument(_) => paths.push(name.clone()),
                DraftItem::Block(body) if body.items.is_empty() => paths.push(name.clone()),
                DraftItem::Block(body) => paths.extend(body.paths().into_iter().map(|p| format!("{name}.{p}"))),
            }
        }
        paths
    }
}
