//! The formats for other programs, and the files that they go to.

use std::path::Path;

use serde_json::Value;

use crate::support::{BUCKET, FIXED_QUEUE, QUEUE, Scratch, items, text};

const SCAN: [&str; 3] = ["scan", "--control", "sqs-encryption"];

fn scan<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&SCAN[..], more].concat()
}

fn sarif(scratch: &Scratch, code: i32, more: &[&str]) -> Value {
    scratch.expect(code, &scan(&[more, &["--format", "sarif"]].concat())).json()
}

fn results(log: &Value) -> &[Value] {
    items(&log["runs"][0]["results"])
}

/// The bytes at which a line (from 1) begins and a column (from 1, in UTF-16) lies.
fn offset(file: &str, line: &Value, column: &Value) -> usize {
    let start: usize = file.split_inclusive('\n').take(line.as_u64().unwrap() as usize - 1).map(str::len).sum();
    let mut units = column.as_u64().unwrap() as usize - 1;
    let inside = file[start..].char_indices().find(|(_, c)| match units.checked_sub(c.len_utf16()) {
        Some(rest) if units > 0 => {
            units = rest;
            false
        }
        _ => true,
    });
    start + inside.map_or(file.len() - start, |(at, _)| at)
}

/// A file after the replacements of a result's only fix.
fn repaired(file: &str, result: &Value) -> String {
    let [change] = items(&result["fixes"][0]["artifactChanges"]) else { panic!("one file: {result}") };
    let mut whole = file.to_owned();
    for replacement in items(&change["replacements"]).iter().rev() {
        let region = &replacement["deletedRegion"];
        let start = offset(file, &region["startLine"], &region["startColumn"]);
        let end = offset(file, &region["endLine"], &region["endColumn"]);
        whole.replace_range(start..end, replacement["insertedContent"]["text"].as_str().unwrap_or_default());
    }
    whole
}

#[test]
fn sarif_says_what_is_wrong_and_how_to_mend_it() {
    let scratch = Scratch::with(&[("live/main.tf", QUEUE)]);
    let log = sarif(&scratch, 1, &[]);
    let run = &log["runs"][0];
    assert_eq!((text(&log["version"]), text(&run["columnKind"])), ("2.1.0", "utf16CodeUnits"));
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
    let [rule] = items(&run["tool"]["driver"]["rules"]) else { panic!("one rule: {log}") };
    assert_eq!(rule["id"], "sqs-encryption");
    assert_eq!(rule["shortDescription"]["text"], "SQS queues are encrypted at rest");
    assert!(text(&rule["help"]["markdown"]).starts_with("## Why\n"), "{rule}");
    assert!(items(&rule["properties"]["aliases"]).contains(&"CKV_AWS_27".into()));
    let [result] = results(&log) else { panic!("one result: {log}") };
    assert_eq!((text(&result["ruleId"]), text(&result["level"])), ("sqs-encryption", "warning"));
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"], serde_json::json!({ "uri": "live/main.tf", "uriBaseId": "%SRCROOT%" }));
    let header = serde_json::json!({ "startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 34 });
    assert_eq!(place["region"], header);
    assert_eq!(repaired(QUEUE, result), FIXED_QUEUE);
}

#[test]
fn sarif_counts_columns_in_utf16_and_keeps_line_endings() {
    let queue = "\u{feff}/* é😀 */ resource \"aws_sqs_queue\" \"orders\" {\r\n  name                    = \"é😀\"\r\n  \
                 sqs_managed_sse_enabled = /* 😀 */ false\r\n}\r\n";
    let scratch = Scratch::with(&[("main.tf", queue)]);
    let log = sarif(&scratch, 1, &[]);
    let result = &results(&log)[0];
    assert_eq!(result["locations"][0]["physicalLocation"]["region"]["startColumn"], 11);
    let after = repaired(&queue[3..], result);
    scratch.expect(0, &["fix", "--control", "sqs-encryption", "--write"]);
    assert_eq!(format!("\u{feff}{after}"), scratch.read("main.tf"));
    assert!(after.contains("/* 😀 */ true\r\n"), "{after}");
}

#[test]
fn fingerprints_stay_when_lines_move() {
    let scratch = Scratch::with(&[("main.tf", QUEUE)]);
    let print = |log: &Value| results(log)[0]["partialFingerprints"].clone();
    let before = print(&sarif(&scratch, 1, &[]));
    scratch.write("main.tf", format!("# moved\n\nlocals {{}}\n\n{QUEUE}"));
    assert_eq!(print(&sarif(&scratch, 1, &[])), before);
    scratch.write("main.tf", QUEUE.replace("orders", "payments"));
    assert_ne!(print(&sarif(&scratch, 1, &[])), before);
}

#[test]
fn paths_begin_at_the_top_of_the_repository() {
    let scratch = Scratch::with(&[("a b/live/main.tf", QUEUE)]);
    let uri =
        |log: &Value| text(&results(log)[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]).to_owned();
    assert_eq!(uri(&sarif(&scratch, 1, &["a b"])), "live/main.tf", "without git: of the directory");
    scratch.commit();
    assert_eq!(uri(&sarif(&scratch, 1, &["a b/live"])), "a%20b/live/main.tf");
    let github = scratch.expect(1, &scan(&["--format", "github", "a b/live"])).stdout;
    assert!(github.starts_with("::warning file=a b/live/main.tf,line=1,title=sqs-encryption (medium)::"), "{github}");
}

#[test]
fn sarif_tells_what_was_silenced_and_what_was_not_read() {
    let silenced = format!("# checkov:skip=CKV_AWS_27:it holds nothing\n{QUEUE}");
    let scratch = Scratch::with(&[("main.tf", &silenced), ("other/broken.tf", "resource {\n")]);
    let log = sarif(&scratch, 4, &[]);
    let [result] = results(&log) else { panic!("one result: {log}") };
    let suppression = &result["suppressions"][0];
    assert_eq!((text(&suppression["kind"]), text(&suppression["status"])), ("inSource", "accepted"));
    assert_eq!(suppression["justification"], "checkov CKV_AWS_27: it holds nothing");
    assert_eq!(suppression["location"]["physicalLocation"]["region"]["startLine"], 1);
    let invocation = &log["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    let [said] = items(&invocation["toolExecutionNotifications"]) else { panic!("{log}") };
    assert_eq!(said["level"], "error");
    assert_eq!(said["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "other/broken.tf");
}

#[test]
fn what_a_program_makes_is_shown_where_it_is_made() {
    let app = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/cdk/orders-2.276");
    let ran = Scratch::with(&[]).run(&["scan", "--format", "sarif", app.to_str().unwrap()]);
    let log = ran.json();
    let located: Vec<&Value> = results(&log).iter().filter(|result| !result["relatedLocations"].is_null()).collect();
    assert!(!located.is_empty(), "{log}");
    for result in located {
        let uri = |place: &Value| text(&place["physicalLocation"]["artifactLocation"]["uri"]).to_owned();
        assert!(uri(&result["locations"][0]).ends_with("app.ts"), "{result}");
        assert!(uri(&result["relatedLocations"][0]).ends_with(".template.json"), "{result}");
    }
}

#[test]
fn annotations_beyond_the_limit_are_listed() {
    let queues: String = (0..12).map(|n| QUEUE.replace("orders", &format!("q{n}"))).collect();
    let scratch = Scratch::with(&[("main.tf", &queues), ("bucket.tf", BUCKET)]);
    let out =
        scratch.expect(1, &["scan", "--control", "sqs-encryption,s3-public-access-block", "--format", "github"]).stdout;
    assert_eq!(out.matches("\n::warning ").count() + usize::from(out.starts_with("::warning ")), 10, "{out}");
    let (_, group) = out.split_once("::group::2 more").unwrap();
    let (listed, rest) = group.split_once("::endgroup::\n").unwrap();
    assert_eq!(listed.matches("\nwarning main.tf:").count(), 2, "{out}");
    assert!(rest.starts_with("13 findings in 2 files"), "{out}");
    assert!(out.starts_with("::error file=bucket.tf,line=1,"), "the worst comes first: {out}");
}

#[test]
fn junit_has_a_case_for_every_finding() {
    let silenced = format!("# terramend:ignore sqs-encryption -- a < b & c\n{}", QUEUE.replace("orders", "quiet"));
    let scratch = Scratch::with(&[("main.tf", &format!("{silenced}{QUEUE}")), ("other/broken.tf", "resource {\n")]);
    let out = scratch.expect(4, &scan(&["--format", "junit"])).stdout;
    assert!(out.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"terramend\" tests=\"3\" failures=\"1\" errors=\"1\" skipped=\"1\">"), "{out}");
    assert!(out.contains("<skipped message=\"terramend: sqs-encryption a &lt; b &amp; c\"/>"), "{out}");
    assert!(out.contains("name=\"[medium] sqs-encryption aws_sqs_queue.orders\""), "{out}");
    assert!(out.contains("+  sqs_managed_sse_enabled = true"), "{out}");
    let clean = Scratch::with(&[("main.tf", "locals {}\n")]).expect(0, &scan(&["--format", "junit"])).stdout;
    assert!(clean.contains("tests=\"1\" failures=\"0\" errors=\"0\"") && clean.contains("nothing found"), "{clean}");
}

#[test]
fn markdown_for_a_summary() {
    let scratch = Scratch::with(&[("main.tf", QUEUE)]);
    let out = scratch.expect(1, &scan(&["--format", "markdown"])).stdout;
    assert!(out.starts_with("## terramend\n\n**1 finding** in 1 file (1 medium), 1 fixable.\n"), "{out}");
    assert!(out.contains("| medium | `sqs-encryption` | `aws_sqs_queue.orders` | `main.tf:1` |"), "{out}");
    assert!(out.contains("```diff\n--- a/main.tf\n"), "{out}");
    let fixed = scratch.expect(0, &["fix", "--control", "sqs-encryption", "--format", "markdown"]).stdout;
    assert!(fixed.starts_with("## terramend\n\nterramend fixed 1 finding in 1 resource (1 file)."), "{fixed}");
    let none = scratch.expect(0, &["scan", "--control", "s3-versioning", "--format", "markdown"]).stdout;
    assert_eq!(none, "## terramend\n\nNothing found in 1 file.\n");
}

/// Reviewers read the same in the summary of a job and in the pull request.
#[test]
fn what_was_fixed_is_said_as_in_the_pull_request() {
    let files = [("main.tf", QUEUE), ("b/bucket.tf", BUCKET), ("b/broken.tf", "resource {\n")];
    let scratch = Scratch::with(&files);
    scratch.commit();
    for directory in [".", "b"] {
        let fixed = scratch.run(&["fix", "--format", "markdown", directory]).stdout;
        let said = scratch.run(&["pr", "--dry-run", "--format", "json", directory]).json();
        let body = text(&said["pull_requests"][0]["body"]).to_owned();
        let (_, body) = body.split_once(" -->\n").unwrap();
        let (body, _) = body.split_once("<!-- terramend:end -->").unwrap();
        assert_eq!(fixed.strip_prefix("## terramend\n\n").unwrap(), body, "{directory}");
        assert!(body.contains("## Not analysed\n\n- `b/broken.tf:1`: "), "{body}");
    }
}

#[test]
fn a_page_for_a_browser_holds_everything() {
    let odd =
        format!("# terramend:ignore s3-versioning -- x\n{}", QUEUE.replace("orders", "a<script>alert(1)</script>"));
    let scratch = Scratch::with(&[("<b>/main.tf", &odd), ("broken.tf", "resource {\n")]);
    let out = scratch.expect(4, &scan(&["--format", "html"])).stdout;
    assert!(out.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"), "{out}");
    assert!(out.contains("default-src 'none'"), "{out}");
    assert!(out.contains("<code>&lt;b&gt;/main.tf:2</code>"), "{out}");
    assert!(!out.contains("<b>") && !out.contains("<script>alert"), "{out}");
    // Nothing is fetched from anywhere.
    assert!(
        !out.contains("src=\"") && !out.contains("url(") && !out.contains("@import") && !out.contains("<link"),
        "{out}"
    );
    assert!(out.contains("<span class=\"ins\">+  sqs_managed_sse_enabled = true</span>"), "{out}");
    assert!(out.contains("prefers-color-scheme: dark") && out.contains("<h2 id=\"errors\">"), "{out}");
    let fixed =
        Scratch::with(&[("main.tf", QUEUE)]).expect(0, &["fix", "--control", "sqs-encryption", "--format", "html"]);
    assert!(fixed.stdout.contains("<h2 id=\"fixed\">Fixed</h2>"), "{}", fixed.stdout);
}

#[test]
fn reports_go_to_files_as_well() {
    let scratch = Scratch::with(&[("main.tf", QUEUE)]);
    let ran =
        scratch.expect(1, &scan(&["--report", "sarif=out.sarif", "--report", "json=out.json", "--format", "github"]));
    assert!(ran.stdout.starts_with("::warning "), "{}", ran.stdout);
    let log: Value = serde_json::from_str(&scratch.read("out.sarif")).unwrap();
    assert_eq!(log, sarif(&scratch, 1, &[]));
    let report: Value = serde_json::from_str(&scratch.read("out.json")).unwrap();
    assert_eq!(report["summary"]["findings"], 1);
    scratch.expect(1, &scan(&["--report", "text=out.txt", "--format", "json"]));
    assert!(scratch.read("out.txt").starts_with("medium[sqs-encryption]: "), "no colours: {}", scratch.read("out.txt"));
    for (wrong, said) in [("sarif", "say format and file"), ("xml=a", "xml"), ("json=", "say format and file")] {
        let ran = scratch.expect(2, &scan(&["--report", wrong]));
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
    }
    let ran = scratch.expect(2, &scan(&["--report", "json=nowhere/out.json"]));
    assert!(ran.stderr.contains("nowhere/out.json: can't be written"), "{}", ran.stderr);
    let ran = scratch.expect(2, &scan(&["--report", "patch=out.patch"]));
    assert!(ran.stderr.contains("use `terramend fix`"), "{}", ran.stderr);
    scratch.expect(0, &["fix", "--control", "sqs-encryption", "--report", "patch=out.patch", "--format", "json"]);
    assert!(scratch.read("out.patch").starts_with("--- a/main.tf\n"));
}

#[test]
fn a_threshold_decides_on_the_exit_code_only() {
    let scratch = Scratch::with(&[("main.tf", QUEUE)]);
    for (threshold, code) in [("low", 1), ("medium", 1), ("high", 0), ("critical", 0), ("never", 0)] {
        let report = scratch.json(code, &scan(&["--fail-on", threshold]));
        assert_eq!(report["summary"]["findings"], 1, "{threshold}");
    }
    let ran = scratch.expect(2, &scan(&["--fail-on", "always"]));
    assert!(ran.stderr.contains("never"), "{}", ran.stderr);
}
