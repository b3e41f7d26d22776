//! Results for people and programs.

pub mod github;
pub mod html;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod sarif;
pub mod text;

use similar::TextDiff;

use crate::catalogue::Catalogue;
use crate::engine::{ChangedFile, Outcome};
use crate::finding::Finding;
use crate::source::SourceFile;

/// A run and what a report says beside it.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// What came of the run; findings with edits and previews.
    pub outcome: &'a Outcome,
    /// The controls that it was judged by.
    pub catalogue: &'a Catalogue,
    /// Whether fixes were asked for.
    pub fixing: bool,
    /// What stands before every path, so that it begins at the top of the repository: nothing, or `infra/`.
    pub prefix: &'a str,
    /// What stands before such a path in a link to the files as they were judged:
    /// `https://github.com/acme/shop/blob/4f2c81a/`.
    pub links: Option<&'a str>,
}

impl<'a> Report<'a> {
    /// The findings that nobody silenced, the worst first.
    fn open(&self) -> Vec<&'a Finding> {
        let mut open: Vec<_> = self.outcome.findings.iter().filter(|f| f.suppressed.is_none()).collect();
        open.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        open
    }

    /// A path from the top of the repository.
    fn path(&self, file: &str) -> String {
        format!("{}{file}", self.prefix)
    }

    /// File and line (from 1) where people mend it: the call in a program, where a program makes the resource.
    fn place(&self, finding: &Finding) -> (String, usize) {
        match &finding.source {
            Some(source) => (self.path(&source.file), source.line),
            None => (self.path(&finding.file), finding.line),
        }
    }
}

/// `1 finding`, `2 findings`.
fn plural(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// A changed file as a unified diff under `path`, as `git apply` takes it.
pub fn diff(path: &str, file: &ChangedFile) -> String {
    unified(path, &raw(&file.before), &raw(&file.after), 3)
}

/// The file's text with its byte-order mark, as `git apply` will compare it.
fn raw(file: &SourceFile) -> String {
    if file.bom { format!("\u{feff}{}", file.text) } else { file.text.to_string() }
}

/// A unified diff of one file that `git apply` takes; empty when nothing differs.
pub fn unified(path: &str, before: &str, after: &str, context: usize) -> String {
    if before == after {
        return String::new();
    }
    TextDiff::configure()
        .newline_terminated(true)
        .diff_slices(&lines(before), &lines(after))
        .unified_diff()
        .context_radius(context)
        .header(&name("a/", path), &name("b/", path))
        .to_string()
}

/// Lines with their ends, as git sees them.
fn lines(text: &str) -> Vec<&str> {
    let mut start = 0;
    let ends = memchr::memchr_iter(b'\n', text.as_bytes()).map(|end| end + 1).chain([text.len()]);
    ends.map(|end| &text[std::mem::replace(&mut start, end)..end]).filter(|line| !line.is_empty()).collect()
}

/// A file's name as git writes it in a patch: quoted, in the manner of C, where it holds anything special. Behind one with
/// a space stands a tab, so that the name's end is seen.
fn name(side: &str, path: &str) -> String {
    let plain = |byte: u8| (b' '..=b'~').contains(&byte) && byte != b'"' && byte != b'\\';
    if path.bytes().all(plain) {
        let tab = if path.contains(' ') { "\t" } else { "" };
        return format!("{side}{path}{tab}");
    }
    let mut quoted = format!("\"{side}");
    for byte in path.bytes() {
        match byte {
            b'"' | b'\\' => quoted.extend(['\\', char::from(byte)]),
            b'\t' => quoted.push_str("\\t"),
            b'\n' => quoted.push_str("\\n"),
            b'\r' => quoted.push_str("\\r"),
            byte if plain(byte) => quoted.push(char::from(byte)),
            byte => quoted.push_str(&format!("\\{byte:03o}")),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_as_git_does_it() {
        for (path, expected) in [
            ("main.tf", "a/main.tf"),
            ("my module/main.tf", "a/my module/main.tf\t"),
            ("a\"b\\c.tf", "\"a/a\\\"b\\\\c.tf\""),
            ("a\tb\nc\r.tf", "\"a/a\\tb\\nc\\r.tf\""),
            ("é.tf", "\"a/\\303\\251.tf\""),
            ("\u{1}.tf", "\"a/\\001.tf\""),
        ] {
            assert_eq!(name("a/", path), expected);
        }
    }
}
