//! `terramend suggest`

use serde_json::Value;

use crate::support::{FIXED_QUEUE, QUEUE, Scratch, items, text};

const SUGGEST: [&str; 3] = ["suggest", "--control", "sqs-encryption"];

fn suggest<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&SUGGEST[..], more].concat()
}

fn queue(name: &str) -> String {
    QUEUE.replace("orders", name)
}

/// A repository with a queue, and on top of it a changed file that isn't committed.
fn changed(before: &str, after: &str) -> Scratch {
    let scratch = Scratch::with(&[("infra/main.tf", before)]);
    scratch.commit();
    scratch.write("infra/main.tf", after);
    scratch
}

fn comments(review: &Value) -> &[Value] {
    items(&review["comments"])
}

/// The file after a click on every suggestion, from the last to the first.
fn taken(file: &str, review: &Value) -> String {
    let mut lines: Vec<String> = file.split_inclusive('\n').map(str::to_owned).collect();
    for comment in comments(review).iter().rev() {
        let last = comment["line"].as_u64().unwrap() as usize;
        let first = comment["start_line"].as_u64().map_or(last, |line| line as usize);
        let body = text(&comment["body"]);
        let (_, rest) = body.split_once("```suggestion\n").unwrap();
        let (suggested, _) = rest.split_once("```\n").unwrap();
        lines.splice(first - 1..last, [suggested.to_owned()]);
    }
    lines.concat()
}

#[test]
fn fixes_in_changed_lines_are_suggested() {
    let after = format!("{}\n{}", queue("old"), QUEUE);
    let scratch = changed(&queue("old"), &after);
    let review = scratch.json(0, &suggest(&["--base", "HEAD"]));
    assert_eq!(text(&review["event"]), "COMMENT");
    assert_eq!(text(&review["commit_id"]), scratch.git(&["rev-parse", "HEAD"]).trim());
    let [comment] = comments(&review) else { panic!("the queue that is new: {review}") };
    assert_eq!((text(&comment["path"]), text(&comment["side"])), ("infra/main.tf", "RIGHT"));
    assert_eq!(taken(&after, &review), format!("{}\n{FIXED_QUEUE}", queue("old")));
    // Also where the base has moved on.
    scratch.git(&["commit", "-qam", "more"]);
    scratch.git(&["checkout", "-q", "-b", "side", "HEAD~1"]);
    scratch.write("other.tf", "locals {}\n");
    scratch.git(&["add", "-A"]);
    scratch.git(&["commit", "-qm", "side"]);
    scratch.git(&["checkout", "-q", "-"]);
    assert_eq!(comments(&scratch.json(0, &suggest(&["--base", "side"]))).len(), 1);
}

#[test]
fn lines_of_windows_and_marks_stay() {
    let after = format!("\u{feff}{}", QUEUE.replace('\n', "\r\n").replace("orders", "é😀"));
    let scratch = changed("locals {}\n", &after);
    let review = scratch.json(0, &suggest(&["--base", "HEAD"]));
    let expected = format!("\u{feff}{}", FIXED_QUEUE.replace("orders", "é😀"));
    assert_eq!(taken(&after, &review).replace("\r\n", "\n"), expected);
}

#[test]
fn a_fix_beyond_the_changed_lines_is_told_in_words() {
    let tags: String = (0..20).map(|n| format!("    t{n} = \"{n}\"\n")).collect();
    let before = format!("resource \"aws_sqs_queue\" \"q\" {{\n  name = \"a\"\n  tags = {{\n{tags}  }}\n}}\n");
    let scratch = changed(&before, &before.replace("\"a\"", "\"b\""));
    let review = scratch.json(0, &suggest(&["--base", "HEAD"]));
    assert!(comments(&review).is_empty(), "{review}");
    assert!(text(&review["body"]).contains("`terramend fix --control sqs-encryption`"), "{review}");
    let words = scratch.expect(0, &suggest(&["--base", "HEAD"])).stdout;
    assert!(words.contains("infra/main.tf:1: sqs-encryption aws_sqs_queue.q: the fix reaches beyond"), "{words}");
}

#[test]
fn what_was_suggested_is_not_suggested_again() {
    let scratch = changed("locals {}\n", QUEUE);
    let review = scratch.json(0, &suggest(&["--base", "HEAD"]));
    scratch.write("posted.json", serde_json::to_string(comments(&review)).unwrap());
    let again = scratch.json(0, &suggest(&["--base", "HEAD", "--posted", "posted.json"]));
    assert!(comments(&again).is_empty(), "{again}");
    scratch.write("posted.json", "no JSON");
    let ran = scratch.expect(2, &suggest(&["--base", "HEAD", "--posted", "posted.json"]));
    assert!(ran.stderr.contains("posted.json: not GitHub's review comments"), "{}", ran.stderr);
}

#[test]
fn grades_and_silence_hold_for_suggestions() {
    let after = format!("# terramend:ignore sqs-encryption -- empty\n{QUEUE}");
    let scratch = changed("locals {}\n", &after);
    assert!(comments(&scratch.json(0, &suggest(&["--base", "HEAD"]))).is_empty());
    let function = "resource \"aws_s3_bucket\" \"uploads\" {\n  bucket = \"acme-uploads\"\n}\n";
    let scratch = changed("locals {}\n", function);
    let of = |more: &[&str]| {
        let arguments = [&["suggest", "--control", "s3-versioning", "--base", "HEAD"][..], more].concat();
        comments(&scratch.json(0, &arguments)).len()
    };
    assert_eq!((of(&[]), of(&["--grade", "review"])), (0, 1));
}

#[test]
fn a_diff_may_be_given() {
    let scratch = Scratch::with(&[("main.tf", QUEUE)]);
    scratch.write(
        "pull.diff",
        "diff --git a/main.tf b/main.tf\n--- /dev/null\n+++ b/main.tf\n@@ -0,0 +1,3 @@\n+a\n+b\n+c\n",
    );
    let arguments = suggest(&["--diff", "pull.diff", "--commit", "4f2c"]);
    let review = scratch.json(0, &arguments);
    assert_eq!((comments(&review).len(), text(&review["commit_id"])), (1, "4f2c"));
    let out = scratch.expect(0, &[&arguments[..], &["--format", "github"]].concat()).stdout;
    assert!(out.starts_with("::notice file=main.tf,line="), "{out}");
    assert!(out.contains("%0A") && out.contains("sqs_managed_sse_enabled = true"), "{out}");
    scratch.write("pull.diff", "@@ what\n");
    assert!(scratch.expect(2, &arguments).stderr.contains("line 1 of the diff"));
    let ran = scratch.expect(2, &suggest(&["--base", "nowhere"]));
    assert!(ran.stderr.contains("fetch-depth: 0"), "{}", ran.stderr);
    scratch.expect(2, &suggest(&[]));
    let ran = scratch.expect(2, &[&arguments[..], &["--format", "sarif"]].concat());
    assert!(ran.stderr.contains("text, json and github"), "{}", ran.stderr);
}
