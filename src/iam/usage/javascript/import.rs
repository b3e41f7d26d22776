//! Modules of JavaScript: in the source, or packages outside.

use std::path::Path;
use std::sync::Arc;

use super::super::evaluate::{Atom, Atoms, Evaluator, one, unknown};
use super::super::ir::{At, ModuleId, Name};
use super::super::library::Class;
use super::super::lower::refused;
use super::super::report::{Place, Refusal, RefusalKind};
use super::names;
use crate::program::Language;

/// Endings of files that are read, in the order in which they are tried.
const ENDINGS: [&str; 9] = [".ts", ".mts", ".tsx", ".cts", ".js", ".mjs", ".cjs", ".jsx", ".json"];
/// A line of code longer than this was written by a program; in bytes.
const LONG_LINE: usize = 5_000;

impl Evaluator<'_> {
    pub(in super::super) fn import_script(&mut self, module: &Name, at: At) -> Atoms {
        let local = module.starts_with('.') || module.starts_with('/');
        let found = if local { self.relative_script(module) } else { None };
        if let Some(file) = found {
            return one(self
                .load_script(&file)
                .map_or_else(|| Atom::unknown("a module that can't be read"), Atom::Module));
        }
        if local {
            let place = Place { file: self.here.1.to_string(), line: at.line, column: at.column };
            let what = format!("`{module}` isn't in the source");
            self.refusals.insert(Refusal { kind: RefusalKind::UnknownLibrary, place, what });
            return unknown("a module that isn't in the source");
        }
        let class = names::classify(module);
        if class == Class::Unknown
            && let Some(file) = self.aliased(module).or_else(|| self.workspace(module))
        {
            return one(self
                .load_script(&file)
                .map_or_else(|| Atom::unknown("a module that can't be read"), Atom::Module));
        }
        let bare: Name = module.strip_prefix("node:").unwrap_or(module).into();
        let package = names::package(&bare).to_owned();
        let class = if class == Class::Unknown && self.speaks_not_of_aws(&package, 0) { Class::AwsFree } else { class };
        let by_hand = names::signs(module).then_some(&**module);
        self.note_outside(class, package.as_str().into(), &package, by_hand, at);
        one(Atom::Library(bare))
    }

    fn relative_script(&self, module: &str) -> Option<String> {
        if let Some(layer) = module.strip_prefix("/opt/") {
            return [layer, layer.strip_prefix("nodejs/").unwrap_or(layer)].iter().find_map(|path| self.file_at(path));
        }
        let here = &self.here.1;
        let mut folder: Vec<&str> = here.split('/').collect();
        folder.pop();
        for part in module.split('/') {
            match part {
                "." | "" => {}
                ".." => {
                    folder.pop()?;
                }
                other => folder.push(other),
            }
        }
        self.file_at(&folder.join("/"))
    }

    /// The file that a path without an ending means.
    fn file_at(&self, path: &str) -> Option<String> {
        let path = path.trim_end_matches('/');
        let has = |file: String| self.source.files.contains_key(&file).then_some(file);
        let written_as = [(".js", ".ts"), (".mjs", ".mts"), (".cjs", ".cts"), (".js", ".tsx"), (".jsx", ".tsx")];
        let typescript =
            written_as.iter().find_map(|(made, source)| has(format!("{}{source}", path.strip_suffix(made)?)));
        let exact =
            typescript.or_else(|| has(path.to_owned()).filter(|file| ENDINGS.iter().any(|end| file.ends_with(end))));
        exact.or_else(|| ENDINGS.iter().find_map(|end| has(format!("{path}{end}")))).or_else(|| {
            let folder = if path.is_empty() { String::new() } else { format!("{path}/") };
            ENDINGS.iter().find_map(|end| has(format!("{folder}index{end}")))
        })
    }

    /// Paths from the root of the project, as TypeScript's `baseUrl` and `paths` allow them.
    fn aliased(&self, module: &str) -> Option<String> {
        let short =
            module.strip_prefix("@/").or_else(|| module.strip_prefix("~/")).or_else(|| module.strip_prefix('#'));
        let path = short.unwrap_or(module);
        [String::new(), "src/".to_owned(), "lib/".to_owned()]
            .iter()
            .find_map(|root| self.file_at(&format!("{root}{path}")))
    }

    /// A package of the same repository, by the name in its own `package.json`.
    fn workspace(&self, module: &str) -> Option<String> {
        let name = names::package(module);
        let manifests = self.source.files.iter().filter(|(file, _)| {
            file.ends_with("/package.json") && !file.split('/').any(|folder| folder == "node_modules")
        });
        let (file, json) = manifests.into_iter().find_map(|(file, content)| {
            let json: serde_json::Value = serde_json::from_slice(content.bytes().ok()?).ok()?;
            (json.get("name")?.as_str()? == name).then_some((file, json))
        })?;
        let folder = file.strip_suffix("package.json").unwrap_or_default();
        let inside = module[name.len()..].trim_start_matches('/');
        if !inside.is_empty() {
            return self
                .file_at(&format!("{folder}{inside}"))
                .or_else(|| self.file_at(&format!("{folder}src/{inside}")));
        }
        // What is built isn't there; its source is.
        let main = json.get("main").and_then(|main| main.as_str()).unwrap_or("index");
        let main = main.trim_start_matches("./");
        let named = [format!("{folder}{main}"), format!("{folder}src/{}", main.trim_start_matches("dist/"))];
        named.iter().find_map(|path| self.file_at(path)).or_else(|| self.file_at(&format!("{folder}src/index")))
    }

    /// A package that came along and, with all that it needs, never speaks of AWS.
    fn speaks_not_of_aws(&self, package: &str, depth: usize) -> bool {
        let folder = format!("node_modules/{package}/");
        let mut any = false;
        let mut needs = Vec::new();
        let inside = self.source.files.range(folder.clone()..);
        for (file, content) in inside.take_while(|(file, _)| file.starts_with(&folder)) {
            let Ok(bytes) = content.bytes() else { return false };
            if *file == format!("{folder}package.json") {
                let json: Option<serde_json::Value> = serde_json::from_slice(bytes).ok();
                let all = json.as_ref().and_then(|json| json.get("dependencies")).and_then(|all| all.as_object());
                needs.extend(all.into_iter().flatten().map(|(name, _)| name.clone()));
                continue;
            }
            let code = [".js", ".mjs", ".cjs"].iter().any(|end| file.ends_with(end));
            any |= code;
            let speaks = |bytes: &[u8]| bytes.windows(3).any(|word| word.eq_ignore_ascii_case(b"aws"));
            if code && speaks(bytes) {
                return false;
            }
        }
        any && depth < 8
            && needs.iter().all(|need| match names::classify(need) {
                Class::Unknown => self.speaks_not_of_aws(need, depth + 1),
                class => class != Class::Sdk,
            })
    }

    /// Reads a file; nothing if it can't be read, which is a refusal.
    pub(in super::super) fn load_script(&mut self, file: &str) -> Option<ModuleId> {
        if let Some(known) = self.loaded.get(file) {
            return *known;
        }
        let text = self.text_of(file)?;
        if !has_ending(file, ".json") && is_bundled(text) {
            self.refusals.insert(refused(RefusalKind::Bundled, file, "the file was written by a bundler or minifier"));
            return None;
        }
        let id = self.lower_script(file, text)?;
        self.loaded.insert(file.to_owned(), Some(id));
        Some(id)
    }

    fn lower_script(&mut self, file: &str, text: &str) -> Option<ModuleId> {
        let json = has_ending(file, ".json");
        let wrapped = if json { format!("module.exports = {text}") } else { String::new() };
        let text = if json { wrapped.as_str() } else { text };
        let tree = Language::of(Path::new(file)).unwrap_or(Language::Tsx).tree(text);
        let tree = self.readable(tree, file)?;
        let name: Arc<str> = file.into();
        let id = super::lower::lower(&mut self.program, tree.root_node(), text, &name);
        self.enter_module(id);
        Some(id)
    }

    /// The file of a handler, by its path without an ending.
    pub(super) fn handler_file(&self, path: &str) -> Option<String> {
        let path = path.trim_start_matches("./");
        let found = ENDINGS.iter().find_map(|end| {
            let file = format!("{path}{end}");
            self.source.files.contains_key(&file).then_some(file)
        });
        found.or_else(|| self.file_at(path))
    }
}

fn has_ending(file: &str, ending: &str) -> bool {
    file.ends_with(ending)
}

/// Whether a program wrote the file: marks of bundlers, or lines that nobody writes.
fn is_bundled(text: &str) -> bool {
    let marks = [
        "__webpack_require__",
        "webpackBootstrap",
        "var __commonJS = ",
        "var __toESM = ",
        "__toCommonJS(",
        "parcelRequire",
    ];
    if marks.iter().any(|mark| text.contains(mark)) {
        return true;
    }
    let longest = text.lines().map(str::len).max().unwrap_or_default();
    let lines = text.lines().count().max(1);
    longest > LONG_LINE && text.len() / lines > 300
}
