//! Variables that hold constructs, and whether a name means the construct at another place, too.

use tree_sitter::Node;

use super::Place;
use crate::edit::Edit;
use crate::program::{Language, camel_case, each, snake_case, text};
use crate::source::{SourceFile, line_end};

/// What statements stand in.
const BLOCKS: [&str; 4] = ["statement_block", "program", "block", "module"];
/// What has names of its own.
const FUNCTIONS: [&str; 7] = [
    "arrow_function",
    "function_declaration",
    "function_definition",
    "function_expression",
    "method_definition",
    "module",
    "program",
];

/// Where a construct is kept, and the statement that does so.
#[derive(Debug, Clone)]
pub(super) struct Kept<'t> {
    pub(super) name: String,
    pub(super) statement: Node<'t>,
}

/// `const api = new HttpApi(...)`, `this.api = new HttpApi(...)`, `self.api = HttpApi(...)`
pub(super) fn kept<'t>(call: Node<'t>, source: &str) -> Option<Kept<'t>> {
    let holder = call.parent()?;
    let field = match holder.kind() {
        "variable_declarator" => "name",
        "assignment_expression" | "assignment" => "left",
        _ => return None,
    };
    let name = holder.child_by_field_name(field)?;
    if !matches!(name.kind(), "identifier" | "member_expression" | "attribute") {
        return None;
    }
    let statement = holder.parent()?;
    let is_statement =
        matches!(statement.kind(), "lexical_declaration" | "variable_declaration" | "expression_statement");
    let is_block = BLOCKS.contains(&statement.parent()?.kind());
    (is_statement && is_block).then(|| Kept { name: text(name, source).to_owned(), statement })
}

/// The statement that holds a node, in its block.
pub(super) fn statement(node: Node<'_>) -> Option<Node<'_>> {
    let mut node = node;
    while !BLOCKS.contains(&node.parent()?.kind()) {
        node = node.parent()?;
    }
    Some(node)
}

/// The function whose names a node sees.
pub(super) fn function(node: Node<'_>) -> Option<Node<'_>> {
    std::iter::successors(node.parent(), Node::parent).find(|node| FUNCTIONS.contains(&node.kind()))
}

/// Of two statements the one below which both names mean what they hold: the later one of one block, or the one that
/// stands further in. Nothing when there is no such place.
pub(super) fn later<'t>(kept: &Kept<'t>, other: Node<'t>, source: &str) -> Option<Node<'t>> {
    if !is_held_once(kept, source) {
        return None;
    }
    let block = kept.statement.parent()?;
    let mut beside = other;
    while beside.parent()? != block {
        beside = beside.parent()?;
    }
    if kept.statement.end_byte() <= beside.start_byte() {
        return Some(other);
    }
    (beside == other).then_some(kept.statement)
}

/// Whether nothing else is kept under the name in the function that holds the statement.
fn is_held_once(kept: &Kept<'_>, source: &str) -> bool {
    let mut function = kept.statement;
    while let Some(parent) = function.parent().filter(|_| !FUNCTIONS.contains(&function.kind())) {
        function = parent;
    }
    let mut count = 0;
    each(function, &mut |node| {
        let field = match node.kind() {
            "variable_declarator" => "name",
            "assignment_expression" | "assignment" => "left",
            "required_parameter" | "optional_parameter" => "pattern",
            _ => return,
        };
        count += usize::from(node.child_by_field_name(field).is_some_and(|name| text(name, source) == kept.name));
    });
    count == 1
}

/// A name for what a call makes that nothing holds yet: the name, and what writes it before the call.
pub(super) fn introduce<'t>(place: &Place<'_>, call: Node<'t>) -> Result<(Kept<'t>, Edit), String> {
    const NONE: &str = "no variable holds what the call makes";
    let source = &*place.file.text;
    let statement = call.parent().filter(|parent| parent.kind() == "expression_statement");
    let statement = statement.filter(|statement| statement.parent().is_some_and(|p| BLOCKS.contains(&p.kind())));
    let statement = statement.ok_or_else(|| format!("{NONE}, and it is part of another expression"))?;
    let python = place.program.language == Language::Python;
    let id = place.call.written.trim_matches(['\'', '"']);
    let plain = id.replace(['-', ' '], "_");
    let is_word = plain.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !plain.starts_with(|c: char| c.is_ascii_alphabetic()) || !is_word {
        return Err(format!("{NONE}, and its id makes no name for one"));
    }
    let name = |words: &str| if python { snake_case(words) } else { camel_case(words) };
    let candidates = [name(&plain), name(&format!("{plain}{}", place.call.class))];
    let mut used = Vec::new();
    each(place.program.root(), &mut |node| {
        let is_name = node.kind().contains("identifier") && node.kind() != "property_identifier";
        if is_name && candidates.iter().any(|c| c == text(node, source)) {
            used.push(text(node, source));
        }
    });
    let free = candidates.iter().find(|name| !used.contains(&name.as_str()) && !KEYWORDS.contains(&name.as_str()));
    let name = free.ok_or_else(|| format!("{NONE}, and `{}` is another name already", candidates[1]))?.clone();
    let before = if python { format!("{name} = ") } else { format!("const {name} = ") };
    Ok((Kept { name, statement }, Edit::insert(place.id, call.start_byte(), before)))
}

/// Words that ids may be and names may not.
const KEYWORDS: [&str; 16] = [
    "async", "class", "default", "delete", "export", "from", "function", "global", "import", "in", "lambda", "new",
    "package", "return", "this", "yield",
];

/// The end of a statement's line, when nothing but a comment stands behind it.
pub(super) fn end(file: &SourceFile, statement: Node<'_>) -> usize {
    let at = statement.end_byte();
    let end = line_end(&file.text, at);
    let rest = file.text[at..end].trim();
    if rest.is_empty() || rest.starts_with("//") || rest.starts_with('#') { end } else { at }
}
