//! Classes of Java by their packages: in the source, or outside.

use std::path::Path;
use std::sync::Arc;

use super::super::evaluate::{Atom, Atoms, Evaluator, one};
use super::super::ir::{At, ModuleId, Name};
use super::super::lower::text;
use super::lower::lower;
use super::names;
use crate::program::tree;

impl Evaluator<'_> {
    /// A class by its full name, or a package.
    pub(in super::super) fn import_java(&mut self, path: &Name, at: At) -> Atoms {
        let found = self.java_files(path);
        if let [only] = found.as_slice() {
            return self.load_java(only).map(Atom::Module).into_iter().collect();
        }
        if self.is_package_of_source(path) {
            // Its classes are seen by their imports, or as those of the same package.
            return self.java_package(path).first().map(|file| Atom::Module(*file)).into_iter().collect();
        }
        let by_hand = names::signs(path).then_some(&**path);
        self.note_outside(names::classify(path), names::package(path).into(), path, by_hand, at);
        one(Atom::Library(Arc::clone(path)))
    }

    /// The files that may hold a class: nested classes are in those of the outer ones.
    pub(super) fn java_files(&self, path: &str) -> Vec<String> {
        let end = format!("{}.java", path.replace('.', "/"));
        let tests = |file: &String| file.contains("src/test/");
        let matches = |file: &&String| **file == end || file.ends_with(&format!("/{end}"));
        self.source.files.keys().filter(matches).filter(|file| !tests(file)).cloned().collect()
    }

    fn is_package_of_source(&self, path: &str) -> bool {
        let folder = format!("{}/", path.replace('.', "/"));
        self.source
            .files
            .keys()
            .any(|file| is_java(file) && (file.starts_with(&folder) || file.contains(&format!("/{folder}"))))
    }

    /// All files of a package.
    fn java_package(&mut self, path: &str) -> Vec<ModuleId> {
        let folder = path.replace('.', "/");
        let inside = |file: &&String| {
            let (above, name) = file.rsplit_once('/').unwrap_or(("", file));
            is_java(name) && (above == folder || above.ends_with(&format!("/{folder}"))) && !above.contains("src/test/")
        };
        let files: Vec<String> = self.source.files.keys().filter(inside).cloned().collect();
        files.iter().filter_map(|file| self.load_java(file)).collect()
    }

    /// Reads a file, and what its package sees without an import; nothing if it can't be read, which is a refusal.
    pub(super) fn load_java(&mut self, file: &str) -> Option<ModuleId> {
        if let Some(known) = self.loaded.get(file) {
            return *known;
        }
        let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
        let beside: Vec<String> = self
            .source
            .files
            .keys()
            .filter(|other| other.rsplit_once('/').map_or("", |(folder, _)| folder) == folder && is_java(other))
            .cloned()
            .collect();
        // Of the package only those whose classes are named here are read.
        let source = self.source;
        let words = source.files.get(file).and_then(|content| text(file, content).ok()).unwrap_or_default();
        let id = self.lower_java(file)?;
        let mut all = vec![id];
        self.siblings.insert(id, Arc::from([id]));
        for other in beside.iter().filter(|other| other.as_str() != file) {
            let class = other.rsplit('/').next().unwrap_or(other).trim_end_matches(".java");
            if has_word(words, class) {
                all.extend(self.load_java(other));
            }
        }
        let all: Arc<[ModuleId]> = all.into();
        self.siblings.insert(id, all);
        Some(id)
    }

    fn lower_java(&mut self, file: &str) -> Option<ModuleId> {
        let text = self.text_of(file)?;
        let tree = self.readable(tree(tree_sitter_java::LANGUAGE, text), file)?;
        let name: Arc<str> = file.into();
        let id = lower(&mut self.program, tree.root_node(), text, &name);
        self.loaded.insert(file.to_owned(), Some(id));
        self.enter_module(id);
        Some(id)
    }
}

fn is_java(file: &str) -> bool {
    Path::new(file).extension().is_some_and(|end| end == "java")
}

/// Whether a text has a word as a whole.
fn has_word(text: &str, word: &str) -> bool {
    let is_part = |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
    text.match_indices(word)
        .any(|(at, _)| !is_part(text[..at].chars().next_back()) && !is_part(text[at + word.len()..].chars().next()))
}
