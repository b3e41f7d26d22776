//! Where properties stand in TypeScript: `new sqs.Queue(this, 'Orders', { fifo: true })`.

use tree_sitter::Node;

use super::Place;
use super::patcher::{Holder, Properties, Property};
use crate::program::{each, parts, text};
use crate::source::{SourceFile, line_end, line_start};

/// What is added to a line gets lines of its own where this one would be longer.
const MAX_LINE: usize = 120;

/// What holds the properties of a call: the argument at a place, from 0.
pub(super) fn holder<'t>(call: Node<'t>, at: usize, place: &'t Place<'_>) -> Result<Holder<'t>, String> {
    let arguments = call.child_by_field_name("arguments").ok_or("the call has no arguments")?;
    let all = parts(arguments);
    if all.iter().any(|argument| argument.kind() == "spread_element") {
        return Err("its arguments come from a list".into());
    }
    Ok(match all.get(at) {
        None if all.len() == at && at > 0 => Holder::Missing(arguments),
        None => return Err("the call has fewer arguments than it needs".into()),
        Some(props) if props.kind() == "object" => Holder::List(*props),
        Some(props) => match constant(*props, place) {
            Some(object) => Holder::List(object),
            None => Holder::Given(*props),
        },
    })
}

/// The object that a constant of the file stands for, when nothing but this call uses it.
fn constant<'t>(name: Node<'t>, place: &'t Place<'_>) -> Option<Node<'t>> {
    if name.kind() != "identifier" {
        return None;
    }
    let source = &place.file.text;
    let wanted = text(name, source);
    let (mut uses, mut objects) = (0, Vec::new());
    each(place.program.root(), &mut |node| match node.kind() {
        "identifier" | "shorthand_property_identifier" if text(node, source) == wanted => uses += 1,
        "variable_declarator" => {
            let is_it = node.child_by_field_name("name").is_some_and(|name| text(name, source) == wanted);
            let value = node.child_by_field_name("value").filter(|value| is_it && value.kind() == "object");
            let constant = node.parent().is_some_and(|parent| text(parent, source).starts_with("const "));
            objects.extend(value.filter(|_| constant));
        }
        _ => {}
    });
    // Its declaration and this call.
    match objects.as_slice() {
        [object] if uses == 2 => Some(*object),
        _ => None,
    }
}

/// The properties of an object.
pub(super) fn properties<'t>(object: Node<'t>, source: &str) -> Properties<'t> {
    let mut properties = Properties::default();
    for part in parts(object) {
        match part.kind() {
            "pair" => {
                let key = part.child_by_field_name("key");
                let name = key.map_or("", |key| text(key, source)).trim_matches(['\'', '"']).to_owned();
                properties.all.push(Property { name, value: part.child_by_field_name("value") });
            }
            "shorthand_property_identifier" => {
                properties.all.push(Property { name: text(part, source).to_owned(), value: None });
            }
            "method_definition" => {
                let name = part.child_by_field_name("name").map_or("", |name| text(name, source));
                properties.all.push(Property { name: name.to_owned(), value: None });
            }
            _ => properties.open = true,
        }
    }
    properties
}

/// Whether the line of an object would be too long with one property more.
pub(super) fn is_long(file: &SourceFile, object: Node<'_>, item: &str) -> bool {
    let end = object.end_byte();
    let line = &file.text[line_start(&file.text, end)..line_end(&file.text, end)];
    line.chars().count() + item.chars().count() > MAX_LINE
}

/// The object that a value is.
pub(super) fn fields(node: Node<'_>) -> Option<Node<'_>> {
    (node.kind() == "object").then_some(node)
}

/// Whether a value is written out: a plain one, or a member in capitals (`BucketEncryption.UNENCRYPTED`).
pub(super) fn is_literal(node: Node<'_>, source: &str) -> bool {
    match node.kind() {
        "true" | "false" | "number" | "string" | "null" | "undefined" => true,
        "member_expression" => super::write::is_constant(text(node, source)),
        _ => false,
    }
}
