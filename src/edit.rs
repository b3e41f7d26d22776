//! Byte edits on source text: the only way this program changes a file.
//!
//! Invariants: the edits of one file never overlap; bytes outside their ranges are never touched; [`EditSet::invert`]
//! gives the edits that restore the original. A group of edits goes in whole or not at all.

use std::ops::Range;

use crate::source::{FileId, Span};

/// Replace the bytes of `span` by `text`. An empty span inserts, an empty text deletes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    /// What is replaced.
    pub span: Span,
    /// What stands there afterwards.
    pub text: String,
    /// Where it stands among the insertions at its place.
    pub order: Order,
}

/// Where an insertion stands among those at the same place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Order {
    /// Before the others.
    First,
    /// In the order of arrival.
    #[default]
    Between,
    /// Behind the others.
    Last,
}

impl Edit {
    /// Insert `text` at `offset` of `file`.
    pub fn insert(file: FileId, offset: usize, text: impl Into<String>) -> Self {
        Self::replace(Span::new(file, offset..offset), text)
    }

    /// Whether it takes nothing away.
    pub fn is_insertion(&self) -> bool {
        self.span.start == self.span.end
    }

    /// Replace `span` by `text`.
    pub fn replace(span: Span, text: impl Into<String>) -> Self {
        Self { span, text: text.into(), order: Order::default() }
    }
}

/// What an edit does to places: the range that it replaces, and how many bytes stand there afterwards.
pub type Replaced = (Range<usize>, usize);

/// Edits that were accepted, over any number of files.
#[derive(Debug, Clone, Default)]
pub struct EditSet {
    edits: Vec<Edit>,
}

impl EditSet {
    /// Takes a group whole, or refuses it whole: an edit that overlaps an accepted one, or inserts inside it, is a
    /// conflict. Two insertions at the same place are not: they stand in the order in which they came.
    pub fn accept(&mut self, group: &[Edit]) -> bool {
        let with_accepted = group.iter().any(|new| self.edits.iter().any(|old| conflict(old, new)));
        let among_itself = group.iter().enumerate().any(|(i, new)| group[..i].iter().any(|old| conflict(old, new)));
        if with_accepted || among_itself {
            return false;
        }
        self.edits.extend(group.iter().cloned());
        true
    }

    /// Whether this very edit was accepted.
    pub fn contains(&self, edit: &Edit) -> bool {
        self.edits.contains(edit)
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    /// The files that change, in order.
    pub fn files(&self) -> Vec<FileId> {
        let mut files: Vec<_> = self.edits.iter().map(|e| e.span.file).collect();
        files.sort_unstable();
        files.dedup();
        files
    }

    /// The edits of one file in order of place; insertions at one place keep their order of arrival, but for those
    /// that are to be first or last.
    pub fn of(&self, file: FileId) -> Vec<&Edit> {
        let mut edits: Vec<_> = self.edits.iter().filter(|e| e.span.file == file).collect();
        edits.sort_by_key(|e| (e.span.start, e.span.end, e.order));
        edits
    }

    /// What the edits of one file do to places, in their order.
    pub fn replaced(&self, file: FileId) -> Vec<Replaced> {
        self.of(file).into_iter().map(|edit| (edit.span.range(), edit.text.len())).collect()
    }

    /// The text of `file` after its edits.
    pub fn apply(&self, file: FileId, text: &str) -> String {
        let mut out = String::with_capacity(text.len() + 256);
        let mut at = 0;
        for edit in self.of(file) {
            out.push_str(&text[at..edit.span.start as usize]);
            out.push_str(&edit.text);
            at = edit.span.end as usize;
        }
        out.push_str(&text[at..]);
        out
    }

    /// The edits that turn [`Self::apply`]'s result for `file` back into `text`.
    #[must_use]
    pub fn invert(&self, file: FileId, text: &str) -> Self {
        let mut edits = Vec::new();
        let mut shift = 0i64;
        for edit in self.of(file) {
            let start = (i64::from(edit.span.start) + shift) as usize;
            let span = Span::new(file, start..start + edit.text.len());
            edits.push(Edit::replace(span, &text[edit.span.range()]));
            shift += edit.text.len() as i64 - i64::from(edit.span.end - edit.span.start);
        }
        Self { edits }
    }
}

/// Touching is allowed, sharing a byte is not; an insertion conflicts only strictly inside a replaced range.
fn conflict(a: &Edit, b: &Edit) -> bool {
    a.span.file == b.span.file && a.span.start < b.span.end && b.span.start < a.span.end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(groups: &[&[(usize, usize, &str)]]) -> EditSet {
        let mut set = EditSet::default();
        for group in groups {
            let edits: Vec<_> = group.iter().map(|(s, e, t)| Edit::replace(Span::new(FileId(0), *s..*e), *t)).collect();
            set.accept(&edits);
        }
        set
    }

    #[test]
    fn a_conflicting_group_is_refused_whole() {
        let edits = set(&[&[(2, 4, "X")], &[(0, 0, "first"), (3, 5, "Y")]]);
        assert_eq!(edits.apply(FileId(0), "abcdef"), "abXef");
    }

    #[test]
    fn insertions_at_one_place_keep_their_order() {
        let edits = set(&[&[(3, 3, "1")], &[(3, 3, "2")]]);
        assert_eq!(edits.apply(FileId(0), "abcdef"), "abc12def");
    }

    #[test]
    fn inversion_restores_the_text() {
        let edits = set(&[&[(0, 1, ""), (2, 2, "long insertion"), (4, 6, "z")]]);
        let after = edits.apply(FileId(0), "abcdef");
        assert_eq!(edits.invert(FileId(0), "abcdef").apply(FileId(0), &after), "abcdef");
    }
}
