//! Modules of Python: in the source, or outside.

use std::sync::Arc;

use super::super::content::Content;
use super::super::evaluate::{Atom, Atoms, Evaluator, one, unknown};
use super::super::ir::{At, ModuleId, Name};
use super::super::library::Class;
use super::super::report::{Place, Refusal, RefusalKind};
use super::names;
use crate::program::Language;

/// Folders that are put on the path in deployment packages and layers.
const ROOTS: [&str; 6] = ["", "python/", "src/", "lib/", "vendor/", "package/"];

impl Evaluator<'_> {
    pub(in super::super) fn import_python(&mut self, module: &Name, at: At) -> Atoms {
        if module.starts_with('.') {
            return if let Some(found) = self.relative(module) {
                one(found)
            } else {
                self.missing(module, at);
                unknown("a module that isn't in the source")
            };
        }
        let top = module.split('.').next().unwrap_or(module);
        // What came along and is known isn't read: looking for it would.
        let found = if self.is_vendored(top) { None } else { self.local(module) };
        if let Some(found) = found {
            return one(found);
        }
        let class = names::classify(module);
        let package: Name = if class == Class::Unknown || top == "google" { module.clone() } else { top.into() };
        let by_hand = names::signs(module).then_some(&**module);
        self.note_outside(class, package, top, by_hand, at);
        one(Atom::Library(Arc::clone(module)))
    }

    /// A name imported from outside may be a part that is to be judged by itself (`google.cloud`).
    pub(in super::super) fn python_import_name(&mut self, module: &str, name: &str, at: At) {
        let whole = format!("{module}.{name}");
        if names::signs(&whole) {
            let what = format!("`{whole}` signs requests to AWS by hand");
            let place = Place { file: self.here.1.to_string(), line: at.line, column: at.column };
            self.refusals.insert(Refusal { kind: RefusalKind::SelfSigned, place, what });
        }
    }

    fn missing(&mut self, module: &str, at: At) {
        let place = Place { file: self.here.1.to_string(), line: at.line, column: at.column };
        let what = format!("`{module}` isn't in the source");
        self.refusals.insert(Refusal { kind: RefusalKind::UnknownLibrary, place, what });
    }

    fn relative(&mut self, module: &str) -> Option<Atom> {
        let name = module.trim_start_matches('.');
        let up = module.len() - name.len();
        let here = Arc::clone(&self.here.1);
        let mut folder: Vec<&str> = here.split('/').collect();
        for _ in 0..up {
            folder.pop()?;
        }
        let mut path = folder.join("/");
        if !path.is_empty() {
            path.push('/');
        }
        self.module_at(&path, name)
    }

    /// A module of the source by its dotted name: from a root, else beside the file that imports it.
    pub(in super::super) fn local(&mut self, module: &str) -> Option<Atom> {
        let here = Arc::clone(&self.here.1);
        let beside = here.rfind('/').map_or("", |end| &here[..=end]).to_owned();
        let above = beside.trim_end_matches('/').rfind('/').map(|end| beside[..=end].to_owned());
        let mut roots: Vec<String> = ROOTS.iter().map(ToString::to_string).collect();
        roots.push(beside);
        roots.extend(above);
        roots.iter().find_map(|root| self.module_at(root, module))
    }

    fn module_at(&mut self, root: &str, module: &str) -> Option<Atom> {
        let path = format!("{root}{}", module.replace('.', "/"));
        let path = path.trim_end_matches('/');
        for file in [format!("{path}.py"), format!("{path}/__init__.py")] {
            let file = file.trim_start_matches('/');
            if self.source.files.contains_key(file) {
                return Some(
                    self.load_python(file).map_or_else(|| Atom::unknown("a module that can't be read"), Atom::Module),
                );
            }
        }
        let inside = if path.is_empty() { String::new() } else { format!("{path}/") };
        let below = self.source.files.range(inside.clone()..).next().is_some_and(|(file, _)| file.starts_with(&inside));
        (below && !module.is_empty() && self.has_python_below(&inside)).then(|| self.namespace(path))
    }

    fn has_python_below(&self, folder: &str) -> bool {
        let mut files = self.source.files.range(folder.to_owned()..).take_while(|(file, _)| file.starts_with(folder));
        files.any(|(file, _)| is_python(file))
    }

    /// A folder without `__init__.py` is a package too: an empty module.
    fn namespace(&mut self, path: &str) -> Atom {
        let file = format!("{path}/__init__.py");
        if let Some(Some(id)) = self.loaded.get(&file) {
            return Atom::Module(*id);
        }
        let id = self.lower_python(&file, "");
        self.loaded.insert(file, None);
        id.map_or_else(
            || Atom::unknown("a module that can't be read"),
            |id| {
                self.namespaces.insert(path.to_owned(), id);
                Atom::Module(id)
            },
        )
    }

    pub(in super::super) fn python_submodule(&mut self, module: ModuleId, name: &Name) -> Atoms {
        let file = Arc::clone(&self.program.module(module).file);
        let Some(folder) = file.strip_suffix("__init__.py") else { return Atoms::new() };
        let folder = folder.to_owned();
        self.module_at(&folder, name).into_iter().collect()
    }

    /// A library that came along with the source: known by its name, its metadata, and because it doesn't speak of AWS.
    fn is_vendored(&self, top: &str) -> bool {
        let class = names::classify(top);
        if class == Class::Unknown || class == Class::Standard {
            return false;
        }
        if class == Class::Sdk {
            return true;
        }
        let folder = format!("{top}/");
        let mut files = ROOTS.iter().flat_map(|root| {
            let inside = format!("{root}{folder}");
            let from = self.source.files.range(inside.clone()..);
            from.take_while(move |(file, _)| file.starts_with(&inside))
        });
        let beside = self.source.files.get(&format!("{top}.py"));
        let imports = |content: &Content| {
            // What can't be unpacked may.
            let Ok(bytes) = content.bytes() else { return true };
            let text = String::from_utf8_lossy(bytes);
            text.lines().any(|line| line.contains("import") && (line.contains("boto3") || line.contains("botocore")))
        };
        !files.any(|(file, content)| is_python(file) && imports(content)) && !beside.is_some_and(imports)
    }

    /// Reads a file; nothing if it can't be read, which is a refusal.
    pub(in super::super) fn load_python(&mut self, file: &str) -> Option<ModuleId> {
        if let Some(known) = self.loaded.get(file) {
            return *known;
        }
        let text = self.text_of(file)?;
        self.lower_python(file, text)
    }

    fn lower_python(&mut self, file: &str, text: &str) -> Option<ModuleId> {
        let tree = self.readable(Language::Python.tree(text), file)?;
        let name: Arc<str> = file.into();
        let id = super::lower::lower(&mut self.program, tree.root_node(), text, &name);
        self.enter_module(id);
        self.loaded.insert(file.to_owned(), Some(id));
        Some(id)
    }
}

fn is_python(file: &str) -> bool {
    std::path::Path::new(file).extension().is_some_and(|ending| ending == "py")
}
