//! Changes in a statement that stands in a policy, whichever way it is written.

use std::ops::Range;

use hcl_edit::Span as _;
use hcl_edit::expr::{Array, Expression, Object, ObjectKey, ObjectValue, ObjectValueTerminator};
use hcl_edit::structure::Block;

use super::super::place::{Inside, whole_lines};
use super::super::render::{self, Place};
use super::super::{Lowering, is_literal, shorten};
use super::home::{self, Among, Written};
use super::{argument_of, conditions, keyed, principals, text};
use crate::edit::Edit;
use crate::fix::StatementEdit;
use crate::iam::policy::StatementAt;
use crate::model::{Draft, DraftBody, DraftItem, Resource};
use crate::source::{FileId, SourceFile, Span, indentation, line_end, line_start};

/// Changes the statement at `at` of the policy in an argument of `resource`.
pub(in super::super) fn edit_statement(
    lowering: &mut Lowering<'_>,
    resource: &Resource,
    argument: &str,
    at: StatementAt,
    edits: &[StatementEdit],
) -> Result<(), String> {
    let home = home::find(lowering, at.span)?;
    home::serves_only(lowering, &home, resource)?;
    let file = lowering.workspace.project.file(home.file);
    let renamed = lowering.renamed.clone();
    let mut place = lowering.written_at(file, resource, true, &renamed);
    let in_resource = home.file == resource.span.file && resource.span.contains(at.span.start);
    place.mirrored &= in_resource;
    let writer = Writer { file, id: home.file, place };
    let made = match home.written {
        Written::Object(object, among) => writer.object(object, among, edits)?,
        Written::Block(block) => writer.block(block, edits)?,
        Written::Text(expr) => {
            let range = expr.span().ok_or("the document has no place in its file")?;
            text::edit(&writer, range, at.index.unwrap_or_default(), edits)?
        }
        Written::Elsewhere(expr) => return Err(home::not_here(&file.text, expr)),
    };
    lowering.out.edits.extend(made);
    lowering.touch(home.file, home.header(), home.path.as_str());
    let paths = if in_resource { vec![argument.to_owned()] } else { Vec::new() };
    lowering.out.updated.push((resource.id, paths));
    Ok(())
}

/// Writes in one file.
pub(super) struct Writer<'a> {
    pub(super) file: &'a SourceFile,
    pub(super) id: FileId,
    pub(super) place: Place<'a>,
}

impl Writer<'_> {
    pub(super) fn replace(&self, range: Range<usize>, text: impl Into<String>) -> Edit {
        Edit::replace(Span::new(self.id, range), text)
    }

    fn object(&self, object: &Object, among: Among<'_>, edits: &[StatementEdit]) -> Result<Vec<Edit>, String> {
        let translated;
        let edits = if is_input(object) {
            translated = edits.iter().map(of_input).collect::<Result<Vec<_>, String>>()?;
            &translated
        } else {
            edits
        };
        let mut made = Vec::new();
        let mut added: Vec<(String, Draft)> = Vec::new();
        for edit in edits {
            match edit {
                StatementEdit::Remove => {
                    return match among {
                        Among::Alone => Err("it is the only statement of its policy".into()),
                        Among::List(list) => self.remove_element(object, list),
                        Among::Map(map) => {
                            let position = keyed::position(self, map, object)?;
                            keyed::removal(self, map, &[position])
                        }
                    };
                }
                StatementEdit::Set(name, value) => match entry(object, name) {
                    Some(old) => made.push(self.replace_value(old.expr(), value, name, is_one_line(self, object))?),
                    None => added.push((name.clone(), value.clone())),
                },
                StatementEdit::Replace(name, value) => match entry(object, name) {
                    Some(old) => made.push(self.replace_any(old.expr(), value, name, is_one_line(self, object))?),
                    None => added.push((name.clone(), value.clone())),
                },
                StatementEdit::Condition { operator, key, value } => match entry(object, "Condition") {
                    Some(old) => made.extend(self.condition(old.expr(), operator, key, value)?),
                    None => add_condition(&mut added, operator, key, value),
                },
            }
        }
        if !added.is_empty() {
            made.extend(self.insert(object, &added)?);
        }
        Ok(made)
    }

    /// Adds a condition to those that are written out.
    fn condition(&self, old: &Expression, operator: &str, key: &str, value: &Draft) -> Result<Vec<Edit>, String> {
        let written_out = "the condition is not written out";
        let operators = old.as_object().ok_or(written_out)?;
        let Some(keys) = entry(operators, operator) else {
            let keys = Draft::Object(vec![(key.to_owned(), value.clone())]);
            return self.insert(operators, &[(operator.to_owned(), keys)]);
        };
        let keys = keys.expr().as_object().ok_or(written_out)?;
        match entry(keys, key) {
            Some(old) => Ok(vec![self.replace_value(old.expr(), value, key, is_one_line(self, keys))?]),
            None => self.insert(keys, &[(key.to_owned(), value.clone())]),
        }
    }

    fn replace_value(&self, old: &Expression, new: &Draft, name: &str, one_line: bool) -> Result<Edit, String> {
        if !is_plain(old) {
            let range = trimmed(&self.file.text, old.span())?;
            return Err(format!("`{name}` is an expression: {}", shorten(&self.file.text[range])));
        }
        self.replace_any(old, new, name, one_line)
    }

    /// Puts another value in the place of one, whatever gives it; refused where a comment would be lost.
    fn replace_any(&self, old: &Expression, new: &Draft, name: &str, one_line: bool) -> Result<Edit, String> {
        let range = trimmed(&self.file.text, old.span())?;
        if crate::hcl::comments(&self.file.text).iter().any(|c| range.start <= c.start && c.end <= range.end) {
            return Err(format!("a comment stands in `{name}`"));
        }
        let new = &alike(matches!(old, Expression::Array(_)), new);
        let indent = indentation(&self.file.text, range.start);
        let text = if one_line { self.place.one_line(new)? } else { self.place.value(new, indent)? };
        Ok(self.replace(range, text))
    }

    /// Entries at the end of an object, in its own style.
    fn insert(&self, object: &Object, added: &[(String, Draft)]) -> Result<Vec<Edit>, String> {
        let text = &*self.file.text;
        let whole = trimmed(text, object.span())?;
        let Some((last_key, last_value)) = object.iter().last() else {
            let rendered = self.place.value(&Draft::Object(added.to_vec()), indentation(text, whole.start))?;
            return Ok(vec![self.replace(whole, rendered)]);
        };
        let key = key_range(text, last_key)?;
        let value = trimmed(text, last_value.expr().span())?;
        let style = Style::of(text, &key, &value);
        let commas = last_value.terminator() == ObjectValueTerminator::Comma
            || object.iter().next().is_some_and(|(_, v)| v.terminator() == ObjectValueTerminator::Comma);
        let comma = text[value.end..whole.end].trim_start().starts_with(',');
        let end = if comma { value.end + text[value.end..].find(',').unwrap_or(0) + 1 } else { value.end };
        let own_line = text[line_start(text, key.start)..key.start].trim().is_empty();
        if !own_line {
            let rendered: Result<Vec<_>, String> =
                added.iter().map(|(name, value)| Ok(style.entry(name, 0, &self.place.one_line(value)?))).collect();
            let rendered = rendered?.join(", ");
            let text = if comma { format!(" {rendered},") } else { format!(", {rendered}") };
            return Ok(vec![self.replace(end..end, text)]);
        }
        let mut made = Vec::new();
        if commas && !comma {
            made.push(self.replace(value.end..value.end, ","));
        }
        let rest = text[end..line_end(text, end)].trim();
        let at = if rest.is_empty() || rest.starts_with(['#', '/']) { line_end(text, end) } else { end };
        made.push(self.replace(at..at, self.lines(object, &key, style, added, comma)?));
        Ok(made)
    }

    fn lines(
        &self,
        object: &Object,
        last: &Range<usize>,
        style: Style<'_>,
        added: &[(String, Draft)],
        comma: bool,
    ) -> Result<String, String> {
        let text = &*self.file.text;
        let indent = indentation(text, last.start);
        let rendered: Result<Vec<_>, String> =
            added.iter().map(|(name, value)| Ok((name.as_str(), self.place.value(value, indent)?))).collect();
        let rendered = rendered?;
        let width = if style.aligns() { self.group_width(object, last, style, &rendered) } else { Some(0) };
        let nl = self.file.newline();
        // A longer name would move the lines that it is aligned with: it opens a paragraph.
        let gap = if width.is_none() && rendered.iter().any(|(_, value)| !value.contains('\n')) { nl } else { "" };
        let mut out = gap.to_owned();
        for (i, (name, value)) in rendered.iter().enumerate() {
            let width = if value.contains('\n') { 0 } else { width.unwrap_or(0) };
            let end = if comma || (style.colon() && i + 1 < rendered.len()) { "," } else { "" };
            out.push_str(&format!("{nl}{indent}{}{end}", style.entry(name, width, value)));
        }
        Ok(out)
    }

    /// The width of the names that end with `last`, when they are aligned and the new ones fit.
    fn group_width(
        &self,
        object: &Object,
        last: &Range<usize>,
        style: Style<'_>,
        added: &[(&str, String)],
    ) -> Option<usize> {
        let text = &*self.file.text;
        let mut line = line_start(text, last.start);
        let mut width = 0;
        let mut columns = None;
        let items: Vec<_> = object.iter().collect();
        for (key, value) in items.iter().rev() {
            let key = key_range(text, key).ok()?;
            let value = trimmed(text, value.expr().span()).ok()?;
            if line_start(text, key.start) != line || text[key.start..value.end].contains('\n') {
                break;
            }
            let equals = text[key.end..value.start].find('=')? + key.end - key.start;
            if *columns.get_or_insert(equals) != equals {
                return None;
            }
            width = width.max(text[key].chars().count());
            match line.checked_sub(1) {
                Some(above) => line = line_start(text, above),
                None => break,
            }
        }
        let fits = added.iter().all(|(name, value)| value.contains('\n') || style.key(name).chars().count() <= width);
        (fits && columns == Some(width + 1)).then_some(width)
    }

    /// Takes an element out of its list.
    fn remove_element(&self, object: &Object, list: &Array) -> Result<Vec<Edit>, String> {
        let text = &*self.file.text;
        let spans: Result<Vec<_>, String> = list.iter().map(|item| trimmed(text, item.span())).collect();
        let spans = spans?;
        let this = trimmed(text, object.span())?;
        let i = spans.iter().position(|span| *span == this).ok_or("the statement moved")?;
        Ok(vec![self.replace(element_with_separator(text, &spans, i)?, "")])
    }

    fn block(&self, block: &Block, edits: &[StatementEdit]) -> Result<Vec<Edit>, String> {
        let text = &*self.file.text;
        let inside = Inside::of(text, block, self.place.unit, self.place.newline)?;
        let mut made = Vec::new();
        let mut arguments = Vec::new();
        let mut blocks = Vec::new();
        for edit in edits {
            match edit {
                StatementEdit::Remove => {
                    let range = trimmed(text, block.span())?;
                    let lines = whole_lines(text, &range).ok_or("the statement shares its line with something else")?;
                    return Ok(vec![self.replace(lines, "")]);
                }
                StatementEdit::Set(name, value) if name == "Principal" => {
                    let new = principals(value)?;
                    match (block.body.get_blocks("principals").collect::<Vec<_>>().as_slice(), new.as_slice()) {
                        ([], _) => blocks.extend(new),
                        ([old], [(_, new)]) => made.extend(self.set_arguments(old, new)?),
                        _ => return Err("the statement has several principals".into()),
                    }
                }
                StatementEdit::Set(name, value) | StatementEdit::Replace(name, value) => {
                    let argument = argument_of(name)?;
                    let value = listed(value);
                    match block.body.get_attribute(argument) {
                        Some(old) if matches!(edit, StatementEdit::Replace(..)) => {
                            made.push(self.replace_any(&old.value, &value, argument, false)?);
                        }
                        Some(old) => made.push(self.replace_value(&old.value, &value, argument, false)?),
                        None => arguments.push((argument.to_owned(), self.place.value(&value, &inside.indent)?)),
                    }
                }
                StatementEdit::Condition { operator, key, value } => {
                    let keys = Draft::Object(vec![(key.clone(), value.clone())]);
                    let new = conditions(&Draft::Object(vec![(operator.clone(), keys)]))?;
                    match block.body.get_blocks("condition").find(|old| tests(old, operator, key)) {
                        Some(old) => made.extend(self.set_arguments(old, &new[0].1)?),
                        None => blocks.extend(new),
                    }
                }
            }
        }
        if !arguments.is_empty() || !blocks.is_empty() {
            let blocks: Result<Vec<_>, _> =
                blocks.iter().map(|(name, body)| self.place.block(name, body, &inside.indent)).collect();
            let insertions = inside.insert(&arguments, &blocks?);
            made.extend(insertions.into_iter().map(|insertion| self.replace(insertion.at, insertion.text)));
        }
        Ok(made)
    }

    /// Gives the arguments of a block other values; all of them are there.
    fn set_arguments(&self, block: &Block, content: &DraftBody) -> Result<Vec<Edit>, String> {
        let mut made = Vec::new();
        for (name, item) in &content.items {
            let old = block.body.get_attribute(name).ok_or_else(|| format!("`{name}` is missing"))?;
            if let DraftItem::Argument(value) = item {
                made.push(self.replace_value(&old.value, value, name, false)?);
            }
        }
        Ok(made)
    }
}

/// Whether a statement is written in the words of `aws_iam_policy_document`, as inputs of modules are.
pub(super) fn is_input(object: &Object) -> bool {
    ["actions", "resources"].into_iter().any(|name| entry(object, name).is_some())
}

/// A change in the words of an input.
fn of_input(edit: &StatementEdit) -> Result<StatementEdit, String> {
    Ok(match edit {
        StatementEdit::Set(name, value) => StatementEdit::Set(argument_of(name)?.into(), listed(value)),
        StatementEdit::Replace(name, value) => StatementEdit::Replace(argument_of(name)?.into(), listed(value)),
        StatementEdit::Condition { .. } => return Err("a condition isn't added to an input of a module".into()),
        StatementEdit::Remove => StatementEdit::Remove,
    })
}

/// How the entries of an object are written.
#[derive(Clone, Copy)]
pub(super) struct Style<'a> {
    quoted: bool,
    /// Between name and value, without alignment.
    separator: &'a str,
}

impl<'a> Style<'a> {
    pub(super) fn of(text: &'a str, key: &Range<usize>, value: &Range<usize>) -> Self {
        let between = &text[key.end..value.start];
        let separator = if between.contains('=') { " = " } else { between };
        Self { quoted: text[key.start..].starts_with('"'), separator }
    }

    fn colon(self) -> bool {
        self.separator.contains(':')
    }

    fn aligns(self) -> bool {
        !self.colon()
    }

    fn key(self, name: &str) -> String {
        if self.quoted { format!("\"{}\"", render::escape(name)) } else { render::key(name) }
    }

    pub(super) fn entry(self, name: &str, width: usize, value: &str) -> String {
        format!("{:width$}{}{value}", self.key(name), self.separator)
    }
}

pub(super) fn add_condition(added: &mut Vec<(String, Draft)>, operator: &str, key: &str, value: &Draft) {
    if !added.iter().any(|(name, _)| name == "Condition") {
        added.push(("Condition".into(), Draft::Object(Vec::new())));
    }
    let Some((_, Draft::Object(operators))) = added.iter_mut().find(|(name, _)| name == "Condition") else { return };
    if !operators.iter().any(|(name, _)| name == operator) {
        operators.push((operator.to_owned(), Draft::Object(Vec::new())));
    }
    let keys = operators.iter_mut().find(|(name, _)| name == operator);
    if let Some((_, Draft::Object(keys))) = keys {
        keys.push((key.to_owned(), value.clone()));
    }
}

/// The element and what separates it from its neighbour; refused where a comment would be lost.
pub(super) fn element_with_separator(text: &str, spans: &[Range<usize>], i: usize) -> Result<Range<usize>, String> {
    let range = match (spans.get(i + 1), i.checked_sub(1)) {
        (Some(next), _) => spans[i].start..next.start,
        (None, Some(before)) => spans[before].end..spans[i].end,
        (None, None) => return Err("it is the only statement of its policy".into()),
    };
    let between = if i + 1 < spans.len() { spans[i].end..range.end } else { range.start..spans[i].start };
    if text[between].chars().all(|c| c.is_whitespace() || c == ',') {
        Ok(range)
    } else {
        Err("a comment stands beside the statement".into())
    }
}

fn tests(block: &Block, operator: &str, key: &str) -> bool {
    let is = |name: &str, wanted: &str| block.body.get_attribute(name).and_then(|a| a.value.as_str()) == Some(wanted);
    is("test", operator) && is("variable", key)
}

pub(super) fn listed(value: &Draft) -> Draft {
    match value {
        Draft::List(_) => value.clone(),
        single => Draft::List(vec![single.clone()]),
    }
}

/// One value as it was written before: alone, or in a list.
pub(super) fn alike(was_list: bool, new: &Draft) -> Draft {
    match new {
        Draft::List(items) if !was_list && items.len() == 1 => items[0].clone(),
        Draft::List(_) => new.clone(),
        single if was_list => Draft::List(vec![single.clone()]),
        single => single.clone(),
    }
}

/// The entry of an object with this name.
pub(super) fn entry<'o>(object: &'o Object, name: &str) -> Option<&'o ObjectValue> {
    object.iter().find(|(key, _)| name_of(key) == Some(name)).map(|(_, value)| value)
}

/// A key that is written out.
pub(super) fn name_of(key: &ObjectKey) -> Option<&str> {
    match key {
        ObjectKey::Ident(ident) => Some(ident.as_str()),
        ObjectKey::Expression(expr) => expr.as_str(),
    }
}

pub(super) fn key_range(text: &str, key: &ObjectKey) -> Result<Range<usize>, String> {
    match key {
        ObjectKey::Ident(ident) => trimmed(text, ident.span()),
        ObjectKey::Expression(expr) => trimmed(text, expr.span()),
    }
}

fn is_one_line(writer: &Writer<'_>, object: &Object) -> bool {
    object.span().is_some_and(|span| !writer.file.text[span].contains('\n'))
}

/// Written out without references: nothing that a reader would lose by replacing it.
fn is_plain(expr: &Expression) -> bool {
    match expr {
        Expression::Object(object) => object.iter().all(|(_, value)| is_plain(value.expr())),
        Expression::Array(items) => items.iter().all(is_plain),
        other => is_literal(other),
    }
}

/// A span without the blanks that it may include.
pub(super) fn trimmed(text: &str, span: Option<Range<usize>>) -> Result<Range<usize>, String> {
    let span = span.ok_or("the value has no place in its file")?;
    let inner = &text[span.clone()];
    let start = span.start + inner.len() - inner.trim_start().len();
    Ok(start..start + inner.trim().len())
}
