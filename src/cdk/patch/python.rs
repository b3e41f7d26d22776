//! Where properties stand in Python: `sqs.Queue(self, "Orders", fifo=True)`.

use tree_sitter::Node;

use super::patcher::{Holder, Properties, Property};
use crate::program::{parts, text};
use crate::source::{SourceFile, line_end, line_start};

/// Lines longer than this are broken before an argument that is added.
const MAX_LINE: usize = 100;

/// What holds the properties of a call: its arguments.
pub(super) fn holder(call: Node<'_>) -> Result<Holder<'_>, String> {
    let arguments = call.child_by_field_name("arguments").filter(|node| node.kind() == "argument_list");
    let arguments = arguments.ok_or("the call has no arguments")?;
    if parts(arguments).iter().any(|argument| argument.kind() == "list_splat") {
        return Err("its arguments come from a list".into());
    }
    Ok(Holder::List(arguments))
}

/// The arguments that have names.
pub(super) fn properties<'t>(arguments: Node<'t>, source: &str) -> Properties<'t> {
    let mut properties = Properties::default();
    for part in parts(arguments) {
        match part.kind() {
            "keyword_argument" => {
                let name = part.child_by_field_name("name").map_or("", |name| text(name, source)).to_owned();
                properties.all.push(Property { name, value: part.child_by_field_name("value") });
            }
            "dictionary_splat" => properties.open = true,
            _ => {}
        }
    }
    properties
}

/// The arguments of the struct that a value is.
pub(super) fn fields(node: Node<'_>) -> Option<Node<'_>> {
    let arguments = node.child_by_field_name("arguments").filter(|_| node.kind() == "call")?;
    let plain = parts(arguments).iter().all(|part| part.kind() == "keyword_argument");
    plain.then_some(arguments)
}

/// Whether a value is written out: a plain one, or a member in capitals.
pub(super) fn is_literal(node: Node<'_>, source: &str) -> bool {
    match node.kind() {
        "true" | "false" | "integer" | "float" | "none" => true,
        "string" => !text(node, source).starts_with(['f', 'F']),
        "attribute" => super::write::is_constant(text(node, source)),
        _ => false,
    }
}

/// Where a line of arguments is too long for one more: the blanks before an argument on a line of its own below the first.
pub(super) fn wraps(file: &SourceFile, arguments: Node<'_>, item: &str) -> Option<String> {
    let source = &file.text;
    let last = parts(arguments).last()?.end_byte();
    let line = &source[line_start(source, last)..line_end(source, last)];
    if line.chars().count() + item.chars().count() + 2 <= MAX_LINE {
        return None;
    }
    let bracket = arguments.start_byte();
    let column = source[line_start(source, bracket)..=bracket].chars();
    Some(column.map(|c| if c == '\t' { '\t' } else { ' ' }).collect())
}

/// Whether an argument is too long even on a line of its own.
pub(super) fn is_long(blanks: &str, item: &str) -> bool {
    blanks.chars().count() + item.chars().count() > MAX_LINE
}

/// The place behind the last argument, and the argument on a line of its own.
pub(super) fn wrapped(file: &SourceFile, arguments: Node<'_>, blanks: &str, item: &str) -> Option<(usize, String)> {
    let last = parts(arguments).last()?.end_byte();
    Some((last, format!(",{}{blanks}{item}", file.newline())))
}
