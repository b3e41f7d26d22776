//! The patterns of one file like `.gitignore`: read at once, compiled when one of them may match.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// An entry that is asked about.
pub(super) struct Asked<'a> {
    pub(super) directory: &'a Path,
    pub(super) name: &'a OsStr,
    pub(super) is_directory: bool,
}

/// What was read so far: many directories of a repository hold the same file.
#[derive(Debug, Default)]
pub(super) struct Known(Mutex<HashMap<Vec<u8>, Arc<Content>>>);

/// The patterns of a file, which hold in its directory and below.
#[derive(Debug)]
pub(super) struct Patterns {
    directory: PathBuf,
    content: Arc<Content>,
}

#[derive(Debug)]
struct Content {
    lines: Vec<String>,
    hints: Vec<Hint>,
    matcher: OnceLock<Gitignore>,
}

impl Patterns {
    /// `None` where there is no such file, or none that says something.
    pub(super) fn read(directory: PathBuf, file: &Path, known: &Known) -> Option<Self> {
        let bytes = std::fs::read(file).ok()?;
        let mut known = known.0.lock().unwrap_or_else(PoisonError::into_inner);
        let content = if let Some(content) = known.get(&bytes) {
            Arc::clone(content)
        } else {
            let content = Arc::new(Content::of(&bytes));
            known.insert(bytes, Arc::clone(&content));
            content
        };
        (!content.hints.is_empty()).then_some(Self { directory, content })
    }

    /// Whether an entry is left out (`true`), or taken in although a weaker pattern leaves it out.
    pub(super) fn decide(&self, asked: &Asked<'_>) -> Option<bool> {
        let inner = asked.directory.strip_prefix(&self.directory).unwrap_or(asked.directory);
        if !self.content.hints.iter().any(|hint| hint.may_match(inner, asked.name)) {
            return None;
        }
        match self.content.matcher().matched(inner.join(asked.name), asked.is_directory) {
            Match::None => None,
            Match::Ignore(_) => Some(true),
            Match::Whitelist(_) => Some(false),
        }
    }
}

impl Content {
    fn of(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let lines: Vec<_> = text.trim_start_matches('\u{feff}').lines().map(str::to_owned).collect();
        let hints = lines.iter().filter_map(|line| Hint::of(line)).collect();
        Self { lines, hints, matcher: OnceLock::new() }
    }

    fn matcher(&self) -> &Gitignore {
        self.matcher.get_or_init(|| {
            let mut builder = GitignoreBuilder::new("");
            for line in &self.lines {
                // A pattern that can't be read is left out, as git does.
                let _ = builder.add_line(None, line);
            }
            builder.build().unwrap_or_else(|_| Gitignore::empty())
        })
    }
}

/// What a pattern needs of a path; it may need more.
#[derive(Debug, PartialEq, Eq)]
struct Hint {
    /// Of the path's first part below the directory of the patterns.
    first: Part,
    last: Part,
}

/// What a pattern needs of a part of a path.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    Any,
    Name(Box<str>),
    Pieces(Box<[Piece]>),
}

/// A piece of a pattern.
#[derive(Debug, PartialEq, Eq)]
enum Piece {
    Char(char),
    /// A class: the characters that it names.
    Among(Box<str>),
    /// Any character.
    One,
    /// Any run of characters.
    Run,
}

impl Hint {
    /// The hint of a line; `None` for one without a pattern.
    fn of(line: &str) -> Option<Self> {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            return None;
        }
        let pattern = line.strip_prefix('!').unwrap_or(line).trim_end_matches('/');
        let (folder, last) = pattern.rsplit_once('/').unwrap_or(("", pattern));
        // What may hold a `/` is not taken apart; it is rare.
        if line.contains(['{', char::REPLACEMENT_CHARACTER]) || folder.contains(['[', '\\']) {
            return Some(Self { first: Part::Any, last: Part::Any });
        }
        // A pattern with a `/` inside begins at the directory.
        let first = folder.trim_start_matches('/').split('/').next().unwrap_or("");
        Some(Self { first: Part::of(first), last: Part::of(last) })
    }

    fn may_match(&self, directory: &Path, name: &OsStr) -> bool {
        let first = || directory.iter().next().unwrap_or(name);
        self.last.may_be(name.as_encoded_bytes())
            && (self.first == Part::Any || self.first.may_be(first().as_encoded_bytes()))
    }
}

impl Part {
    fn of(part: &str) -> Self {
        if part.is_empty() || part.contains("**") {
            return Self::Any;
        }
        if !part.contains(['*', '?', '[', '\\']) {
            return Self::Name(part.into());
        }
        let mut pieces = Vec::new();
        let mut rest = part.chars();
        while let Some(c) = rest.next() {
            pieces.push(match c {
                '*' => Piece::Run,
                '?' => Piece::One,
                '[' => match rest.as_str().split_once(']') {
                    Some((class, behind)) if !class.is_empty() && class.chars().all(char::is_alphanumeric) => {
                        rest = behind.chars();
                        Piece::Among(class.into())
                    }
                    // Behind any other class everything may follow, as behind an escape.
                    _ => {
                        rest = "".chars();
                        Piece::Run
                    }
                },
                '\\' => {
                    rest = "".chars();
                    Piece::Run
                }
                c => Piece::Char(c),
            });
        }
        Self::Pieces(pieces.into())
    }

    fn may_be(&self, name: &[u8]) -> bool {
        let pieces = match self {
            Self::Any => return true,
            Self::Name(whole) => return name == whole.as_bytes(),
            Self::Pieces(pieces) => pieces,
        };
        std::str::from_utf8(name).map_or(true, |name| fits(pieces, name))
    }
}

/// Whether the pieces make up the name.
fn fits(mut pieces: &[Piece], name: &str) -> bool {
    let mut rest = name.chars();
    // Behind the last run: the pieces, and where they were tried.
    let mut again: Option<(&[Piece], std::str::Chars<'_>)> = None;
    loop {
        let mut next = rest.clone();
        let matches = match (pieces.first(), next.next()) {
            (None, None) => return true,
            (Some(Piece::Run), _) => {
                pieces = &pieces[1..];
                again = Some((pieces, rest.clone()));
                continue;
            }
            (Some(Piece::Char(wanted)), Some(c)) => *wanted == c,
            (Some(Piece::Among(class)), Some(c)) => class.contains(c),
            (Some(Piece::One), Some(_)) => true,
            (None, Some(_)) | (Some(_), None) => false,
        };
        if matches {
            (pieces, rest) = (&pieces[1..], next);
            continue;
        }
        // One character more belongs to the run.
        let Some((behind, tried)) = &mut again else { return false };
        if tried.next().is_none() {
            return false;
        }
        (pieces, rest) = (behind, tried.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        // Nothing is written beside the source when it fails.
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_hint_never_hides_a_match(
            line in r"[!#/]?(\*\*/)?([ab.*?/\[\]{},\\ ]|\[[abA!-]{1,3}\]){1,8}/?",
            path in "[ab.]{0,2}[ab](/[ab.,{}]{0,2}[ab]){0,2}",
            is_directory: bool,
        ) {
            let mut builder = GitignoreBuilder::new("");
            let _ = builder.add_line(None, &line);
            let Ok(matcher) = builder.build() else { return Ok(()) };
            if !matcher.matched(&path, is_directory).is_none() {
                let path = Path::new(&path);
                let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else { return Ok(()) };
                prop_assert!(Hint::of(&line).is_some_and(|hint| hint.may_match(directory, name)));
            }
        }
    }
}
