//! Paths of a configuration on disk: `${path.module}/src`, and never out of the scanned directory.

use std::path::{Path, PathBuf};

use crate::model::{InstanceId, Node, Project, Value};

/// The scanned directory; nothing where the files are on no disk.
pub(super) fn top(project: &Project) -> Option<PathBuf> {
    let file = project.files.first()?;
    let below = Path::new(&*file.display).components().count();
    let top = file.path.ancestors().nth(below)?;
    if file.path.as_os_str().is_empty() || !file.path.is_file() {
        return None;
    }
    if top.as_os_str().is_empty() { Path::new(".").canonicalize().ok() } else { top.canonicalize().ok() }
}

/// The directory of an instance's module.
pub(super) fn directory(project: &Project, instance: InstanceId) -> Option<PathBuf> {
    let module = project.module_of(instance);
    Some(top(project)?.join(&*module.directory))
}

/// The path that a value gives, not necessarily there, and how it is written below the scanned directory.
pub(super) fn resolve(project: &Project, instance: InstanceId, value: &Value) -> Result<(PathBuf, String), String> {
    let nowhere = "the configuration is on no disk";
    let root = project.instance(instance).root;
    let settled = project.settle(value);
    let mut path = PathBuf::new();
    let pieces = match &settled {
        Value::Text(pieces) => pieces.as_slice(),
        _ => &[Node { value: settled.clone(), span: crate::source::Span::default() }],
    };
    for (i, piece) in pieces.iter().enumerate() {
        match &piece.value {
            Value::Symbol(symbol) if i == 0 => {
                let of = match &*symbol.name {
                    "path.module" => symbol.instance,
                    "path.root" | "path.cwd" => project.instance(symbol.instance).root,
                    other => return Err(format!("its path depends on {other}")),
                };
                path = directory(project, of).ok_or(nowhere)?;
            }
            Value::String(text) if i == 0 => path = directory(project, root).ok_or(nowhere)?.join(&**text),
            Value::String(text) => {
                // A piece continues the one before it.
                let mut whole = path.into_os_string();
                whole.push(&**text);
                path = whole.into();
            }
            _ => return Err("its path isn't known before a deploy".into()),
        }
    }
    if path.as_os_str().is_empty() {
        return Err("its path isn't known before a deploy".into());
    }
    let path = clean(&path);
    let display = shown(project, &path);
    Ok((path, display))
}

/// Without `.` and `..`.
pub(super) fn clean(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

/// A path relative to the scanned directory, with `/`.
pub(super) fn shown(project: &Project, path: &Path) -> String {
    let top = top(project).unwrap_or_default();
    let relative = path.strip_prefix(&top).unwrap_or(path);
    let parts: Vec<_> = relative.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    if parts.is_empty() { ".".into() } else { parts.join("/") }
}

/// What a path leads to, when it is there and in the scanned directory.
pub(super) fn inside(top: &Path, path: &Path) -> Result<PathBuf, String> {
    let found = path.canonicalize().map_err(|_| "it isn't in the repository".to_owned())?;
    if found.starts_with(top) { Ok(found) } else { Err("it lies outside of the scanned directory".into()) }
}
