//! Statements in a map, each with a key of its own: an input of a module (`policy_statements = { orders = { ... } }`).

use std::ops::Range;

use hcl_edit::Span as _;
use hcl_edit::expr::{Object, ObjectValueTerminator};

use super::super::Lowering;
use super::home;
use super::rewrite::{self, alike_laid_out, like};
use super::statement::{Style, Writer, key_range, name_of, trimmed};
use crate::edit::Edit;
use crate::iam::policy::StatementAt;
use crate::model::Draft;
use crate::source::{indentation, line_start};

/// Takes statements of a map away, and adds others behind those at their places.
pub(super) fn rewrite(
    lowering: &Lowering<'_>,
    writer: &Writer<'_>,
    map: &Object,
    removed: &[StatementAt],
    added: &[(StatementAt, Draft)],
) -> Result<Vec<Edit>, String> {
    let place = |at: &StatementAt| {
        // Looked up, so that one that stands elsewhere is not taken for one of the map.
        home::find(lowering, at.span)?;
        position_of(writer, map, Some(at.span.range()))
    };
    let removed: Result<Vec<usize>, String> = removed.iter().map(place).collect();
    let mut made = removal(writer, map, &removed?)?;
    let mut taken: Vec<String> = map.iter().filter_map(|(key, _)| name_of(key)).map(str::to_owned).collect();
    for (at, statement) in added {
        made.push(beside(writer, map, place(at)?, statement, &mut taken)?);
    }
    Ok(made)
}

/// Takes entries (by position) away; refused where none would be left or a comment would be lost.
pub(super) fn removal(writer: &Writer<'_>, map: &Object, removed: &[usize]) -> Result<Vec<Edit>, String> {
    rewrite::removal(writer, &entries(writer, map)?, removed)
}

/// The position of a statement in its map.
pub(super) fn position(writer: &Writer<'_>, map: &Object, statement: &Object) -> Result<usize, String> {
    position_of(writer, map, statement.span())
}

fn position_of(writer: &Writer<'_>, map: &Object, span: Option<Range<usize>>) -> Result<usize, String> {
    let text = &*writer.file.text;
    let wanted = trimmed(text, span)?;
    let is_it = |value: Option<Range<usize>>| trimmed(text, value).is_ok_and(|range| range == wanted);
    let found = map.iter().position(|(_, value)| is_it(value.expr().span()));
    found.ok_or_else(|| "the statements stand in several maps".to_owned())
}

/// Each entry from its key to the end of its value.
fn entries(writer: &Writer<'_>, map: &Object) -> Result<Vec<Range<usize>>, String> {
    let text = &*writer.file.text;
    let range = |(key, value): (_, &hcl_edit::expr::ObjectValue)| {
        Ok(key_range(text, key)?.start..trimmed(text, value.expr().span())?.end)
    };
    map.iter().map(range).collect()
}

/// Adds a statement behind the one at position `i`, under a key that follows from its key.
fn beside(
    writer: &Writer<'_>,
    map: &Object,
    i: usize,
    statement: &Draft,
    taken: &mut Vec<String>,
) -> Result<Edit, String> {
    let text = &*writer.file.text;
    let (key, value) = map.iter().nth(i).ok_or("the statement moved")?;
    let name = name_of(key).ok_or("the key of a statement is an expression")?;
    // One of so many names is free.
    let mut names = (2..=taken.len() + 2).map(|n| format!("{name}_{n}"));
    let new = names.find(|new| !taken.contains(new)).ok_or("no key is free")?;
    let statement = match value.expr().as_object() {
        Some(neighbour) => like(neighbour, statement)?,
        None => statement.clone(),
    };
    let (key, at) = (key_range(text, key)?, trimmed(text, value.expr().span())?);
    let style = Style::of(text, &key, &at);
    let separated = value.terminator() == ObjectValueTerminator::Comma
        || map.iter().any(|(_, value)| value.terminator() == ObjectValueTerminator::Comma);
    let own_line = text[line_start(text, key.start)..key.start].trim().is_empty();
    let indent = indentation(text, key.start);
    let rendered = if own_line {
        alike_laid_out(writer, &text[at.clone()], &statement, indent)?
    } else {
        writer.place.one_line(&statement)?
    };
    let entry = style.entry(&new, 0, &rendered);
    taken.push(new);
    Ok(match (own_line, separated) {
        (false, _) => writer.replace(at.end..at.end, format!(", {entry}")),
        (true, true) => writer.replace(at.end..at.end, format!(",{}{indent}{entry}", writer.place.newline)),
        (true, false) => writer.replace(at.end..at.end, format!("{}{indent}{entry}", writer.place.newline)),
    })
}
