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
    hints: Hints,
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
        let inner = below(&self.directory, asked.directory);
        let parts = Parts::of(inner, asked.name);
        if !self.content.hints.may_match(&parts) {
            return None;
        }
        match self.content.matcher().matched(inner.join(asked.name), asked.is_directory) {
            Match::None => None,
            Match::Ignore(_) => Some(true),
            Match::Whitelist(_) => Some(false),
        }
    }
}

/// A directory as seen from one above it. Both were put together by the walk, so that their texts tell; taking paths apart
/// is slow.
fn below<'p>(above: &Path, directory: &'p Path) -> &'p Path {
    let texts = above.to_str().zip(directory.to_str());
    let rest = texts.and_then(|(above, directory)| directory.strip_prefix(above));
    match rest.map(|rest| (rest, rest.strip_prefix(std::path::MAIN_SEPARATOR))) {
        Some(("", _)) => Path::new(""),
        Some((_, Some(inner))) => Path::new(inner),
        _ => directory.strip_prefix(above).unwrap_or(directory),
    }
}

impl Content {
    fn of(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let lines: Vec<_> = text.trim_start_matches('\u{feff}').lines().map(str::to_owned).collect();
        let hints = Hints::of(lines.iter().filter_map(|line| Hint::of(line)));
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

/// The hints of a file. Most patterns end in a name as it is, or in a text: these are looked up.
#[derive(Debug, Default)]
struct Hints {
    named: HashMap<Box<str>, Vec<Hint>>,
    /// By the last byte of the last part.
    ending: HashMap<u8, Vec<Hint>>,
    others: Vec<Hint>,
}

impl Hints {
    fn of(hints: impl Iterator<Item = Hint>) -> Self {
        let mut all = Self::default();
        for hint in hints {
            let end = match &hint.last {
                Part::Pieces { ends: [_, end], .. } => end.as_bytes().last().copied(),
                _ => None,
            };
            let list = match (&hint.last, end) {
                (Part::Name(name), _) => all.named.entry(name.clone()).or_default(),
                (_, Some(end)) => all.ending.entry(end).or_default(),
                _ => &mut all.others,
            };
            list.push(hint);
        }
        all
    }

    fn is_empty(&self) -> bool {
        self.named.is_empty() && self.ending.is_empty() && self.others.is_empty()
    }

    fn may_match(&self, path: &Parts<'_>) -> bool {
        let fits = |hint: &Hint| hint.may_match(path);
        let any = |hints: Option<&Vec<Hint>>| hints.is_some_and(|hints| hints.iter().any(fits));
        self.others.iter().any(fits)
            || match path.last {
                Some(name) => {
                    any(self.named.get(name)) || name.as_bytes().last().is_some_and(|end| any(self.ending.get(end)))
                }
                None => self.named.values().chain(self.ending.values()).flatten().any(fits),
            }
    }
}

/// What a pattern needs of a path; it may need more.
#[derive(Debug, PartialEq, Eq)]
struct Hint {
    /// Of the path's first part below the directory of the patterns.
    first: Part,
    /// Of the part before the last; `None` where there need not be one.
    parent: Option<Part>,
    last: Part,
}

/// What a pattern needs of a part of a path.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    Any,
    Name(Box<str>),
    Pieces {
        /// The text at the beginning and at the end, which rules most names out.
        ends: [Box<str>; 2],
        pieces: Box<[Piece]>,
    },
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
        if line.contains(['{', char::REPLACEMENT_CHARACTER]) || folder.contains('\\') || !has_plain_classes(folder) {
            return Some(Self { first: Part::Any, parent: None, last: Part::Any });
        }
        // A pattern with a `/` inside begins at the directory.
        let folder = folder.trim_start_matches('/');
        let first = Part::of(folder.split('/').next().unwrap_or(""));
        let parent = folder.rsplit('/').next().filter(|part| !part.is_empty() && !part.contains("**")).map(Part::of);
        Some(Self { first, parent, last: Part::of(last) })
    }

    fn may_match(&self, path: &Parts<'_>) -> bool {
        self.last.may_be(path.last)
            && self.parent.as_ref().is_none_or(|parent| path.has_parent && parent.may_be(path.parent))
            && self.first.may_be(path.first)
    }
}

/// What hints look at of a path below the directory of the patterns: `None` for a name that is no UTF-8.
struct Parts<'p> {
    first: Option<&'p str>,
    parent: Option<&'p str>,
    has_parent: bool,
    last: Option<&'p str>,
}

impl<'p> Parts<'p> {
    fn of(directory: &'p Path, name: &'p OsStr) -> Self {
        let first = directory.iter().next().unwrap_or(name);
        let parent = directory.file_name();
        Self {
            first: first.to_str(),
            parent: parent.and_then(OsStr::to_str),
            has_parent: parent.is_some(),
            last: name.to_str(),
        }
    }
}

/// Whether no class of a pattern may hold a `/`.
fn has_plain_classes(pattern: &str) -> bool {
    pattern.split('[').skip(1).all(|behind| plain_class(behind).is_some())
}

/// The characters of a class, and what is behind it; nothing for one with ranges or other signs.
fn plain_class(behind: &str) -> Option<(&str, &str)> {
    behind.split_once(']').filter(|(class, _)| !class.is_empty() && class.chars().all(char::is_alphanumeric))
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
                '[' | '\\' => {
                    let class = plain_class(rest.as_str()).filter(|_| c == '[');
                    // Behind any other class everything may follow, as behind an escape.
                    let (piece, behind) =
                        class.map_or((Piece::Run, ""), |(class, behind)| (Piece::Among(class.into()), behind));
                    rest = behind.chars();
                    piece
                }
                c => Piece::Char(c),
            });
        }
        let text = |piece: &Piece| if let Piece::Char(c) = piece { Some(*c) } else { None };
        let start = pieces.iter().map_while(text).collect::<String>();
        let end = pieces.iter().rev().map_while(text).collect::<Vec<_>>().into_iter().rev().collect::<String>();
        Self::Pieces { ends: [start.into(), end.into()], pieces: pieces.into() }
    }

    /// A name that is no UTF-8 may be anything.
    fn may_be(&self, name: Option<&str>) -> bool {
        match (self, name) {
            (Self::Any, _) | (_, None) => true,
            (Self::Name(whole), Some(name)) => name == &**whole,
            (Self::Pieces { ends: [start, end], pieces }, Some(name)) => {
                name.starts_with(&**start) && name.ends_with(&**end) && fits(pieces, name)
            }
        }
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
                prop_assert!(Hints::of(Hint::of(&line).into_iter()).may_match(&Parts::of(directory, name)));
            }
        }
    }
}
