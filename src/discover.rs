//! Finds the configuration files below a directory.
//!
//! `.gitignore` is respected; `.terraform/`, `node_modules/`, `cdk.out/` and `.git/` are never entered. Symbolic links
//! to directories are not followed; a link to a file inside the tree is read and never written, one that leads out of
//! the tree is not even read.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use ignore::{DirEntry, WalkBuilder, WalkState};

use crate::cdk::App;
use crate::diagnostic::Diagnostic;
use crate::source::{MAX_FILE_BYTES, SourceFile};

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
    let walker = WalkBuilder::new(root)
        .hidden(false)
        .require_git(false)
        // The file `cdk.out` marks a cloud assembly.
        .filter_entry(|entry| {
            let is_file = entry.file_type().is_some_and(|kind| kind.is_file());
            is_file || entry.depth() == 0 || !SKIPPED.iter().any(|name| entry.file_name() == *name)
        })
        .threads(std::thread::available_parallelism().map_or(2, usize::from).min(8))
        .build_parallel();
    walker.run(|| {
        Box::new(|entry| {
            match entry {
                Ok(entry) => visit(root, &entry, &found),
                Err(error) => {
                    let diagnostic = Diagnostic::error(
                        relative(root, &path_of(&error).unwrap_or_else(|| root.to_owned())),
                        format!("can't be read: {}", reason(&error)),
                        "check the permissions, or exclude it in .gitignore",
                    );
                    lock(&found).diagnostics.push(diagnostic);
                }
            }
            WalkState::Continue
        })
    });
    let mut found = found.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    add_assemblies(root, &mut found);
    found.files.sort();
    found.diagnostics.sort();
    found
}

fn lock(found: &Mutex<Discovery>) -> std::sync::MutexGuard<'_, Discovery> {
    found.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn path_of(error: &ignore::Error) -> Option<PathBuf> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path.clone()),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => path_of(err),
        _ => None,
    }
}

fn reason(error: &ignore::Error) -> String {
    error.io_error().map_or_else(|| error.to_string(), std::string::ToString::to_string)
}

fn visit(root: &Path, entry: &DirEntry, found: &Mutex<Discovery>) {
    let Some(kind) = entry.file_type() else { return };
    if kind.is_symlink() {
        visit_link(root, entry, found);
    } else if kind.is_file() && entry.file_name() == "cdk.out" {
        let path = entry.path().parent().unwrap_or(root).to_owned();
        if is_assembly(&path) {
            let display = if path == root { ".".into() } else { relative(root, &path) };
            lock(found).assemblies.push(FoundAssembly { display, path, app: None });
        }
    } else if kind.is_file() && entry.file_name() == "cdk.json" {
        let path = entry.path().parent().unwrap_or(root).to_owned();
        let display = if path == root { ".".into() } else { relative(root, &path) };
        lock(found).apps.push(App { path, display });
    } else if kind.is_file() && entry.file_name().to_str().is_none() {
        if is_terraform(&entry.file_name().to_string_lossy()) {
            let display = relative(root, entry.path());
            let diagnostic = Diagnostic::error(&display, "its name is not valid UTF-8: not read", "rename the file");
            lock(found).diagnostics.push(diagnostic);
        }
    } else if kind.is_file() && entry.file_name().to_str().is_some_and(|name| is_terraform(name) || is_json(name)) {
        let display = relative(root, entry.path());
        lock(found).files.push(Found { display, path: entry.path().to_owned(), editable: true });
    }
}

impl Discovery {
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
    let mut bare: Vec<&str> = Vec::new();
    for app in &found.apps {
        let path = app.path.join(output_of(&app.path));
        match found.assemblies.iter_mut().find(|assembly| assembly.path == path) {
            Some(assembly) => assembly.app = Some(app.clone()),
            None if path.join("manifest.json").is_file() => {
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

/// The directory to which an application synthesises.
fn output_of(app: &Path) -> String {
    let text = std::fs::read_to_string(app.join("cdk.json")).unwrap_or_default();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    json["output"].as_str().unwrap_or("cdk.out").trim_end_matches('/').to_owned()
}

/// Whether a file may be a CloudFormation template in JSON: its content decides.
fn is_json(name: &str) -> bool {
    const OTHERS: [&str; 6] =
        ["cdk.context.json", "composer.json", "package-lock.json", "package.json", "tsconfig.json", "tslint.json"];
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    matches!(extension, "json" | "template") && !OTHERS.contains(&name) && !is_terraform(name)
}

fn visit_link(root: &Path, entry: &DirEntry, found: &Mutex<Discovery>) {
    let display = relative(root, entry.path());
    let terraform = entry.file_name().to_str().is_some_and(is_terraform);
    let diagnostic = match entry.path().canonicalize() {
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
            lock(found).files.push(Found { display, path: entry.path().to_owned(), editable: false });
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

/// As much of a file as shows what its first name is.
const HEAD: usize = 1024;

/// Reads a file that may hold nothing for us: one that can't be a template is passed over in silence.
pub fn read_candidate(found: &Found) -> Result<Option<SourceFile>, Diagnostic> {
    // Most JSON files of a repository are no templates, and show it at once.
    let is_hopeless = head(&found.path).is_ok_and(|head| !crate::cloudformation::may_begin(&head));
    if is_hopeless { Ok(None) } else { read(found).map(Some) }
}

fn head(path: &Path) -> std::io::Result<String> {
    let mut file = std::fs::File::open(path)?;
    let mut buffer = [0; HEAD];
    let mut length = 0;
    while length < HEAD {
        match file.read(&mut buffer[length..])? {
            0 => break,
            n => length += n,
        }
    }
    Ok(String::from_utf8_lossy(&buffer[..length]).into_owned())
}

/// Reads one file.
pub fn read(found: &Found) -> Result<SourceFile, Diagnostic> {
    let unreadable = |error: std::io::Error| {
        Diagnostic::error(&found.display, format!("can't be read: {error}"), "check the file's permissions")
    };
    let size = std::fs::metadata(&found.path).map_err(unreadable)?.len();
    if size > MAX_FILE_BYTES {
        return Err(Diagnostic::error(
            &found.display,
            format!("{} MiB is too large (the limit is {} MiB)", size >> 20, MAX_FILE_BYTES >> 20),
            "generated or data files do not belong among the configuration: exclude it in .gitignore",
        ));
    }
    let bytes = std::fs::read(&found.path).map_err(unreadable)?;
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
