//! A source file: its bytes as they are, and what an edit must know to fit in.
//!
//! Invariant: `text` never holds the byte-order mark; every span in the program is an offset into `text`.
//! [`SourceFile::bytes`] puts the mark back, so that a file is written as it was found.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// Bytes of the UTF-8 byte-order mark, which Terraform accepts and HCL parsers don't.
const BOM: &str = "\u{feff}";

/// Files above this size are refused: no hand-written configuration is near it, and memory stays bounded.
pub const MAX_FILE_BYTES: u64 = 16 * 1024 * 1024;

/// Index of a file in its project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct FileId(pub u32);

/// A half-open byte range in one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A span over `range` of `file`.
    pub fn new(file: FileId, range: Range<usize>) -> Self {
        Self { file, start: range.start as u32, end: range.end as u32 }
    }

    /// The range as indices into the file's text.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Whether `offset` lies in the span.
    pub fn contains(self, offset: u32) -> bool {
        self.start <= offset && offset < self.end
    }
}

/// Where a piece of syntax stands: its file, and how far it moved there since it was parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Base {
    /// The file.
    pub file: FileId,
    /// In bytes.
    pub shift: i32,
}

impl Base {
    /// The span of what was parsed at `range`; nothing parsed is nowhere.
    pub fn span(self, range: Option<Range<usize>>) -> Span {
        let Some(range) = range else { return Span::new(self.file, 0..0) };
        let moved = |at: usize| (at as u32).saturating_add_signed(self.shift);
        Span { file: self.file, start: moved(range.start), end: moved(range.end) }
    }
}

impl From<FileId> for Base {
    fn from(file: FileId) -> Self {
        Self { file, shift: 0 }
    }
}

/// Which syntax a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// HCL native syntax: `.tf`, `.tfvars`.
    Hcl,
    /// Terraform's JSON syntax: `.tf.json`, `.tfvars.json`.
    Json,
}

/// One file of a project.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Where the file is on disk.
    pub path: PathBuf,
    /// The path relative to the scanned directory, with `/` between its parts.
    pub display: Arc<str>,
    /// The text without a byte-order mark.
    pub text: Arc<str>,
    /// Whether the file begins with a byte-order mark.
    pub bom: bool,
    /// Whether edits may be written here (a symbolic link is read, never written).
    pub editable: bool,
    /// Where lines begin, for [`SourceFile::position`]: found when it is asked for first.
    line_starts: OnceLock<Box<[u32]>>,
}

impl SourceFile {
    /// A file from its text; a leading byte-order mark is taken off and remembered.
    pub fn new(path: PathBuf, display: &str, text: &str) -> Self {
        let (bom, text) = match text.strip_prefix(BOM) {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        Self { path, display: display.into(), text: text.into(), bom, editable: true, line_starts: OnceLock::new() }
    }

    /// The same file with other text.
    #[must_use]
    pub fn with_text(&self, text: String) -> Self {
        Self { text: text.into(), line_starts: OnceLock::new(), ..self.clone() }
    }

    /// The bytes to write for this file.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.text.len() + BOM.len());
        if self.bom {
            out.extend_from_slice(BOM.as_bytes());
        }
        out.extend_from_slice(self.text.as_bytes());
        out
    }

    /// The syntax, by the file's name.
    pub fn syntax(&self) -> Syntax {
        if self.path.extension().is_some_and(|e| e == "json") { Syntax::Json } else { Syntax::Hcl }
    }

    /// The file's name.
    pub fn name(&self) -> &str {
        self.path.file_name().and_then(|n| n.to_str()).unwrap_or_default()
    }

    /// The directory that holds the file.
    pub fn directory(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    /// The line ending that inserted lines take: that of the file's first line.
    pub fn newline(&self) -> &'static str {
        match self.text.find('\n') {
            Some(at) if at > 0 && self.text.as_bytes()[at - 1] == b'\r' => "\r\n",
            _ => "\n",
        }
    }

    /// A range of bytes by lines and columns.
    pub fn region(&self, range: &Range<usize>) -> Region {
        let (start_line, start_column) = self.utf16_position(range.start);
        let (end_line, end_column) = self.utf16_position(range.end);
        Region { start_line, start_column, end_line, end_column }
    }

    /// Line and column, both from 1; columns count UTF-16 code units.
    fn utf16_position(&self, offset: usize) -> (usize, usize) {
        let (line, before) = self.line_of(offset);
        (line, before.encode_utf16().count() + 1)
    }

    /// Line and column (both from 1; columns count characters) of a byte offset.
    pub fn position(&self, offset: u32) -> Position {
        let (line, before) = self.line_of(offset as usize);
        Position { line, column: before.chars().count() + 1 }
    }

    /// The line of a byte offset, from 1, and what stands on it before the offset.
    fn line_of(&self, offset: usize) -> (usize, &str) {
        let at = floor_char_boundary(&self.text, offset);
        let starts = self.line_starts.get_or_init(|| {
            let ends = memchr::memchr_iter(b'\n', self.text.as_bytes());
            std::iter::once(0).chain(ends.map(|end| end as u32 + 1)).collect()
        });
        let line = starts.partition_point(|start| *start as usize <= at);
        (line, &self.text[starts[line - 1] as usize..at])
    }
}

/// A place as people count it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
}

/// A part of a file in the way of SARIF and editors: columns count UTF-16 code units. A byte-order mark counts as nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, PartialOrd, Ord)]
pub struct Region {
    /// From 1.
    pub start_line: usize,
    /// From 1.
    pub start_column: usize,
    /// From 1.
    pub end_line: usize,
    /// One past the last code unit, from 1.
    pub end_column: usize,
}

fn floor_char_boundary(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The start of the line that holds `at`.
pub fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |n| n + 1)
}

/// The end of the line that holds `at`, before its line ending.
pub fn line_end(text: &str, at: usize) -> usize {
    let end = text[at..].find('\n').map_or(text.len(), |n| at + n);
    if end > at && text.as_bytes()[end - 1] == b'\r' { end - 1 } else { end }
}

/// The white space at the start of the line that holds `at`.
pub fn indentation(text: &str, at: usize) -> &str {
    let start = line_start(text, at);
    let line = &text[start..];
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

/// The comment on the line that a value ends on, where it gives a reason: it speaks of this value, and would be untrue
/// beside another one. What only puts a better value off is no reason.
pub fn reason_behind(text: &str, end: usize) -> Option<&str> {
    const PUT_OFF: [&str; 7] = ["todo", "fixme", "xxx", "for now", "later", "temporar", "until"];
    let line = text[end..].lines().next().unwrap_or_default();
    let comment = line.trim_start_matches([' ', '\t', ',', ';', '}', ']', ')']).trim_end();
    let is_comment = ["#", "//", "/*"].iter().any(|mark| comment.starts_with(mark));
    let lower = comment.to_ascii_lowercase();
    (is_comment && !PUT_OFF.iter().any(|word| lower.contains(word))).then_some(comment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mark_and_line_ending_are_kept() {
        let file = SourceFile::new("a.tf".into(), "a.tf", "\u{feff}a = 1\r\nb = 2\r\n");
        assert!(file.bom && file.newline() == "\r\n" && file.text.starts_with('a'));
        assert_eq!(file.bytes(), "\u{feff}a = 1\r\nb = 2\r\n".as_bytes());
        assert_eq!(file.position(7), Position { line: 2, column: 1 });
    }

    #[test]
    fn columns_of_regions_count_utf16() {
        let file = SourceFile::new("a.tf".into(), "a.tf", "\u{feff}a\r\né😀 = 1\n");
        let of = |text: &str| {
            let start = file.text.find(text).unwrap();
            file.region(&(start..start + text.len()))
        };
        assert_eq!(of("= 1\n"), Region { start_line: 2, start_column: 5, end_line: 3, end_column: 1 });
        assert_eq!(of("a\r"), Region { start_line: 1, start_column: 1, end_line: 1, end_column: 3 });
    }

    #[test]
    fn columns_count_characters() {
        let file = SourceFile::new("a.tf".into(), "a.tf", "é = 1");
        assert_eq!(file.position(3), Position { line: 1, column: 3 });
        assert_eq!(file.position(1), Position { line: 1, column: 1 }, "inside a character: its start");
    }
}
