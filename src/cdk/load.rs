//! Reads cloud assemblies: manifests, the stages in them, templates and the templates that those nest.
//!
//! Invariant: no file outside the assembly's directory is read, whatever a manifest names.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::Value as Json;

use super::{App, Assembly};
use crate::cloudformation::{self, Template};
use crate::diagnostic::Diagnostic;
use crate::discover::{Found, read};
use crate::workspace::{Group, Parsed, Tree};

/// Stages in stages deeper than this are cut.
const MAX_STAGES: usize = 16;
/// A checkout writes sources and assembly in any order, within this time.
const SLACK: Duration = Duration::from_secs(5);
/// Source files that are looked at for their age.
const SOURCES: [&str; 8] = ["ts", "mts", "cts", "tsx", "js", "mjs", "cjs", "py"];

/// Loads one assembly.
pub struct Loader {
    root: PathBuf,
    display: String,
    assembly: Assembly,
    parsed: Vec<Parsed>,
    seen: HashSet<PathBuf>,
    /// What could not be read.
    pub diagnostics: Vec<Diagnostic>,
}

impl Loader {
    /// Loads the assembly in a directory, displayed as `display`.
    pub fn load(root: &Path, display: &str, app: Option<App>) -> (Option<Group>, Vec<Diagnostic>) {
        let (assembly, program) = Assembly::new(app);
        let mut loader = Self {
            root: root.to_owned(),
            display: display.to_owned(),
            assembly,
            parsed: Vec::new(),
            seen: HashSet::new(),
            diagnostics: Vec::new(),
        };
        loader.tree();
        loader.manifest("", 0);
        loader.say_when_old();
        let is_empty = loader.parsed.is_empty();
        loader.parsed.extend(program);
        let group = (!is_empty).then(|| Group { parsed: loader.parsed, assembly: Some(Arc::new(loader.assembly)) });
        (group, loader.diagnostics)
    }

    fn problem(&mut self, path: &str, message: impl Into<String>, hint: &str) {
        self.diagnostics.push(Diagnostic::error(format!("{}/{path}", self.display), message, hint));
    }

    /// A file's path when it lies in the assembly, links followed.
    fn inside(&mut self, path: &str) -> Option<PathBuf> {
        let file = self.root.join(path);
        let top = self.root.canonicalize().ok();
        match (file.canonicalize(), top) {
            (Ok(real), Some(top)) if real.starts_with(&top) => Some(file),
            (Ok(_), _) => {
                self.problem(path, "lies outside the assembly: not read", "synthesise the assembly again");
                None
            }
            (Err(error), _) => {
                let outside = Path::new(path).is_absolute() || path.split('/').any(|part| part == "..");
                let what = if outside { "lies outside the assembly".into() } else { format!("can't be read: {error}") };
                self.problem(path, format!("{what}: not read"), "synthesise the assembly again");
                None
            }
        }
    }

    fn json(&mut self, path: &str) -> Option<Json> {
        let file = self.inside(path)?;
        let found = Found { display: format!("{}/{path}", self.display), path: file, editable: false };
        let text = match read(&found) {
            Ok(file) => file.text,
            Err(diagnostic) => {
                self.diagnostics.push(diagnostic);
                return None;
            }
        };
        match serde_json::from_str(&text) {
            Ok(json) => Some(json),
            Err(error) => {
                self.problem(path, format!("not valid JSON: {error}"), "synthesise the assembly again");
                None
            }
        }
    }

    /// The construct tree; it stands at the top only and covers the stages.
    fn tree(&mut self) {
        let there = self.root.join("tree.json").is_file();
        if let Some(json) = there.then(|| self.json("tree.json")).flatten() {
            self.assembly.add_tree(&json["tree"]);
        }
    }

    fn manifest(&mut self, directory: &str, depth: usize) {
        let path = join(directory, "manifest.json");
        let Some(manifest) = self.json(&path) else { return };
        let artifacts = manifest["artifacts"].as_object().cloned().unwrap_or_default();
        for (name, artifact) in &artifacts {
            let properties = &artifact["properties"];
            match artifact["type"].as_str().unwrap_or_default() {
                "aws:cloudformation:stack" => self.stack(directory, name, artifact),
                "cdk:cloud-assembly" => match properties["directoryName"].as_str() {
                    Some(inner) if depth < MAX_STAGES => {
                        let inner = join(directory, inner);
                        let real = self.root.join(&inner).canonicalize().unwrap_or_default();
                        if self.seen.insert(real) {
                            self.manifest(&inner, depth + 1);
                        }
                    }
                    _ => {}
                },
                _ => {}
            }
        }
    }

    fn stack(&mut self, directory: &str, name: &str, artifact: &Json) {
        let properties = &artifact["properties"];
        let Some(file) = properties["templateFile"].as_str() else {
            return self.problem(
                &join(directory, "manifest.json"),
                format!("{name} names no template"),
                "synthesise again",
            );
        };
        let template: Arc<str> = format!("{}/{}", self.display, join(directory, file)).into();
        self.assembly.add_metadata(&template, &artifact["metadata"]);
        // Beside the properties, not in them.
        let beside = artifact["additionalMetadataFile"].as_str();
        if let Some(metadata) = beside.and_then(|file| self.json(&join(directory, file))) {
            self.assembly.add_metadata(&template, &metadata);
        }
        self.template(&join(directory, file));
    }

    /// A template, and those that it nests.
    fn template(&mut self, path: &str) {
        let Some(file) = self.inside(path) else { return };
        if !self.seen.insert(file.canonicalize().unwrap_or_default()) {
            return;
        }
        let found = Found { display: format!("{}/{path}", self.display), path: file, editable: false };
        let parsed = match read(&found).and_then(cloudformation::parse) {
            Ok(Some(parsed)) => parsed,
            // A stack without resources.
            Ok(None) => return,
            Err(diagnostic) => return self.diagnostics.push(diagnostic),
        };
        let nested: Vec<String> = match &parsed.tree {
            Tree::Template(root) => {
                let base = path.rsplit_once('/').map_or("", |(base, _)| base);
                let resources = Template::of(root).resources();
                resources.iter().filter_map(|p| cloudformation::nested_file(&p.value, base)).collect()
            }
            _ => Vec::new(),
        };
        self.parsed.push(parsed);
        for path in nested {
            self.template(&path);
        }
    }

    /// An assembly that is older than a source file may not be what the source makes.
    fn say_when_old(&mut self) {
        let Some(app) = &self.assembly.app else { return };
        let modified = |path: &Path| fs::metadata(path).and_then(|m| m.modified()).ok();
        let Some(made) = modified(&self.root.join("manifest.json")) else { return };
        let newest = newest_source(&app.path);
        if let Some((time, path)) = newest.filter(|(time, _)| *time > made + SLACK) {
            let age = time.duration_since(made).unwrap_or_default().as_secs();
            let name = path.strip_prefix(&app.path).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            let diagnostic = Diagnostic::error(
                self.display.clone(),
                format!("the assembly is {age} seconds older than {name}: findings may not be what the source makes"),
                "synthesise it again: cdk synth",
            );
            self.diagnostics.push(diagnostic.warning());
        }
    }
}

fn newest_source(app: &Path) -> Option<(SystemTime, PathBuf)> {
    source_files(app).filter_map(|path| Some((fs::metadata(&path).ok()?.modified().ok()?, path))).max()
}

/// The source files of an application, without downloaded and generated ones.
pub(super) fn source_files(app: &Path) -> impl Iterator<Item = PathBuf> {
    const SKIPPED: [&str; 6] = ["node_modules", ".git", ".venv", "venv", "site-packages", "cdk.out"];
    let walk = ignore::WalkBuilder::new(app)
        .hidden(false)
        .require_git(false)
        .filter_entry(|entry| {
            // A directory with a file `cdk.out` is an assembly, one below with a `cdk.json` another application.
            let foreign =
                entry.path().join("cdk.out").is_file() || entry.depth() > 0 && entry.path().join("cdk.json").is_file();
            !SKIPPED.iter().any(|name| entry.file_name() == *name) && !foreign
        })
        .build();
    walk.filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()))
        .map(ignore::DirEntry::into_path)
        .filter(|path| path.extension().and_then(|e| e.to_str()).is_some_and(|e| SOURCES.contains(&e)))
        .filter(|path| !path.to_string_lossy().ends_with(".d.ts"))
}

fn join(directory: &str, name: &str) -> String {
    if directory.is_empty() { name.to_owned() } else { format!("{directory}/{name}") }
}
