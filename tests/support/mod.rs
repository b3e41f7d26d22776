//! What the tests of the command line share: a scratch directory, and the program run in it.

// Every test file uses a part of it.
#![allow(dead_code)]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

/// A queue without encryption: one finding (`sqs-encryption`, medium) with a safe fix.
pub(crate) const QUEUE: &str = "resource \"aws_sqs_queue\" \"orders\" {\n  name = \"orders\"\n}\n";

/// The same queue after the fix.
pub(crate) const FIXED_QUEUE: &str =
    "resource \"aws_sqs_queue\" \"orders\" {\n  name = \"orders\"\n\n  sqs_managed_sse_enabled = true\n}\n";

/// A bucket: findings of several grades and severities.
pub(crate) const BUCKET: &str = "resource \"aws_s3_bucket\" \"uploads\" {\n  bucket = \"acme-uploads\"\n}\n";

/// No program run may take longer: it hangs.
const PATIENCE: Duration = Duration::from_secs(600);

/// A directory that goes away with the test.
pub(crate) struct Scratch(tempfile::TempDir);

/// What a run of a program gave.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Scratch {
    /// A directory with these files.
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let scratch = Self(tempfile::tempdir().unwrap());
        for (path, text) in files {
            scratch.write(path, text);
        }
        scratch
    }

    pub(crate) fn root(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    /// Every path below the directory, without those of git, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        let mut open = vec![self.root().to_owned()];
        while let Some(directory) = open.pop() {
            for entry in fs::read_dir(directory).unwrap() {
                let entry = entry.unwrap();
                if entry.file_name() == ".git" {
                    continue;
                }
                names.push(entry.path().strip_prefix(self.root()).unwrap().to_string_lossy().into_owned());
                if entry.file_type().unwrap().is_dir() {
                    open.push(entry.path());
                }
            }
        }
        names.sort();
        names
    }

    /// Runs terramend in the directory. It must end by itself, without a panic.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        let ran = run(assert_cmd::Command::new(env!("CARGO_BIN_EXE_terramend")), self.root(), arguments);
        assert!(ran.code != 101 && !ran.stderr.contains("panicked"), "{arguments:?}: {}", ran.stderr);
        ran
    }

    /// Runs terramend and checks the exit code.
    pub(crate) fn expect(&self, code: i32, arguments: &[&str]) -> Ran {
        let ran = self.run(arguments);
        assert_eq!(ran.code, code, "{arguments:?}\n{}\n{}", ran.stdout, ran.stderr);
        ran
    }

    /// Runs terramend for JSON and checks the exit code.
    pub(crate) fn json(&self, code: i32, arguments: &[&str]) -> Value {
        let mut all = arguments.to_vec();
        all.extend(["--format", "json"]);
        self.expect(code, &all).json()
    }

    /// Runs git in the directory; it must succeed.
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let mut all = vec!["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "core.autocrlf=false"];
        all.extend(arguments);
        let ran = run(assert_cmd::Command::new("git"), self.root(), &all);
        assert_eq!(ran.code, 0, "git {arguments:?}: {}", ran.stderr);
        ran.stdout
    }

    /// Makes the directory a git work tree with everything committed.
    pub(crate) fn commit(&self) {
        self.git(&["init", "-q", "."]);
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", "all"]);
    }
}

impl Ran {
    /// The standard output, which must be one JSON document.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}:\n{}", self.stdout))
    }
}

fn run(mut command: assert_cmd::Command, directory: &Path, arguments: &[&str]) -> Ran {
    // A hook of git that runs the tests would send its own repository along, a job of GitHub Actions its commit.
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GITHUB_SHA", "GITHUB_REPOSITORY"] {
        command.env_remove(name);
    }
    let output = command
        .args(arguments)
        .current_dir(directory)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("XDG_CONFIG_HOME", directory.join("no-configuration"))
        .timeout(PATIENCE)
        .output()
        .unwrap();
    let stdout = String::from_utf8(output.stdout).expect("UTF-8 on stdout");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    let code = output.status.code().unwrap_or_else(|| panic!("{arguments:?} ended by {}: {stderr}", output.status));
    Ran { code, stdout, stderr }
}

/// The elements of a JSON array.
pub(crate) fn items(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("not an array: {value}"))
}

/// `control resource` of each element, in order.
pub(crate) fn named(list: &Value) -> Vec<String> {
    items(list).iter().map(|item| format!("{} {}", text(&item["control"]), text(&item["resource"]))).collect()
}

/// A JSON string.
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("not a string: {value}"))
}
