//! A runner's step: a work tree, the files of the runner, programs that play others, and what came of it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use crate::support::Scratch;

/// What a step left behind.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) code: i32,
    /// The log: annotations are lines of it.
    pub(crate) log: String,
    pub(crate) outputs: BTreeMap<String, String>,
    pub(crate) summary: String,
}

/// A runner with a work tree in `work`, programs in `bin` and its own files in `runner`.
pub(crate) struct Runner {
    pub(crate) scratch: Scratch,
    action: String,
    variables: Vec<(String, String)>,
}

impl Runner {
    /// With these files in the work tree, and this terramend as the action's binary.
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let scratch =
            Scratch::with(&[("runner/output", ""), ("runner/summary", ""), ("bin/.keep", ""), ("work/.keep", "")]);
        for (path, text) in files {
            scratch.write(&format!("work/{path}"), text);
        }
        let action = env!("CARGO_MANIFEST_DIR").to_owned();
        Self { scratch, action, variables: Vec::new() }.set("TERRAMEND_BINARY", env!("CARGO_BIN_EXE_terramend"))
    }

    /// With a variable; the last one of a name counts.
    pub(crate) fn set(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    /// With the action in another directory.
    pub(crate) fn action_at(mut self, directory: &Path) -> Self {
        self.action = directory.to_str().unwrap().into();
        self
    }

    /// With a program on PATH, before the system's.
    pub(crate) fn program(self, name: &str, script: &str) -> Self {
        let path = format!("bin/{name}");
        self.scratch.write(&path, format!("#!/usr/bin/env bash\nset -u\n{script}"));
        fs::set_permissions(self.scratch.path(&path), fs::Permissions::from_mode(0o755)).unwrap();
        self
    }

    /// With a curl that notes what it was asked, with the headers, and answers by `answers`, a case on `$url` that prints
    /// the body and sets `code`.
    pub(crate) fn github(self, answers: &str) -> Self {
        let script = format!(
            "calls=\"$(dirname \"$0\")/../runner/calls\"\nout=/dev/null body=\"\" method=GET\n\
             while [ $# -gt 0 ]; do case \"$1\" in\n\
             --output) out=\"$2\"; shift ;; --data-binary) body=\"${{2#@}}\"; shift ;; --request) method=\"$2\"; shift ;;\n\
             --header) [ \"$2\" = @- ] && cat >>\"$calls.headers\"; shift ;; --retry|--write-out|--proto) shift ;;\n\
             -*) echo \"$1\" >>\"$calls.options\" ;; *) url=\"$1\" ;; esac; shift; done\n\
             echo \"$method $url\" >>\"$calls\"\n[ -z \"$body\" ] || cat \"$body\" >>\"$calls.body\"\ncode=404\n\
             answer() {{\n{answers}\n}}\nanswer >\"$out\"\nprintf '%s' \"$code\"\n"
        );
        self.program("curl", &script)
    }

    /// What a program noted in `runner/NAME`; empty where it noted nothing.
    pub(crate) fn noted(&self, name: &str) -> String {
        fs::read_to_string(self.scratch.path(&format!("runner/{name}"))).unwrap_or_default()
    }

    /// Runs the step.
    pub(crate) fn run(&self) -> Step {
        let path = format!("{}:{}", self.scratch.path("bin").display(), std::env::var("PATH").unwrap());
        let output = Command::new("bash")
            .arg(format!("{}/action/run.sh", self.action))
            .current_dir(self.scratch.path("work"))
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.scratch.root())
            .env("RUNNER_TEMP", self.scratch.path("runner"))
            .env("GITHUB_OUTPUT", self.scratch.path("runner/output"))
            .env("GITHUB_STEP_SUMMARY", self.scratch.path("runner/summary"))
            .envs(self.variables.iter().cloned())
            .output()
            .expect("bash");
        let log = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        let outputs = self.scratch.read("runner/output");
        let pairs = outputs.lines().map(|line| line.split_once('=').expect("NAME=VALUE"));
        Step {
            code: output.status.code().unwrap(),
            log,
            outputs: pairs.map(|(name, value)| (name.into(), value.into())).collect(),
            summary: self.scratch.read("runner/summary"),
        }
    }
}

impl Step {
    /// An output; it must be there.
    pub(crate) fn output(&self, name: &str) -> &str {
        self.outputs.get(name).unwrap_or_else(|| panic!("no output {name}: {self:?}"))
    }
}
