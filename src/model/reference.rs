//! A reference from one place to an attribute of a resource.

use std::sync::Arc;

use super::project::{OpaqueCall, Project};
use super::resource::{Resource, ResourceId};
use super::value::{Body, Value};

/// `aws_s3_bucket.uploads[each.key].id`, resolved to the resource that is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The resource or data source.
    pub resource: ResourceId,
    /// The keys of the module calls behind which the resource stands, outermost first, where such a call is there many
    /// times: `["a"]`, `[each.key]`, `[*]`.
    pub within: Vec<Arc<str>>,
    /// The key between brackets right after the address, as written (`0`, `each.key`, `*`).
    pub index: Option<Arc<str>>,
    /// The attribute names that follow.
    pub path: Vec<Arc<str>>,
}

impl Reference {
    /// The same reference one attribute further in.
    #[must_use]
    pub fn step(&self, name: &str) -> Self {
        let mut next = self.clone();
        next.path.push(name.into());
        next
    }

    /// Whether it means all instances, as a list.
    pub fn is_list(&self) -> bool {
        self.index.as_deref() == Some("*") || self.within.iter().any(|key| &**key == "[*]")
    }

    /// Whether it means one of several things that the same block declares.
    pub fn is_keyed(&self) -> bool {
        self.index.is_some() || !self.within.is_empty()
    }

    /// The attribute, dotted.
    pub fn attribute(&self) -> String {
        self.path.join(".")
    }
}

impl Value {
    /// Whether the value refers to a resource anywhere in it.
    pub fn refers_to(&self, target: ResourceId) -> bool {
        let mut found = false;
        self.each_reference(&mut |reference| found |= reference.resource == target);
        found
    }

    /// The value beside a name, in a list of objects that have both.
    fn pairs(&self, name: &str) -> Option<Value> {
        let items = self.as_list()?;
        items.iter().find_map(|item| match &item.value {
            Self::List(_) => item.value.pairs(name),
            Self::Map(body) if body.get("Name").as_str() == Some(name) => Some(body.get("Value")),
            _ => None,
        })
    }

    fn says(&self, text: &str) -> bool {
        match self {
            Self::String(known) => known.ends_with(text) || known.contains(&format!("{text}\"")),
            Self::List(nodes) | Self::Text(nodes) | Self::Either(nodes) => {
                nodes.iter().any(|node| node.value.says(text))
            }
            Self::Map(body) => body.says(text),
            Self::Json(node) => node.value.says(text),
            _ => false,
        }
    }

    /// Visits every reference with the name of the innermost argument or key that holds it; `name` is the outermost.
    fn each_place<'a>(&'a self, name: &'a str, visit: &mut dyn FnMut(&'a str, &'a Reference)) {
        match self {
            Self::Reference(reference) => visit(name, reference),
            Self::List(nodes) | Self::Text(nodes) | Self::Either(nodes) => {
                for node in nodes {
                    node.value.each_place(name, visit);
                }
            }
            Self::Map(body) => body.each_place(visit),
            Self::Json(node) => node.value.each_place(name, visit),
            _ => {}
        }
    }
}

impl Body {
    /// An argument by its dotted path, where a list of names and values on the way counts as a map of them:
    /// `Dimensions.FunctionName` of an alarm in a template.
    pub fn pair(&self, path: &str) -> Value {
        let whole = self.at(path);
        let Some((list, name)) = path.rsplit_once('.').filter(|_| whole.is_present() != Some(true)) else {
            return whole;
        };
        let found = self.at(list).pairs(name);
        found.unwrap_or(whole)
    }

    /// Visits every reference with the name of the innermost argument or key that holds it.
    pub fn each_place<'a>(&'a self, visit: &mut dyn FnMut(&'a str, &'a Reference)) {
        self.entries.iter().for_each(|entry| entry.node.value.each_place(&entry.name, visit));
    }

    /// Whether a known piece of text in it ends with `text`, or has it before a quote.
    pub fn says(&self, text: &str) -> bool {
        self.entries.iter().any(|entry| entry.node.value.says(text))
    }

    /// Whether an argument or block refers to a resource.
    pub fn refers_to(&self, target: ResourceId) -> bool {
        self.entries.iter().any(|entry| entry.node.value.refers_to(target))
    }
}

impl Project {
    /// Whether `start` depends on `target`, by references through any number of resources.
    pub fn depends_on(&self, start: ResourceId, target: ResourceId) -> bool {
        let mut seen = vec![false; self.resources.len()];
        let mut open = vec![start];
        while let Some(id) = open.pop() {
            for entry in &self.resource(id).body.entries {
                entry.node.value.each_reference(&mut |reference| open.push(reference.resource));
            }
            if open.contains(&target) {
                return true;
            }
            open.retain(|next| !std::mem::replace(&mut seen[next.0 as usize], true));
        }
        false
    }

    /// The resources that refer to `target`, in the same root module.
    pub fn users_of<'a>(&'a self, target: &'a Resource) -> impl Iterator<Item = &'a Resource> + use<'a> {
        let root = self.instance(target.instance).root;
        let near = move |user: &&Resource| self.instance(user.instance).root == root && user.id != target.id;
        self.resources.iter().filter(near).filter(|user| user.body.refers_to(target.id))
    }

    /// Whether something outside of the project may use a resource: an output of a root module, or a call of code that
    /// can't be read. Says which.
    pub fn handed_out(&self, target: ResourceId) -> Option<String> {
        self.handed_out_beside(target, |_| false)
    }

    /// The same, apart from calls that are meant.
    pub fn handed_out_beside(&self, target: ResourceId, meant: impl Fn(&OpaqueCall) -> bool) -> Option<String> {
        let mut calls = self.opaque_calls.iter();
        let call = calls.find(|call| call.arguments.refers_to(target) && !meant(call));
        let output = self.outputs.iter().any(|(_, value)| value.refers_to(target));
        call.map(|call| format!("module.{}", call.name)).or_else(|| output.then(|| "an output".to_owned()))
    }
}
