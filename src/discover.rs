//! Finds the configuration files below a directory.
//!
//! `.gitignore` is respected (`ignored`); `.terraform/`, `node_modules/`, `cdk.out/` and `.git/` are never entered, nor are
//! Python packages that were installed into a folder (`installed`). Symbolic links to directories are not followed; a
//! link to a file inside the tree is read and never written, one that leads out of the tree is not even read.

mod ignored;
mod installed;
mod patterns;
mod walk;

use std::ffi::OsStr;
use std::fs::{File, FileType};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use rayon::prelude::*;

use crate::cdk::App;
use crate::diagnostic::Diagnostic;
use crate::source::{MAX_FILE_BYTES, SourceFile};

use self::walk::{Entry, Visitor, walk};

/// Directories that hold downloaded or generated code.
const SKIPPED: [&str; 4] = [".terraform", "node_modules", "cdk.out", ".git"];

/// What was found.
#[derive(Debug, Default)]
pub struct Discovery {
    /// Files to read, sorted by path.
    pub files: Vec<Found>,
    /// CDK applications.
    pub apps: Vec<App>,
    /// Cloud assemblies.
    pub assemblies: Vec<FoundAssembly>,
    /// Links and entries that could not be used.
    pub diagnostics: Vec<Diagnostic>,
}

/// A cloud assembly to read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FoundAssembly {
    /// Relative to the root, with `/`.
    pub display: String,
    /// On disk.
    pub path: PathBuf,
    /// The application that made it.
    pub app: Option<App>,
}

/// A file to read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// Relative to the root, with `/`.
    pub display: String,
    /// On disk.
    pub path: PathBuf,
    /// False for a symbolic link.
    pub editable: bool,
}

/// Whether a file name is Terraform configuration or variable values.
pub fn is_terraform(name: &str) -> bool {
    [".tf", ".tf.json", ".tfvars", ".tfvars.json"].iter().any(|end| name.ends_with(end) && name.len() > end.len())
        // Editors' backups and Emacs locks.
        && !name.starts_with(".#") && !name.ends_with('~')
}

/// Finds the files below the directory `root`.
pub fn discover(root: &Path) -> Discovery {
    let found = Mutex::new(Discovery::default());
    walk(root, &Collector { root, found: &found });
    let mut found = found.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    add_assemblies(root, &mut found);
    found.files.sort();
    found.diagnostics.sort();
    found
}

fn lock(found: &Mutex<Discovery>) -> std::sync::MutexGuard<'_, Discovery> {
    found.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Puts what the walk finds into a [`Discovery`].
struct Collector<'a> {
    root: &'a Path,
    found: &'a Mutex<Discovery>,
}

impl Visitor for Collector<'_> {
    fn enters(&self, name: &OsStr) -> bool {
        !SKIPPED.iter().any(|skipped| name == *skipped)
    }

    fn matters(&self, name: &OsStr, kind: FileType) -> bool {
        let name = name.to_string_lossy();
        // The file `cdk.out` marks a cloud assembly.
        let is_ours = || matches!(&*name, "cdk.out" | "cdk.json") || is_terraform(&name) || is_json(&name);
        kind.is_symlink() || (kind.is_file() && is_ours())
    }

    fn visit(&self, entry: &Entry) {
        if entry.kind.is_symlink() {
            visit_link(self.root, &entry.path, self.found);
        } else {
            visit_file(self.root, &entry.path, self.found);
        }
    }

    fn failed(&self, path: &Path, error: &std::io::Error) {
        let diagnostic = Diagnostic::error(
            relative(self.root, path),
            format!("can't be read: {error}"),
            "check the permissions, or exclude it in .gitignore",
        );
        lock(self.found).diagnostics.push(diagnostic);
    }
}

fn visit_file(root: &Path, entry: &Path, found: &Mutex<Discovery>) {
    let whole = entry.file_name().unwrap_or_default();
    let name = whole.to_string_lossy();
    let directory = || {
        let path = entry.parent().unwrap_or(root).to_owned();
        let display = if path == root { ".".into() } else { relative(root, &path) };
        (path, display)
    };
    if name == "cdk.out" {
        let (path, display) = directory();
        if is_assembly(&path) {
            lock(found).assemblies.push(FoundAssembly { display, path, app: None });
        }
    } else if name == "cdk.json" {
        let (path, display) = directory();
        lock(found).apps.push(App { path, display });
    } else if whole.to_str().is_some() {
        let display = relative(root, entry);
        lock(found).files.push(Found { display, path: entry.to_owned(), editable: true });
    } else if is_terraform(&name) {
        let display = relative(root, entry);
        let diagnostic = Diagnostic::error(&display, "its name is not valid UTF-8: not read", "rename the file");
        lock(found).diagnostics.push(diagnostic);
    }
}

impl Discovery {
    /// Takes the CDK applications out, with the assemblies that they made before and what was said of missing ones: they
    /// are synthesised anew.
    pub fn take_applications(&mut self) -> Vec<App> {
        self.assemblies.retain(|assembly| assembly.app.is_none());
        self.diagnostics.retain(|diagnostic| !diagnostic.file.ends_with("cdk.json"));
        std::mem::take(&mut self.apps)
    }

    /// Takes a directory as the assembly of the application in `root`.
    pub fn name_assembly(&mut self, root: &Path, path: &Path) {
        let app = App { path: root.to_owned(), display: ".".into() };
        let app = root.join("cdk.json").is_file().then_some(app);
        let display = match path.strip_prefix(root) {
            Ok(_) => relative(root, path),
            Err(_) => path.to_string_lossy().replace('\\', "/").trim_end_matches('/').to_owned(),
        };
        self.assemblies.retain(|known| known.path != path && (app.is_none() || known.app != app));
        self.diagnostics.retain(|diagnostic| diagnostic.file != "cdk.json");
        // Templates of an assembly are no templates of their own.
        self.files.retain(|file| !file.path.starts_with(path));
        self.assemblies.push(FoundAssembly { display, path: path.to_owned(), app });
    }
}

/// Whether a directory is a cloud assembly.
pub fn is_assembly(path: &Path) -> bool {
    path.join("cdk.out").is_file() && path.join("manifest.json").is_file()
}

/// Gives every application its assembly, and every assembly its application.
fn add_assemblies(root: &Path, found: &mut Discovery) {
    found.apps.sort();
    found.assemblies.sort();
    // Stages are assemblies in an assembly, and nothing in one is a file of its own.
    found.assemblies.dedup_by(|inner, outer| inner.path.starts_with(&outer.path));
    let assemblies = &found.assemblies;
    found.files.retain(|file| !assemblies.iter().any(|assembly| file.path.starts_with(&assembly.path)));
    let outputs: Vec<(PathBuf, bool)> = found.apps.par_iter().map(output_of).collect();
    let mut bare: Vec<&str> = Vec::new();
    for (app, (path, holds_assembly)) in found.apps.iter().zip(outputs) {
        match found.assemblies.iter_mut().find(|assembly| assembly.path == path) {
            Some(assembly) => assembly.app = Some(app.clone()),
            None if holds_assembly => {
                let display = relative(root, &path);
                found.assemblies.push(FoundAssembly { display, path, app: Some(app.clone()) });
            }
            None => bare.push(&app.display),
        }
    }
    if let Some(first) = bare.first() {
        let file = if *first == "." { "cdk.json".to_owned() } else { format!("{first}/cdk.json") };
        let what = match bare.len() {
            1 => "a CDK application without a synthesised assembly: not analysed".to_owned(),
            n => format!("{n} CDK applications (this is the first) have no synthesised assembly: not analysed"),
        };
        let hint = "run `cdk synth` first, or name the assembly with --assembly";
        found.diagnostics.push(Diagnostic::error(file, what, hint).warning());
    }
    for assembly in &mut found.assemblies {
        let around = found.apps.iter().rev().find(|app| assembly.path.starts_with(&app.path));
        assembly.app = assembly.app.take().or_else(|| around.cloned());
    }
}

/// The directory to which an application synthesises, and whether an assembly is there.
fn output_of(app: &App) -> (PathBuf, bool) {
    let text = std::fs::read_to_string(app.path.join("cdk.json")).unwrap_or_default();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    let path = app.path.join(json["output"].as_str().unwrap_or("cdk.out").trim_end_matches('/'));
    let holds_assembly = path.join("manifest.json").is_file();
    (path, holds_assembly)
}

/// Whether a file may be a CloudFormation template in JSON: its content decides.
pub(crate) fn is_json(name: &str) -> bool {
    const OTHERS: [&str; 6] =
        ["cdk.context.json", "composer.json", "package-lock.json", "package.json", "tsconfig.json", "tslint.json"];
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    matches!(extension, "json" | "template") && !OTHERS.contains(&name) && !is_terraform(name)
}

fn visit_link(root: &Path, entry: &Path, found: &Mutex<Discovery>) {
    let display = relative(root, entry);
    let terraform = entry.file_name().and_then(OsStr::to_str).is_some_and(is_terraform);
    let diagnostic = match entry.canonicalize() {
        Err(error) if terraform => Diagnostic::error(
            &display,
            format!("symbolic link can't be followed: {error}"),
            "remove the link, or mend its target",
        ),
        // A directory inside the tree is treated where it stands.
        Ok(target) if target.is_dir() && is_inside(root, &target) => return,
        Ok(target) if target.is_dir() => Diagnostic::error(
            &display,
            "symbolic link to a directory outside: not followed",
            "scan the directory that it leads to",
        )
        .warning(),
        Ok(target) if terraform && is_inside(root, &target) && !target.is_file() => {
            Diagnostic::error(&display, "symbolic link to something that is no file: not read", "remove the link")
        }
        Ok(target) if terraform && is_inside(root, &target) => {
            lock(found).files.push(Found { display, path: entry.to_owned(), editable: false });
            return;
        }
        Ok(_) if terraform => Diagnostic::error(
            &display,
            "symbolic link leads out of the scanned directory: not read",
            "scan the directory that holds the target",
        ),
        _ => return,
    };
    lock(found).diagnostics.push(diagnostic);
}

fn is_inside(root: &Path, target: &Path) -> bool {
    root.canonicalize().is_ok_and(|root| target.starts_with(root))
}

/// `path` relative to `root`, with `/` between the parts.
pub fn relative(root: &Path, path: &Path) -> String {
    let inner = path.strip_prefix(root).unwrap_or(path);
    let parts: Vec<_> = inner.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    if parts.is_empty() {
        path.file_name().map_or(".".into(), |n| n.to_string_lossy().into_owned())
    } else {
        parts.join("/")
    }
}

/// The directory of a displayed path.
pub fn directory(display: &str) -> &str {
    display.rsplit_once('/').map_or(".", |(directory, _)| directory)
}

/// As much of a file as shows what its first name is, in bytes.
const HEAD: u64 = 1024;

/// Reads a file that may hold nothing for us: one that can't be a template is passed over in silence.
pub fn read_candidate(found: &Found) -> Result<Option<SourceFile>, Diagnostic> {
    // Most JSON files of a repository are no templates, and show it at once.
    let mut head = Vec::with_capacity(HEAD as usize);
    let mut file = File::open(&found.path).map_err(|error| unreadable(found, &error))?;
    file.by_ref().take(HEAD).read_to_end(&mut head).map_err(|error| unreadable(found, &error))?;
    let is_hopeless = !crate::cloudformation::may_begin(&String::from_utf8_lossy(&head));
    if is_hopeless { Ok(None) } else { read_on(found, &file, head).map(Some) }
}

/// Reads one file.
pub fn read(found: &Found) -> Result<SourceFile, Diagnostic> {
    let file = File::open(&found.path).map_err(|error| unreadable(found, &error))?;
    read_on(found, &file, Vec::new())
}

fn unreadable(found: &Found, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error(&found.display, format!("can't be read: {error}"), "check the file's permissions")
}

/// Reads the rest of a file whose first bytes are there.
fn read_on(found: &Found, file: &File, mut bytes: Vec<u8>) -> Result<SourceFile, Diagnostic> {
    let size = file.metadata().map_err(|error| unreadable(found, &error))?.len();
    if size > MAX_FILE_BYTES {
        return Err(Diagnostic::error(
            &found.display,
            format!("{} MiB is too large (the limit is {} MiB)", size >> 20, MAX_FILE_BYTES >> 20),
            "generated or data files do not belong among the configuration: exclude it in .gitignore",
        ));
    }
    bytes.reserve((size as usize + 1).saturating_sub(bytes.len()));
    // One that grows meanwhile is read no further than the limit.
    file.take(MAX_FILE_BYTES).read_to_end(&mut bytes).map_err(|error| unreadable(found, &error))?;
    let text = std::str::from_utf8(&bytes).map_err(|error| {
        let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |l| l.chars().count()) + 1;
        Diagnostic::error(&found.display, "not valid UTF-8", "Terraform reads UTF-8 only: convert the file")
            .at(crate::source::Position { line, column })
    })?;
    let mut file = SourceFile::new(found.path.clone(), &found.display, text);
    file.editable = found.editable;
    Ok(file)
}
