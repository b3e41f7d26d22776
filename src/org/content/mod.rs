//! The files of a repository, from the archive that GitHub makes of a commit.
//!
//! An archive is untrusted. Only files that matter are kept, in a temporary directory that goes away with [`Content`];
//! everything is bounded by [`Limits`], in memory and on disk. Links are made only to kept files of the same archive.

mod archive;
mod extract;
mod links;
mod relevant;
mod tar;

pub use archive::{extract, extract_in};
pub use relevant::{Relevance, relevance};

use std::path::Path;

use crate::diagnostic::Diagnostic;

/// What an archive may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the archive as it is sent.
    pub sent: u64,
    /// Bytes of the archive unpacked, whatever is kept.
    pub unpacked: u64,
    /// How often larger the archive may become by unpacking; only asked above 64 MiB.
    pub ratio: u64,
    /// Entries in the archive.
    pub entries: u64,
    /// Files that are kept.
    pub files: usize,
    /// Bytes that are kept.
    pub kept: u64,
    /// Bytes of one kept file.
    pub file: u64,
    /// Bytes of a path.
    pub path: usize,
    /// Directories above a file.
    pub depth: usize,
}

/// Bytes that any archive may unpack to: small ones of much white space are no bombs.
const RATIO_FREE: u64 = 64 << 20;

impl Default for Limits {
    fn default() -> Self {
        Self {
            sent: 2 << 30,
            unpacked: 8 << 30,
            ratio: 200,
            entries: 1_000_000,
            files: 50_000,
            kept: 256 << 20,
            file: crate::source::MAX_FILE_BYTES,
            path: 1024,
            depth: 64,
        }
    }
}

/// The kept files of a repository, on disk as long as this lives.
#[derive(Debug)]
pub struct Content {
    directory: tempfile::TempDir,
    /// The commit that the archive was made of, as git wrote it into the archive.
    pub commit: Option<String>,
    /// How many files were kept.
    pub files: usize,
    /// Their size.
    pub bytes: u64,
    /// What was left out although it matters.
    pub diagnostics: Vec<Diagnostic>,
}

impl Content {
    /// The top of the repository.
    pub fn root(&self) -> &Path {
        self.directory.path()
    }
}

/// Why an archive was given up.
#[derive(Debug, thiserror::Error)]
pub enum ContentError {
    /// It isn't what GitHub sends.
    #[error("the archive is damaged: {0}")]
    Damaged(String),
    /// It goes beyond a limit.
    #[error("the archive has {what} (the limit is {limit})\n  hint: {hint}")]
    TooMuch {
        /// What there is too much of.
        what: String,
        /// The limit, with its unit.
        limit: String,
        /// What to do.
        hint: &'static str,
    },
    /// A name leads out of the repository.
    #[error("the archive names `{0}`, which lies outside of the repository: nothing of it was used")]
    Outside(String),
    /// The same name comes twice, or as a file and as a directory.
    #[error("the archive names `{0}` twice: nothing of it was used")]
    Twice(String),
    /// The archive could not be read, or its files not be written here.
    #[error("the archive could not be unpacked: {0}")]
    Io(#[from] std::io::Error),
}

/// A name as it may be shown: control characters escaped, and not endless.
pub(crate) fn shown(name: &[u8]) -> String {
    const MOST: usize = 120;
    let text = String::from_utf8_lossy(name);
    let mut shown: String = text.chars().take(MOST).flat_map(escaped).collect();
    if text.chars().nth(MOST).is_some() {
        shown.push('…');
    }
    shown
}

fn escaped(c: char) -> Vec<char> {
    if is_strange(c) { c.escape_default().collect() } else { vec![c] }
}

/// Characters that don't show what they are: control characters, and marks that turn the direction of writing.
fn is_strange(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text of several lines as it may be shown.
pub(crate) fn shown_text(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(|line| line.chars().flat_map(escaped).collect()).collect();
    lines.join("\n")
}
