//! Results for people and programs.

pub mod github;
pub mod html;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod sarif;
pub mod text;
mod unified;

pub use unified::unified;

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
