//! Modules and packages of Go: which folder an import means, and which files of it are built.

use std::rc::Rc;
use std::sync::Arc;

use tree_sitter::Tree;

use super::super::evaluate::{Atom, Atoms, Evaluator, one};
use super::super::ir::{At, ModuleId, Name};
use super::super::lower::text;
use super::lower::{Declared, lower};
use super::names;
use crate::program::tree;

/// Systems and processors that a name or a line can ask for, and that Lambda isn't.
const ELSEWHERE: &str = "aix android darwin dragonfly freebsd illumos ios js netbsd openbsd plan9 solaris wasip1 windows \
    386 arm loong64 mips mips64 ppc64 ppc64le riscv64 s390x wasm ignore tools integration e2e";

fn is_elsewhere(word: &str) -> bool {
    ELSEWHERE.split_ascii_whitespace().any(|known| known == word)
}

impl<'s> Evaluator<'s> {
    pub(in super::super) fn import_go(&mut self, package: &Name, at: At) -> Atoms {
        if let Some(folder) = self.folder_of(package) {
            let found = self.load_go_package(&folder);
            if let Some(file) = found.first() {
                return one(Atom::Module(*file));
            }
        }
        let (class, module) = names::classify(package);
        let by_hand = names::signs(package).then_some(&**package);
        self.note_outside(class, module.as_str().into(), package, by_hand, at);
        one(Atom::Library(Arc::clone(package)))
    }

    /// The folder of a package of the source: below one of its modules, or where a module is replaced by a folder.
    fn folder_of(&self, package: &str) -> Option<String> {
        let mut best: Option<(usize, String)> = None;
        for (file, content) in &self.source.files {
            let Some(folder) = file.strip_suffix("go.mod").filter(|folder| folder.is_empty() || folder.ends_with('/'))
            else {
                continue;
            };
            let Ok(text) = text(file, content) else { continue };
            for (module, target) in modules(text) {
                let Some(rest) = package.strip_prefix(module) else { continue };
                if !(rest.is_empty() || rest.starts_with('/'))
                    || best.as_ref().is_some_and(|(length, _)| *length >= module.len())
                {
                    continue;
                }
                let path = joined(folder, &format!("{target}{rest}"));
                best = path.map(|path| (module.len(), path)).or(best);
            }
        }
        best.map(|(_, folder)| folder)
    }

    /// Reads the files of a package; none if there is none.
    pub(super) fn load_go_package(&mut self, folder: &str) -> Arc<[ModuleId]> {
        let files: Vec<String> = go_files(self.source.files.keys(), folder).cloned().collect();
        if let Some(known) = files.iter().find_map(|file| self.loaded.get(file).copied().flatten()) {
            return self.siblings.get(&known).cloned().unwrap_or_default();
        }
        if files.iter().any(|file| self.loaded.contains_key(file)) {
            return Arc::default();
        }
        let mut parsed: Vec<(String, &str, Tree)> = Vec::new();
        for file in files {
            if let Some((text, tree)) = self.parsed_go(&file) {
                parsed.push((file, text, tree));
            }
        }
        let mut declared = Declared::default();
        for (_, text, tree) in &parsed {
            declared.read(tree.root_node(), text);
        }
        let declared = Rc::new(declared);
        let mut ids = Vec::new();
        for (file, text, tree) in &parsed {
            let name: Arc<str> = file.as_str().into();
            let id = lower(&mut self.program, tree.root_node(), text, &name, &declared);
            self.loaded.insert(file.clone(), Some(id));
            ids.push(id);
        }
        let all: Arc<[ModuleId]> = ids.into();
        for id in all.iter() {
            self.siblings.insert(*id, Arc::clone(&all));
        }
        for id in all.iter() {
            self.enter_module(*id);
        }
        all
    }

    /// A file that belongs to what is built, parsed. One that can't be read is a refusal.
    fn parsed_go(&mut self, file: &str) -> Option<(&'s str, Tree)> {
        let text = self.text_of(file)?;
        if !constraint_allows(text) {
            return None;
        }
        Some((text, self.readable(tree(tree_sitter_go::LANGUAGE, text), file)?))
    }

    /// The folders that hold a program: a package `main` with a function `main`.
    pub(super) fn go_programs(&self) -> Vec<String> {
        let mut folders: Vec<String> = Vec::new();
        for (file, content) in &self.source.files {
            let (folder, name) = file.rsplit_once('/').unwrap_or(("", file));
            let vendored = folder.split('/').any(|part| matches!(part, "vendor" | "testdata"));
            if vendored || !is_built(name) || folders.iter().any(|known| known == folder) {
                continue;
            }
            let Ok(text) = text(file, content) else { continue };
            if text.contains("package main") && text.contains("func main(") && constraint_allows(text) {
                folders.push(folder.to_owned());
            }
        }
        folders
    }
}

/// The modules that a `go.mod` tells the folders of: itself, and those that it replaces by a folder.
fn modules(text: &str) -> Vec<(&str, String)> {
    let mut found = Vec::new();
    let mut replacing = false;
    for line in text.lines() {
        let line = line.split("//").next().unwrap_or_default().trim();
        if let Some(name) = line.strip_prefix("module ") {
            found.push((name.trim().trim_matches('"'), String::new()));
        }
        replacing = (replacing && line != ")") || line.starts_with("replace (");
        let replaced = line.strip_prefix("replace ").or_else(|| replacing.then_some(line));
        if let Some((module, target)) = replaced.and_then(|line| line.split_once("=>")) {
            let (module, target) = (module.split_whitespace().next(), target.trim());
            if let (Some(module), true) = (module, target.starts_with('.')) {
                found.push((module, target.to_owned()));
            }
        }
    }
    found
}

/// A path from a folder, without `.` and `..`; nothing if it leads out.
fn joined(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            other => parts.push(other),
        }
    }
    Some(parts.join("/"))
}

/// Whether a file's `//go:build` may hold for Lambda: what isn't known of a tag counts as set.
fn constraint_allows(text: &str) -> bool {
    let before = text.lines().take_while(|line| !line.starts_with("package "));
    let mut lines = before.filter_map(|line| line.trim().strip_prefix("//go:build "));
    lines.all(may_hold)
}

/// `a && (b || !c)`, as far as it can be true.
fn may_hold(expression: &str) -> bool {
    let any = |part: &str| {
        part.split("&&").all(|word| {
            let word = word.trim_matches([' ', '(', ')']);
            match word.strip_prefix('!') {
                Some(not) => !matches!(not.trim(), "linux" | "unix"),
                None => !is_elsewhere(word),
            }
        })
    };
    // A group inside parentheses is taken as possible where its parts aren't all excluded.
    expression.split("||").any(any)
}

/// The Go files in a folder that aren't tests.
fn go_files<'f>(files: impl Iterator<Item = &'f String>, folder: &str) -> impl Iterator<Item = &'f String> {
    let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    files.filter(move |file| file.strip_prefix(&prefix).is_some_and(|name| !name.contains('/') && is_built(name)))
}

/// Whether a file's name says that it is part of what is built for Lambda.
fn is_built(name: &str) -> bool {
    let Some(stem) = name.strip_suffix(".go") else { return false };
    let hidden = name.starts_with(['_', '.']);
    !(hidden || stem.ends_with("_test") || stem.split('_').skip(1).any(is_elsewhere))
}
