//! Where the source of a function is: archives that Terraform makes, local files, committed zips, a hint of the user.
//!
//! Read is only what lies in the scanned directory, whatever links say. What can't be found is a reason, never a guess.

mod archive;
mod asset;
mod build;
mod folder;
mod glob;
mod hint;
mod layers;
mod paths;
mod program;
mod source_path;
mod zip;

use crate::iam::usage::{Language, SourceSet};
use crate::model::{Mode, Project, Resource, Value};

pub use folder::read_folder;
pub use hint::{Entry, Hint, Hints};
pub use layers::Layers;
pub use program::go_module;

/// The source of a function.
#[derive(Debug, Clone)]
pub struct Located {
    /// Its files.
    pub files: SourceSet,
    /// Its entry, as the function has it.
    pub handler: String,
    /// Its language.
    pub language: Language,
    /// Where it is, for people: `src/` or `lambda.zip`.
    pub place: String,
    /// Why it may not be what runs, when it may not.
    pub doubt: Option<String>,
    /// What its layers bring.
    pub layers: Layers,
    /// The sources of the other functions that it stands for.
    pub others: Vec<Located>,
}

/// Files, where they are, and why they may not be what runs.
struct Package {
    files: SourceSet,
    place: String,
    doubt: Option<String>,
}

/// Finds the source of a function.
pub fn locate(project: &Project, function: &Resource, hints: &Hints) -> Result<Located, String> {
    if let Some(hint) = hint::of(project, function, hints) {
        return hinted(project, function, hint);
    }
    if function.body.get("package_type").as_str() == Some("Image") || !function.body.get("image_uri").is_null() {
        return Err("it runs from a container image".into());
    }
    let runtime = known(project, function, "runtime")?;
    let in_template = project.language == crate::model::Language::CloudFormation;
    if is_program(&runtime) && in_template {
        let (package, entry) = asset::go(project, function)?;
        return Ok(Located::of(project, function, (entry, Language::Go), package));
    }
    if is_program(&runtime) {
        let source = function.body.get("source_path");
        let (package, entry) = if source.is_null() {
            program::go(project, function)?
        } else {
            (source_path::read(project, function, &source)?, String::new())
        };
        if !package.files.files.keys().any(|file| folder::is_go(file)) {
            return Err(format!("source for the runtime {runtime} isn't read, unless it is a program in Go"));
        }
        return Ok(Located::of(project, function, (entry, Language::Go), package));
    }
    let language = language_of(&runtime)?;
    let handler = known(project, function, "handler")?;
    if in_template {
        let (package, handler) = asset::read(project, function, handler, language)?;
        return Ok(Located::of(project, function, (handler, language), package));
    }
    if language == Language::Java && function.body.get("source_path").is_null() {
        let package = program::java(project, function)?;
        return Ok(Located::of(project, function, (handler, language), package));
    }
    let package = packaged(project, function, &handler)?;
    Ok(Located::of(project, function, (handler, language), package))
}

/// A known argument.
fn known(project: &Project, function: &Resource, name: &str) -> Result<String, String> {
    match project.settle(&function.body.get(name)) {
        // The default of a variable that is to be given.
        Value::String(text) if text.is_empty() => Err(format!("its `{name}` isn't known before a deploy")),
        Value::String(text) => Ok(text.to_string()),
        Value::Null => Err(format!("it has no `{name}`")),
        _ => Err(format!("its `{name}` isn't known before a deploy")),
    }
}

impl Located {
    fn of(project: &Project, function: &Resource, entry: (String, Language), package: Package) -> Self {
        let (handler, language) = entry;
        let (layers, more) = layers::of(project, function, language);
        let mut files = package.files;
        for (path, content) in more.files {
            files.files.entry(path).or_insert(content);
        }
        let others = Vec::new();
        Self { files, handler, language, place: package.place, doubt: package.doubt, layers, others }
    }
}

/// The language of a source by its entry: that of the file which the handler names. A program of Go has no such file.
pub fn language_of_handler(files: &SourceSet, handler: &str) -> Option<Language> {
    if is_java(files, handler) {
        return Some(Language::Java);
    }
    named_by_handler(files, handler)
        .or_else(|| files.files.keys().any(|file| folder::is_go(file)).then_some(Language::Go))
}

/// Whether a handler names a class of Java: `com.example.Handler::handleRequest`.
fn is_java(files: &SourceSet, handler: &str) -> bool {
    let class = handler.split("::").next().unwrap_or(handler);
    let file = format!("{}.java", class.split('$').next().unwrap_or(class).replace('.', "/"));
    files.files.keys().any(|known| *known == file || known.ends_with(&format!("/{file}")))
}

fn named_by_handler(files: &SourceSet, handler: &str) -> Option<Language> {
    let (module, _) = handler.rsplit_once('.')?;
    let has = |name: String| files.files.contains_key(&name);
    if has(format!("{}.py", module.replace('.', "/"))) || has(format!("{}/__init__.py", module.replace('.', "/"))) {
        return Some(Language::Python);
    }
    let ends = ["js", "mjs", "cjs", "ts", "mts", "cts", "tsx", "jsx"];
    ends.iter().any(|end| has(format!("{module}.{end}"))).then_some(Language::JavaScript)
}

/// The language of a runtime (`python3.13`), if it is one that is read.
fn language_of(runtime: &str) -> Result<Language, String> {
    match runtime {
        _ if runtime.starts_with("python") => Ok(Language::Python),
        _ if runtime.starts_with("nodejs") => Ok(Language::JavaScript),
        "go1.x" => Ok(Language::Go),
        _ if runtime.starts_with("java") => Ok(Language::Java),
        _ => Err(format!("source for the runtime {runtime} isn't read")),
    }
}

/// Whether a runtime starts a program that is built before: of the languages that are read, one in Go.
fn is_program(runtime: &str) -> bool {
    runtime.starts_with("provided") || runtime == "go1.x"
}

/// The source that the user names. Its entry and language are the function's, where they aren't said or can't be known.
fn hinted(project: &Project, function: &Resource, hint: &Hint) -> Result<Located, String> {
    let top = paths::top(project).ok_or("the configuration is on no disk")?;
    let mut found = Vec::new();
    for Entry { directory, handler } in &hint.entries {
        let path = paths::inside(&top, &top.join(directory))
            .map_err(|reason| format!("`sources` in .terramend.hcl says {directory}: {reason}"))?;
        let mut files = folder::read_folder(&path)?;
        let mut handler = handler.clone().map_or_else(|| known(project, function, "handler"), Ok)?;
        let language = match known(project, function, "runtime").and_then(|runtime| language_of(&runtime)) {
            Ok(language) => language,
            Err(reason) => language_of_handler(&files, &handler).ok_or(reason)?,
        };
        if language == Language::Go {
            let (module, entry) = program::go_module(&path, &top)?;
            files = module;
            handler = if entry.is_empty() { handler } else { entry };
        }
        let package = Package { files, place: directory.clone(), doubt: None };
        found.push(Located::of(project, function, (handler, language), package));
    }
    let mut found = found.into_iter();
    let mut first = found.next().ok_or("`sources` in .terramend.hcl names nothing")?;
    first.others = found.collect();
    Ok(first)
}

/// What a function's own arguments say.
fn packaged(project: &Project, function: &Resource, handler: &str) -> Result<Package, String> {
    let source = function.body.get("source_path");
    if !source.is_null() {
        return source_path::read(project, function, &source);
    }
    // The hash names the archive even where the file is named by its path.
    if let Some(archive) = archive::named(project, &function.body.get("source_code_hash")) {
        return archive::read(project, archive);
    }
    match function.body.get("filename") {
        Value::Null => from_bucket(project, function, handler),
        filename => package_at(project, function, &filename, handler),
    }
}

/// The package at a path: an archive that Terraform makes, or a zip in the tree.
fn package_at(project: &Project, holder: &Resource, path: &Value, handler: &str) -> Result<Package, String> {
    if let Some(archive) = archive::named(project, path).or_else(|| archive::writing(project, holder, path)) {
        return archive::read(project, archive);
    }
    let (path, display) = paths::resolve(project, holder.instance, path)?;
    match paths::inside(&paths::top(project).ok_or("the configuration is on no disk")?, &path) {
        Ok(found) if found.extension().is_some_and(|end| end.eq_ignore_ascii_case("zip")) => {
            Ok(Package { files: zip::read(&found)?, place: display, doubt: None })
        }
        Ok(_) => Err(format!("{display} is no zip archive")),
        // A zip that is built from what lies beside it and isn't committed.
        Err(reason) => beside(project, &path, handler)
            .map(|files| {
                let doubt =
                    format!("{display} isn't there: the source beside it was read, which may not be what is packed");
                Package { files, place: paths::shown(project, path.parent().unwrap_or(&path)), doubt: Some(doubt) }
            })
            .ok_or(format!("{display}: {reason}")),
    }
}

/// The folder where a missing zip would be, when it holds the handler.
fn beside(project: &Project, zip: &std::path::Path, handler: &str) -> Option<SourceSet> {
    let folder = paths::inside(&paths::top(project)?, zip.parent()?).ok()?;
    let (module, _) = handler.rsplit_once('.')?;
    let names = ["py", "js", "mjs", "cjs", "ts"].map(|end| folder.join(format!("{}.{end}", module.replace('.', "/"))));
    names.iter().any(|name| name.is_file()).then(|| folder::read_folder(&folder).ok())?
}

/// The object of a bucket that this configuration uploads.
fn from_bucket(project: &Project, function: &Resource, handler: &str) -> Result<Package, String> {
    const BUILT: &str = "its code comes from a bucket that this configuration doesn't fill: name its directory in `sources` of .terramend.hcl";
    let key = function.body.get("s3_key");
    let objects = ["aws_s3_object", "aws_s3_bucket_object"];
    let object = match &key {
        Value::Null => return Err("it names no code".into()),
        Value::Reference(reference) => Some(project.resource(reference.resource)),
        literal => objects.iter().flat_map(|kind| project.of_kind(kind)).find(|object| {
            let same = |a: &Value, b: &Value| project.settle(a).equals(&project.settle(b)) == Some(true);
            same(&object.body.get("key"), literal) && same(&object.body.get("bucket"), &function.body.get("s3_bucket"))
        }),
    };
    let object =
        object.filter(|object| object.mode == Mode::Managed && objects.contains(&&*object.kind)).ok_or(BUILT)?;
    match object.body.get("source") {
        Value::Null => Err(BUILT.into()),
        source => package_at(project, object, &source, handler),
    }
}
