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
    /// A list of an attribute of every instance of a repeated resource; of one that isn't, a list of one.
    Each(ResourceId, String),
    /// An attribute of something that the same fix adds, by address.
    AddedAttribute(String, String),
    /// A string argument that holds this value as a JSON document.
    Json(Box<Draft>),
    /// A short text that changes whenever this value does.
    Digest(Box<Draft>),
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

    /// Both values in one: lists are united, objects joined; nothing where they contradict each other.
    fn united(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (a, b) if a == b => Some(a.clone()),
            (Self::List(a), Self::List(b)) => Some(Self::List(unite_lists(a, b))),
            (Self::Object(a), Self::Object(b)) => Some(Self::Object(join(a, b, Self::united)?)),
            (Self::Json(a), Self::Json(b)) => Some(Self::Json(Box::new(a.united(b)?))),
            _ => None,
        }
    }

    /// The same with every resource replaced by what `id` gives for it.
    #[must_use]
    pub fn with_ids(&self, id: &dyn Fn(ResourceId) -> ResourceId) -> Self {
        let each = |drafts: &[Self]| drafts.iter().map(|draft| draft.with_ids(id)).collect();
        match self {
            Self::Attribute(resource, attribute) => Self::Attribute(id(*resource), attribute.clone()),
            Self::Each(resource, attribute) => Self::Each(id(*resource), attribute.clone()),
            Self::Text(pieces) => Self::Text(each(pieces)),
            Self::List(items) => Self::List(each(items)),
            Self::Object(entries) => {
                Self::Object(entries.iter().map(|(name, value)| (name.clone(), value.with_ids(id))).collect())
            }
            Self::Json(inner) => Self::Json(Box::new(inner.with_ids(id))),
            Self::Digest(inner) => Self::Digest(Box::new(inner.with_ids(id))),
            Self::Bool(_) | Self::Number(_) | Self::String(_) | Self::AddedAttribute(..) | Self::Expression(_) => {
                self.clone()
            }
        }
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

    /// Both bodies in one; nothing where they contradict each other.
    pub fn united(&self, other: &Self) -> Option<Self> {
        let items = join(&self.items, &other.items, |a, b| match (a, b) {
            (DraftItem::Argument(a), DraftItem::Argument(b)) => Some(DraftItem::Argument(a.united(b)?)),
            (DraftItem::Block(a), DraftItem::Block(b)) => Some(DraftItem::Block(a.united(b)?)),
            _ => None,
        });
        Some(Self { items: items? })
    }

    /// The same with every resource replaced by what `id` gives for it.
    #[must_use]
    pub fn with_ids(&self, id: &dyn Fn(ResourceId) -> ResourceId) -> Self {
        let item = |item: &DraftItem| match item {
            DraftItem::Argument(value) => DraftItem::Argument(value.with_ids(id)),
            DraftItem::Block(body) => DraftItem::Block(body.with_ids(id)),
        };
        Self { items: self.items.iter().map(|(name, inner)| (name.clone(), item(inner))).collect() }
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

/// The elements of both. Two lists of objects that don't contradict each other, one by one, make a list as long as each:
/// a statement with the actions of both, beside those that both have.
fn unite_lists(a: &[Draft], b: &[Draft]) -> Vec<Draft> {
    let pair = |(one, other): (&Draft, &Draft)| match (one, other) {
        (Draft::Object(_), Draft::Object(_)) => one.united(other),
        _ => None,
    };
    if a.len() == b.len()
        && let Some(both) = a.iter().zip(b).map(pair).collect()
    {
        return both;
    }
    let more = b.iter().filter(|item| !a.contains(item));
    a.iter().chain(more).cloned().collect()
}

/// The entries of both, those of one name united.
fn join<T: Clone>(
    a: &[(String, T)],
    b: &[(String, T)],
    unite: impl Fn(&T, &T) -> Option<T>,
) -> Option<Vec<(String, T)>> {
    let mut joined = a.to_vec();
    for (name, value) in b {
        match joined.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = unite(known, value)?,
            None => joined.push((name.clone(), value.clone())),
        }
    }
    Some(joined)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(actions: &[&str]) -> DraftBody {
        let actions = Draft::List(actions.iter().map(|action| Draft::string(*action)).collect());
        DraftBody::arguments([("policy", Draft::Json(Box::new(Draft::object([("Action", actions)]))))])
    }

    #[test]
    fn lists_are_united() {
        let both = policy(&["a", "b"]).united(&policy(&["b", "c"]));
        assert_eq!(both, Some(policy(&["a", "b", "c"])));
    }

    #[test]
    fn one_statement_takes_the_actions_of_both() {
        let statement = |action: &str, resource: &str| {
            let actions = Draft::List(vec![Draft::string(action)]);
            Draft::List(vec![Draft::object([("Action", actions), ("Resource", Draft::string(resource))])])
        };
        let count = |draft: Option<Draft>| match draft {
            Some(Draft::List(items)) => items.len(),
            _ => 0,
        };
        assert_eq!(count(statement("a", "x").united(&statement("b", "x"))), 1);
        assert_eq!(count(statement("a", "x").united(&statement("b", "y"))), 2);
        let with_another = |draft: Draft| match draft {
            Draft::List(items) => {
                Draft::List(items.into_iter().chain([Draft::object([("Effect", Draft::string("Deny"))])]).collect())
            }
            draft => draft,
        };
        let [one, other] = ["a", "b"].map(|action| with_another(statement(action, "x")));
        assert_eq!(count(one.united(&other)), 2);
    }

    #[test]
    fn contradictions_are_not_united() {
        let one = DraftBody::arguments([("name", Draft::string("a"))]);
        let other = DraftBody::arguments([("name", Draft::string("b"))]);
        assert_eq!(one.united(&other), None);
        assert_eq!(one.united(&policy(&[])).map(|body| body.items.len()), Some(2));
    }
}
