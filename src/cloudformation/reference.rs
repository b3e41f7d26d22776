//! Names that a template refers to.

use std::collections::BTreeSet;

use super::draft::names_in;
use super::intrinsics::{attribute, intrinsic};
use super::template::Template;
use crate::json::{Kind, Node};
use crate::workspace::Tree;

/// Names that a template refers to and doesn't declare, when it didn't before.
pub fn unresolved(before: &Tree, after: &Tree) -> Vec<String> {
    missing(after).difference(&missing(before)).cloned().collect()
}

fn missing(tree: &Tree) -> BTreeSet<String> {
    let Tree::Template(root) = tree else { return BTreeSet::new() };
    let template = Template::of(root);
    let mut found = BTreeSet::new();
    collect(root, &mut found);
    let declared = |name: &str| {
        name.starts_with("AWS::")
            || template.entry("Resources", name).is_some()
            || template.entry("Parameters", name).is_some()
    };
    found.retain(|name| !declared(name));
    found
}

fn collect(node: &Node, found: &mut BTreeSet<String>) {
    match intrinsic(node) {
        Some(("Ref", name)) => found.extend(name.as_str().map(str::to_owned)),
        Some(("Fn::GetAtt", argument)) => found.extend(attribute(argument).map(|(id, _)| id.to_owned())),
        Some(("Fn::Sub", argument)) => {
            let given = argument.each().get(1);
            let text = argument.each().first().and_then(Node::as_str).unwrap_or_default();
            let names = names_in(text).map(|name| name.split('.').next().unwrap_or(name));
            let own = names.filter(|name| given.is_none_or(|given| given.get(name).is_none()));
            found.extend(own.map(str::to_owned));
        }
        _ => {}
    }
    match &node.kind {
        Kind::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Kind::Object(properties) => properties.iter().for_each(|p| collect(&p.value, found)),
        _ => {}
    }
}
