//! Synthesises an application by its own command, in a copy of the tree that it stands in.
//!
//! The application's code is run: nothing here does so unless somebody asked for it. Neither the CDK command line nor an
//! account is needed, and nothing is deployed. Invariant: nothing outside the copy is written; installed packages are
//! linked into it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Map, Value as Json, json};
use tempfile::TempDir;

use super::App;

/// Installed packages: linked, not copied.
const LINKED: [&str; 3] = ["node_modules", ".venv", "venv"];
/// What an application doesn't read, or makes anew.
const LEFT_OUT: [&str; 3] = [".git", "cdk.out", "__pycache__"];
/// How often a running program is looked at.
const PAUSE: Duration = Duration::from_millis(50);
/// Lines of a program's talk that are shown.
const SAID: usize = 4;

/// An application in a copy of its tree.
#[derive(Debug)]
pub struct Synthesiser {
    /// Removed at the end.
    place: TempDir,
    /// The tree that is copied.
    root: PathBuf,
    /// The application relative to it.
    inner: PathBuf,
    command: String,
    timeout: Duration,
    runs: AtomicUsize,
}

impl Synthesiser {
    /// Copies `root`, in which the application stands. `timeout` is for each run of its code.
    pub fn new(root: &Path, app: &App, timeout: Duration) -> Result<Self, String> {
        let config = read_json(&app.path.join("cdk.json"))?;
        let command = config["app"].as_str().ok_or("cdk.json names no `app`, the command that synthesises")?.to_owned();
        let place = TempDir::new().map_err(|error| format!("no place for a copy: {error}"))?;
        let root = root.canonicalize().map_err(|error| format!("{}: {error}", root.display()))?;
        let inner = PathBuf::from(if app.display == "." { "" } else { app.display.as_str() });
        copy(&root, &place.path().join("tree")).map_err(|error| format!("the tree can't be copied: {error}"))?;
        // Packages that are installed above the tree.
        let above = root.ancestors().skip(1).map(|above| above.join("node_modules")).find(|path| path.is_dir());
        if let Some(above) = above {
            link(&above, &place.path().join("node_modules")).map_err(|error| error.to_string())?;
        }
        Ok(Self { place, root, inner, command, timeout, runs: AtomicUsize::new(0) })
    }

    fn tree(&self) -> PathBuf {
        self.place.path().join("tree")
    }

    /// Synthesises with some files changed (paths relative to the tree); gives the directory of the assembly.
    pub fn run(&self, changed: &[(&str, Vec<u8>)]) -> Result<PathBuf, String> {
        let out = self.place.path().join(format!("out-{}", self.runs.fetch_add(1, Ordering::Relaxed)));
        self.with(changed, || {
            let mut command = shell(&self.command);
            command.envs(self.environment(&out)?);
            self.execute(command).map(|_| ())
        })?;
        if out.join("manifest.json").is_file() {
            return Ok(out);
        }
        Err(format!("`{}` ended without an assembly", self.command))
    }

    /// The errors of TypeScript's compiler with some files changed, each with its number; nothing where there is no
    /// compiler or no project.
    pub fn type_errors(&self, changed: &[(&str, Vec<u8>)]) -> Option<BTreeMap<String, usize>> {
        let app = self.tree().join(&self.inner);
        let compiler = self.search_path().into_iter().map(|bin| bin.join("tsc")).find(|tsc| tsc.is_file())?;
        if !app.join("tsconfig.json").is_file() {
            return None;
        }
        let mut command = Command::new(compiler);
        command.args(["--noEmit", "--pretty", "false"]);
        // With errors it fails, and says them.
        let said = self.with(changed, || Ok(self.execute(command).unwrap_or_else(|said| said))).ok()?;
        let mut errors = BTreeMap::new();
        for line in said.lines().filter(|line| line.contains(": error TS")) {
            // Lines move by an edit.
            let file = line.split('(').next().unwrap_or_default();
            let message = line.split_once(": error ").map_or(line, |(_, message)| message);
            *errors.entry(format!("{file}: {message}")).or_default() += 1;
        }
        Some(errors)
    }

    /// Does something while files are changed in the copy, and puts them back.
    fn with<T>(&self, changed: &[(&str, Vec<u8>)], act: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
        let write = |name: &str, bytes: &[u8]| {
            fs::write(self.tree().join(name), bytes).map_err(|error| format!("{name}: {error}"))
        };
        for (name, bytes) in changed {
            write(name, bytes)?;
        }
        let result = act();
        for (name, _) in changed {
            write(name, &fs::read(self.root.join(name)).map_err(|error| format!("{name}: {error}"))?)?;
        }
        result
    }

    /// Directories in which programs are looked for, nearest first.
    fn search_path(&self) -> Vec<PathBuf> {
        let app = self.tree().join(&self.inner);
        let around = app.ancestors().take_while(|path| path.starts_with(self.place.path()));
        let bins = around.flat_map(|path| ["node_modules/.bin", ".venv/bin", "venv/bin"].map(|bin| path.join(bin)));
        bins.filter(|bin| bin.is_dir()).collect()
    }

    /// What the CDK command line would give to the application.
    fn environment(&self, out: &Path) -> Result<Vec<(&'static str, OsString)>, String> {
        let app = self.tree().join(&self.inner);
        let mut context = Map::new();
        if let Ok(Json::Object(known)) = read_json(&app.join("cdk.context.json")) {
            context.extend(known);
        }
        if let Some(own) = read_json(&app.join("cdk.json"))?["context"].as_object() {
            context.extend(own.clone());
        }
        // Takes most of the time of a synthesis, and only warns unless the application asks for more.
        let is_strict = context.get("@aws-cdk/core:validateAgainstDefaultRules").is_some_and(|flag| flag == true);
        // Nothing is built: what is in an asset changes no finding. The path of a construct is how it is found.
        context.insert("aws:cdk:bundling-stacks".into(), json!([]));
        context.insert("aws:cdk:enable-path-metadata".into(), json!(true));
        context.insert("aws:cdk:enable-asset-metadata".into(), json!(true));
        let path = std::env::var_os("PATH").unwrap_or_default();
        let all = self.search_path().into_iter().chain(std::env::split_paths(&path));
        let path = std::env::join_paths(all).map_err(|error| error.to_string())?;
        let text = |text: &str| OsString::from(text);
        let mut environment = vec![
            ("CDK_OUTDIR", out.as_os_str().to_owned()),
            ("CDK_CONTEXT_JSON", text(&Json::Object(context).to_string())),
            // Call stacks, in all versions and languages.
            ("CDK_DEBUG", text("1")),
            ("JSII_HOST_STACK_TRACES", text("1")),
            ("NODE_OPTIONS", text("--stack-trace-limit=100")),
            ("PATH", path),
        ];
        if !is_strict && std::env::var_os("CDK_VALIDATION").is_none() {
            environment.push(("CDK_VALIDATION", text("false")));
        }
        for (name, value) in [("CDK_DEFAULT_ACCOUNT", "123456789012"), ("CDK_DEFAULT_REGION", "us-east-1")] {
            if std::env::var_os(name).is_none() {
                environment.push((name, text(value)));
            }
        }
        Ok(environment)
    }

    /// Runs a command in the application's directory; what it says, or what it says when it fails.
    fn execute(&self, mut command: Command) -> Result<String, String> {
        let log = self.place.path().join("log");
        let failed = |error: io::Error| format!("{}: {error}", self.command);
        let file = File::create(&log).map_err(failed)?;
        let both = file.try_clone().map_err(failed)?;
        command.current_dir(self.tree().join(&self.inner));
        command.stdin(Stdio::null()).stdout(Stdio::from(file)).stderr(Stdio::from(both));
        own_group(&mut command);
        let mut child = command.spawn().map_err(failed)?;
        let start = Instant::now();
        let status = loop {
            match child.try_wait().map_err(failed)? {
                Some(status) => break status,
                None if start.elapsed() > self.timeout => {
                    end(child.id());
                    let _ = child.kill();
                    let _ = child.wait();
                    return Err(format!("`{}` took longer than {} seconds", self.command, self.timeout.as_secs()));
                }
                None => std::thread::sleep(PAUSE),
            }
        };
        let said = String::from_utf8_lossy(&fs::read(&log).unwrap_or_default()).into_owned();
        if status.success() {
            Ok(said)
        } else {
            Err(if said.contains("error TS") { said } else { self.failure(&said) })
        }
    }

    /// The lines that say why, of all that a program says.
    fn failure(&self, said: &str) -> String {
        let telling = |line: &&str| line.contains("Error") || line.contains('«');
        let mut lines: Vec<&str> = said.lines().filter(telling).take(SAID).collect();
        if lines.is_empty() {
            let all: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
            lines = all[all.len().saturating_sub(SAID)..].to_vec();
        }
        let lines: Vec<String> = lines.iter().map(|line| line.trim().chars().take(200).collect()).collect();
        format!("`{}` failed: {}", self.command, lines.join(" | "))
    }
}

fn read_json(path: &Path) -> Result<Json, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
}

/// Copies a tree; installed packages are linked.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (name, kind) = (entry.file_name(), entry.file_type()?);
        let is = |names: &[&str]| names.iter().any(|known| name == *known);
        let target = to.join(&name);
        if is(&LEFT_OUT) && kind.is_dir() {
            continue;
        }
        if is(&LINKED) && (kind.is_dir() || kind.is_symlink()) {
            link(&entry.path().canonicalize()?, &target)?;
        } else if kind.is_dir() {
            copy(&entry.path(), &target)?;
        } else if kind.is_symlink() {
            link(&fs::read_link(entry.path())?, &target)?;
        } else if kind.is_file() {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

#[cfg(unix)]
fn link(original: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(original, link)
}

#[cfg(not(unix))]
fn link(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::Error::other("applications are synthesised on Unix only"))
}

fn shell(text: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", text]);
    command
}

/// What the command starts must end with it.
#[cfg(unix)]
fn own_group(command: &mut Command) {
    std::os::unix::process::CommandExt::process_group(command, 0);
}

#[cfg(not(unix))]
fn own_group(_: &mut Command) {}

/// Ends a command with all that it started.
fn end(group: u32) {
    let _ = Command::new("kill").args(["-KILL", "--", &format!("-{group}")]).stderr(Stdio::null()).status();
}
