//! `terramend fix --from`: reports of other tools, as they wrote them (`fixtures/reported`), and what becomes of them.

#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use support::{FIXED_QUEUE, QUEUE, Scratch, items, named, text};

fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/reported").join(path)
}

/// A copy of the project below `shop/`, with a report beside it.
fn shop(report: &str) -> Scratch {
    let scratch = Scratch::with(&[]);
    for path in ["main.tf", "modules/bucket/main.tf"] {
        scratch.write(&format!("shop/{path}"), fs::read(fixture("project").join(path)).unwrap());
    }
    scratch.write("report", fs::read(fixture(report)).unwrap());
    scratch
}

fn fix(scratch: &Scratch, more: &[&str]) -> Value {
    scratch.json(1, &[&["fix", "--from", "report", "--grade", "review"][..], more].concat())
}

fn applied(report: &Value) -> BTreeSet<String> {
    named(&report["applied"]).into_iter().collect()
}

/// `id resource: reason` of what was not matched.
fn unmatched(report: &Value) -> BTreeSet<String> {
    let one = |other: &Value| {
        format!("{} {}: {}", text(&other["id"]), other["resource"].as_str().unwrap_or("-"), text(&other["reason"]))
    };
    items(&report["unmatched"]).iter().map(one).collect()
}

/// What the scanners report of the project and terramend repairs: their own lists say what is to be there, and nothing
/// else (the log group's retention is only in Checkov's report, the public access block in both).
#[test]
fn what_checkov_reports_is_repaired_and_nothing_else() {
    for report in ["checkov.json", "checkov.sarif"] {
        let scratch = shop(report);
        let result = fix(&scratch, &["shop"]);
        let applied = applied(&result);
        for expected in [
            "sqs-encryption aws_sqs_queue.orders",
            "dynamodb-point-in-time-recovery aws_dynamodb_table.orders",
            "s3-versioning aws_s3_bucket.this",
            "s3-public-access-block aws_s3_bucket.this",
        ] {
            assert!(applied.contains(expected), "{report}: no {expected} in {applied:?}");
        }
        assert!(
            !applied.iter().any(|fix| fix.starts_with("s3-tls-only")),
            "{report}: Checkov has no such check: {applied:?}"
        );
        let unmatched = unmatched(&result);
        let instance = unmatched.iter().filter(|line| line.ends_with("no control answers for this rule"));
        assert!(instance.count() >= 5, "{report}: checks of the instance: {unmatched:?}");
    }
}

#[test]
fn what_trivy_reports_is_repaired_and_nothing_else() {
    for report in ["trivy.json", "trivy.sarif"] {
        let result = fix(&shop(report), &["shop"]);
        let applied = applied(&result);
        for expected in [
            "sqs-encryption aws_sqs_queue.orders",
            "dynamodb-point-in-time-recovery aws_dynamodb_table.orders",
            "s3-public-access-block aws_s3_bucket.this",
            "s3-versioning aws_s3_bucket.this",
        ] {
            assert!(applied.contains(expected), "{report}: no {expected} in {applied:?}");
        }
        // Trivy 0.59 has no check of how long log groups keep.
        assert!(!applied.iter().any(|fix| fix.contains("retention")), "{report}: {applied:?}");
        let unmatched = unmatched(&result);
        assert!(unmatched.iter().any(|line| line.starts_with("AVD-AWS-0028 ")), "{report}: {unmatched:?}");
    }
}

#[test]
fn the_scanner_may_have_run_elsewhere() {
    let checkov = |file: &str| {
        let check = json!({ "check_id": "CKV_AWS_27", "file_path": file, "file_line_range": [1, 3], "resource": "aws_sqs_queue.orders" });
        json!({ "check_type": "terraform", "results": { "failed_checks": [check] } }).to_string()
    };
    let run = |file: &str, files: &[&str]| {
        let scratch = Scratch::with(&[]);
        for path in files {
            scratch.write(path, QUEUE);
        }
        scratch.write("report", checkov(file));
        let ran = scratch.run(&["fix", "--from", "report", "--write", "--format", "json"]);
        let fixed: Vec<String> =
            files.iter().filter(|path| scratch.read(path) == FIXED_QUEUE).map(|p| (*p).to_owned()).collect();
        let reasons = ran.json()["unmatched"].as_array().map(|all| all[0]["reason"].as_str().unwrap().to_owned());
        (fixed, reasons)
    };
    let fixed = |paths: &[&str]| (paths.iter().map(|p| (*p).to_owned()).collect::<Vec<_>>(), None);
    // In a directory below, in one above, with a leading slash, on Windows.
    assert_eq!(run("/main.tf", &["a/main.tf"]), fixed(&["a/main.tf"]));
    assert_eq!(run("/home/runner/shop/a/main.tf", &["a/main.tf"]), fixed(&["a/main.tf"]));
    assert_eq!(run("a\\main.tf", &["a/main.tf", "b/main.tf"]), fixed(&["a/main.tf"]));
    // The file itself before one that ends so.
    assert_eq!(run("main.tf", &["main.tf", "a/main.tf"]), fixed(&["main.tf"]));
    let (none, reason) = run("/main.tf", &["a/main.tf", "b/main.tf"]);
    assert!(none.is_empty());
    assert_eq!(reason.as_deref(), Some("several files are called so: a/main.tf, b/main.tf"));
}

#[test]
fn lines_may_have_moved_since_the_report() {
    let scratch = shop("checkov.json");
    let moved = format!("# one\n# two\n# three\n# four\n\n{}", scratch.read("shop/main.tf"));
    scratch.write("shop/main.tf", moved);
    assert!(applied(&fix(&scratch, &["shop"])).contains("sqs-encryption aws_sqs_queue.orders"));
}

#[test]
fn reasons_are_told() {
    let queues = format!("{QUEUE}{}", FIXED_QUEUE.replace("orders", "fixed"));
    let silenced = QUEUE.replace("orders", "quiet").replace("{\n", "{\n  # checkov:skip=CKV_AWS_27:empty\n");
    let scratch = Scratch::with(&[("main.tf", &format!("{queues}{silenced}"))]);
    let result = |id: &str, line: u64| json!({ "ruleId": id, "locations": [{ "physicalLocation": { "artifactLocation": { "uri": "main.tf" }, "region": { "startLine": line } } }] });
    let mut results =
        vec![result("CKV_AWS_27", 2), result("CKV_AWS_27", 5), result("CKV_AWS_27", 12), result("CKV_AZURE_1", 1)];
    results.push(json!({ "ruleId": "CKV_AWS_27" }));
    results.push(json!({ "ruleId": "CKV_AWS_27", "kind": "pass", "locations": [] }));
    results.push(json!({ "ruleId": "CKV_AZURE_2", "suppressions": [{ "kind": "external" }] }));
    let log =
        json!({ "version": "2.1.0", "runs": [{ "tool": { "driver": { "name": "Checkov" } }, "results": results }] });
    scratch.write("report", log.to_string());
    let report = fix(&scratch, &[]);
    assert_eq!(applied(&report), ["sqs-encryption aws_sqs_queue.orders".to_owned()].into());
    let expected = [
        "CKV_AWS_27 -: `sqs-encryption` finds nothing wrong there",
        "CKV_AWS_27 -: it names no place",
        "CKV_AZURE_1 -: no control answers for this rule",
    ];
    assert_eq!(unmatched(&report), expected.map(str::to_owned).into());
    let left = items(&report["not_applied"]);
    assert!(left.len() == 1 && left[0]["reason"] == "suppressed by checkov", "{left:?}");
    let words = scratch.expect(1, &["fix", "--from", "report"]).stderr;
    assert!(words.contains("skip  checkov CKV_AZURE_1 main.tf:1: no control answers for this rule"), "{words}");
    scratch.expect(0, &["fix", "--from", "report", "--fail-on", "never"]);
    // A selection of one's own, and what is switched off.
    let report = scratch.json(1, &["fix", "--from", "report", "--control", "s3-versioning"]);
    assert!(
        unmatched(&report).contains("CKV_AWS_27 -: `sqs-encryption` is not among the controls of --control"),
        "{report}"
    );
    scratch.write(".terramend.hcl", "control \"sqs-encryption\" {\n  enabled = false\n}\n");
    let report = scratch.json(1, &["fix", "--from", "report"]);
    assert!(
        unmatched(&report).contains("CKV_AWS_27 -: `sqs-encryption` is switched off in .terramend.hcl"),
        "{report}"
    );
}

/// Where a control is content although another tool isn't, it says why.
#[test]
fn what_is_right_as_it_is_has_a_reason() {
    let keys = "resource \"aws_kms_key\" \"retired\" {\n  is_enabled = false\n}\n\nresource \"aws_kms_key\" \"open\" \
                {\n  enable_key_rotation = var.rotates\n}\n\nvariable \"rotates\" {}\n";
    let scratch = Scratch::with(&[("main.tf", keys)]);
    let check = |resource: &str, first: u64| json!({ "check_id": "CKV_AWS_7", "file_path": "/main.tf", "file_line_range": [first, first + 2], "resource": resource });
    let checks = [check("aws_kms_key.retired", 1), check("aws_kms_key.open", 5)];
    let report = json!({ "check_type": "terraform", "results": { "failed_checks": checks } });
    scratch.write("report", report.to_string());
    let report = scratch.json(1, &["fix", "--from", "report"]);
    let expected = [
        "CKV_AWS_7 aws_kms_key.open: `kms-rotation` can't tell: it depends on values that aren't known before a deploy",
        "CKV_AWS_7 aws_kms_key.retired: `kms-rotation` doesn't ask for it there: it is disabled, and KMS can't tell a \
         disabled key to rotate",
    ];
    assert_eq!(unmatched(&report), expected.map(str::to_owned).into());
    let report = scratch.json(0, &["scan", "--control", "kms-rotation"]);
    let named =
        |list: &str| items(&report[list]).iter().map(|item| text(&item["resource"]).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        (named("exempt"), named("undecided")),
        (vec!["aws_kms_key.retired".into()], vec!["aws_kms_key.open".into()])
    );
    assert!(items(&report["findings"]).is_empty());
    let words = scratch.expect(0, &["scan", "--control", "kms-rotation"]);
    assert!(!words.stdout.contains("aws_kms_key"), "{}", words.stdout);
}

#[test]
fn what_is_reported_is_written() {
    let scratch = shop("checkov.json");
    let before = scratch.read("shop/main.tf");
    scratch.json(1, &["fix", "--from", "report", "--write", "shop"]);
    let after = scratch.read("shop/main.tf");
    assert!(after.contains("sqs_managed_sse_enabled = true\n}\n\nresource \"aws_sqs_queue\" \"refunds\""), "{after}");
    assert!(after.len() > before.len());
    // By its own report, too.
    let report = scratch.run(&["scan", "--format", "json", "shop"]).stdout;
    scratch.write("report", report);
    assert!(applied(&fix(&scratch, &["shop"])).contains("s3-versioning aws_s3_bucket.this"));
}

#[test]
fn kics_and_cdk_nag_are_understood() {
    let scratch = Scratch::with(&[("infra/main.tf", QUEUE)]);
    let file = json!({ "file_name": "../../path/infra/main.tf", "line": 1, "resource_type": "aws_sqs_queue", "resource_name": "orders",
        "issue_type": "MissingAttribute", "search_key": "aws_sqs_queue[orders]" });
    let query = json!({ "query_name": "SQS With SSE Disabled", "query_id": "6e8849c1-3aa7-40e3-9063-b85ee300f29f", "severity": "MEDIUM", "files": [file] });
    scratch.write("report", json!({ "files_scanned": 1, "queries": [query] }).to_string());
    let report = scratch.json(0, &["fix", "--from", "report"]);
    assert_eq!(applied(&report), ["sqs-encryption aws_sqs_queue.orders".to_owned()].into());

    let app = fixture("cdk");
    let csv = "Rule ID,Resource ID,Compliance,Exception Reason,Rule Level,Rule Info\n\
               \"AwsSolutions-SQS2\",\"Shop/Orders/Resource\",\"Non-Compliant\",\"N/A\",\"Error\",\"The queue, \"\"so\"\" said\"\n\
               \"AwsSolutions-S10\",\"Shop/Uploads/Resource\",\"Compliant\",\"N/A\",\"Error\",\"...\"\n\
               \"AwsSolutions-IAM5[Resource::*]\",\"Shop/Nobody/Resource\",\"Non-Compliant\",\"N/A\",\"Error\",\"...\"\n";
    let line = |rule: &str, resource: &str, compliance: &str| json!({ "ruleId": rule, "resourceId": resource, "compliance": compliance });
    let lines = [
        line("AwsSolutions-SQS2", "Shop/Orders/Resource", "Non-Compliant"),
        line("AwsSolutions-S10", "Shop/Uploads/Resource", "Compliant"),
        line("AwsSolutions-IAM5[Resource::*]", "Shop/Nobody/Resource", "Non-Compliant"),
    ];
    let root = app.to_str().unwrap();
    let assembly = app.join("assembly");
    for report in [csv.to_owned(), json!({ "lines": lines }).to_string()] {
        scratch.write("report", report);
        let report = fix(&scratch, &["--assembly", assembly.to_str().unwrap(), root]);
        let queue =
            |finding: &&Value| finding["control"] == "sqs-encryption" && text(&finding["resource"]).contains("Orders");
        let seen = items(&report["findings"]).iter().chain(items(&report["applied"])).filter(queue).count();
        assert_eq!((seen, items(&report["findings"]).len() + items(&report["applied"]).len()), (1, 1), "{report}");
        assert_eq!(items(&report["unmatched"]).len(), 1, "{report}");
    }
    scratch.write("report", fs::read(app.join("validation-report.json")).unwrap());
    let report = fix(&scratch, &["--assembly", assembly.to_str().unwrap(), root]);
    let controls: BTreeSet<&str> = items(&report["findings"]).iter().map(|finding| text(&finding["control"])).collect();
    for control in ["sqs-encryption", "sqs-tls-only", "s3-tls-only"] {
        assert!(controls.contains(control), "no {control}: {report}");
    }
}

#[test]
fn what_is_no_report_is_refused() {
    let scratch = Scratch::with(&[("main.tf", QUEUE), ("report", "{}")]);
    let ran = scratch.expect(2, &["fix", "--from", "report"]);
    assert!(ran.stderr.contains("report: not a report that is known"), "{}", ran.stderr);
    let ran = scratch.expect(2, &["fix", "--from", "nowhere"]);
    assert!(ran.stderr.contains("nowhere: can't be read"), "{}", ran.stderr);
    scratch.expect(2, &["fix", "--from", "report", "--severity", "high"]);
    // Nothing in it: nothing to do.
    scratch.write("report", "[]");
    let report = scratch.json(0, &["fix", "--from", "report"]);
    assert!(items(&report["applied"]).is_empty() && items(&report["findings"]).is_empty());
}
