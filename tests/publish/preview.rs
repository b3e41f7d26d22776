//! What a dry run shows: how fixes are grouped, and what each pull request holds.

use serde_json::Value;

use crate::support::{BUCKET, QUEUE, Scratch, items, text};

fn proposals(scratch: &Scratch, arguments: &[&str]) -> Vec<Value> {
    let mut all = vec!["pr", "--dry-run"];
    all.extend(arguments);
    items(&scratch.json(0, &all)["pull_requests"]).to_vec()
}

fn branches(proposals: &[Value]) -> Vec<&str> {
    proposals.iter().map(|proposal| text(&proposal["branch"])).collect()
}

#[test]
fn one_pull_request_a_grade_and_review_is_a_draft() {
    let scratch = Scratch::with(&[("main.tf", QUEUE), ("modules/media/main.tf", BUCKET)]);
    let safe = proposals(&scratch, &[]);
    assert_eq!(branches(&safe), ["terramend/safe"]);
    assert_eq!(safe[0]["draft"], false);
    let both = proposals(&scratch, &["--grade", "review"]);
    assert_eq!(branches(&both), ["terramend/safe", "terramend/review"]);
    assert_eq!((&both[0]["draft"], &both[1]["draft"]), (&false.into(), &true.into()));
    for proposal in &both {
        let group = text(&proposal["group"]);
        for fix in items(&proposal["fixes"]) {
            assert_eq!(text(&fix["grade"]), group, "{fix}");
        }
        assert!(text(&proposal["body"]).contains("\"group\":\""), "the marker");
    }
    // The safe one is the same, whatever else is proposed, except for the word on the other one.
    assert_eq!(safe[0]["diff"], both[0]["diff"]);
    assert!(text(&both[0]["body"]).contains("The branch `terramend/review` changes some of the same files"));
}

#[test]
fn groups_hold_all_fixes_once() {
    let scratch = Scratch::with(&[("main.tf", QUEUE), ("modules/media/main.tf", BUCKET), ("logs/a.tf", QUEUE)]);
    let whole = proposals(&scratch, &["--grade", "review"]);
    let count = |list: &[Value]| list.iter().map(|p| items(&p["fixes"]).len()).sum::<usize>();
    for by in ["family", "module", "control"] {
        let grouped = proposals(&scratch, &["--grade", "review", "--group-by", by]);
        assert_eq!(count(&grouped), count(&whole), "{by}");
        let names: std::collections::BTreeSet<&str> = branches(&grouped).into_iter().collect();
        assert_eq!(names.len(), grouped.len(), "{by}: {names:?}");
        assert!(grouped.len() > whole.len(), "{by}");
        for proposal in &grouped {
            let part = |fix: &Value| match by {
                "module" => fix["module"].clone(),
                "control" => fix["control"].clone(),
                _ => Value::Null,
            };
            let parts: Vec<Value> = items(&proposal["fixes"]).iter().map(part).collect();
            assert!(parts.iter().all(|part| *part == parts[0]), "{by}: {parts:?}");
        }
    }
}

/// Each proposal's diff applies on its own to what was analysed.
#[test]
fn every_difference_applies_alone() {
    let scratch = Scratch::with(&[("main.tf", &format!("{QUEUE}\n{BUCKET}"))]);
    scratch.commit();
    for proposal in proposals(&scratch, &["--grade", "review", "--group-by", "control"]) {
        scratch.write("one.patch", text(&proposal["diff"]));
        scratch.git(&["apply", "--check", "one.patch"]);
    }
}

#[test]
fn paths_are_those_of_the_repository() {
    let scratch = Scratch::with(&[("services/orders/main.tf", QUEUE), ("README.md", "x\n")]);
    scratch.commit();
    let list = proposals(&scratch, &["services/orders"]);
    assert_eq!(items(&list[0]["files"]), ["services/orders/main.tf"]);
    assert!(text(&list[0]["branch"]).starts_with("terramend/safe--in-services-orders-"));
    assert!(text(&list[0]["diff"]).starts_with("--- a/services/orders/main.tf\n"));
    assert!(text(&list[0]["body"]).contains("`services/orders/main.tf:1`"));
}

#[test]
fn nothing_is_written_and_nothing_to_propose_is_no_failure() {
    let scratch = Scratch::with(&[("main.tf", QUEUE)]);
    let before = scratch.names();
    let ran = scratch.expect(0, &["pr", "--dry-run"]);
    assert!(ran.stdout.contains("title: Fix sqs-encryption of aws_sqs_queue.orders"), "{}", ran.stdout);
    assert!(ran.stdout.contains("+  sqs_managed_sse_enabled = true"), "{}", ran.stdout);
    assert_eq!((scratch.names(), scratch.read("main.tf").as_str()), (before, QUEUE));
    let texts = scratch.expect(0, &["pr", "--dry-run", "--format", "markdown"]).stdout;
    assert!(
        texts.starts_with("# Fix sqs-encryption of aws_sqs_queue.orders\n") && !texts.contains("\n+++ "),
        "{texts}"
    );
    let clean = Scratch::with(&[("main.tf", "locals {}\n")]);
    let ran = clean.expect(0, &["pr", "--dry-run"]);
    assert!(ran.stdout.is_empty() && ran.stderr.contains("nothing to propose"), "{ran:?}");
}

#[test]
fn what_cannot_be_read_is_said() {
    let scratch = Scratch::with(&[("main.tf", QUEUE), ("broken.tf", "resource {")]);
    let ran = scratch.expect(4, &["pr", "--dry-run", "--format", "json"]);
    assert_eq!(ran.json()["complete"], false);
    assert!(ran.stderr.contains("broken.tf:1"), "{}", ran.stderr);
}

#[test]
fn workflows_are_never_touched() {
    let scratch = Scratch::with(&[(".github/workflows/main.tf", QUEUE)]);
    let ran = scratch.expect(2, &["pr", "--dry-run"]);
    assert!(ran.stderr.contains("terramend never changes workflows"), "{}", ran.stderr);
}

#[test]
fn patches_go_to_files_of_their_own() {
    let scratch = Scratch::with(&[("main.tf", &format!("{QUEUE}\n{BUCKET}"))]);
    scratch.commit();
    scratch.expect(0, &["pr", "--patch", "fixes.patch"]);
    let on_stdout = scratch.expect(0, &["pr", "--patch", "-"]).stdout;
    assert_eq!(scratch.read("fixes.patch"), on_stdout);
    scratch.expect(0, &["pr", "--grade", "review", "--patch", "fixes.patch"]);
    let names: Vec<String> = scratch.names().into_iter().filter(|name| name.contains(".patch")).collect();
    assert_eq!(names, ["fixes.patch", "fixes.terramend-review.patch", "fixes.terramend-safe.patch"]);
    let refused = scratch.expect(2, &["pr", "--patch", "no/such/directory/x.patch"]);
    assert!(refused.stderr.contains("can't be written"), "{}", refused.stderr);
    scratch.git(&["apply", "fixes.terramend-safe.patch"]);
    let fixed = scratch.read("main.tf");
    assert!(fixed.contains("sqs_managed_sse_enabled"));
}
