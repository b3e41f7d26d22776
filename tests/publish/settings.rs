//! The block `pull_request` of `.terramend.hcl`.

use crate::support::{BUCKET, QUEUE, Scratch, items, text};

fn with(settings: &str) -> Scratch {
    Scratch::with(&[("main.tf", &format!("{QUEUE}\n{BUCKET}")), (".terramend.hcl", settings)])
}

#[test]
fn every_setting_counts_and_flags_go_first() {
    let scratch = with(
        "pull_request {\n  grade = \"review\"\n  group_by = \"control\"\n  branch_prefix = \"bots/tm-\"\n  draft = true\n  \
         title = \"fix(security): {summary} [{count}, {grade}, {group}]\"\n  commit = \"chore: {summary}\"\n  \
         labels = [\"security\"]\n  reviewers = [\"ada\"]\n  team_reviewers = [\"platform\"]\n  max = 3\n  \
         base = \"main\"\n  auto_merge = \"squash\"\n  note = \"Questions: **#platform**\"\n}\n",
    );
    let report = scratch.json(0, &["pr", "--dry-run"]);
    let list = items(&report["pull_requests"]);
    let queue = list.iter().find(|p| text(&p["group"]) == "safe control sqs-encryption").unwrap();
    assert_eq!(text(&queue["branch"]), "bots/tm-safe--control-sqs-encryption");
    assert_eq!(
        text(&queue["title"]),
        "fix(security): Fix sqs-encryption of aws_sqs_queue.orders [1, safe, safe control sqs-encryption]"
    );
    assert_eq!(queue["draft"], true);
    assert!(text(&queue["body"]).contains("\nQuestions: **#platform**\n"), "the note is the user's own Markdown");
    let report = scratch.json(0, &["pr", "--dry-run", "--group-by", "repository", "--title", "{count} fixes"]);
    let first = &items(&report["pull_requests"])[0];
    assert_eq!(text(&first["branch"]), "bots/tm-safe");
    assert_eq!(text(&first["title"]), format!("{} fixes", items(&first["fixes"]).len()));
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    for (settings, expected) in [
        (
            "pull_request {\n  lables = []\n}\n",
            ".terramend.hcl:2:3: `pull_request` has no setting `lables`; did you mean `labels`?",
        ),
        ("pull_requests {\n}\n", ".terramend.hcl:1:1: unknown block `pull_requests`; did you mean `pull_request`?"),
        ("pull_request {\n  labels = \"x\"\n}\n", ".terramend.hcl:2:3: `labels` is a list of strings"),
        ("pull_request {\n  max = 0\n}\n", ".terramend.hcl:2:3: `max` is a whole number from 1"),
        ("pull_request {\n  group_by = \"team\"\n}\n", "`team` is not one of repository, family, module, control"),
        ("pull_request {\n  grade = \"manual\"\n}\n", "manual fixes are never applied"),
        ("pull_request {\n  title = \"{sumary}\"\n}\n", "`title` holds `{sumary}`; known are `{count}`"),
        ("pull_request {\n  title = \"{summary\"\n}\n", "`title`: a brace isn't closed"),
        ("pull_request {\n  branch_prefix = \"a b\"\n}\n", "branches can't begin with `a b`"),
        ("pull_request {\n  base {}\n}\n", ".terramend.hcl:2:3: `pull_request` holds no blocks"),
        ("pull_request {}\npull_request {}\n", ".terramend.hcl:2:1: there is one `pull_request` block already"),
    ] {
        let ran = with(settings).expect(2, &["pr", "--dry-run"]);
        assert!(ran.stderr.contains(expected), "{settings}\n{}", ran.stderr);
    }
}

#[test]
fn wrong_flags_are_refused() {
    let scratch = with("");
    for (arguments, expected) in [
        (&["--title", "{nothing}"][..], "`--title` holds `{nothing}`"),
        (&["--branch-prefix", "../x"], "branches can't begin with"),
        (&["--local", "--dry-run"], "cannot be used with"),
        (&["--grade", "manual"], "manual fixes are never applied"),
        (&["--dry-run", "--format", "patch"], "reported as text, json or markdown"),
        (&["--dry-run", "--report", "sarif=x.sarif"], "--report and --fail-on are for findings"),
        (&["--dry-run", "--fail-on", "high"], "--report and --fail-on are for findings"),
    ] {
        let ran = scratch.expect(2, &[&["pr"], arguments].concat());
        assert!(ran.stderr.contains(expected), "{arguments:?}: {}", ran.stderr);
    }
}
