//! `archive_file`, as data source or resource: what it packs, by its arguments.

use super::folder::{may_be_code, read_folder};
use super::{Package, glob, paths};
use crate::iam::usage::SourceSet;
use crate::model::{Project, Resource, Value};

const KIND: &str = "archive_file";

/// The archive that a value refers to (`data.archive_file.x.output_path`), also inside a function (`filebase64sha256`).
pub(super) fn named<'p>(project: &'p Project, value: &Value) -> Option<&'p Resource> {
    let mut found = None;
    value.each_reference(&mut |reference| {
        let resource = project.resource(reference.resource);
        if &*resource.kind == KIND {
            found = Some(resource);
        }
    });
    found
}

/// The archive of the same module that is written to a path.
pub(super) fn writing<'p>(project: &'p Project, holder: &Resource, path: &Value) -> Option<&'p Resource> {
    let path = project.settle(path);
    let ids = project.by_kind.get(KIND)?;
    let archives = ids.iter().map(|id| project.resource(*id)).filter(|archive| archive.instance == holder.instance);
    archives.into_iter().find(|archive| project.settle(&archive.body.get("output_path")).equals(&path) == Some(true))
}

/// What an archive packs.
pub(super) fn read(project: &Project, archive: &Resource) -> Result<Package, String> {
    let address = archive.address();
    let mut files = SourceSet::default();
    let mut places = Vec::new();
    let text = |value: &Value| match project.settle(value) {
        Value::String(text) => Ok(text.to_string()),
        _ => Err(format!("what {address} packs isn't known before a deploy")),
    };
    let source_file = archive.body.get("source_file");
    if !source_file.is_null() {
        let (path, display) = found(project, archive, &source_file)?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let bytes = std::fs::read(&path).map_err(|error| format!("{display}: {error}"))?;
        files.files.insert(name, bytes.into());
        places.push(display);
    }
    let source_dir = archive.body.get("source_dir");
    if !source_dir.is_null() {
        let (path, display) = found(project, archive, &source_dir)?;
        let excluded: Result<Vec<String>, String> = match archive.body.get("excludes") {
            Value::Null => Ok(Vec::new()),
            Value::List(items) => items.iter().map(|item| text(&item.value)).collect(),
            _ => Err(format!("what {address} excludes isn't known before a deploy")),
        };
        let excluded = excluded?;
        let folder = read_folder(&path)?.files.into_iter();
        files.files.extend(folder.filter(|(path, _)| !excluded.iter().any(|pattern| glob::excludes(pattern, path))));
        places.push(display);
    }
    let content = archive.body.get("source_content");
    let mut contents = Vec::new();
    if !content.is_null() {
        contents.push((archive.body.get("source_content_filename"), content));
    }
    contents.extend(archive.body.blocks("source").map(|block| (block.get("filename"), block.get("content"))));
    for (name, content) in contents {
        let name = text(&name)?;
        if may_be_code(&name) {
            files.files.insert(name, text(&content)?.into_bytes().into());
        }
        places.push(address.clone());
    }
    places.dedup();
    if places.is_empty() {
        return Err(format!("what {address} packs isn't known before a deploy"));
    }
    Ok(Package { files, place: places.join(", "), doubt: None })
}

fn found(project: &Project, archive: &Resource, value: &Value) -> Result<(std::path::PathBuf, String), String> {
    let (path, display) = paths::resolve(project, archive.instance, value)?;
    let top = paths::top(project).ok_or("the configuration is on no disk")?;
    let path = paths::inside(&top, &path).map_err(|reason| format!("{display}: {reason}"))?;
    Ok((path, display))
}
