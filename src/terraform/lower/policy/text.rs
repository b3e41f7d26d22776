//! Policies that are JSON text in a heredoc, interpolations included.

use std::ops::Range;

use super::super::{json, render::Place};
use super::rewrite::removal;
use super::statement::{Writer, element_with_separator};
use crate::edit::Edit;
use crate::fix::StatementEdit;
use crate::json::{Kind, Layout, Node, Style, parse_lenient, quote};
use crate::model::Draft;
use crate::source::{FileId, SourceFile, indentation, line_start};

/// The JSON of a text, and where it begins in the file.
struct Document {
    root: Node,
    base: usize,
}

impl Document {
    /// The document in the heredoc at `range`.
    fn of(file: &SourceFile, range: &Range<usize>) -> Result<Self, String> {
        let whole = &file.text[range.clone()];
        let start = whole.find('\n').ok_or("the text has no lines")? + 1;
        let blanked = blank_interpolations(whole);
        let json_start = blanked[start..].find('{').ok_or("the text is not JSON")? + start;
        let json_end = blanked.rfind('}').ok_or("the text is not JSON")? + 1;
        let root = parse_lenient(&blanked[json_start..json_end])
            .map_err(|(message, _)| format!("the text is not JSON: {message}"))?;
        Ok(Self { root, base: range.start + json_start })
    }

    fn statements(&self) -> Result<&Node, String> {
        self.root.get("Statement").ok_or_else(|| "the document has no statements".into())
    }

    fn place(&self, range: &Range<usize>) -> Range<usize> {
        self.base + range.start..self.base + range.end
    }
}

/// Takes statements (by position) away, and adds others behind those at their positions.
pub(super) fn rewrite(
    writer: &Writer<'_>,
    range: &Range<usize>,
    removed: &[usize],
    added: &[(usize, &Draft)],
) -> Result<Vec<Edit>, String> {
    let document = Document::of(writer.file, range)?;
    let statements = document.statements()?;
    let spans: Vec<_> = statements.each().iter().map(|item| document.place(&item.range)).collect();
    let mut made = removal(writer, &spans, removed)?;
    if !added.is_empty() && !matches!(statements.kind, Kind::Array(_)) {
        return Err("the statements are not written out as a list".into());
    }
    for (beside, statement) in added {
        let at = spans.get(*beside).ok_or("the statement moved")?;
        let (indent, step) = layout(writer.file, at, writer.place.unit);
        let rendered =
            Style::of(writer.file, writer.id).with_step(step).text(&json::layout(&writer.place, statement)?, &indent);
        let own_line = writer.file.text[line_start(&writer.file.text, at.start)..at.start].trim().is_empty();
        let separator = if own_line { format!(",{}{indent}", writer.file.newline()) } else { ", ".to_owned() };
        made.push(writer.replace(at.end..at.end, format!("{separator}{rendered}")));
    }
    Ok(made)
}

/// Adds a statement behind the last one.
pub(super) fn append(
    file: &SourceFile,
    id: FileId,
    range: &Range<usize>,
    place: &Place<'_>,
    statement: &Draft,
) -> Result<Edit, String> {
    let document = Document::of(file, range)?;
    let Kind::Array(items) = &document.statements()?.kind else {
        return Err("the statements are not written out as a list".into());
    };
    let last = document.place(&items.last().ok_or("the list of statements is empty")?.range);
    let (indent, step) = layout(file, &last, place.unit);
    let rendered = Style::of(file, id).with_step(step).text(&json::layout(place, statement)?, &indent);
    let own_line = file.text[line_start(&file.text, last.start)..last.start].trim().is_empty();
    let separator = if own_line { format!(",{}{indent}", file.newline()) } else { ", ".to_owned() };
    Ok(Edit::insert(id, last.end, format!("{separator}{rendered}")))
}

/// Indentation and step of an object.
fn layout(file: &SourceFile, object: &Range<usize>, unit: &str) -> (String, String) {
    let indent = indentation(&file.text, object.start).to_owned();
    let inner =
        file.text[object.clone()].lines().nth(1).map(|line| line[..line.len() - line.trim_start().len()].to_owned());
    let step = inner.and_then(|inner| inner.strip_prefix(indent.as_str()).map(str::to_owned));
    let step = step.filter(|step| !step.is_empty()).unwrap_or_else(|| unit.to_owned());
    (indent, step)
}

/// Changes the statement at position `index`.
pub(super) fn edit(
    writer: &Writer<'_>,
    range: Range<usize>,
    index: usize,
    edits: &[StatementEdit],
) -> Result<Vec<Edit>, String> {
    let document = Document::of(writer.file, &range)?;
    let statements = document.statements()?.each();
    let statement = statements.get(index).ok_or("the statement moved")?;
    if edits.contains(&StatementEdit::Remove) {
        let spans: Vec<_> = statements.iter().map(|item| document.place(&item.range)).collect();
        return Ok(vec![writer.replace(element_with_separator(&writer.file.text, &spans, index)?, "")]);
    }
    let text = Text {
        writer,
        document: &document,
        step: layout(writer.file, &document.place(&statement.range), writer.place.unit).1,
    };
    let mut made = Vec::new();
    let mut added: Vec<(String, Draft)> = Vec::new();
    for edit in edits {
        match edit {
            StatementEdit::Remove => {}
            StatementEdit::Set(name, value) => match statement.get(name) {
                Some(old) => made.push(text.replace(old, value, name)?),
                None => added.push((name.clone(), value.clone())),
            },
            StatementEdit::Replace(name, value) => match statement.get(name) {
                Some(old) => made.push(text.replace_any(old, value)?),
                None => added.push((name.clone(), value.clone())),
            },
            StatementEdit::Condition { operator, key, value } => match statement.get("Condition") {
                Some(old) => made.push(text.condition(old, operator, key, value)?),
                None => super::statement::add_condition(&mut added, operator, key, value),
            },
        }
    }
    if !added.is_empty() {
        made.push(text.insert(statement, &added)?);
    }
    Ok(made)
}

struct Text<'a> {
    writer: &'a Writer<'a>,
    document: &'a Document,
    step: String,
}

impl Text<'_> {
    fn replace(&self, old: &Node, new: &Draft, name: &str) -> Result<Edit, String> {
        let file = self.writer.file;
        let range = self.document.place(&old.range);
        if file.text[range.clone()].contains("${") {
            return Err(format!("`{name}` has an interpolation"));
        }
        self.replace_any(old, new)
    }

    /// Puts another value in the place of one, interpolations and all.
    fn replace_any(&self, old: &Node, new: &Draft) -> Result<Edit, String> {
        let file = self.writer.file;
        let range = self.document.place(&old.range);
        let new = super::statement::alike(matches!(old.kind, Kind::Array(_)), new);
        let rendered = self.value(&new, indentation(&file.text, range.start))?;
        Ok(self.writer.replace(range, rendered))
    }

    /// On one line where it is short and not nested.
    fn value(&self, draft: &Draft, indent: &str) -> Result<String, String> {
        const SHORT: usize = 72;
        let layout = json::layout(&self.writer.place, draft)?;
        let single = one_line(&layout);
        if single.len() <= SHORT && single.matches(['{', '[']).count() - single.matches("${").count() <= 1 {
            return Ok(single);
        }
        Ok(Style::of(self.writer.file, self.writer.id).with_step(self.step.clone()).text(&layout, indent))
    }

    fn condition(&self, old: &Node, operator: &str, key: &str, value: &Draft) -> Result<Edit, String> {
        match old.get(operator) {
            None => {
                let keys = Draft::Object(vec![(key.to_owned(), value.clone())]);
                self.insert(old, &[(operator.to_owned(), keys)])
            }
            Some(keys) => match keys.get(key) {
                Some(old) => self.replace(old, value, key),
                None => self.insert(keys, &[(key.to_owned(), value.clone())]),
            },
        }
    }

    /// Properties at the end of an object.
    fn insert(&self, object: &Node, added: &[(String, Draft)]) -> Result<Edit, String> {
        let text = &self.writer.file.text;
        let last = object.properties().last().ok_or("the object is empty")?;
        let range = self.document.place(&last.range);
        let own_line = text[line_start(text, range.start)..range.start].trim().is_empty();
        let indent = indentation(text, range.start);
        let name_end = text[range.clone()].find(':').map_or(range.end, |at| range.start + at);
        let value_start = self.document.place(&last.value.range).start;
        let colon = if text[name_end..value_start].trim() == ":" { &text[name_end..value_start] } else { ": " };
        let blank = if text[range.start..name_end].ends_with(' ') { " " } else { "" };
        let mut out = String::new();
        for (name, value) in added {
            let value =
                if own_line { self.value(value, indent)? } else { one_line(&json::layout(&self.writer.place, value)?) };
            let separator = if own_line { format!(",{}{indent}", self.writer.file.newline()) } else { ", ".to_owned() };
            out.push_str(&format!("{separator}{}{blank}{colon}{value}", quote(name)));
        }
        Ok(self.writer.replace(range.end..range.end, out))
    }
}

fn one_line(layout: &Layout) -> String {
    match layout {
        Layout::Scalar(text) => text.clone(),
        Layout::List(items) => format!("[{}]", items.iter().map(one_line).collect::<Vec<_>>().join(", ")),
        Layout::Small(name, value) => format!("{{ {}: {} }}", quote(name), one_line(value)),
        Layout::Object(entries) if entries.is_empty() => "{}".into(),
        Layout::Object(entries) => {
            let entries = entries.iter().map(|(name, value)| format!("{}: {}", quote(name), one_line(value)));
            format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}

/// The text with each interpolation replaced by as many digits: JSON then, with all offsets as they were.
pub(in super::super) fn blank_interpolations(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("${").filter(|at| !rest[..*at].ends_with('$')) {
        let mut depth = 0usize;
        let end = rest[at..].char_indices().find_map(|(i, c)| {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => return None,
            }
            (depth == 0).then_some(at + i + 1)
        });
        let Some(end) = end else { break };
        out.push_str(&rest[..at]);
        out.extend(std::iter::repeat_n('1', end - at));
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}
