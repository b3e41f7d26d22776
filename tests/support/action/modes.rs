//! `check` and `fix`.

use serde_json::Value;

use crate::runner::Runner;
use crate::support::{BUCKET, QUEUE};

/// A terramend that plays `pr` and is the real one for the rest.
fn with_pr(runner: Runner, answer: &str, code: i32) -> Runner {
    let real = env!("CARGO_BIN_EXE_terramend");
    let script = format!(
        "[ \"$1\" = pr ] || exec '{real}' \"$@\"\nnotes=\"$(dirname \"$0\")/../runner/pr\"\n\
         printf '%s\\n' \"$@\" >\"$notes\"\nprintf '%s' \"${{GITHUB_TOKEN:-}}\" >\"$notes.token\"\n\
         cat <<'JSON'\n{answer}\nJSON\nexit {code}\n"
    );
    let runner = runner.program("terramend", &script);
    let path = runner.scratch.path("bin/terramend");
    runner.set("TERRAMEND_BINARY", path.to_str().unwrap())
}

const ANSWER: &str = r#"{
  "schema_version": 1,
  "pull_requests": [
    {
      "group": "safe",
      "operation": "created",
      "branch": "terramend/safe",
      "body": "\"number\": 1,\n\"url\": \"no\",",
      "draft": false,
      "number": 17,
      "url": "https://github.com/acme/shop/pull/17",
      "reason": null
    },
    {
      "operation": "unchanged",
      "branch": "terramend/review",
      "number": 18,
      "url": "https://github.com/acme/shop/pull/18"
    }
  ]
}"#;

#[test]
fn check_annotates_and_fails() {
    let runner = Runner::with(&[("main.tf", QUEUE)]).set("TERRAMEND_CONTROL", "sqs-encryption,\n s3-versioning");
    let step = runner.run();
    assert_eq!(step.code, 1, "{}", step.log);
    assert!(step.log.contains("::warning file=main.tf,line=1,title=sqs-encryption (medium)::"), "{}", step.log);
    assert!(step.log.contains("::error title=terramend::findings of severity low or above"), "{}", step.log);
    assert_eq!((step.output("findings"), step.output("fixed")), ("1", "0"));
    let read =
        |name: &str| -> Value { serde_json::from_str(&std::fs::read_to_string(step.output(name)).unwrap()).unwrap() };
    assert_eq!(read("report")["summary"]["findings"], 1);
    assert_eq!(read("sarif")["version"], "2.1.0");
    assert!(step.summary.starts_with("## terramend\n\n**1 finding**"), "{}", step.summary);
}

#[test]
fn check_passes_below_the_threshold() {
    let runner = || Runner::with(&[("main.tf", QUEUE), ("b.tf", BUCKET)]).set("TERRAMEND_SEVERITY", "medium");
    let step = runner().set("TERRAMEND_CONTROL", "sqs-encryption").set("TERRAMEND_FAIL_ON", "high").run();
    assert_eq!((step.code, step.output("findings")), (0, "1"), "{}", step.log);
    let step = runner().set("TERRAMEND_FAIL_ON", "never").set("TERRAMEND_ANNOTATIONS", "false").run();
    assert_eq!(step.code, 0, "{}", step.log);
    assert!(!step.log.contains("::error") && step.log.contains("[sqs-encryption]"), "{}", step.log);
    let step = runner().set("TERRAMEND_SUMMARY", "false").set("TERRAMEND_CONTROL", "sqs-encryption").run();
    assert_eq!((step.code, step.summary.as_str()), (1, ""));
}

#[test]
fn what_could_not_be_analysed_fails_always() {
    let step = Runner::with(&[("main.tf", "resource {\n")]).set("TERRAMEND_FAIL_ON", "never").run();
    assert_eq!(step.code, 4, "{}", step.log);
    assert!(step.log.contains("::error file=main.tf,line="), "{}", step.log);
    assert!(step.log.contains("part of . could not be analysed"), "{}", step.log);
}

#[test]
fn wrong_inputs_are_told() {
    for (name, value, said) in [
        ("TERRAMEND_MODE", "repair", "mode is check, fix or suggest"),
        ("TERRAMEND_PATH", "a\nreport=/etc/passwd", "holds a line break"),
        ("TERRAMEND_PATH", "nowhere", "ended with exit code 2"),
        ("TERRAMEND_CONTROL", "no-such-control", "ended with exit code 2"),
        ("TERRAMEND_FAIL_ON", "always", "ended with exit code 2"),
        ("TERRAMEND_BINARY", "/nowhere/terramend", "the input binary can't be run"),
    ] {
        let step = Runner::with(&[("main.tf", QUEUE)]).set(name, value).run();
        assert_eq!(step.code, 2, "{name}: {}", step.log);
        assert!(step.log.contains(said), "{name}: {}", step.log);
        assert!(step.outputs.is_empty(), "{name}: {step:?}");
    }
}

/// Nothing of an input is ever run or taken for an option.
#[test]
fn inputs_are_data() {
    let odd = "$(touch ../ran)`touch ../ran`; touch ../ran";
    let runner = Runner::with(&[(&format!("{odd}/main.tf"), QUEUE)])
        .set("TERRAMEND_PATH", odd)
        .set("TERRAMEND_CONTROL", "sqs-encryption")
        .set("TERRAMEND_FAIL_ON", "never");
    let step = runner.run();
    assert_eq!((step.code, step.output("findings")), (0, "1"), "{}", step.log);
    let step = Runner::with(&[("main.tf", QUEUE)]).set("TERRAMEND_PATH", "--write").run();
    assert!(step.code == 2 && step.log.contains("--write: can't be opened"), "{}", step.log);
    for input in ["TERRAMEND_SEVERITY", "TERRAMEND_PROFILE", "TERRAMEND_CONTROL", "TERRAMEND_FAIL_ON"] {
        let runner = Runner::with(&[("main.tf", QUEUE)]).set(input, odd);
        assert_eq!(runner.run().code, 2, "{input}");
        assert!(!runner.scratch.path("ran").exists(), "{input}");
    }
    assert!(!runner.scratch.path("ran").exists());
}

#[test]
fn fix_opens_the_pull_request() {
    let runner = with_pr(Runner::with(&[("infra/main.tf", QUEUE)]), ANSWER, 0)
        .set("TERRAMEND_MODE", "fix")
        .set("TERRAMEND_PATH", "infra")
        .set("TERRAMEND_GRADE", "review")
        .set("TERRAMEND_CONTROL", "sqs-encryption")
        .set("TERRAMEND_GROUP_BY", "family")
        .set("TERRAMEND_BASE", "develop")
        .set("TERRAMEND_DRAFT", "true")
        .set("GITHUB_TOKEN", "t0ken");
    let step = runner.run();
    assert_eq!(step.code, 0, "{}", step.log);
    assert_eq!((step.output("pr-number"), step.output("pr-operation")), ("17", "created"));
    assert_eq!(step.output("pr-url"), "https://github.com/acme/shop/pull/17");
    assert_eq!((step.output("findings"), step.output("fixed")), ("0", "1"));
    let asked: Vec<String> = runner.noted("pr").lines().map(str::to_owned).collect();
    assert_eq!(
        asked.join(" "),
        "pr --format json --control=sqs-encryption --grade review --group-by=family --base=develop --draft -- infra"
    );
    assert_eq!(runner.noted("pr.token"), "t0ken");
    assert!(!step.log.contains("t0ken"), "{}", step.log);
    let list = "## Pull requests\n\n- created: https://github.com/acme/shop/pull/17\n- unchanged: https://github.com/acme/shop/pull/18\n";
    assert!(step.summary.ends_with(list), "{}", step.summary);
    assert!(step.summary.contains("## What is fixed"), "{}", step.summary);
    assert_eq!(runner.scratch.read("work/infra/main.tf"), QUEUE, "the work tree stays");
}

#[test]
fn fix_says_when_there_is_nothing_to_open() {
    let none = "{\n  \"schema_version\": 1,\n  \"pull_requests\": []\n}";
    let runner = with_pr(Runner::with(&[("main.tf", "locals {}\n")]), none, 0);
    let step = runner.set("TERRAMEND_MODE", "fix").set("GITHUB_TOKEN", "t0ken").run();
    assert_eq!((step.code, step.output("pr-operation"), step.output("pr-number")), (0, "none", ""), "{}", step.log);
}

#[test]
fn fix_fails_when_the_pull_request_does() {
    let failed = ANSWER.replace("created", "failed").replace("null", "\"the branch is protected\"");
    let runner = with_pr(Runner::with(&[("main.tf", QUEUE)]), &failed, 2).set("TERRAMEND_MODE", "fix");
    let step = runner.set("GITHUB_TOKEN", "t0ken").run();
    assert!(step.code == 2 && step.log.contains("terramend pr ended with exit code 2"), "{}", step.log);
    assert!(step.log.contains("terramend pr: the branch is protected"), "{}", step.log);
    assert_eq!(step.output("pr-operation"), "failed");
    let step = with_pr(Runner::with(&[("main.tf", QUEUE)]), "{}", 0).set("TERRAMEND_MODE", "fix").run();
    assert!(step.code == 2 && step.log.contains("needs a token"), "{}", step.log);
}
