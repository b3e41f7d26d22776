//! `source_path` of `terraform-aws-modules/lambda`: a path, or a list of paths and of objects that say how one is packed.
//!
//! Source: `package.py` of that module. A string is a file or a directory, put at the root of the package.

use super::folder::{may_be_code, read_folder};
use super::{Package, paths};
use crate::iam::usage::SourceSet;
use crate::model::{Body, Node, Project, Resource, Value};

/// What the module packs.
pub(super) fn read(project: &Project, call: &Resource, given: &Value) -> Result<Package, String> {
    let mut reader = Reader { project, call, files: SourceSet::default(), places: Vec::new(), doubt: None };
    match given {
        Value::List(items) => items.iter().try_for_each(|item| reader.item(item))?,
        Value::Map(body) => reader.object(body)?,
        path => reader.path(path, "")?,
    }
    reader.places.dedup();
    Ok(Package { files: reader.files, place: reader.places.join(", "), doubt: reader.doubt })
}

struct Reader<'p> {
    project: &'p Project,
    call: &'p Resource,
    files: SourceSet,
    places: Vec<String>,
    doubt: Option<String>,
}

impl Reader<'_> {
    fn item(&mut self, item: &Node) -> Result<(), String> {
        match &item.value {
            Value::Map(body) => self.object(body),
            path => self.path(path, ""),
        }
    }

    fn object(&mut self, body: &Body) -> Result<(), String> {
        // Commands may pack anything; by rule they pack what lies in the path.
        if !body.get("commands").is_null() {
            self.doubt = Some("commands build its package: what they pack may be something else".into());
        }
        let prefix = match self.project.settle(&body.get("prefix_in_zip")) {
            Value::Null => String::new(),
            Value::String(text) => format!("{}/", text.trim_matches('/')),
            _ => return Err("where its source is packed isn't known before a deploy".into()),
        };
        match body.get("path") {
            // Only requirements, for instance.
            Value::Null => Ok(()),
            path => self.path(&path, &prefix),
        }
    }

    fn path(&mut self, value: &Value, prefix: &str) -> Result<(), String> {
        let (path, display) = paths::resolve(self.project, self.call.instance, value)?;
        let top = paths::top(self.project).ok_or("the configuration is on no disk")?;
        let path = paths::inside(&top, &path).map_err(|reason| format!("{display}: {reason}"))?;
        if path.is_dir() {
            let folder = read_folder(&path)?.files.into_iter();
            self.files.files.extend(folder.map(|(name, bytes)| (format!("{prefix}{name}"), bytes)));
        } else {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if may_be_code(&name) {
                let bytes = std::fs::read(&path).map_err(|error| format!("{display}: {error}"))?;
                self.files.files.insert(format!("{prefix}{name}"), bytes.into());
            }
        }
        self.places.push(display);
        Ok(())
    }
}
