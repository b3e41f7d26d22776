//! Exit codes, and what goes to which stream.

use std::process::{Command, Stdio};

use crate::support::{BUCKET, FIXED_QUEUE, QUEUE, Scratch};

const ENCRYPTION: [&str; 2] = ["--control", "sqs-encryption"];
const BROKEN: &str = "resource \"aws_sqs_queue\" {\n  name = \n}\n";

fn with<'a>(command: &[&'a str]) -> Vec<&'a str> {
    [command, &ENCRYPTION].concat()
}

#[test]
fn zero_when_nothing_is_found() {
    let scratch = Scratch::with(&[("main.tf", FIXED_QUEUE)]);
    for command in [&["scan"][..], &["fix"], &["fix", "--write"]] {
        scratch.expect(0, &with(command));
    }
}

#[test]
fn one_when_findings_are_left() {
    let scratch = Scratch::with(&[("main.tf", QUEUE)]);
    scratch.expect(1, &with(&["scan"]));
    // A dry run counts what is left after the fixes that it shows.
    scratch.expect(0, &with(&["fix"]));
    scratch.write("main.tf", BUCKET);
    scratch.expect(1, &["fix", "--control", "s3-versioning"]);
    scratch.expect(0, &["fix", "--control", "s3-versioning", "--grade", "review"]);
}

#[test]
fn two_on_wrong_usage() {
    let scratch = Scratch::with(&[("main.tf", QUEUE)]);
    for (arguments, said) in [
        (&["frobnicate"][..], "frobnicate"),
        (&["scan", "--frobnicate"], "--frobnicate"),
        (&["scan", "--severity", "huge"], "low, medium, high, critical"),
        (&["scan", "--format", "xml"], "text, json, patch"),
        (&["fix", "--grade", "manual"], "use safe or review"),
        (&["fix", "--allow-dirty"], "--write"),
        (&["explain"], "<ID>"),
        (&["completions", "tcsh"], "bash"),
        (&["scan", "nowhere"], "nowhere"),
        (&["test", "nowhere"], "nowhere"),
    ] {
        let ran = scratch.expect(2, arguments);
        assert!(ran.stderr.contains("error") && ran.stderr.contains(said), "{arguments:?}: {}", ran.stderr);
        assert_eq!(ran.stdout, "", "{arguments:?}");
    }
    assert_eq!(scratch.read("main.tf"), QUEUE);
}

#[test]
fn four_when_something_could_not_be_analysed() {
    let scratch = Scratch::with(&[("broken.tf", BROKEN), ("main.tf", QUEUE)]);
    let ran = scratch.expect(4, &with(&["scan"]));
    assert!(ran.stdout.contains("aws_sqs_queue.orders"), "the rest is analysed: {}", ran.stdout);
    assert!(ran.stderr.starts_with("error: broken.tf:"), "{}", ran.stderr);
    // Also when nothing else is wrong.
    scratch.write("main.tf", FIXED_QUEUE);
    scratch.expect(4, &with(&["scan"]));
    // The rest is fixed, the broken file stays.
    scratch.write("main.tf", QUEUE);
    scratch.expect(4, &with(&["fix", "--write"]));
    assert_eq!(scratch.read("main.tf"), FIXED_QUEUE);
    assert_eq!(scratch.read("broken.tf"), BROKEN);
}

#[test]
fn the_result_goes_to_stdout() {
    let scratch = Scratch::with(&[("main.tf", QUEUE)]);
    let ran = scratch.expect(1, &with(&["scan"]));
    assert_eq!(ran.stderr, "");
    for part in ["medium[sqs-encryption]", "aws_sqs_queue.orders", "main.tf:1:1", "fix (safe; a deploy: in-place)"] {
        assert!(ran.stdout.contains(part), "no {part:?} in {}", ran.stdout);
    }
    assert!(ran.stdout.contains("+  sqs_managed_sse_enabled = true"), "the fix is shown: {}", ran.stdout);
    assert!(ran.stdout.ends_with("1 finding in 1 file, 1 fixable\n"), "{}", ran.stdout);
    assert!(!ran.stdout.contains('\u{1b}'), "colours only for terminals: {:?}", ran.stdout);
}

#[test]
fn talk_goes_to_stderr() {
    let scratch = Scratch::with(&[("broken.tf", BROKEN), ("main.tf", QUEUE)]);
    let patch = "--- a/main.tf\n+++ b/main.tf\n@@ -1,3 +1,5 @@\n resource \"aws_sqs_queue\" \"orders\" {\n   name = \
                 \"orders\"\n+\n+  sqs_managed_sse_enabled = true\n }\n";
    let ran = scratch.expect(4, &with(&["fix"]));
    assert_eq!(ran.stdout, patch);
    for part in ["error: broken.tf:", "fixed sqs-encryption aws_sqs_queue.orders", "nothing was written", "--write"] {
        assert!(ran.stderr.contains(part), "no {part:?} in {}", ran.stderr);
    }
    // In the formats for programs the result stands alone on stdout.
    let ran = scratch.expect(4, &with(&["fix", "--format", "patch"]));
    assert_eq!(ran.stdout, patch);
    assert!(ran.stderr.contains("error: broken.tf:"), "{}", ran.stderr);
    let ran = scratch.expect(4, &with(&["fix", "--format", "json"]));
    assert_eq!(ran.json()["summary"]["applied"], 1);
    assert!(ran.stderr.contains("error: broken.tf:"), "{}", ran.stderr);
}

#[test]
fn what_is_left_is_said_with_the_reason() {
    let scratch = Scratch::with(&[("main.tf", BUCKET)]);
    let ran = scratch.expect(1, &["fix", "--control", "s3-versioning"]);
    assert_eq!(ran.stdout, "");
    assert!(
        ran.stderr
            .contains("left  s3-versioning aws_s3_bucket.uploads (main.tf:1): grade review: run with --grade review"),
        "{}",
        ran.stderr
    );
}

/// `terramend scan | head` must not end in a panic.
#[test]
fn a_reader_that_goes_away_is_no_error() {
    let scratch = Scratch::with(&[]);
    let queues: String = (0..2000).map(|n| QUEUE.replace("orders", &format!("q{n}"))).collect();
    scratch.write("main.tf", queues);
    let mut child = Command::new(env!("CARGO_BIN_EXE_terramend"))
        .args(with(&["scan", "--format", "json"]))
        .current_dir(scratch.root())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
