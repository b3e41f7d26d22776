//! Takes statements of a policy away and adds others beside those that stay, in one go: what stands between them is
//! divided once.

use std::ops::Range;

use hcl_edit::Span as _;
use hcl_edit::expr::{Array, Expression, Object};

use super::super::Lowering;
use super::super::place::{Inside, whole_lines};
use super::home::{self, Among, Home, Written};
use super::statement::{Writer, alike, entry, is_input, name_of, trimmed};
use super::{argument_of, document_statement, keyed, listed, text};
use crate::edit::Edit;
use crate::iam::policy::StatementAt;
use crate::model::{Draft, DraftItem, Resource};
use crate::source::{indentation, line_start};

/// Rewrites the statements of the policy in an argument of `resource`.
pub(in super::super) fn rewrite_statements(
    lowering: &mut Lowering<'_>,
    resource: &Resource,
    argument: &str,
    removed: &[StatementAt],
    added: &[(StatementAt, Draft)],
) -> Result<(), String> {
    let mut at: Vec<StatementAt> = removed.iter().copied().chain(added.iter().map(|(at, _)| *at)).collect();
    at.dedup();
    let Some(first) = at.first() else { return Ok(()) };
    let home = home::find(lowering, first.span)?;
    home::serves_only(lowering, &home, resource)?;
    let file = lowering.workspace.project.file(home.file);
    let renamed = lowering.renamed.clone();
    let mut place = lowering.written_at(file, resource, true, &renamed);
    let in_resource = home.file == resource.span.file && resource.span.contains(first.span.start);
    place.mirrored &= in_resource;
    let writer = Writer { file, id: home.file, place };
    let made = match home.written {
        Written::Text(expr) => {
            let range = expr.span().ok_or("the document has no place in its file")?;
            let index = |at: &StatementAt| at.index.unwrap_or_default();
            let removed: Vec<usize> = removed.iter().map(index).collect();
            let added: Vec<(usize, &Draft)> = added.iter().map(|(at, draft)| (index(at), draft)).collect();
            text::rewrite(&writer, &range, &removed, &added)?
        }
        Written::Block(_) => in_blocks(lowering, &writer, removed, added)?,
        Written::Object(object, Among::Alone) => beside_only(&writer, object, removed, added)?,
        Written::Object(_, Among::List(list)) => in_list(lowering, &writer, list, removed, added)?,
        Written::Object(_, Among::Map(map)) => keyed::rewrite(lowering, &writer, map, removed, added)?,
        Written::Elsewhere(expr) => return Err(home::not_here(&file.text, expr)),
    };
    lowering.out.edits.extend(made);
    touch(lowering, &home);
    let paths = if in_resource { vec![argument.to_owned()] } else { Vec::new() };
    lowering.out.updated.push((resource.id, paths));
    Ok(())
}

/// All statements of the list change with it.
fn touch(lowering: &mut Lowering<'_>, home: &Home<'_>) {
    lowering.touch(home.file, home.header(), home.path.as_str());
    // Blocks of one name of which some go and others come.
    lowering.touch(home.file, home.header(), format!("{} (several)", home.path));
}

fn in_blocks(
    lowering: &Lowering<'_>,
    writer: &Writer<'_>,
    removed: &[StatementAt],
    added: &[(StatementAt, Draft)],
) -> Result<Vec<Edit>, String> {
    let text = &*writer.file.text;
    let mut made = Vec::new();
    for at in removed {
        let range = trimmed(text, Some(at.span.range()))?;
        let lines = whole_lines(text, &range).ok_or("the statement shares its line with something else")?;
        made.push(writer.replace(lines, ""));
    }
    for (at, statement) in added {
        let home = home::find(lowering, at.span)?;
        let inside = Inside::of(text, home.block, writer.place.unit, writer.place.newline)?;
        let mut content = document_statement(statement)?;
        // What is said by default goes unsaid beside one that doesn't say it.
        let says = matches!(home.written, Written::Block(block) if block.body.has_attribute("effect"));
        let allows = |item: &DraftItem| *item == DraftItem::Argument(Draft::string("Allow"));
        content.items.retain(|(name, item)| says || name != "effect" || !allows(item));
        let block = writer.place.block("statement", &content, &inside.indent)?;
        let insertion = inside.insert_below(&at.span.range(), &block);
        made.push(writer.replace(insertion.at, insertion.text));
    }
    Ok(made)
}

/// One statement without a list becomes a list of several.
fn beside_only(
    writer: &Writer<'_>,
    object: &Object,
    removed: &[StatementAt],
    added: &[(StatementAt, Draft)],
) -> Result<Vec<Edit>, String> {
    if !removed.is_empty() {
        return Err("it is the only statement of its policy".into());
    }
    let range = trimmed(&writer.file.text, object.span())?;
    let indent = indentation(&writer.file.text, range.start).to_owned();
    let mut end = String::new();
    for (_, statement) in added {
        end.push_str(&format!(", {}", writer.place.value(statement, &indent)?));
    }
    Ok(vec![writer.replace(range.start..range.start, "["), writer.replace(range.end..range.end, end + "]")])
}

fn in_list(
    lowering: &Lowering<'_>,
    writer: &Writer<'_>,
    list: &Array,
    removed: &[StatementAt],
    added: &[(StatementAt, Draft)],
) -> Result<Vec<Edit>, String> {
    let text = &*writer.file.text;
    let spans: Result<Vec<_>, String> = list.iter().map(|item| trimmed(text, item.span())).collect();
    let spans = spans?;
    let position = |at: &StatementAt| {
        let span = trimmed(text, Some(at.span.range())).ok();
        let same = span.and_then(|span| spans.iter().position(|known| *known == span));
        same.ok_or_else(|| "the statements stand in several lists".to_owned())
    };
    // Each is looked up, so that one that stands elsewhere is not taken for one of the list.
    for at in removed.iter().chain(added.iter().map(|(at, _)| at)) {
        home::find(lowering, at.span)?;
    }
    let removed: Result<Vec<usize>, String> = removed.iter().map(position).collect();
    let mut made = removal(writer, &spans, &removed?)?;
    for (at, statement) in added {
        let i = position(at)?;
        let statement = list
            .get(i)
            .and_then(Expression::as_object)
            .map_or_else(|| Ok(statement.clone()), |neighbour| like(neighbour, statement))?;
        made.push(beside(writer, list, &spans[i], &statement)?);
    }
    Ok(made)
}

/// A statement in the words and the order of another one, with one action as that has it: alone or in a list.
pub(super) fn like(neighbour: &Object, statement: &Draft) -> Result<Draft, String> {
    let Draft::Object(entries) = statement else { return Ok(statement.clone()) };
    let mut entries = entries.clone();
    let in_input = is_input(neighbour);
    // What is said by default goes unsaid beside one that doesn't say it.
    entries.retain(|(name, _)| !in_input || name != "Effect" || entry(neighbour, "effect").is_some());
    for (name, value) in &mut entries {
        if in_input {
            *value = if matches!(name.as_str(), "Action" | "Resource") { listed(value) } else { value.clone() };
            argument_of(name)?.clone_into(name);
        } else if let Some(known) = entry(neighbour, name).filter(|_| name == "Action") {
            *value = alike(known.expr().is_array(), value);
        }
    }
    let names: Vec<&str> = neighbour.iter().filter_map(|(key, _)| name_of(key)).collect();
    entries.sort_by_key(|(name, _)| names.iter().position(|known| known == name).unwrap_or(usize::MAX));
    Ok(Draft::Object(entries))
}

/// A statement on one line where its neighbour is on one, else on several.
pub(super) fn alike_laid_out(
    writer: &Writer<'_>,
    neighbour: &str,
    statement: &Draft,
    indent: &str,
) -> Result<String, String> {
    const LONG: usize = 120;
    let single = writer.place.one_line(statement)?;
    match statement {
        Draft::Object(entries) if neighbour.contains('\n') || single.len() > LONG => {
            writer.place.object(entries, indent)
        }
        _ => Ok(single),
    }
}

/// Adds an element of a list behind another one, or before all where the closing brace of the other would move.
fn beside(writer: &Writer<'_>, list: &Array, at: &Range<usize>, statement: &Draft) -> Result<Edit, String> {
    let text = &*writer.file.text;
    let nl = writer.place.newline;
    let own_line = text[line_start(text, at.start)..at.start].trim().is_empty();
    let indent = indentation(text, at.start);
    if own_line {
        let element = alike_laid_out(writer, &text[at.clone()], statement, indent)?;
        return Ok(writer.replace(at.end..at.end, format!(",{nl}{indent}{element}")));
    }
    if !text[at.clone()].contains('\n') {
        return Ok(writer.replace(at.end..at.end, format!(", {}", writer.place.one_line(statement)?)));
    }
    let whole = trimmed(text, list.span())?;
    // The last of several begins further in than the list does.
    let element = writer.place.value(statement, indentation(text, whole.start))?;
    Ok(super::prepend_element(writer.file, writer.id, whole.start + 1, &element, writer.place.unit))
}

/// Takes elements of a list away with what separates them from their neighbours; refused where a comment would be lost,
/// or where none would be left.
pub(super) fn removal(writer: &Writer<'_>, spans: &[Range<usize>], removed: &[usize]) -> Result<Vec<Edit>, String> {
    let text = &*writer.file.text;
    let gone = |i: usize| removed.contains(&i);
    if !removed.is_empty() && (0..spans.len()).all(gone) {
        return Err("no statement of the policy would be left".into());
    }
    let mut made = Vec::new();
    let mut i = 0;
    while i < spans.len() {
        if !gone(i) {
            i += 1;
            continue;
        }
        let end = (i..spans.len()).find(|next| !gone(*next)).unwrap_or(spans.len());
        let range = match spans.get(end) {
            Some(next) => spans[i].start..next.start,
            None => spans[i - 1].end..spans[end - 1].end,
        };
        let comments = crate::hcl::comments(text);
        let within = |c: &Range<usize>| range.start <= c.start && c.end <= range.end;
        let outside = comments.iter().filter(|c| within(c));
        let lost =
            outside.into_iter().any(|c| !spans[i..end].iter().any(|span| span.start <= c.start && c.end <= span.end));
        if lost {
            return Err("a comment stands beside the statement".into());
        }
        made.push(writer.replace(range, ""));
        i = end;
    }
    Ok(made)
}
