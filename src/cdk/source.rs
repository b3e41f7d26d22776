//! The calls in a program's source that make constructs, by file.
//!
//! Nothing is executed and nothing is resolved but the names of imports: whoever uses a call checks its class and id.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::{App, python, typescript};
use crate::discover::{Found, read};
use crate::model::CallKey;
use crate::program::{Language, Program};
use crate::source::SourceFile;
use crate::workspace::{Parsed, Tree};

/// Source files above this size are generated: they are not read.
const MAX_SOURCE: u64 = 2 * 1024 * 1024;

/// A call that may make a construct.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    /// The last name of the class, imports with another name undone.
    pub(super) class: String,
    /// The id as far as it is written.
    pub(super) id: Id,
    /// Where the call starts: line from 1, column from 1 in bytes.
    pub(super) line: usize,
    pub(super) column: usize,
    /// The id as it is written.
    pub(super) written: String,
    /// The whole call, as bytes.
    pub(super) range: Range<usize>,
}

/// Parses a file of a program; nothing when the parser gives up.
pub fn parse(language: Language, file: SourceFile) -> Option<Parsed> {
    let program = language.parse(&file.text)?;
    Some(Parsed { file, tree: Tree::Program(program) })
}

/// The calls of a program that may make constructs, by place.
pub(super) fn calls(program: &Program, text: &str) -> Vec<Call> {
    match program.language {
        Language::Python => python::calls(program.root(), text),
        _ => typescript::calls(program.root(), text),
    }
}

/// What finds the call again among those of its file.
pub(super) fn key(calls: &[Call], call: &Call) -> CallKey {
    let twins = calls.iter().filter(|other| other.class == call.class && other.written == call.written);
    let nth = twins.take_while(|other| *other != call).count();
    CallKey { class: call.class.as_str().into(), id: call.written.as_str().into(), nth }
}

/// The call of a key.
pub(super) fn find<'c>(calls: &'c [Call], key: &CallKey) -> Option<&'c Call> {
    calls.iter().filter(|call| *call.class == *key.class && *call.written == *key.id).nth(key.nth)
}

/// A construct's id in a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Id {
    /// A plain string.
    Plain(String),
    /// A string that begins and ends so, with something put in between.
    Around(String, String),
    /// A variable or another expression.
    Other,
}

impl Id {
    /// Whether the call may make a construct with this id.
    pub(super) fn fits(&self, id: &str) -> bool {
        match self {
            Self::Plain(text) => text == id,
            Self::Around(start, end) => {
                id.len() >= start.len() + end.len() && id.starts_with(start.as_str()) && id.ends_with(end.as_str())
            }
            Self::Other => true,
        }
    }
}

/// The calls of an application's source.
#[derive(Debug, Default)]
pub(super) struct Sources {
    /// By path relative to the application.
    files: HashMap<Arc<str>, Vec<Call>>,
    /// Prefix of displayed paths.
    prefix: String,
}

impl Sources {
    /// Reads the source of an application; files without a call that makes a construct are left out.
    pub(super) fn read(app: &App) -> (Self, Vec<Parsed>) {
        let prefix = if app.display == "." { String::new() } else { format!("{}/", app.display) };
        let mut sources = Self { files: HashMap::new(), prefix };
        let mut parsed = Vec::new();
        for path in super::load::source_files(&app.path) {
            let large = std::fs::metadata(&path).is_ok_and(|m| m.len() > MAX_SOURCE);
            if large || is_compiled(&path) {
                continue;
            }
            let name = path.strip_prefix(&app.path).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            let found = Found { display: format!("{}{name}", sources.prefix), path, editable: true };
            // What is no text is no program.
            let Ok(file) = read(&found) else { continue };
            parsed.extend(sources.add(&name, file));
        }
        (sources, parsed)
    }

    /// Takes a file, named by its path relative to the application.
    pub(super) fn add(&mut self, name: &str, file: SourceFile) -> Option<Parsed> {
        let program = Language::of(Path::new(name))?.parse(&file.text)?;
        let calls = calls(&program, &file.text);
        if calls.is_empty() {
            return None;
        }
        self.files.insert(name.into(), calls);
        Some(Parsed { file, tree: Tree::Program(program) })
    }

    /// What finds a call again.
    pub(super) fn key(&self, file: &str, call: &Call) -> CallKey {
        key(self.files.get(file).map_or(&[][..], Vec::as_slice), call)
    }

    /// The path as it is shown to people.
    pub(super) fn display(&self, file: &str) -> Arc<str> {
        format!("{}{file}", self.prefix).into()
    }

    /// All calls with this class and id, by file and place: those that write the id, else those that put it together. An
    /// id that is a variable shows nothing.
    pub(super) fn find(&self, class: &str, id: &str) -> Vec<(&Arc<str>, &Call)> {
        let calls = self.files.iter().flat_map(|(file, calls)| calls.iter().map(move |call| (file, call)));
        let mut found: Vec<_> =
            calls.filter(|(_, call)| call.class == class && call.id != Id::Other && call.id.fits(id)).collect();
        if found.iter().any(|(_, call)| matches!(call.id, Id::Plain(_))) {
            found.retain(|(_, call)| matches!(call.id, Id::Plain(_)));
        }
        found.sort_by_key(|(file, call)| ((*file).clone(), call.line, call.column));
        found
    }

    /// The calls of a file that begin on a line.
    pub(super) fn on_line(&self, file: &str, line: usize) -> impl Iterator<Item = &Call> {
        self.files.get(file).into_iter().flatten().filter(move |call| call.line == line)
    }

    /// The file that an absolute path of another machine means: the longest end of it that is a source file here.
    pub(super) fn file_at(&self, absolute: &str) -> Option<&Arc<str>> {
        let path = absolute.replace('\\', "/");
        let ends = std::iter::once(0).chain(path.match_indices('/').map(|(i, _)| i + 1));
        ends.map(|at| &path[at..]).find_map(|end| self.files.get_key_value(end).map(|(name, _)| name))
    }
}

/// Whether a JavaScript file is what a compiler made of the TypeScript beside it.
fn is_compiled(path: &Path) -> bool {
    let pairs = [("js", "ts"), ("js", "tsx"), ("mjs", "mts"), ("cjs", "cts")];
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
    pairs.iter().any(|(made, source)| extension == *made && path.with_extension(source).is_file())
}
