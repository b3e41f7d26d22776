//! The JSON report is what docs/json.md says.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{BUCKET, QUEUE, Scratch, items, named, text};

/// The example reports in the documentation: of a scan, and what a fix adds.
fn documented() -> (Value, Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/json.md");
    let page = std::fs::read_to_string(path).unwrap();
    let mut blocks = page.split("```json\n").skip(1).map(|rest| {
        let block = rest.split("\n```").next().unwrap();
        serde_json::from_str::<Value>(block).unwrap_or_else(|error| panic!("{error}: {block}"))
    });
    (blocks.next().unwrap(), blocks.next().unwrap())
}

/// Whether a value has the fields and types of the documented one, and no others.
fn compare(path: &str, documented: &Value, is: &Value, wrong: &mut Vec<String>) {
    let nullable = ["fix", "no_fix_reason", "suppressed", "line", "column"];
    match (documented, is) {
        // A whole file is meant, or there is none.
        (_, Value::Null) if nullable.iter().any(|name| path.ends_with(&format!(".{name}"))) => {}
        (Value::Object(documented), Value::Object(is)) => {
            let names: BTreeSet<&String> = documented.keys().chain(is.keys()).collect();
            for name in names {
                match (documented.get(name), is.get(name)) {
                    (Some(documented), Some(is)) => compare(&format!("{path}.{name}"), documented, is, wrong),
                    (Some(_), None) => wrong.push(format!("{path}.{name} is missing")),
                    _ => wrong.push(format!("{path}.{name} is not documented")),
                }
            }
        }
        (Value::Array(documented), Value::Array(is)) => {
            for is in is {
                documented.first().into_iter().for_each(|documented| compare(path, documented, is, wrong));
            }
        }
        // `null` in the example: the text describes it, and its own test.
        (Value::Null, _) => {}
        (a, b) if std::mem::discriminant(a) == std::mem::discriminant(b) => {}
        (a, b) => wrong.push(format!("{path} is {b}, documented as {a}")),
    }
}

/// Controls that everything below fails or fulfils in a known way.
const CONTROLS: &str = "--control=sqs-encryption,s3-versioning,s3-public-access-block";

/// One of everything that a report may hold.
fn everything() -> Scratch {
    let silent = "# terramend:ignore sqs-encryption -- a test\nresource \"aws_sqs_queue\" \"silent\" {}\n";
    let stuck = "locals {\n  off = false\n}\n\nresource \"aws_sqs_queue\" \"stuck\" {\n  sqs_managed_sse_enabled = local.off\n}\n";
    let public = "resource \"aws_s3_bucket\" \"site\" {\n  bucket = \"acme-public-assets\"\n}\n";
    let scratch = Scratch::with(&[
        ("main.tf", &format!("{QUEUE}\n{BUCKET}")),
        ("silent.tf", silent),
        ("stuck.tf", stuck),
        ("public/main.tf", public),
        ("broken.tf", "a = \n"),
    ]);
    std::os::unix::fs::symlink("nowhere.tf", scratch.path("link.tf")).unwrap();
    scratch
}

#[test]
fn a_scan_has_the_documented_fields() {
    let report = everything().json(4, &["scan", CONTROLS]);
    let (documented, _) = documented();
    let mut wrong = Vec::new();
    compare("report", &documented, &report, &mut wrong);
    assert_eq!(wrong, Vec::<String>::new());
    // The example covers every kind of entry.
    let findings = items(&report["findings"]);
    assert!(findings.iter().any(|f| f["fix"].is_null() && f["no_fix_reason"].is_string()), "{report}");
    assert!(findings.iter().any(|f| f["fix"].is_object() && f["no_fix_reason"].is_null()), "{report}");
    assert!(findings.iter().any(|f| f["suppressed"].is_object()) && findings.iter().any(|f| f["suppressed"].is_null()));
    let errors = items(&report["errors"]);
    assert!(errors.iter().any(|e| e["line"].is_u64()) && errors.iter().any(|e| e["line"].is_null()), "{report}");
}

#[test]
fn a_fix_has_the_documented_fields() {
    let report = everything().json(4, &["fix", CONTROLS, "--grade", "review"]);
    let (mut documented, added) = documented();
    documented.as_object_mut().unwrap().extend(added.as_object().unwrap().clone());
    let mut wrong = Vec::new();
    compare("report", &documented, &report, &mut wrong);
    assert_eq!(wrong, Vec::<String>::new());
    let (applied, left) = (items(&report["applied"]), items(&report["not_applied"]));
    assert!(applied.iter().any(|fix| !items(&fix["notes"]).is_empty()), "{report}");
    assert!(left.iter().any(|left| text(&left["reason"]).starts_with("manual: ")), "{report}");
    // What is left is what is found still.
    assert_eq!(named(&report["not_applied"]).len(), named(&report["findings"]).len());
}

#[test]
fn values_are_the_documented_ones() {
    let report = everything().json(4, &["fix", CONTROLS, "--grade", "review"]);
    let one_of = |value: &Value, all: &[&str]| assert!(all.contains(&text(value)), "{value} is none of {all:?}");
    let scan = everything().json(4, &["scan", CONTROLS]);
    assert_eq!(scan["schema_version"], 1);
    for finding in items(&scan["findings"]).iter().chain(items(&report["findings"])) {
        one_of(&finding["severity"], &["low", "medium", "high", "critical"]);
        assert!(finding["line"].as_u64() >= Some(1) && finding["column"].as_u64() >= Some(1), "{finding}");
        if finding["fix"].is_object() {
            one_of(&finding["fix"]["grade"], &["safe", "review", "manual"]);
            one_of(&finding["fix"]["effect"], &["none", "in-place", "cost", "access", "replace"]);
        }
    }
    for fix in items(&report["applied"]) {
        one_of(&fix["grade"], &["safe", "review"]);
        assert!(!items(&fix["changes"]).is_empty() && !items(&fix["files"]).is_empty(), "{fix}");
        for change in items(&fix["changes"]) {
            one_of(&change["action"], &["create", "update", "replace", "delete"]);
        }
    }
    for error in items(&scan["errors"]) {
        one_of(&error["level"], &["error", "warning"]);
    }
}

#[test]
fn the_summary_counts() {
    let scratch = everything();
    let scan = scratch.json(4, &["scan", CONTROLS]);
    let count = |list: &Value, which: fn(&Value) -> bool| items(list).iter().filter(|item| which(item)).count();
    let open = |f: &Value| f["suppressed"].is_null();
    let fixable = |f: &Value| f["suppressed"].is_null() && f["fix"].is_object() && f["fix"]["grade"] != "manual";
    assert_eq!(scan["summary"]["findings"], count(&scan["findings"], open));
    assert_eq!(scan["summary"]["suppressed"], 1);
    assert_eq!(count(&scan["findings"], |f| f["suppressed"].is_object()), 1);
    assert_eq!(scan["summary"]["fixable"], count(&scan["findings"], fixable));
    assert_eq!(scan["summary"]["errors"], count(&scan["errors"], |e| e["level"] == "error"));
    assert_eq!((&scan["summary"]["files"], &scan["summary"]["applied"]), (&json!(4), &json!(0)));
    assert!(scan.get("applied").is_none() && scan.get("not_applied").is_none(), "a scan applies nothing");
    let fix = scratch.json(4, &["fix", CONTROLS, "--grade", "review"]);
    assert_eq!(fix["summary"]["applied"], items(&fix["applied"]).len());
    let files: BTreeSet<&str> = items(&fix["applied"]).iter().flat_map(|fix| items(&fix["files"])).map(text).collect();
    assert_eq!(fix["summary"]["changed_files"], files.len());
    assert_eq!(files, BTreeSet::from(["main.tf", "public/main.tf"]));
}

#[test]
fn places_count_from_one_and_in_characters() {
    let text = format!("/* größe */ {QUEUE}\n\n  {}", QUEUE.replace("orders", "b"));
    let scratch = Scratch::with(&[("live/queues/main.tf", &text)]);
    // Paths are relative to the directory that was given, however it is given.
    for (directory, file) in
        [(".", "live/queues/main.tf"), ("live", "queues/main.tf"), ("live/../live/", "queues/main.tf")]
    {
        let report = scratch.json(1, &["scan", directory, "--control", "sqs-encryption"]);
        let place = |n: usize| {
            (&report["findings"][n]["file"], &report["findings"][n]["line"], &report["findings"][n]["column"])
        };
        assert_eq!(place(0), (&json!(file), &json!(1), &json!(13)), "{directory}");
        assert_eq!(place(1), (&json!(file), &json!(6), &json!(3)), "{directory}");
    }
}

/// `address action root` of every change, sorted.
fn changes(report: &Value) -> Vec<String> {
    let all = items(&report["applied"]).iter().flat_map(|fix| items(&fix["changes"]));
    let mut lines: Vec<String> =
        all.map(|change| [&change["address"], &change["action"], &change["root"]].map(text).join(" ")).collect();
    lines.sort();
    lines
}

#[test]
fn a_module_used_twice_has_two_addresses() {
    let module = "module \"NAME\" {\n  source = \"./modules/queue\"\n}\n";
    let scratch = Scratch::with(&[
        ("modules/queue/main.tf", QUEUE),
        ("main.tf", &(module.replace("NAME", "orders") + &module.replace("NAME", "returns"))),
    ]);
    let report = scratch.json(0, &["fix", "--control", "sqs-encryption"]);
    assert_eq!(
        changes(&report),
        ["module.orders.aws_sqs_queue.orders update .", "module.returns.aws_sqs_queue.orders update ."]
    );
    assert_eq!(report["applied"][0]["resource"], "aws_sqs_queue.orders", "the address in its module");
    assert_eq!(report["applied"][0]["files"], json!(["modules/queue/main.tf"]));
    assert_eq!(items(&report["applied"]).len(), 1, "edited once");
}

#[test]
fn every_root_is_named() {
    let call = |source: &str| format!("module \"queues\" {{\n  source = \"{source}\"\n}}\n");
    let scratch = Scratch::with(&[
        ("modules/queue/main.tf", QUEUE),
        ("modules/all/main.tf", &call("../queue")),
        ("envs/dev/main.tf", &call("../../modules/all")),
        ("envs/prod/main.tf", &call("../../modules/all")),
        ("unused/main.tf", QUEUE),
    ]);
    let report = scratch.json(0, &["fix", "--control", "sqs-encryption"]);
    assert_eq!(
        changes(&report),
        [
            "aws_sqs_queue.orders update unused",
            "module.queues.module.queues.aws_sqs_queue.orders update envs/dev",
            "module.queues.module.queues.aws_sqs_queue.orders update envs/prod",
        ]
    );
}

#[test]
fn repeated_resources_have_no_index() {
    for repeat in ["for_each = toset([\"eu\", \"us\"])", "count = 2"] {
        let bucket = format!("resource \"aws_s3_bucket\" \"uploads\" {{\n  {repeat}\n}}\n");
        let scratch = Scratch::with(&[("main.tf", &bucket)]);
        let report = scratch.json(0, &["fix", "--control", "s3-public-access-block"]);
        assert_eq!(changes(&report), ["aws_s3_bucket_public_access_block.uploads create ."], "{repeat}");
    }
    let module = "module \"queues\" {\n  source   = \"./queue\"\n  for_each = toset([\"a\", \"b\"])\n}\n";
    let scratch = Scratch::with(&[("main.tf", module), ("queue/main.tf", QUEUE)]);
    let report = scratch.json(0, &["fix", "--control", "sqs-encryption"]);
    assert_eq!(changes(&report), ["module.queues.aws_sqs_queue.orders update ."]);
}

#[test]
fn replacements_are_told() {
    let permission = "resource \"aws_lambda_permission\" \"rule\" {\n  action        = \"lambda:InvokeFunction\"\n  \
                      function_name = \"orders\"\n  principal     = \"events.amazonaws.com\"\n}\n";
    let scratch = Scratch::with(&[("main.tf", permission)]);
    let report = scratch.json(0, &["fix", "--control", "lambda-permission-source-arn", "--grade", "review"]);
    assert_eq!(changes(&report), ["aws_lambda_permission.rule replace ."]);
    assert_eq!(
        (&report["applied"][0]["grade"], &report["applied"][0]["effect"]),
        (&json!("review"), &json!("replace"))
    );
    // It is never safe.
    let report = scratch.json(1, &["fix", "--control", "lambda-permission-source-arn"]);
    assert_eq!(report["applied"], json!([]));
}
