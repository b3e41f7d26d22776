//! A fix that is not right is taken back and reported: pages that are wrong on purpose.

#![allow(clippy::unwrap_used)]

use terramend::backend;
use terramend::catalogue::{Catalogue, Settings};
use terramend::engine::{self, Options, Outcome};
use terramend::fix::Grade;
use terramend::source::SourceFile;
use terramend::workspace::Loaded;

/// A page with one rule and one fix.
fn page(id: &str, kind: &str, pass: &str, fix: &str) -> String {
    format!(
        "# {id}\n\n```hcl control\nid = \"{id}\"\nfamily = \"test\"\nseverity = \"low\"\n\n\
         terraform \"{kind}\" {{\n  pass = {pass}\n  fix \"safe\" {{\n    effect = \"none\"\n    {fix}\n  }}\n}}\n```\n"
    )
}

fn fix(pages: &[String], text: &str) -> Outcome {
    fix_files(pages, &[("main.tf", text)])
}

fn fix_files(pages: &[String], files: &[(&str, &str)]) -> Outcome {
    let named: Vec<(String, &str)> =
        pages.iter().enumerate().map(|(i, page)| (format!("{i}.md"), page.as_str())).collect();
    let catalogue = Catalogue::from_pages(named.iter().map(|(name, page)| (name.as_str(), *page)).collect()).unwrap();
    let group: Vec<_> = files
        .iter()
        .map(|(name, text)| backend::parse(SourceFile::new(name.into(), name, text)).unwrap().unwrap())
        .collect();
    let loaded = Loaded { groups: vec![group.into()], files: files.len(), ..Loaded::default() };
    let options = Options { apply: Some(Grade::Review), ..Options::default() };
    engine::run(loaded, &catalogue, &Settings::default(), options)
}

const QUEUE: &str = "resource \"aws_sqs_queue\" \"q\" {\n  name = \"q\"\n}\n";

fn reasons(outcome: &Outcome) -> String {
    outcome.not_applied.iter().map(|left| format!("{}: {}\n", left.control, left.reason)).collect()
}

#[test]
fn a_fix_that_does_not_cure_is_taken_back() {
    let wrong = page("wrong", "aws_sqs_queue", "self.delay_seconds == 5", "set { delay_seconds = 6 }");
    let outcome = fix(&[wrong], QUEUE);
    assert!(outcome.changed.is_empty() && outcome.applied.is_empty());
    assert!(reasons(&outcome).contains("wrong: taken back: after the edit, aws_sqs_queue.q still fails"));
}

#[test]
fn a_fix_that_makes_another_finding_is_taken_back_alone() {
    let good =
        page("good", "aws_sqs_queue", "self.sqs_managed_sse_enabled == true", "set { sqs_managed_sse_enabled = true }");
    let bad = page("bad", "aws_sqs_queue", "self.delay_seconds == 5", "set { delay_seconds = 5 }");
    let judge = page("judge", "aws_sqs_queue", "self.delay_seconds == null", "title = \"none\"");
    let outcome = fix(&[good, bad, judge], QUEUE);
    let applied: Vec<&str> = outcome.applied.iter().map(|applied| applied.control.as_str()).collect();
    assert_eq!(applied, ["good"], "{}", reasons(&outcome));
    assert!(reasons(&outcome).contains("bad: taken back: the edit would make aws_sqs_queue.q fail judge"));
    let text = &outcome.changed[0].after.text;
    assert!(text.contains("sqs_managed_sse_enabled = true") && !text.contains("delay_seconds"), "{text}");
}

#[test]
fn what_two_fixes_call_alike_gets_two_names() {
    let add = |kind: &str, with: &str| {
        let block = format!("aws_sqs_queue_policy\" \"\" {{\n queue_url = target.{with}\n policy = \"{kind}\"\n }}");
        let companion = "companion \"policy\" {\n type = \"aws_sqs_queue_policy\"\n by = \"queue_url\"\n }";
        page(&kind.replace('_', "-"), kind, "policy != null", &format!("add \"{block}")).replacen(
            "  pass",
            &format!("  {companion}\n  pass"),
            1,
        )
    };
    let pages = [add("aws_sqs_queue", "id"), add("aws_sns_topic", "arn")];
    let files = [("a.tf", "resource \"aws_sqs_queue\" \"x\" {}\n"), ("b.tf", "resource \"aws_sns_topic\" \"x\" {}\n")];
    let outcome = fix_files(&pages, &files);
    let all: String = outcome.changed.iter().map(|changed| changed.after.text.to_string()).collect();
    assert_eq!(outcome.applied.len(), 2, "{}", reasons(&outcome));
    for name in ["x", "x_2"] {
        assert_eq!(all.matches(&format!("\"aws_sqs_queue_policy\" \"{name}\"")).count(), 1, "{all}");
    }
}

#[test]
fn a_reference_to_nothing_is_taken_back() {
    let dangling = page(
        "dangling",
        "aws_sqs_queue",
        "self.kms_master_key_id != null",
        "set { kms_master_key_id = expression(\"aws_kms_key.missing.id\") }",
    );
    let outcome = fix(&[dangling], QUEUE);
    assert!(outcome.changed.is_empty());
    let reasons = reasons(&outcome);
    assert!(
        reasons.contains("aws_kms_key.missing, which isn't declared") || reasons.contains("still fails"),
        "{reasons}"
    );
}

#[test]
fn a_circle_of_references_is_taken_back() {
    let circle = page(
        "circle",
        "aws_sqs_queue",
        "self.kms_master_key_id == \"x\" || self.delay_seconds != null",
        "set { delay_seconds = expression(\"aws_sns_topic.t.delay\") }",
    );
    let text = format!("{QUEUE}\nresource \"aws_sns_topic\" \"t\" {{\n  name = aws_sqs_queue.q.url\n}}\n");
    let outcome = fix(&[circle], &text);
    assert!(outcome.changed.is_empty());
    assert!(reasons(&outcome).contains("would depend on itself"), "{}", reasons(&outcome));
}

#[test]
fn what_the_provider_refuses_is_not_written() {
    let conflict = page(
        "conflict",
        "aws_sqs_queue",
        "self.sqs_managed_sse_enabled == true",
        "set { sqs_managed_sse_enabled = true }",
    );
    let text = "resource \"aws_sqs_queue\" \"q\" {\n  kms_master_key_id = \"alias/app\"\n}\n";
    let outcome = fix(std::slice::from_ref(&conflict), text);
    assert!(outcome.changed.is_empty());
    assert!(reasons(&outcome).contains("`sqs_managed_sse_enabled` can't stand beside `kms_master_key_id`"));
    // Without a value today, and with one wherever the variable gets one.
    let text = "variable \"key\" {\n  default = null\n}\n\nresource \"aws_sqs_queue\" \"q\" {\n  kms_master_key_id = var.key\n}\n";
    let outcome = fix(std::slice::from_ref(&conflict), text);
    assert!(outcome.changed.is_empty());
    assert!(reasons(&outcome).contains("which `var.key` may give a value"), "{}", reasons(&outcome));
    let text = "variable \"key\" {\n  default = null\n}\n\nlocals {\n  key = var.key\n}\n\nresource \"aws_sqs_queue\" \"q\" {\n  kms_master_key_id = local.key\n}\n";
    assert!(reasons(&fix(std::slice::from_ref(&conflict), text)).contains("which `local.key` may give a value"));
    let text = "resource \"aws_sqs_queue\" \"q\" {\n  kms_master_key_id = null\n}\n";
    assert!(!fix(&[conflict], text).changed.is_empty());
    let value =
        page("value", "aws_cloudwatch_log_group", "self.retention_in_days != null", "set { retention_in_days = 31 }");
    let outcome = fix(&[value], "resource \"aws_cloudwatch_log_group\" \"g\" {}\n");
    assert!(reasons(&outcome).contains("`retention_in_days` doesn't take `31`"), "{}", reasons(&outcome));
}

#[test]
fn replacing_something_with_data_is_manual_whatever_the_page_says() {
    let replacing = page("replacing", "aws_sqs_queue", "self.fifo_queue == true", "set { fifo_queue = true }");
    let outcome = fix(&[replacing], QUEUE);
    assert!(outcome.changed.is_empty());
    let fix = outcome.findings[0].fix.as_ref().unwrap();
    assert_eq!((fix.grade, fix.effect), (Grade::Manual, terramend::fix::Effect::Replace));
}

#[test]
fn fixes_that_undo_each_other_leave_the_file_alone() {
    let on = page("on", "aws_sqs_queue", "self.delay_seconds == 1", "set { delay_seconds = 1 }");
    let off = page("off", "aws_sqs_queue", "self.delay_seconds == 2", "set { delay_seconds = 2 }");
    let outcome = fix(&[on, off], QUEUE);
    // The first cures itself and leaves the other as it was: one of the two is applied, never both in turn.
    assert!(outcome.applied.len() <= 1, "{:?}", outcome.applied);
    assert_eq!(outcome.findings.len(), 1, "{}", reasons(&outcome));
}

/// The text after one fix of a page that removes or appends.
fn edited(fix: &str, pass: &str, text: &str) -> String {
    let page = page("edit", "aws_s3_bucket", pass, fix);
    let outcome = self::fix(&[page], text);
    assert_eq!(outcome.changed.len(), 1, "{}", reasons(&outcome));
    outcome.changed[0].after.text.to_string()
}

#[test]
fn removed_items_leave_no_gap() {
    let remove = |text: &str| edited("remove = [\"acl\"]", "self.acl == null", text);
    let bucket = |inside: &str| format!("resource \"aws_s3_bucket\" \"b\" {{\n{inside}}}\n");
    for (before, after) in [
        ("  bucket = \"b\"\n  acl    = \"private\" # old\n", "  bucket = \"b\"\n"),
        ("  acl = \"private\"\n\n  bucket = \"b\"\n", "  bucket = \"b\"\n"),
        ("  bucket = \"b\"\n\n  acl = \"private\"\n", "  bucket = \"b\"\n"),
        ("  bucket = \"b\"\n\n  acl = \"private\"\n\n  tags = {}\n", "  bucket = \"b\"\n\n  tags = {}\n"),
        ("  # keep\n  acl = \"private\"\n  tags = {}\n", "  # keep\n  tags = {}\n"),
    ] {
        assert_eq!(remove(&bucket(before)), bucket(after));
        let crlf = |text: String| text.replace('\n', "\r\n");
        assert_eq!(remove(&crlf(bucket(before))), crlf(bucket(after)));
    }
}

#[test]
fn appended_blocks_stand_below_their_like() {
    let append = "append {\n grant {\n permissions = [\"READ\"]\n }\n }";
    let pass = "self.grant != null && length(self.grant) > 1";
    let text = "resource \"aws_s3_bucket\" \"b\" {\n  grant {\n    permissions = []\n  }\n  tags = {}\n}\n";
    let after = "resource \"aws_s3_bucket\" \"b\" {\n  grant {\n    permissions = []\n  }\n\n  grant {\n    \
                 permissions = [\"READ\"]\n  }\n\n  tags = {}\n}\n";
    assert_eq!(edited(append, pass, text), after);
}

#[test]
fn a_value_with_a_reason_behind_it_stays() {
    let wanted = page("ends", "aws_sqs_queue", "self.delay_seconds == 5", "set { delay_seconds = 5 }")
        .replace("fix \"safe\"", "fix \"review\"");
    let queue = |line: &str| format!("resource \"aws_sqs_queue\" \"q\" {{\n  {line}\n}}\n");
    for comment in ["# slow consumers", "// slow consumers", "/* slow consumers */"] {
        let outcome = fix(std::slice::from_ref(&wanted), &queue(&format!("delay_seconds = 9 {comment}")));
        assert!(outcome.changed.is_empty(), "{comment}");
        assert!(reasons(&outcome).contains(&format!("whoever wrote `delay_seconds` explains it: `{comment}`")));
    }
    let variable =
        format!("variable \"delay\" {{\n  default = 9 # slow consumers\n}}\n\n{}", queue("delay_seconds = var.delay"));
    let outcome = fix(std::slice::from_ref(&wanted), &variable);
    assert!(reasons(&outcome).contains("whoever wrote `default` explains it"), "{}", reasons(&outcome));
    // A comment on a line of its own says what comes, not why it is so; and one that puts it off is no reason.
    for line in ["# The delay\n  delay_seconds = 9", "delay_seconds = 9 # TODO: measure"] {
        let outcome = fix(std::slice::from_ref(&wanted), &queue(line));
        assert_eq!(outcome.applied.len(), 1, "{line}: {}", reasons(&outcome));
    }
}

#[test]
fn what_somebody_took_out_stays_out() {
    let wanted = page("ends", "aws_sqs_queue", "self.delay_seconds == 5", "set { delay_seconds = 5 }")
        .replace("fix \"safe\"", "fix \"review\"");
    let queue = |lines: &str| format!("resource \"aws_sqs_queue\" \"q\" {{\n  name = \"q\"\n{lines}}}\n");
    for line in ["  # delay_seconds = 9\n", "  //delay_seconds=9\n", "  #  delay_seconds   = var.delay\n"] {
        let outcome = fix(std::slice::from_ref(&wanted), &queue(line));
        assert!(outcome.changed.is_empty(), "{line}");
        let reason = "`delay_seconds` stands commented out in line 3: somebody took it out";
        assert!(reasons(&outcome).contains(reason), "{}", reasons(&outcome));
    }
    // What only speaks of it, or stands in a block of its own, is no decision.
    for line in ["  # delay_seconds would be 5\n", "  timeouts {\n    # delay_seconds = 9\n  }\n"] {
        let outcome = fix(std::slice::from_ref(&wanted), &queue(line));
        assert_eq!(outcome.applied.len(), 1, "{line}: {}", reasons(&outcome));
    }
}
