//! Files that a configuration reads: `file` and `templatefile`.
//!
//! Read is only what lies in the scanned directory, whatever links say, and only where the path is known: beside the
//! module (`${path.module}/policy.json`) or the root module.

use std::path::{Path, PathBuf};

use super::build::Builder;
use super::scope::{ModuleScope, respan};
use crate::hcl::{Bindings, template};
use crate::model::{InstanceId, Node, Value};
use crate::source::{MAX_FILE_BYTES, SourceFile, Span};

impl ModuleScope<'_, '_> {
    /// The value of a function that reads a file; nothing for another function.
    pub(super) fn file_function(&self, name: &str, arguments: &[Node], span: Span) -> Option<Value> {
        let text = || self.builder.read(self.instance, &arguments.first()?.value);
        Some(match (name, arguments) {
            ("file", [_]) => text().map_or(Value::Unknown, Value::string),
            ("templatefile", [_, Node { value: Value::Map(names), .. }]) if !names.open => {
                let names: Vec<_> =
                    names.entries.iter().map(|entry| (&*entry.name, entry.node.value.clone())).collect();
                text().and_then(|text| self.rendered(&text, &names, span)).unwrap_or(Value::Unknown)
            }
            ("file" | "templatefile", _) => Value::Unknown,
            _ => return None,
        })
    }

    fn rendered(&self, text: &str, names: &[(&str, Value)], span: Span) -> Option<Value> {
        let parsed = hcl_edit::parser::parse_template(text).ok()?;
        let scope = ModuleScope { embedded: Some(text), ..*self };
        let mut value = with_names(names, None, &|bound| template(&parsed, &scope, bound, span));
        // Places in the template are none in the configuration.
        respan(&mut value, span);
        Some(value)
    }
}

/// Calls `f` with all of the names bound.
fn with_names(
    names: &[(&str, Value)],
    outer: Option<&Bindings<'_>>,
    f: &dyn Fn(Option<&Bindings<'_>>) -> Value,
) -> Value {
    match names.split_first() {
        None => f(outer),
        Some(((name, value), rest)) => with_names(rest, Some(&Bindings::new(name, value.clone(), outer)), f),
    }
}

impl Builder<'_> {
    /// The text of a file that an instance reads.
    fn read(&self, instance: InstanceId, path: &Value) -> Option<String> {
        let path = match path {
            Value::String(path) => self.directory(self.root_of(instance))?.join(&**path),
            Value::Text(pieces) => match pieces.as_slice() {
                [Node { value: Value::Symbol(symbol), .. }, Node { value: Value::String(rest), .. }] => {
                    let of = match &*symbol.name {
                        "path.module" => symbol.instance,
                        "path.root" => self.root_of(symbol.instance),
                        _ => return None,
                    };
                    self.directory(of)?.join(rest.strip_prefix('/')?)
                }
                _ => return None,
            },
            _ => return None,
        };
        let top = self.top()?.canonicalize().ok()?;
        let path = path.canonicalize().ok().filter(|path| path.starts_with(&top))?;
        if std::fs::metadata(&path).ok()?.len() > MAX_FILE_BYTES {
            return None;
        }
        std::fs::read_to_string(&path).ok()
    }

    /// The directory of an instance's module; nothing where the files are on no disk.
    fn directory(&self, instance: InstanceId) -> Option<PathBuf> {
        let file = self.declared(instance).files.first()?;
        let directory = self.files[file.0 as usize].directory();
        (!directory.as_os_str().is_empty()).then(|| directory.to_owned())
    }

    /// The directory that is scanned.
    fn top(&self) -> Option<PathBuf> {
        let file: &SourceFile = self.files.first()?;
        let below = Path::new(&*file.display).components().count();
        file.path.ancestors().nth(below).filter(|top| !top.as_os_str().is_empty()).map(Path::to_owned)
    }
}
