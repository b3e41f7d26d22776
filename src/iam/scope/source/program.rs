//! Programs: what is deployed is built, so its source is found by what builds it, or it lies beside.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::build::{self, UNKNOWN};
use super::folder::{is_go, read_folder};
use super::{Package, archive, paths};
use crate::iam::usage::SourceSet;
use crate::model::{InstanceId, Node, Project, Resource, Value};
use crate::source::Span;

/// Kinds of resources whose provisioners run commands for others.
const RUNNERS: [&str; 2] = ["null_resource", "terraform_data"];

/// What is deployed.
enum Artefact {
    /// A program that Terraform packs.
    File(PathBuf),
    /// A folder that Terraform packs.
    Folder(PathBuf),
    /// An archive that something else packs.
    Archive(PathBuf),
}

impl Artefact {
    fn path(&self) -> &Path {
        match self {
            Self::File(path) | Self::Folder(path) | Self::Archive(path) => path,
        }
    }

    /// The folder in which it lies, or which it is.
    fn folder(&self) -> Option<&Path> {
        match self {
            Self::Folder(path) => Some(path),
            Self::File(path) | Self::Archive(path) => path.parent(),
        }
    }

    /// Whether a build makes it.
    fn is_made_by(&self, made: &build::Build) -> bool {
        let same = |a: &Path, b: &Path| paths::clean(a) == paths::clean(b);
        let output = made.output.as_deref();
        match self {
            Self::Archive(path) => made.archives.iter().any(|archive| same(archive, path)),
            // Into a folder the program goes by its own name.
            Self::File(path) => output.is_some_and(|output| {
                same(output, path)
                    || output.extension().is_none() && path.parent().is_some_and(|folder| same(output, folder))
            }),
            Self::Folder(path) => output
                .is_some_and(|output| same(output, path) || output.parent().is_some_and(|folder| same(folder, path))),
        }
    }
}

/// The source of a Go program, and its folder in it.
pub(super) fn go(project: &Project, function: &Resource) -> Result<(Package, String), String> {
    let artefact = artefact(project, function)?;
    let top = paths::top(project).ok_or("the configuration is on no disk")?;
    let display = paths::shown(project, artefact.path());
    let made: BTreeSet<PathBuf> = commands(project, function.instance)
        .into_iter()
        .filter(|made| artefact.is_made_by(made))
        .map(|made| paths::clean(&made.source))
        .collect();
    let mut made = made.into_iter();
    let (folder, doubt) = match (made.next(), made.next()) {
        (Some(folder), None) => (folder, None),
        (Some(_), Some(_)) => return Err(format!("{display} is built of several folders")),
        (None, _) => {
            let beside = artefact.folder().map(paths::clean).filter(|folder| holds_program(folder));
            let missing = format!("{display} is built elsewhere: name its directory in `sources` of .terramend.hcl");
            let doubt = format!("{display} is built: the program beside it was read, which may not be what is packed");
            (beside.ok_or(missing)?, Some(doubt))
        }
    };
    let folder =
        paths::inside(&top, &folder).map_err(|reason| format!("{}: {reason}", paths::shown(project, &folder)))?;
    let (files, entry) = go_module(&folder, &top)?;
    let place = paths::shown(project, &folder);
    Ok((Package { files, place, doubt }, entry))
}

/// The source of a program in Java: that of the project into whose folder for results it is built.
pub(super) fn java(project: &Project, function: &Resource) -> Result<Package, String> {
    let artefact = artefact(project, function)?;
    let top = paths::top(project).ok_or("the configuration is on no disk")?;
    let display = paths::shown(project, artefact.path());
    let path = paths::clean(artefact.path());
    let built = path
        .ancestors()
        .skip(1)
        .find(|above| above.file_name().is_some_and(|name| name == "target" || name == "build"));
    let folder =
        built.and_then(Path::parent).or_else(|| path.parent()).filter(|folder| folder.join("src/main/java").is_dir());
    let missing = format!("{display} is built elsewhere: name its directory in `sources` of .terramend.hcl");
    let folder = paths::inside(&top, folder.ok_or(missing)?).map_err(|reason| format!("{display}: {reason}"))?;
    let mut files = read_folder(&java_project(&folder, &top))?;
    files.files.retain(|file, _| file.contains("src/main/java/"));
    let place = paths::shown(project, &folder);
    Ok(Package { files, place, doubt: None })
}

/// The project of several modules that one of Maven's is of, else itself.
fn java_project(folder: &Path, top: &Path) -> PathBuf {
    let is_module = |above: &Path, below: &Path| {
        let name = below.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let text = |file: &str| std::fs::read_to_string(above.join(file)).unwrap_or_default();
        text("pom.xml").contains(&format!("<module>{name}</module>"))
            || ["settings.gradle", "settings.gradle.kts"].iter().any(|file| text(file).contains(&name))
    };
    let mut found = folder;
    while let Some(above) = found.parent().filter(|above| above.starts_with(top) && is_module(above, found)) {
        found = above;
    }
    found.to_owned()
}

/// The files of the module of Go that a folder is of, and the folder in it. Nothing above `top` is read.
pub fn go_module(folder: &Path, top: &Path) -> Result<(SourceSet, String), String> {
    let root = folder
        .ancestors()
        .take_while(|above| above.starts_with(top))
        .find(|above| above.join("go.mod").is_file())
        .unwrap_or(folder);
    let mut files = read_folder(root)?;
    files.files.retain(|file, _| is_go(file) || file.ends_with("go.mod"));
    let entry = folder.strip_prefix(root).unwrap_or(Path::new(""));
    let parts: Vec<_> = entry.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    Ok((files, parts.join("/")))
}

/// Whether a folder has files of a Go program.
fn holds_program(folder: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else { return false };
    let mut files = entries.filter_map(|entry| Some(entry.ok()?.path()));
    files.any(|file| {
        file.extension().is_some_and(|end| end == "go")
            && std::fs::read_to_string(&file).is_ok_and(|text| text.contains("func main("))
    })
}

/// What a function deploys, there or not.
fn artefact(project: &Project, function: &Resource) -> Result<Artefact, String> {
    let filename = function.body.get("filename");
    let packed = archive::named(project, &function.body.get("source_code_hash"))
        .or_else(|| archive::named(project, &filename))
        .or_else(|| archive::writing(project, function, &filename));
    if let Some(archive) = packed {
        let given = |name: &str| Some(archive.body.get(name)).filter(|value| !value.is_null());
        let resolved = |value: Value| paths::resolve(project, archive.instance, &value).map(|(path, _)| path);
        if let Some(file) = given("source_file") {
            return resolved(file).map(Artefact::File);
        }
        if let Some(folder) = given("source_dir") {
            return resolved(folder).map(Artefact::Folder);
        }
        return Err(format!("what {} packs isn't known before a deploy", archive.address()));
    }
    if filename.is_null() {
        return Err("its program comes from a bucket: name its directory in `sources` of .terramend.hcl".into());
    }
    paths::resolve(project, function.instance, &filename).map(|(path, _)| Artefact::Archive(path))
}

/// The builds that the resources of a module run.
fn commands(project: &Project, instance: InstanceId) -> Vec<build::Build> {
    let mut found = Vec::new();
    for runner in RUNNERS.iter().flat_map(|kind| project.of_kind(kind)).filter(|runner| runner.instance == instance) {
        for provisioner in runner.body.blocks("provisioner") {
            let Some(text) = rendered(project, &provisioner.get("command")) else { continue };
            let directory = match provisioner.get("working_dir") {
                Value::Null => paths::directory(project, project.instance(instance).root),
                given => paths::resolve(project, instance, &given).ok().map(|(path, _)| path),
            };
            found.extend(directory.map(|directory| build::builds(&text, &directory)).unwrap_or_default());
        }
    }
    found
}

/// A command with the directories of modules in it; [`UNKNOWN`] stands for what isn't known.
fn rendered(project: &Project, command: &Value) -> Option<String> {
    let settled = project.settle(command);
    let pieces = match &settled {
        Value::Text(pieces) => pieces.clone(),
        Value::Null => return None,
        other => vec![Node { value: other.clone(), span: Span::default() }],
    };
    let text = |piece: &Node| match &piece.value {
        Value::String(text) => Some(text.to_string()),
        Value::Symbol(symbol) => {
            let of = match &*symbol.name {
                "path.module" => symbol.instance,
                "path.root" | "path.cwd" => project.instance(symbol.instance).root,
                _ => return None,
            };
            Some(paths::directory(project, of)?.to_string_lossy().into_owned())
        }
        _ => None,
    };
    Some(pieces.iter().map(|piece| text(piece).unwrap_or_else(|| UNKNOWN.to_string())).collect())
}
