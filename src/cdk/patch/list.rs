//! Lists in brackets, in any language: what stands between an opening and a closing bracket, parted by commas.

use std::ops::Range;

use tree_sitter::Node;

use crate::edit::Edit;
use crate::source::{FileId, SourceFile, Span, indentation, line_end, line_start};

/// A list in brackets.
#[derive(Debug, Default)]
pub(super) struct List {
    /// Between the brackets.
    inside: Range<usize>,
    /// What is listed.
    items: Vec<Range<usize>>,
    /// The end of the comma behind the last one.
    comma: Option<usize>,
    /// Comments behind the last one, or all when nothing is listed.
    comments: Vec<Range<usize>>,
    brackets: bool,
}

/// How items stand in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Form {
    /// Each on a line of its own, indented so.
    Lines(String),
    /// One behind the other.
    Inline,
}

/// What adds an item.
#[derive(Debug)]
pub(super) struct Addition {
    pub(super) edits: Vec<Edit>,
    /// Whether other additions may be made at the same time.
    pub(super) joint: bool,
}

impl List {
    /// The list in a node whose first and last children are brackets.
    pub(super) fn of(node: Node<'_>) -> Self {
        let mut list = Self { inside: node.start_byte() + 1..node.end_byte().saturating_sub(1), ..Self::default() };
        let mut cursor = node.walk();
        node.children(&mut cursor).for_each(|child| list.take(child));
        list
    }

    fn take(&mut self, child: Node<'_>) {
        match child.kind() {
            "," => self.comma = Some(child.end_byte()),
            "comment" => self.comments.push(child.byte_range()),
            "(" | "{" => self.brackets = true,
            _ if child.is_named() => {
                self.items.push(child.byte_range());
                self.comma = None;
                self.comments.clear();
            }
            _ => {}
        }
    }

    /// The names of a statement behind a place, which may have no brackets: `from aws_cdk import a, b`.
    pub(super) fn names(statement: Node<'_>, behind: usize) -> Self {
        let mut list = Self::default();
        let mut cursor = statement.walk();
        statement.children(&mut cursor).filter(|child| child.start_byte() >= behind).for_each(|child| list.take(child));
        list
    }

    /// Whether brackets stand around it.
    pub(super) fn has_brackets(&self) -> bool {
        self.brackets
    }

    /// Whether a comma stands behind the last item.
    pub(super) fn has_comma(&self) -> bool {
        self.comma.is_some()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Lines when the last item that begins a line shows how; such a list begins on another line than its bracket.
    pub(super) fn form(&self, text: &str) -> Form {
        let begins = |item: &&Range<usize>| text[line_start(text, item.start)..item.start].trim().is_empty();
        match self.items.iter().rev().find(begins) {
            Some(item) => Form::Lines(indentation(text, item.start).to_owned()),
            None => Form::Inline,
        }
    }

    /// Adds an item at the end. The list isn't empty.
    pub(super) fn append(&self, file: &SourceFile, id: FileId, item: &str) -> Addition {
        let (text, newline) = (&file.text, file.newline());
        let last = self.items.last().map_or(self.inside.start, |last| last.end);
        let end = self.comma.unwrap_or(last);
        let insert = |at: usize, text: String| Edit::insert(id, at, text);
        let one = |edit| Addition { edits: vec![edit], joint: true };
        match (self.form(text), self.comma.is_some()) {
            (Form::Inline, false) => one(insert(end, format!(", {item}"))),
            (Form::Inline, true) => one(insert(end, format!(" {item},"))),
            (Form::Lines(indent), comma) => {
                // A comment on the line of the last item stays there.
                let line = line_end(text, end);
                let comment = self.comments.iter().find(|comment| comment.start < line).map(|comment| comment.end);
                match (comma, comment) {
                    (true, comment) => one(insert(comment.unwrap_or(end), format!("{newline}{indent}{item},"))),
                    (false, None) => one(insert(end, format!(",{newline}{indent}{item}"))),
                    (false, Some(comment)) => Addition {
                        edits: vec![insert(end, ",".into()), insert(comment, format!("{newline}{indent}{item}"))],
                        joint: false,
                    },
                }
            }
        }
    }

    /// Fills an empty list with lines. `outer` is the indentation of the line that closes it.
    pub(super) fn fill(&self, file: &SourceFile, id: FileId, lines: &str, outer: &str) -> Edit {
        match self.comments.last() {
            Some(comment) => Edit::insert(id, comment.end, lines),
            None => Edit::replace(Span::new(id, self.inside.clone()), format!("{lines}{}{outer}", file.newline())),
        }
    }
}

/// One step of indentation of a file: a tab, or the smallest number of blanks that a line begins with.
pub(super) fn step(text: &str, otherwise: &str) -> String {
    if text.lines().any(|line| line.starts_with('\t')) {
        return "\t".into();
    }
    let blanks = text.lines().filter(|line| !line.trim_start().starts_with('*')).map(|line| {
        let trimmed = line.trim_start_matches(' ');
        if trimmed.is_empty() { 0 } else { line.len() - trimmed.len() }
    });
    blanks.filter(|blanks| *blanks > 0).min().map_or_else(|| otherwise.to_owned(), |blanks| " ".repeat(blanks))
}
