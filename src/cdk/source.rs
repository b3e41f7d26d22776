//! The calls in a program's source that make constructs, by file.
//!
//! Nothing is executed and nothing is resolved but the names of imports: whoever uses a call checks its class and id.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use tree_sitter::{Node, Parser, Tree};

use super::{App, python, typescript};

/// Source files above this size are generated: they are not read.
const MAX_SOURCE: u64 = 2 * 1024 * 1024;
/// Calls nested deeper than this are not looked at.
const MAX_DEPTH: usize = 400;

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

/// The languages that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Language {
    TypeScript,
    /// With tags; JavaScript too.
    Tsx,
    Python,
}

impl Language {
    fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "ts" | "mts" | "cts" => Some(Self::TypeScript),
            "tsx" | "js" | "mjs" | "cjs" => Some(Self::Tsx),
            "py" => Some(Self::Python),
            _ => None,
        }
    }

    fn parse(self, text: &str) -> Option<Tree> {
        let language = match self {
            Self::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT,
            Self::Tsx => tree_sitter_typescript::LANGUAGE_TSX,
            Self::Python => tree_sitter_python::LANGUAGE,
        };
        let mut parser = Parser::new();
        parser.set_language(&language.into()).ok()?;
        parser.parse(text, None)
    }
}

impl Sources {
    /// Reads the source of an application.
    pub(super) fn read(app: &App) -> Self {
        let prefix = if app.display == "." { String::new() } else { format!("{}/", app.display) };
        let mut sources = Self { files: HashMap::new(), prefix };
        for path in super::load::source_files(&app.path) {
            let large = std::fs::metadata(&path).is_ok_and(|m| m.len() > MAX_SOURCE);
            if large || is_compiled(&path) {
                continue;
            }
            let Ok(text) = std::fs::read_to_string(&path) else { continue };
            let name = path.strip_prefix(&app.path).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            sources.add(&path, &name, &text);
        }
        sources
    }

    fn add(&mut self, path: &Path, name: &str, text: &str) {
        let Some(language) = Language::of(path) else { return };
        let Some(tree) = language.parse(text) else { return };
        let calls = match language {
            Language::Python => python::calls(tree.root_node(), text),
            _ => typescript::calls(tree.root_node(), text),
        };
        self.files.insert(name.into(), calls);
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

/// Visits every node below one.
pub(super) fn each<'t>(node: Node<'t>, visit: &mut dyn FnMut(Node<'t>)) {
    let mut open = vec![(node, 0)];
    while let Some((node, depth)) = open.pop() {
        visit(node);
        if depth < MAX_DEPTH {
            let mut cursor = node.walk();
            open.extend(node.children(&mut cursor).map(|child| (child, depth + 1)));
        }
    }
}

/// The text of a node.
pub(super) fn text<'s>(node: Node<'_>, source: &'s str) -> &'s str {
    source.get(node.byte_range()).unwrap_or_default()
}

/// Where a node starts: line and column, from 1.
pub(super) fn start(node: Node<'_>) -> (usize, usize) {
    (node.start_position().row + 1, node.start_position().column + 1)
}
