//! Where new arguments and blocks go in an HCL body, so that they look as if its author had written them.
//!
//! What stands there is never moved: an argument joins the aligned group before it when its name fits, else it opens a
//! paragraph of its own; both are what `terraform fmt` would leave.

use std::ops::Range;

use hcl_edit::Span as _;
use hcl_edit::structure::{Block, Body, Structure};

use crate::edit::{Edit, Order};
use crate::source::{indentation, line_end, line_start};

/// Arguments that people keep at the end.
const LAST_ARGUMENTS: [&str; 2] = ["depends_on", "tags"];
/// Blocks that people keep at the end.
const LAST_ITEMS: [&str; 4] = ["depends_on", "lifecycle", "timeouts", "provisioner"];

/// Text to insert, and where.
pub(super) struct Insertion {
    pub(super) at: Range<usize>,
    pub(super) text: String,
    pub(super) order: Order,
}

impl Insertion {
    fn new(at: Range<usize>, text: String) -> Self {
        Self { at, text, order: Order::Between }
    }
}

/// The inside of a block in its file.
pub(super) struct Inside<'a> {
    pub(super) text: &'a str,
    /// Between the braces.
    pub(super) inner: Range<usize>,
    pub(super) body: &'a Body,
    /// Indentation of the line that opens the block.
    pub(super) outer_indent: &'a str,
    /// Indentation of what stands inside.
    pub(super) indent: String,
    pub(super) newline: &'a str,
    /// What stands inside, when the block is to be written anew.
    pub(super) existing: String,
}

/// A part of the text with the edits that lie in it.
pub(super) fn with_edits(text: &str, part: &Range<usize>, edits: &[Edit]) -> String {
    let mut edits: Vec<&Edit> = edits.iter().collect();
    edits.sort_by_key(|edit| edit.span);
    let mut out = String::new();
    let mut at = part.start;
    for edit in edits {
        out.push_str(&text[at..edit.span.start as usize]);
        out.push_str(&edit.text);
        at = edit.span.end as usize;
    }
    out.push_str(&text[at..part.end]);
    out
}

impl<'a> Inside<'a> {
    /// The inside of `block`; `unit` is one level of indentation.
    pub(super) fn of(text: &'a str, block: &'a Block, unit: &str, newline: &'a str) -> Result<Self, String> {
        let span = block.span().ok_or("the block has no place in its file")?;
        let inner = inner_range(text, block, &span)?;
        let outer_indent = indentation(text, span.start);
        let first = block.body.iter().next().and_then(hcl_edit::Span::span);
        let indent = match first {
            Some(first) if text[inner.start..first.start].contains('\n') => indentation(text, first.start).to_owned(),
            _ => format!("{outer_indent}{unit}"),
        };
        let existing = text[inner.clone()].to_owned();
        Ok(Self { text, inner, body: &block.body, outer_indent, indent, newline, existing })
    }

    pub(super) fn is_one_line(&self) -> bool {
        !self.text[self.inner.clone()].contains('\n')
    }

    /// Where an argument or block of this name stands in a comment of the block itself, and nowhere else.
    pub(super) fn commented_out(&self, name: &str) -> Option<u32> {
        if self.body.has_attribute(name) || self.body.has_blocks(name) || !self.text[self.inner.clone()].contains(name)
        {
            return None;
        }
        self.comments().find(|(_, comment)| begins(comment, name)).map(|(at, _)| at)
    }

    /// Where an argument or block stands in a comment of the block itself, inside a block that stands there, too: the
    /// block has been written anew without it.
    pub(super) fn commented_out_in(&self, block: &str, name: &str) -> Option<u32> {
        let mut comments = self.comments().skip_while(|(_, comment)| !begins(comment, block)).skip(1);
        let inside = comments.by_ref().take_while(|(_, comment)| !comment.starts_with('}'));
        inside.filter(|(_, comment)| begins(comment, name)).map(|(at, _)| at).next()
    }

    /// What is commented out in the block itself, line by line, with the place of the line.
    fn comments(&self) -> impl Iterator<Item = (u32, &str)> {
        let is_inside = |at: usize| self.body.iter().filter_map(hcl_edit::Span::span).any(|span| span.contains(&at));
        let mut next = self.inner.start;
        let lines = self.text[self.inner.clone()].split_inclusive('\n').map(move |line| {
            let at = next;
            next += line.len();
            (at, line.trim())
        });
        lines.filter_map(move |(at, line)| {
            let comment = line.strip_prefix('#').or_else(|| line.strip_prefix("//"))?;
            let comment = comment.trim_start_matches(['#', '/', ' ', '\t']);
            (!is_inside(at)).then_some((u32::try_from(at).ok()?, comment))
        })
    }

    /// The insertion of aligned argument lines and rendered blocks (without surrounding line endings).
    pub(super) fn insert(&self, arguments: &[(String, String)], blocks: &[String]) -> Vec<Insertion> {
        if self.is_one_line() {
            return vec![self.unfold(arguments, blocks)];
        }
        let mut insertions = Vec::new();
        if !arguments.is_empty() {
            insertions.push(Insertion { order: Order::First, ..self.insert_arguments(arguments) });
        }
        if !blocks.is_empty() {
            insertions.push(self.insert_blocks(blocks));
        }
        insertions
    }

    /// `{ a = 1 }` becomes a block of several lines.
    fn unfold(&self, arguments: &[(String, String)], blocks: &[String]) -> Insertion {
        let nl = self.newline;
        let existing = self.existing.trim();
        let mut parts = Vec::new();
        if !existing.is_empty() {
            parts.push(format!("{}{existing}", self.indent));
        }
        if !arguments.is_empty() {
            let lines = super::render::aligned(arguments, &self.indent, nl);
            parts.push(lines.trim_end_matches(['\r', '\n']).to_owned());
        }
        parts.extend(blocks.iter().cloned());
        let blank = format!("{nl}{nl}");
        let text = format!("{nl}{}{nl}{}", parts.join(&blank), self.outer_indent);
        Insertion::new(self.inner.clone(), text)
    }

    fn insert_arguments(&self, arguments: &[(String, String)]) -> Insertion {
        let nl = self.newline;
        let trim = |lines: String| lines.trim_end_matches(['\r', '\n']).to_owned();
        let Some(anchor) = self.argument_anchor() else {
            let at = line_end(self.text, self.inner.start);
            let lines = trim(super::render::aligned(arguments, &self.indent, nl));
            let gap = if self.body.is_empty() { "" } else { nl };
            return Insertion::new(at..at, format!("{nl}{lines}{gap}"));
        };
        let at = line_end(self.text, anchor.end);
        if let Some(width) = self.group_width(&anchor, arguments) {
            let lines: String =
                arguments.iter().map(|(name, value)| format!("{nl}{}{name:width$} = {value}", self.indent)).collect();
            return Insertion::new(at..at, lines);
        }
        let lines = trim(super::render::aligned(arguments, &self.indent, nl));
        // Never between lines that are aligned with each other.
        let at = line_end(self.text, self.end_of_run(anchor).end);
        let gap = if self.is_adjacent_below(at) { nl } else { "" };
        Insertion::new(at..at, format!("{nl}{nl}{lines}{gap}"))
    }

    /// The last of the arguments that follow `anchor` on lines without a gap.
    fn end_of_run(&self, anchor: Range<usize>) -> Range<usize> {
        let below = self.body.iter().map_while(|structure| structure.as_attribute()?.span());
        let start = anchor.start;
        below.filter(|span| span.start > start).fold(anchor, |last, next| {
            let between = &self.text[last.end..line_start(self.text, next.start).max(last.end)];
            if between.matches('\n').count() == 1 { next } else { last }
        })
    }

    /// The last argument before the first nested block, but before those that people keep last.
    fn argument_anchor(&self) -> Option<Range<usize>> {
        let leading: Vec<_> = self.body.iter().map_while(Structure::as_attribute).collect();
        let all: Vec<_> = if leading.is_empty() { self.body.attributes().collect() } else { leading };
        let mut kept = all.len();
        while kept > 1 && LAST_ARGUMENTS.contains(&all[kept - 1].key.as_str()) {
            kept -= 1;
        }
        all.get(kept.checked_sub(1)?)?.span()
    }

    /// The width of the names in the aligned group around `anchor`, when the new names fit and the group is aligned.
    fn group_width(&self, anchor: &Range<usize>, arguments: &[(String, String)]) -> Option<usize> {
        if arguments.iter().any(|(_, value)| value.contains('\n')) {
            return None;
        }
        let spans: Vec<_> = self
            .body
            .iter()
            .filter_map(|s| Some((s.as_attribute()?.key.as_str(), s.span()?)))
            .filter(|(_, span)| !self.text[span.clone()].contains('\n'))
            .collect();
        let at = spans.iter().position(|(_, span)| span == anchor)?;
        let adjacent = |above: &Range<usize>, below: &Range<usize>| {
            let between = &self.text[above.end..line_start(self.text, below.start)];
            between.matches('\n').count() == 1
        };
        let mut first = at;
        while first > 0 && adjacent(&spans[first - 1].1, &spans[first].1) {
            first -= 1;
        }
        let mut last = at;
        while last + 1 < spans.len() && adjacent(&spans[last].1, &spans[last + 1].1) {
            last += 1;
        }
        let group = &spans[first..=last];
        let width = group.iter().map(|(name, _)| name.chars().count()).max()?;
        let is_aligned = group.iter().all(|(name, span)| {
            let rest = &self.text[span.start + name.len()..span.end];
            let spaces = rest.len() - rest.trim_start_matches(' ').len();
            spaces == width - name.chars().count() + 1
                && indentation(self.text, span.start) == self.indent
                && line_start(self.text, span.start) + self.indent.len() == span.start
        });
        let fits = arguments.iter().all(|(name, _)| name.chars().count() <= width);
        (is_aligned && fits).then_some(width)
    }

    /// Whether the line after `at` holds something other than the closing brace.
    fn is_adjacent_below(&self, at: usize) -> bool {
        let rest = self.text[at..].trim_start_matches('\r');
        let next = rest.strip_prefix('\n').unwrap_or("").lines().next().unwrap_or("").trim();
        !next.is_empty() && !next.starts_with('}')
    }

    /// A rendered block right below an item.
    pub(super) fn insert_below(&self, item: &Range<usize>, block: &str) -> Insertion {
        let at = line_end(self.text, item.end);
        let nl = self.newline;
        let gap = if self.is_adjacent_below(at) { nl } else { "" };
        Insertion::new(at..at, format!("{nl}{nl}{block}{gap}"))
    }

    /// Whether an item is an argument right below another one: `terraform fmt` aligns them, and a block between them would
    /// move both.
    fn continues_a_run(&self, items: &[&Structure], i: usize) -> bool {
        let span = |i: usize| items[i].as_attribute().and_then(hcl_edit::Span::span);
        let Some((above, below)) = i.checked_sub(1).and_then(span).zip(span(i)) else { return false };
        self.text[above.end..line_start(self.text, below.start).max(above.end)].matches('\n').count() == 1
    }

    /// What blocks are inserted below, if anything.
    fn anchor(&self) -> Option<Range<usize>> {
        let items: Vec<_> = self.body.iter().collect();
        let mut kept = items.len();
        while kept > 0 && LAST_ITEMS.contains(&name_of(items[kept - 1])) && !self.continues_a_run(&items, kept - 1) {
            kept -= 1;
        }
        kept.checked_sub(1).and_then(|i| items[i].span())
    }

    /// Whether blocks that are inserted each by itself stand as if they were inserted together.
    pub(super) fn is_open_below(&self) -> bool {
        let is_free = |anchor: Range<usize>| !self.is_adjacent_below(line_end(self.text, anchor.end));
        !self.is_one_line() && self.anchor().is_some_and(is_free)
    }

    fn insert_blocks(&self, blocks: &[String]) -> Insertion {
        let nl = self.newline;
        let blank = format!("{nl}{nl}");
        if let Some(anchor) = self.anchor() {
            self.insert_below(&anchor, &blocks.join(&blank))
        } else {
            let at = line_end(self.text, self.inner.start);
            let gap = if self.body.is_empty() { "" } else { nl };
            Insertion::new(at..at, format!("{nl}{}{gap}", blocks.join(&blank)))
        }
    }
}

/// The lines of an item, with one of the blank lines around it when there are two; nothing when other things stand on
/// them. A comment at the end of its last line goes with it.
pub(super) fn whole_lines(text: &str, item: &Range<usize>) -> Option<Range<usize>> {
    let start = line_start(text, item.start);
    let line = line_end(text, item.end);
    let rest = text[item.end..line].trim();
    let alone = text[start..item.start].trim().is_empty() && (rest.is_empty() || rest.starts_with(['#', '/']));
    if !alone {
        return None;
    }
    let next_line = |at: usize| text[at..].find('\n').map_or(text.len(), |n| at + n + 1);
    let end = next_line(line);
    let above = text[..start].trim_end_matches([' ', '\t', '\r', '\n']);
    let blank_above = text[above.len()..start].matches('\n').count() > 1;
    let below = text[end..].lines().next().unwrap_or("").trim();
    if below.is_empty() && (blank_above || above.ends_with('{')) && end < text.len() {
        return Some(start..next_line(end));
    }
    // The last item of a body: the blank line that set it off goes too.
    if below.starts_with('}') && blank_above {
        return Some(next_line(above.len())..end);
    }
    Some(start..end)
}

pub(super) fn name_of(structure: &Structure) -> &str {
    match structure {
        Structure::Attribute(attribute) => attribute.key.as_str(),
        Structure::Block(block) => block.ident.as_str(),
    }
}

/// The bytes between the braces of a block.
fn inner_range(text: &str, block: &Block, span: &Range<usize>) -> Result<Range<usize>, String> {
    let header_end = block
        .labels
        .last()
        .and_then(hcl_edit::Span::span)
        .or_else(|| block.ident.span())
        .ok_or("the block has no place in its file")?
        .end;
    let open = text[header_end..span.end].find('{').ok_or("the block has no brace")? + header_end;
    if text.as_bytes().get(span.end.wrapping_sub(1)) != Some(&b'}') {
        return Err("the block's end is not where it should be".into());
    }
    Ok(open + 1..span.end - 1)
}

/// Whether a comment is an argument or a block of this name.
fn begins(comment: &str, name: &str) -> bool {
    comment.strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with(['=', '{']))
}
