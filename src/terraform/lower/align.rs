//! What `terraform fmt` moves on the lines around an edit, and nothing else.
//!
//! Its rule (`hclwrite/format.go`): the `=` of consecutive lines stand in one column, and so do the comments at their
//! ends. A line whose value opens more brackets than it closes has no part in it: it gets one blank before its `=`, and
//! parts the lines above from those below. An edit that makes a value longer than its line, or shorter, therefore moves
//! the `=` of its line and may move its neighbours'. A line that was as `terraform fmt` leaves it stays so; one that
//! wasn't stays as it is.

use std::collections::HashMap;
use std::ops::Range;

use crate::edit::Edit;
use crate::hcl::Document;
use crate::source::{FileId, Span};

/// The blanks that must change so that the edits of a file, in order of place, leave formatted what was formatted.
pub(super) fn realigned(file: FileId, text: &str, document: &Document, edits: &[&Edit]) -> Vec<Edit> {
    // No column is shared over a block at the top level that none of them touches.
    let mut blocks = document.blocks().map(|(piece, _)| piece.range()).peekable();
    let mut parted = |a: &&Edit, b: &&Edit| {
        while blocks.next_if(|block| block.start < a.span.end as usize).is_some() {}
        blocks.peek().is_some_and(|block| block.end <= b.span.start as usize)
    };
    edits.chunk_by(|a, b| !parted(a, b)).flat_map(|near| realigned_near(file, text, document, near)).collect()
}

fn realigned_near(file: FileId, text: &str, document: &Document, edits: &[&Edit]) -> Vec<Edit> {
    let window = window(text, document, edits);
    let text = &text[window.clone()];
    let place = |edit: &Edit| edit.span.start as usize - window.start..edit.span.end as usize - window.start;
    let edits: Vec<_> = edits.iter().map(|edit| (place(edit), edit.text.as_str())).collect();
    let mut after = String::with_capacity(text.len());
    let mut at = 0;
    for (place, new) in &edits {
        after.push_str(text.get(at..place.start).unwrap_or_default());
        after.push_str(new);
        at = place.end;
    }
    after.push_str(&text[at..]);
    let was = Gaps::of(text);
    let is = Gaps::of(&after);
    let now: HashMap<usize, &Gap> = is.0.iter().map(|gap| (gap.blanks.start, gap)).collect();
    let mut moved = Vec::new();
    for gap in was.0.iter().filter(|gap| gap.formatted) {
        let Some(place) = moved_to(&gap.blanks, &edits) else { continue };
        let Some(new) = now.get(&place.start).filter(|new| new.blanks == place) else { continue };
        if new.has != new.wants {
            let blanks = window.start + gap.blanks.start..window.start + gap.blanks.end;
            moved.push(Edit::replace(Span::new(file, blanks), " ".repeat(new.wants)));
        }
    }
    moved
}

/// The lines that edits can move.
fn window(text: &str, document: &Document, edits: &[&Edit]) -> Range<usize> {
    let first = edits.iter().map(|edit| edit.span.start as usize).min().unwrap_or(0);
    let last = edits.iter().map(|edit| edit.span.end as usize).max().unwrap_or(text.len());
    let blocks = || document.blocks().map(|(piece, _)| piece.range());
    let before = blocks().map(|block| block.end).filter(|end| *end <= first).max().unwrap_or(0);
    let after = blocks().map(|block| block.start).filter(|start| *start >= last).min().unwrap_or(text.len());
    // With the whole lines of their borders, as comments behind them count.
    let start = text[..before.saturating_sub(1)].rfind('\n').map_or(0, |at| at + 1);
    let end = text[after..].find('\n').map_or(text.len(), |at| after + at + 1);
    start..end
}

/// Where a range is after the edits; nothing when an edit touches it.
fn moved_to(range: &Range<usize>, edits: &[(Range<usize>, &str)]) -> Option<Range<usize>> {
    let mut shift = 0isize;
    for (place, new) in edits {
        if place.start >= range.end {
            break;
        }
        if place.end > range.start {
            return None;
        }
        shift += new.len() as isize - place.len() as isize;
    }
    Some(range.start.checked_add_signed(shift)?..range.end.checked_add_signed(shift)?)
}

/// Blanks before a `=` or a comment: how many there are, and how many `terraform fmt` wants.
struct Gap {
    blanks: Range<usize>,
    has: usize,
    wants: usize,
    /// Whether all that are aligned with it have what they should.
    formatted: bool,
}

struct Gaps(Vec<Gap>);

/// A line as far as alignment goes.
#[derive(Default)]
struct Line {
    /// Columns before the blanks before `=`, and these blanks.
    assign: Option<(usize, Range<usize>)>,
    /// Whether the value ends on the line: then its `=` is aligned.
    whole: bool,
    /// Columns of what stands before a comment at the line's end, without the blanks before `=`, and the blanks before
    /// the comment.
    comment: Option<(usize, Range<usize>)>,
}

impl Gaps {
    fn of(text: &str) -> Self {
        let lines = lines(text);
        let mut gaps = Vec::new();
        // The blanks before each `=` as they should be: comments stand behind them.
        let mut widths: Vec<usize> = lines.iter().map(|line| usize::from(line.assign.is_some())).collect();
        let mut add = |group: Vec<(Range<usize>, usize)>| {
            let formatted = group.iter().all(|(blanks, wants)| blanks.len() == *wants);
            gaps.extend(group.into_iter().map(|(blanks, wants)| Gap { has: blanks.len(), blanks, wants, formatted }));
        };
        for run in runs(&lines, |line| line.assign.is_some() && line.whole) {
            let column = |i: usize| lines[i].assign.as_ref().map_or(0, |(column, _)| *column);
            let widest = run.clone().map(column).max().unwrap_or(0);
            run.clone().for_each(|i| widths[i] = widest - column(i) + 1);
            add(run.filter_map(|i| Some((lines[i].assign.as_ref()?.1.clone(), widths[i]))).collect());
        }
        for line in lines.iter().filter(|line| !line.whole) {
            add(line.assign.iter().map(|(_, blanks)| (blanks.clone(), 1)).collect());
        }
        for run in runs(&lines, |line| line.comment.is_some()) {
            let column = |i: usize| lines[i].comment.as_ref().map_or(0, |(column, _)| *column) + widths[i];
            let widest = run.clone().map(column).max().unwrap_or(0);
            let blanks = |i: usize| Some((lines[i].comment.as_ref()?.1.clone(), widest - column(i) + 1));
            add(run.filter_map(blanks).collect());
        }
        Self(gaps)
    }
}

/// Ranges of consecutive lines of a kind.
fn runs(lines: &[Line], is: impl Fn(&Line) -> bool) -> Vec<Range<usize>> {
    let mut runs = Vec::new();
    let mut start = None;
    for i in 0..=lines.len() {
        match (lines.get(i).is_some_and(&is), start) {
            (true, None) => start = Some(i),
            (false, Some(first)) => {
                runs.push(first..i);
                start = None;
            }
            _ => {}
        }
    }
    runs
}

fn lines(text: &str) -> Vec<Line> {
    let mut scanner = Scanner { text, at: 0, templates: Vec::new() };
    let mut lines = Vec::new();
    while scanner.at < text.len() {
        lines.push(scanner.line());
    }
    lines
}

/// Whether a token that decides may begin with it.
fn is_sign(byte: u8) -> bool {
    matches!(byte, b'\n' | b'#' | b'/' | b'"' | b'<' | b'{' | b'[' | b'(' | b'}' | b']' | b')' | b'=')
}

/// Reads tokens as far as they decide where lines are aligned.
struct Scanner<'a> {
    text: &'a str,
    at: usize,
    /// Brackets that are open in each interpolation around the current place.
    templates: Vec<usize>,
}

impl Scanner<'_> {
    /// One line, and what a heredoc, a string or a comment that begins on it swallows.
    fn line(&mut self) -> Line {
        let start = self.at;
        let mut line = Line::default();
        let mut balance = 0i32;
        let mut heredoc = None;
        while let Some(c) = self.text[self.at..].chars().next() {
            let rest = &self.text[self.at..];
            match c {
                '\n' => {
                    self.at += 1;
                    break;
                }
                '#' => self.comment(start, &mut line),
                '/' if rest.starts_with("//") => self.comment(start, &mut line),
                '/' if rest.starts_with("/*") => self.at += rest.find("*/").map_or(rest.len(), |end| end + 2),
                '"' => self.string(),
                '<' if rest.starts_with("<<") => {
                    let marker = rest[2..].trim_start_matches('-').lines().next().unwrap_or("").trim();
                    heredoc = Some(marker.to_owned()).filter(|marker| is_name(marker));
                    self.at += 2;
                }
                '{' | '[' | '(' => {
                    balance += i32::from(line.assign.is_some());
                    self.at += 1;
                }
                '}' | ']' | ')' => {
                    balance -= i32::from(line.assign.is_some());
                    self.at += 1;
                }
                '=' if line.assign.is_none() && self.is_assignment(start) => {
                    line.assign = Some(self.blanks_before(start));
                    self.at += 1;
                }
                _ => {
                    let sign = rest.bytes().skip(1).position(is_sign);
                    self.at += sign.map_or(rest.len(), |at| at + 1);
                }
            }
        }
        line.whole = balance == 0;
        if let Some(marker) = heredoc {
            self.heredoc(&marker);
        }
        line
    }

    /// The columns before the blanks that end here, and these blanks.
    fn blanks_before(&self, start: usize) -> (usize, Range<usize>) {
        let before = &self.text[start..self.at];
        let kept = before.trim_end_matches([' ', '\t']);
        (kept.chars().count(), start + kept.len()..self.at)
    }

    /// Whether the `=` here is one of an argument or an entry: the first of its line, with something before it.
    fn is_assignment(&self, start: usize) -> bool {
        let before = self.text[start..self.at].trim_end();
        let after = self.text[self.at + 1..].chars().next();
        !before.trim_start().is_empty() && !before.ends_with(['!', '<', '>', '=']) && !matches!(after, Some('=' | '>'))
    }

    fn comment(&mut self, start: usize, line: &mut Line) {
        let (columns, blanks) = self.blanks_before(start);
        if columns > 0 && !self.text[start..blanks.start].trim().is_empty() {
            let aligned = line.assign.as_ref().map_or(0, |(_, blanks)| blanks.len());
            line.comment = Some((columns - aligned, blanks));
        }
        self.at += self.text[self.at..].find('\n').unwrap_or(self.text.len() - self.at);
    }

    /// A quoted string with its interpolations; it ends with its line at the latest.
    fn string(&mut self) {
        self.at += 1;
        while let Some(c) = self.text[self.at..].chars().next() {
            let rest = &self.text[self.at..];
            match c {
                '\n' => return,
                '"' => {
                    self.at += 1;
                    return;
                }
                '\\' => self.at += 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
                '$' | '%' if rest.starts_with("$${") || rest.starts_with("%%{") => self.at += 3,
                '$' | '%' if rest[1..].starts_with('{') => {
                    self.at += 2;
                    self.interpolation();
                }
                _ => self.at += c.len_utf8(),
            }
        }
    }

    fn interpolation(&mut self) {
        self.templates.push(1);
        while let (Some(c), Some(depth)) = (self.text[self.at..].chars().next(), self.templates.last_mut()) {
            match c {
                '\n' => break,
                '{' => *depth += 1,
                '}' => *depth -= 1,
                _ => {}
            }
            let closed = *depth == 0;
            if c == '"' {
                self.string();
            } else {
                self.at += c.len_utf8();
            }
            if closed {
                break;
            }
        }
        self.templates.pop();
    }

    /// The lines up to the one with the marker.
    fn heredoc(&mut self, marker: &str) {
        while self.at < self.text.len() {
            let rest = &self.text[self.at..];
            let line = rest.lines().next().unwrap_or("");
            self.at += rest.find('\n').map_or(rest.len(), |end| end + 1);
            if line.trim() == marker {
                return;
            }
        }
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `terraform fmt` leaves it.
    const FORMATTED: &str = r#"resource "a" "b" {
  a              = 1
  policy         = <<EOF
{
  "x" = 1
}
EOF
  queue_url_long = 2
  b              = 1 # c
  ccc            = <<-EOT
    x
  EOT
  d              = 1 # e
  /* x
  y */
  eeeee = 1 # f
  list = [  # g
    1,
  ]
  f    = a == {}       # "h"
  gggg = "${a["}"]} %" # i
  k = {
    a = 1
  }
  lifecycle { ignore_changes = [x] }
  é  = !b
  ii = [for k, v in x : k => v if v == "="]
}
"#;

    fn wrong(text: &str) -> Vec<String> {
        let gaps = Gaps::of(text).0;
        let wrong = gaps.into_iter().filter(|gap| gap.has != gap.wants);
        wrong.map(|gap| text[..gap.blanks.end].lines().last().unwrap_or_default().to_owned()).collect()
    }

    #[test]
    fn what_is_formatted_has_the_blanks_that_it_should() {
        assert_eq!(wrong(FORMATTED), Vec::<String>::new());
        assert_eq!(wrong("a = 1\nbb = 2 # x\n"), ["a "]);
        assert_eq!(wrong("a  = 1 # x\nbb = 22 # y\n"), ["a  = 1 "]);
        assert_eq!(wrong("policy    = foo({\n})\nqueue_url = 1\n"), ["policy    "]);
    }

    #[test]
    fn formatted_files_are_left_alone() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/terraform");
        let mut files = Vec::new();
        let mut open = vec![root];
        while let Some(directory) = open.pop() {
            for entry in std::fs::read_dir(directory).expect("it is there").flatten() {
                if entry.path().is_dir() {
                    open.push(entry.path());
                } else if entry.path().extension().is_some_and(|e| e == "tf") {
                    files.push(entry.path());
                }
            }
        }
        assert!(files.len() > 10, "{files:?}");
        for file in files {
            let text = std::fs::read_to_string(&file).expect("it is text");
            assert_eq!(wrong(&text), Vec::<String>::new(), "{}", file.display());
        }
    }

    fn edited(text: &str, old: &str, new: &str) -> String {
        let at = text.find(old).expect("it is there");
        let edit = Edit::replace(Span::new(FileId(0), at..at + old.len()), new);
        let mut set = crate::edit::EditSet::default();
        assert!(set.accept(std::slice::from_ref(&edit)));
        let document = Document::parse(&text.into()).expect("it is valid");
        assert!(set.accept(&realigned(FileId(0), text, &document, &[&edit])));
        set.apply(FileId(0), text)
    }

    #[test]
    fn a_value_that_outgrows_its_line_parts_its_neighbours() {
        let before = "  a         = 1\n  policy    = f()\n  queue_url = 2\n  b         = 3\n";
        let after = "  a = 1\n  policy = f(\n)\n  queue_url = 2\n  b         = 3\n";
        assert_eq!(edited(before, "f()", "f(\n)"), after);
    }

    #[test]
    fn comments_move_with_the_values_before_them() {
        assert_eq!(edited("a = false # x\nb = 12345 # y\n", "false", "true"), "a = true  # x\nb = 12345 # y\n");
    }

    #[test]
    fn what_was_not_formatted_is_left_as_it_is() {
        let before = "  a = 1\n  policy    = f()\n  queue_url   = 2\n";
        assert_eq!(edited(before, "f()", "f(\n)"), before.replace("f()", "f(\n)"));
    }
}
