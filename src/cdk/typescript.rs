//! Calls in TypeScript and JavaScript: `new s3.Bucket(this, 'Uploads', {...})`.

use std::collections::HashMap;

use tree_sitter::Node;

use super::source::{Call, Id};
use crate::program::{each, parts, start, text};

/// The `new` expressions of a file whose class has a plain name.
pub(super) fn calls(root: Node<'_>, source: &str) -> Vec<Call> {
    let mut renamed: HashMap<&str, &str> = HashMap::new();
    let mut found = Vec::new();
    each(root, &mut |node| match node.kind() {
        "import_specifier" => {
            let name = |field: &str| node.child_by_field_name(field).map(|node| text(node, source));
            if let (Some(name), Some(alias)) = (name("name"), name("alias")) {
                renamed.insert(alias, name);
            }
        }
        "new_expression" => found.extend(call(node, source)),
        _ => {}
    });
    for call in &mut found {
        if let Some(name) = renamed.get(call.class.as_str()) {
            call.class = (*name).to_owned();
        }
    }
    found.sort_by_key(|call| (call.line, call.column));
    found
}

fn call(node: Node<'_>, source: &str) -> Option<Call> {
    let class = class_name(node.child_by_field_name("constructor")?, source)?;
    let arguments = node.child_by_field_name("arguments")?;
    let second = *parts(arguments).get(1)?;
    let (line, column) = start(node);
    let written = text(second, source).to_owned();
    Some(Call { class, id: id(second, source), line, column, written, range: node.byte_range() })
}

/// The last name of `Bucket`, `s3.Bucket`, `cdk.aws_s3.Bucket`.
fn class_name(node: Node<'_>, source: &str) -> Option<String> {
    match node.kind() {
        "identifier" => Some(text(node, source).to_owned()),
        "member_expression" => Some(text(node.child_by_field_name("property")?, source).to_owned()),
        _ => None,
    }
}

/// A string, or a template whose start and end are known.
fn id(node: Node<'_>, source: &str) -> Id {
    let written = text(node, source);
    let inner = written.get(1..written.len().saturating_sub(1)).unwrap_or_default();
    match node.kind() {
        _ if inner.contains('\\') => Id::Other,
        "string" => Id::Plain(inner.to_owned()),
        "template_string" => match (inner.find("${"), inner.rfind('}')) {
            (Some(start), Some(end)) => Id::Around(inner[..start].to_owned(), inner[end + 1..].to_owned()),
            _ => Id::Plain(inner.to_owned()),
        },
        _ => Id::Other,
    }
}
