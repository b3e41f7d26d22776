//! Generated files are what their sources make of them. `TERRAMEND_UPDATE=1 cargo test --test generated` rewrites them.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use serde_json::{Map, Value, json};

fn check(path: &str, expected: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("TERRAMEND_UPDATE").is_some() {
        std::fs::write(&path, expected).unwrap();
        return;
    }
    let is = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(is == expected, "{} is out of date: run TERRAMEND_UPDATE=1 cargo test --test generated", path.display());
}

fn terramend(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_terramend")).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn index_of_the_pages() {
    check("fixes/README.md", &terramend(&["controls", "--format", "markdown"]));
}

/// What a run looks up of the effects data: one line a type.
#[test]
fn effects() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles/effects/terraform.json");
    let all: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let types: BTreeMap<&String, &Value> = all["types"].as_object().unwrap().iter().collect();
    let mut text = String::from(
        "# Generated from tests/oracles/effects/terraform.json by `TERRAMEND_UPDATE=1 cargo test --test generated`. Do not edit.\n",
    );
    for (kind, facts) in types {
        let kept = kept(facts);
        if !kept.is_empty() {
            writeln!(text, "{kind}\t{}", Value::Object(kept)).unwrap();
        }
    }
    check("src/effects/terraform.tsv", &text);
}

/// The same for CloudFormation, under the names that the facts of Terraform have.
#[test]
fn cloudformation_effects() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles/effects/cloudformation.json");
    let all: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let types: BTreeMap<&String, &Value> = all["types"].as_object().unwrap().iter().collect();
    let mut text = String::from(
        "# Generated from tests/oracles/effects/cloudformation.json by `TERRAMEND_UPDATE=1 cargo test --test generated`. Do not edit.\n",
    );
    for (kind, facts) in types {
        let strings = |name: &str| facts[name].as_array().cloned().unwrap_or_default();
        let when = |path: Value| json!({ "path": path, "when": "in some cases" });
        let conditional: Vec<Value> = strings("conditional_create_only").into_iter().map(when).collect();
        let mut values = facts["enum"].as_object().cloned().unwrap_or_default();
        values.extend(facts["nested_enum"].as_object().cloned().unwrap_or_default());
        let renamed = json!({
            "conditional": conditional,
            "enum": values,
            "force_new": facts["create_only"],
            "no_update": facts["no_update_handler"],
        });
        let kept = kept(&renamed);
        if !kept.is_empty() {
            writeln!(text, "{kind}\t{}", Value::Object(kept)).unwrap();
        }
    }
    check("src/effects/cloudformation.tsv", &text);
}

/// The parts of the facts that fixes are held against, without the empty ones, sorted.
fn kept(facts: &Value) -> Map<String, Value> {
    let mut kept = Map::new();
    let filled = |value: &Value| match value {
        Value::Null => false,
        Value::Bool(b) => *b,
        Value::Array(items) => !items.is_empty(),
        Value::Object(map) => !map.is_empty(),
        _ => true,
    };
    for name in ["conditional", "conflicts", "enum", "force_new", "int_range", "no_update"] {
        let value = match (name, &facts[name]) {
            // Plan errors and dropped differences are no replacements.
            ("conditional", Value::Array(items)) => {
                let replacing = items.iter().filter(|item| item["effect"].is_null());
                Value::Array(replacing.map(|item| json!({ "path": item["path"], "when": item["when"] })).collect())
            }
            // A bound that is a constant of the provider's language stands there by its name: no bound for us.
            ("int_range", Value::Object(ranges)) => {
                let number = |bound: &Value| if bound.is_number() { bound.clone() } else { Value::Null };
                let range = |range: &Value| json!([number(&range[0]), number(&range[1])]);
                Value::Object(ranges.iter().map(|(path, bounds)| (path.clone(), range(bounds))).collect())
            }
            (_, value) => value.clone(),
        };
        if filled(&value) {
            kept.insert(name.to_owned(), value);
        }
    }
    kept
}

#[test]
fn help_is_in_the_readme() {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    for command in ["scan", "fix", "pr", "suggest", "controls", "explain", "test", "completions", "man"] {
        assert!(readme.contains(&format!("terramend {command}")), "README.md doesn't mention `terramend {command}`");
    }
}
