//! Calls in Python: `s3.Bucket(self, "Uploads", ...)`.

use std::collections::HashMap;

use tree_sitter::Node;

use super::source::{Call, Id};
use crate::program::{each, parts, start, text};

/// The calls of a file that may make a construct: a name with a capital and two arguments, or an `id`.
pub(super) fn calls(root: Node<'_>, source: &str) -> Vec<Call> {
    let mut renamed: HashMap<&str, &str> = HashMap::new();
    let mut found = Vec::new();
    each(root, &mut |node| match node.kind() {
        "aliased_import" => {
            let name = |field: &str| node.child_by_field_name(field).map(|node| text(node, source));
            if let (Some(name), Some(alias)) = (name("name"), name("alias")) {
                renamed.insert(alias, name);
            }
        }
        "call" => found.extend(call(node, source)),
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
    let class = class_name(node.child_by_field_name("function")?, source)?;
    if !class.starts_with(char::is_uppercase) {
        return None;
    }
    let arguments = node.child_by_field_name("arguments")?;
    let all = parts(arguments);
    let by_name = all.iter().find(|node| {
        node.kind() == "keyword_argument"
            && node.child_by_field_name("name").is_some_and(|name| text(name, source) == "id")
    });
    let by_name = by_name.and_then(|node| node.child_by_field_name("value"));
    let second = all.iter().filter(|node| node.kind() != "keyword_argument").nth(1).copied();
    let written = by_name.or(second)?;
    let (line, column) = start(node);
    let (id, written) = (id(written, source), text(written, source).to_owned());
    Some(Call { class, id, line, column, written, range: node.byte_range() })
}

fn class_name(node: Node<'_>, source: &str) -> Option<String> {
    match node.kind() {
        "identifier" => Some(text(node, source).to_owned()),
        "attribute" => Some(text(node.child_by_field_name("attribute")?, source).to_owned()),
        _ => None,
    }
}

/// A string, or an f-string whose start and end are known.
fn id(node: Node<'_>, source: &str) -> Id {
    let written = text(node, source);
    let quotes = ["\"\"\"", "'''", "\"", "'"];
    let (formatted, body) = match written.strip_prefix(['f', 'F']) {
        Some(body) => (true, body),
        None => (false, written),
    };
    let quote = quotes.into_iter().find(|quote| body.starts_with(quote)).filter(|_| node.kind() == "string");
    let inner = quote.and_then(|quote| body.strip_prefix(quote)?.strip_suffix(quote));
    match inner {
        Some(inner) if inner.contains('\\') => Id::Other,
        Some(inner) if formatted => match (inner.find('{'), inner.rfind('}')) {
            (Some(start), Some(end)) => Id::Around(inner[..start].to_owned(), inner[end + 1..].to_owned()),
            _ => Id::Plain(inner.to_owned()),
        },
        Some(inner) => Id::Plain(inner.to_owned()),
        None => Id::Other,
    }
}
