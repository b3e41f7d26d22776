//! `suggest`: the review of a pull request.

use serde_json::Value;

use crate::runner::Runner;
use crate::support::{QUEUE, items, text};

/// GitHub with the pull request's diff, earlier comments and the answer to a review.
fn answers(diff: &str, comments: &str, review: u16) -> String {
    format!(
        "case \"$method $url\" in\n\
         'GET https://api.example.com/repos/acme/shop/pulls/7') {diff} ;;\n\
         'GET https://api.example.com/repos/acme/shop/pulls/7/comments?per_page=100&page=1') code=200; cat <<'JSON'\n{comments}\nJSON\n;;\n\
         'POST https://api.example.com/repos/acme/shop/pulls/7/reviews') code={review}; echo '{{\"message\": \"said\"}}' ;;\nesac"
    )
}

/// The real diff of the pull request.
const DIFF: &str = "code=200; git diff HEAD~1 HEAD";

/// A pull request that adds a queue.
fn pull_request(answers: &str) -> Runner {
    let runner = Runner::with(&[("infra/other.tf", "locals {}\n")]);
    let git = |arguments: &[&str]| {
        let mut all = vec!["-C", "work"];
        all.extend(arguments);
        runner.scratch.git(&all)
    };
    git(&["init", "-q", "."]);
    git(&["add", "-A"]);
    git(&["commit", "-qm", "base"]);
    runner.scratch.write("work/infra/main.tf", QUEUE);
    git(&["add", "-A"]);
    git(&["commit", "-qm", "head"]);
    let (base, head) = (git(&["rev-parse", "HEAD~1"]), git(&["rev-parse", "HEAD"]));
    runner
        .github(answers)
        .set("TERRAMEND_MODE", "suggest")
        .set("TERRAMEND_CONTROL", "sqs-encryption")
        .set("TERRAMEND_PULL", "7")
        .set("TERRAMEND_PULL_BASE", base.trim())
        .set("TERRAMEND_PULL_HEAD", head.trim())
        .set("GITHUB_REPOSITORY", "acme/shop")
        .set("GITHUB_API_URL", "https://api.example.com")
        .set("GITHUB_TOKEN", "t0ken")
}

#[test]
fn a_review_is_posted() {
    // With GitHub's diff, and with git's where GitHub gives none.
    for diff in [DIFF, "code=406"] {
        let runner = pull_request(&answers(diff, "[]", 200));
        let step = runner.run();
        assert_eq!((step.code, step.output("fixed"), step.output("findings")), (0, "1", "1"), "{}", step.log);
        let review: Value = serde_json::from_str(&runner.noted("calls.body")).unwrap();
        let [comment] = items(&review["comments"]) else { panic!("{review}") };
        assert_eq!((text(&comment["path"]), comment["line"].as_u64()), ("infra/main.tf", Some(2)));
        assert!(
            text(&comment["body"])
                .contains("```suggestion\n  name = \"orders\"\n\n  sqs_managed_sse_enabled = true\n```"),
            "{comment}"
        );
        assert!(runner.noted("calls.headers").contains("Authorization: Bearer t0ken\n"));
        let said = format!("{}{}{}", step.log, runner.noted("calls"), runner.noted("calls.options"));
        assert!(!said.contains("t0ken"), "{said}");
    }
}

#[test]
fn nothing_is_said_twice() {
    let first = pull_request(&answers(DIFF, "[]", 200));
    first.run();
    let review: Value = serde_json::from_str(&first.noted("calls.body")).unwrap();
    let runner = pull_request(&answers(DIFF, &review["comments"].to_string(), 500));
    let step = runner.run();
    assert_eq!((step.code, step.output("fixed")), (0, "0"), "{}", step.log);
    assert!(step.log.contains("nothing new to suggest") && runner.noted("calls.body").is_empty(), "{}", step.log);
}

#[test]
fn a_token_that_only_reads_gives_annotations() {
    let step = pull_request(&answers(DIFF, "[]", 403)).run();
    assert_eq!(step.code, 0, "{}", step.log);
    assert!(step.log.contains("may not review (HTTP 403)"), "{}", step.log);
    assert!(step.log.contains("::notice file=infra/main.tf,line=2,title=sqs-encryption%3A "), "{}", step.log);
}

#[test]
fn a_review_that_is_refused_fails() {
    let step = pull_request(&answers(DIFF, "[]", 422)).run();
    assert!(step.code == 2 && step.log.contains("GitHub refused the review (HTTP 422)"), "{}", step.log);
    assert!(step.log.contains("\"message\": \"said\""), "{}", step.log);
}

#[test]
fn the_head_of_a_pull_request_is_needed() {
    let step = pull_request(&answers(DIFF, "[]", 200)).set("TERRAMEND_PULL_HEAD", "4f2c").run();
    assert!(step.code == 2 && step.log.contains("not the head of the pull request"), "{}", step.log);
    let step = pull_request(&answers(DIFF, "[]", 200)).set("TERRAMEND_PULL", "").run();
    assert!(step.code == 2 && step.log.contains("for workflows on pull_request"), "{}", step.log);
}
