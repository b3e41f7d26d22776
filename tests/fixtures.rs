//! The projects in `fixtures/`: `before` becomes `after`, byte for byte, and then stays.
//!
//! `TERRAMEND_UPDATE=1 cargo test --test fixtures` rewrites the `after` directories: read the difference.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;

const PROJECTS: [&str; 6] = [
    "terraform/orders-api",
    "terraform/media-pipeline",
    "terraform/multi-module",
    "terraform/private-stores",
    "terraform/ticket-desk",
    "cloudformation/orders",
];

fn project(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

fn files(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![root.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(&directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.insert(path.strip_prefix(root).unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    found
}

fn copy(from: &Path, to: &Path) {
    for (path, bytes) in files(from) {
        let target = to.join(path);
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::write(target, bytes).unwrap();
    }
}

fn fix(directory: &Path) -> serde_json::Value {
    let output = Command::cargo_bin("terramend")
        .unwrap()
        .args(["fix", "--grade", "review", "--write", "--allow-dirty", "--format", "json"])
        .arg(directory)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "findings that only people can mend are left");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn before_becomes_after_and_stays() {
    for name in PROJECTS {
        let scratch = tempfile::tempdir().unwrap();
        copy(&project(name).join("before"), scratch.path());
        let report = fix(scratch.path());
        assert!(report["applied"].as_array().unwrap().len() > 10, "{name}");
        let after = project(name).join("after");
        if std::env::var_os("TERRAMEND_UPDATE").is_some() {
            let _ = fs::remove_dir_all(&after);
            copy(scratch.path(), &after);
        }
        let (is, expected) = (files(scratch.path()), files(&after));
        assert_eq!(is.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{name}");
        for (path, bytes) in &is {
            let text = String::from_utf8_lossy(bytes);
            assert!(*bytes == expected[path], "{name}/{}:\n{text}", path.display());
        }
        let again = fix(scratch.path());
        assert_eq!(again["applied"].as_array().unwrap().len(), 0, "{name}: a second run");
        assert!(files(scratch.path()) == is, "{name}: a second run changed something");
    }
}

#[test]
fn safe_means_safe_only() {
    for name in PROJECTS {
        let scratch = tempfile::tempdir().unwrap();
        copy(&project(name).join("before"), scratch.path());
        let output = Command::cargo_bin("terramend")
            .unwrap()
            .args(["fix", "--format", "json"])
            .arg(scratch.path())
            .output()
            .unwrap();
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let applied = report["applied"].as_array().unwrap();
        assert!(!applied.is_empty(), "{name}");
        for fix in applied {
            assert_eq!(fix["grade"], "safe", "{name}: {fix}");
            assert!(["none", "in-place"].contains(&fix["effect"].as_str().unwrap()), "{name}: {fix}");
        }
        assert!(files(scratch.path()) == files(&project(name).join("before")), "{name}: a dry run wrote something");
    }
}

#[test]
fn the_patch_applies_with_git() {
    for name in PROJECTS {
        let scratch = tempfile::tempdir().unwrap();
        copy(&project(name).join("before"), scratch.path());
        let patch = Command::cargo_bin("terramend")
            .unwrap()
            .args(["fix", "--grade", "review", "--format", "patch"])
            .arg(scratch.path())
            .output()
            .unwrap();
        Command::new("git").args(["init", "-q", "."]).current_dir(scratch.path()).assert().success();
        Command::new("git")
            .args(["-c", "core.autocrlf=false", "apply", "--whitespace=nowarn", "-"])
            .current_dir(scratch.path())
            .write_stdin(patch.stdout)
            .assert()
            .success();
        fs::remove_dir_all(scratch.path().join(".git")).unwrap();
        assert!(files(scratch.path()) == files(&project(name).join("after")), "{name}");
    }
}
