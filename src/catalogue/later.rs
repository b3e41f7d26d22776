//! Declarations that are read when somebody asks for them.
//!
//! Most runs meet a few of the resource types that the built-in pages judge. Blocks of the others aren't parsed: that took
//! a third of the time of a scan of a small repository. Pages of a repository are parsed at once, so that what is wrong is said; the
//! built-in ones by the tests.

use std::ops::{Deref, Range};
use std::sync::LazyLock;

/// A value that is made when it is used first.
pub struct Later<T>(LazyLock<T, Box<dyn FnOnce() -> T + Send>>);

impl<T> Later<T> {
    pub(super) fn new(make: impl FnOnce() -> T + Send + 'static) -> Self {
        Self(LazyLock::new(Box::new(make)))
    }
}

impl<T: Send + 'static> From<T> for Later<T> {
    fn from(value: T) -> Self {
        Self::new(|| value)
    }
}

impl<T> Deref for Later<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: std::fmt::Debug> std::fmt::Debug for Later<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        (**self).fmt(f)
    }
}

/// A block at the top level: its keyword, its first label, and where it is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cut<'a> {
    pub(super) keyword: &'a str,
    pub(super) label: &'a str,
    pub(super) range: Range<usize>,
}

/// The blocks of these keywords at the top level of a text as `terraform fmt` leaves it: they begin at the beginning of a
/// line, and end with a line `}`.
pub(super) fn cut<'a>(text: &'a str, keywords: &[&str]) -> Vec<Cut<'a>> {
    let mut cuts: Vec<Cut<'a>> = Vec::new();
    let mut open: Option<Cut<'a>> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        match &mut open {
            Some(_) if line.trim_end() == "}" => {
                cuts.extend(open.take().map(|cut| Cut { range: cut.range.start..at, ..cut }));
            }
            Some(_) => {}
            None => {
                let mut words = line.split('"');
                let keyword = words.next().unwrap_or_default().trim_end();
                if keywords.contains(&keyword) && line.trim_end().ends_with('{') {
                    open = Some(Cut { keyword, label: words.next().unwrap_or_default(), range: start..start });
                } else if keywords.contains(&keyword) {
                    let range = start..at;
                    cuts.push(Cut { keyword, label: words.next().unwrap_or_default(), range });
                }
            }
        }
    }
    cuts
}

/// A text with blanks in place of everything outside of these ranges: offsets and lines stay.
pub(super) fn only(text: &str, ranges: &[Range<usize>]) -> String {
    let end = ranges.iter().map(|range| range.end).max().unwrap_or(0);
    let mut kept = String::with_capacity(end);
    for range in ranges {
        kept.push_str(&" ".repeat(range.start - kept.len()));
        kept.push_str(&text[range.clone()]);
    }
    kept
}

/// What lies between ranges.
pub(super) fn between(ranges: &[Range<usize>], length: usize) -> Vec<Range<usize>> {
    let ends = ranges.iter().map(|range| range.end);
    let starts = ranges.iter().map(|range| range.start).chain([length]);
    std::iter::once(0).chain(ends).zip(starts).map(|(start, end)| start..end).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_cut_out_where_they_begin_and_end() {
        let text = "id = \"x\"\n\nterraform \"aws_a\" {\n  pass = {\n  }\n}\noption \"b\" {\n}\n\ncdk \"c\" \"d\" { set = {} }\n";
        let cuts = cut(text, &["terraform", "cdk"]);
        let found: Vec<_> = cuts.iter().map(|cut| (cut.keyword, cut.label, &text[cut.range.clone()])).collect();
        let expected = [
            ("terraform", "aws_a", "terraform \"aws_a\" {\n  pass = {\n  }\n}\n"),
            ("cdk", "c", "cdk \"c\" \"d\" { set = {} }\n"),
        ];
        assert_eq!(found, expected);
        let ranges: Vec<_> = cuts.iter().map(|cut| cut.range.clone()).collect();
        let (inside, outside) = (only(text, &ranges), only(text, &between(&ranges, text.len())));
        assert_eq!(
            inside.split_whitespace().count() + outside.split_whitespace().count(),
            text.split_whitespace().count()
        );
        assert_eq!(&outside[text.find("option").unwrap()..][..6], "option");
    }
}
