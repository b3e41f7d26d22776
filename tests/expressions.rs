//! The evaluator against Terraform: what terramend says of an expression must be what Terraform makes of it, for every
//! value of what terramend doesn't know.

#![allow(clippy::unwrap_used)]

#[path = "support/expressions/random.rs"]
mod random;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use serde_json::Value as Json;
use terramend::model::{InstanceId, Node, Value};
use terramend::source::SourceFile;

use random::{LOCALS, Tape};

/// Expressions in one run of Terraform.
const BATCH: usize = 400;

/// Variables that terramend knows nothing of, and their values in several runs.
const VARIABLES: [(&str, &str, [&str; 3]); 5] = [
    ("text", "string", ["aws", "orders", ""]),
    ("number", "number", ["0", "1", "5"]),
    ("on", "bool", ["true", "false", "true"]),
    ("texts", "list(string)", ["[]", "[\"a\"]", "[\"k\",\"z\",\"b\"]"]),
    ("map", "map(string)", ["{}", "{\"k\":\"v\"}", "{\"env\":\"prod\",\"Team\":\"x\"}"]),
];

/// What Terraform says where an expression fails.
const FAILED: &str = "!failed";

fn declarations() -> String {
    let variables = VARIABLES.iter().map(|(name, kind, _)| format!("variable \"{name}\" {{\n  type = {kind}\n}}\n"));
    variables.collect::<String>() + LOCALS
}

/// What terramend makes of the expressions.
fn evaluated(expressions: &[String]) -> Vec<Value> {
    let mut text = declarations();
    for (n, expression) in expressions.iter().enumerate() {
        text.push_str(&format!("resource \"x\" \"o{n}\" {{\n  value = {expression}\n}}\n"));
    }
    let file = SourceFile::new("main.tf".into(), "main.tf", &text);
    let parsed = terramend::terraform::parse(file).unwrap_or_else(|diagnostic| panic!("{diagnostic}\n{text}"));
    let project = terramend::terraform::build(vec![parsed].into()).project;
    let value = |n: usize| project.at(InstanceId(0), &format!("x.o{n}")).unwrap().body.get("value");
    (0..expressions.len()).map(value).collect()
}

/// What Terraform makes of them, with the variables of one run; nothing where there is no Terraform.
fn outputs(directory: &Path, run: usize) -> Option<BTreeMap<String, Json>> {
    let mut apply = Command::new("terraform");
    apply.args(["apply", "-auto-approve", "-no-color", "-input=false"]).current_dir(directory);
    for (name, _, values) in VARIABLES {
        apply.arg(format!("-var={name}={}", values[run]));
    }
    let applied = apply.output().ok()?;
    assert!(applied.status.success(), "{}", String::from_utf8_lossy(&applied.stderr));
    let output = Command::new("terraform").args(["output", "-json"]).current_dir(directory).output().ok()?;
    let outputs: BTreeMap<String, Json> = serde_json::from_slice(&output.stdout).unwrap();
    Some(outputs.into_iter().map(|(name, output)| (name, output["value"].clone())).collect())
}

/// Whether a value may be what Terraform says.
fn may_be(value: &Value, json: &Json) -> bool {
    let within = |items: &[Node], array: &[Json]| items.iter().zip(array).all(|(item, json)| may_be(&item.value, json));
    match (value, json) {
        (Value::Unknown | Value::Symbol(_) | Value::Reference(_), _) | (Value::Null, Json::Null) => true,
        // A list or map of one type makes strings of what stands in it; terramend counts `1` and `"1"` as one value.
        (Value::Bool(a), Json::String(b)) => a.to_string() == **b,
        (Value::Number(a), Json::String(b)) => b.parse() == Ok(*a),
        (Value::Bool(a), Json::Bool(b)) => a == b,
        (Value::Number(a), Json::Number(b)) => Some(*a) == b.as_f64(),
        (Value::String(a), Json::String(b)) => **a == **b,
        (Value::Text(pieces), json) if pieces.len() == 1 => !json.is_null(),
        (Value::Text(_), Json::String(text)) => value.equals(&Value::string(text.as_str())) != Some(false),
        (Value::List(items), Json::Array(array)) => items.len() == array.len() && within(items, array),
        (Value::AtLeast(items), Json::Array(array)) => {
            items.iter().all(|item| array.iter().any(|json| may_be(&item.value, json)))
        }
        (Value::Map(body), Json::Object(object)) => {
            let there = |name: &str, value: &Value| object.get(name).is_some_and(|json| may_be(value, json));
            (body.open || body.entries.len() == object.len())
                && body.entries.iter().all(|entry| there(&entry.name, &entry.node.value))
        }
        (Value::Json(inner), Json::String(text)) => {
            serde_json::from_str(text).is_ok_and(|json| may_be(&inner.value, &json))
        }
        (Value::Either(arms), json) => arms.iter().any(|arm| may_be(&arm.value, json)),
        _ => false,
    }
}

/// Judges a list of expressions; gives how many had a known value, and how many Terraform took.
fn judge(expressions: &[String]) -> Option<(usize, usize)> {
    let directory = tempfile::tempdir().unwrap();
    let mut text = declarations();
    for (n, expression) in expressions.iter().enumerate() {
        let tried = format!("try(jsonencode({expression}), \"{FAILED}\")");
        text.push_str(&format!("output \"o{n}\" {{\n  value = {tried}\n}}\n"));
    }
    std::fs::write(directory.path().join("main.tf"), text).unwrap();
    let values = evaluated(expressions);
    let (mut known, mut taken, mut wrong) = (0, 0, String::new());
    for run in 0..3 {
        let outputs = outputs(directory.path(), run)?;
        for (n, (expression, value)) in expressions.iter().zip(&values).enumerate() {
            let said = outputs[&format!("o{n}")].as_str().unwrap_or(FAILED);
            if said == FAILED {
                continue;
            }
            taken += 1;
            known += usize::from(!matches!(value, Value::Unknown));
            if !may_be(value, &serde_json::from_str(said).unwrap()) {
                wrong.push_str(&format!("run {run}: {expression}\n  terraform {said}\n  terramend {value:?}\n"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    Some((known, taken))
}

#[test]
fn expressions_have_the_values_that_terraform_gives() {
    let mut config = Config::default();
    if std::env::var_os("PROPTEST_RNG_SEED").is_none() {
        config.rng_seed = RngSeed::Fixed(7);
    }
    let batches = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(1);
    let mut runner = TestRunner::new(config);
    let tapes = prop::collection::vec(any::<u16>(), 0..60);
    for _ in 0..batches {
        let mut expressions = Vec::new();
        while expressions.len() < BATCH {
            let tape = tapes.new_tree(&mut runner).unwrap().current();
            expressions.push(Tape(&tape).any(3));
        }
        let Some((known, taken)) = judge(&expressions) else {
            eprintln!("skipped: no terraform");
            return;
        };
        // A program that knows nothing would never be wrong.
        assert!(taken > BATCH && known * 10 > taken * 7, "{known} of {taken} known");
    }
}
