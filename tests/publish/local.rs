//! `terramend pr --local`: branches by git, without touching what the user has before him.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::support::{BUCKET, FIXED_QUEUE, QUEUE, Ran, Scratch, items, text};

fn repository(files: &[(&str, &str)]) -> Scratch {
    let scratch = Scratch::with(files);
    scratch.commit();
    scratch.git(&["config", "user.name", "Ada"]);
    scratch.git(&["config", "user.email", "ada@example.com"]);
    scratch
}

fn local(scratch: &Scratch, code: i32, arguments: &[&str]) -> Ran {
    scratch.expect(code, &[&["pr", "--local"], arguments].concat())
}

#[test]
fn a_branch_holds_the_fixes_and_the_work_tree_stays() {
    let scratch = repository(&[("main.tf", QUEUE), ("note.txt", "x\n")]);
    fs::set_permissions(scratch.path("main.tf"), fs::Permissions::from_mode(0o755)).unwrap();
    scratch.git(&["commit", "-qam", "executable"]);
    scratch.write("note.txt", "not committed\n");
    scratch.write("staged.txt", "staged\n");
    scratch.git(&["add", "staged.txt"]);
    let (status, branch) = (scratch.git(&["status", "--porcelain"]), scratch.git(&["branch", "--show-current"]));
    let ran = local(&scratch, 0, &[]);
    assert!(ran.stdout.starts_with("created   terramend/safe: Fix sqs-encryption"), "{}", ran.stdout);
    assert!(ran.stdout.contains("git push -u origin terramend/safe"), "{}", ran.stdout);
    assert_eq!(scratch.git(&["show", "terramend/safe:main.tf"]), FIXED_QUEUE);
    assert_eq!(scratch.git(&["diff", "--stat=80", "HEAD", "terramend/safe", "--name-only"]), "main.tf\n");
    assert!(scratch.git(&["ls-tree", "terramend/safe", "main.tf"]).starts_with("100755"), "the mode");
    let commit = scratch.git(&["log", "-1", "--format=%an <%ae>%n%B", "terramend/safe"]);
    assert!(commit.starts_with("Ada <ada@example.com>\nFix sqs-encryption of aws_sqs_queue.orders\n"), "{commit}");
    assert!(
        commit.contains("\nTerramend-Group: safe\nTerramend-Tree: ") && !commit.contains("Co-authored"),
        "{commit}"
    );
    assert_eq!(scratch.git(&["status", "--porcelain"]), status);
    assert_eq!(scratch.git(&["branch", "--show-current"]), branch);
    assert_eq!(scratch.read("main.tf"), QUEUE);
}

#[test]
fn a_second_run_changes_nothing_and_a_new_base_renews_the_branch() {
    let scratch = repository(&[("main.tf", QUEUE)]);
    local(&scratch, 0, &[]);
    let first = scratch.git(&["rev-parse", "terramend/safe"]);
    assert!(local(&scratch, 0, &[]).stdout.starts_with("unchanged"));
    assert_eq!(scratch.git(&["rev-parse", "terramend/safe"]), first);
    scratch.write("more.tf", QUEUE.replace("orders", "returns"));
    scratch.git(&["add", "-A"]);
    scratch.git(&["commit", "-qm", "more"]);
    assert!(local(&scratch, 0, &[]).stdout.starts_with("updated"));
    assert_eq!(scratch.git(&["rev-list", "--count", "HEAD..terramend/safe"]), "1\n");
    assert!(scratch.git(&["show", "terramend/safe:more.tf"]).contains("sqs_managed_sse_enabled"));
}

#[test]
fn commits_of_people_are_never_moved() {
    for (name, change) in
        [("added", &["commit", "-qam", "mine"][..]), ("amended", &["commit", "-qa", "--amend", "--no-edit"])]
    {
        let scratch = repository(&[("main.tf", QUEUE)]);
        let base = scratch.git(&["branch", "--show-current"]);
        local(&scratch, 0, &[]);
        scratch.git(&["switch", "-q", "terramend/safe"]);
        scratch.write("main.tf", format!("# checked\n{FIXED_QUEUE}"));
        scratch.git(change);
        let mine = scratch.git(&["rev-parse", "HEAD"]);
        scratch.git(&["switch", "-q", base.trim()]);
        let ran = local(&scratch, 2, &[]);
        assert!(ran.stdout.contains("isn't terramend's"), "{name}: {}", ran.stdout);
        assert_eq!(scratch.git(&["rev-parse", "terramend/safe"]), mine, "{name}");
    }
}

#[test]
fn what_is_not_committed_is_never_carried_along() {
    let scratch = repository(&[("main.tf", QUEUE)]);
    scratch.write("main.tf", format!("# a secret note\n{QUEUE}"));
    let ran = local(&scratch, 2, &[]);
    assert!(ran.stdout.contains("main.tf differs from HEAD"), "{}", ran.stdout);
    scratch.write("main.tf", QUEUE);
    scratch.write("new.tf", QUEUE.replace("orders", "returns"));
    let ran = local(&scratch, 2, &[]);
    assert!(ran.stdout.contains("new.tf: HEAD holds no such file"), "{}", ran.stdout);
    assert_eq!(scratch.git(&["branch", "--list", "terramend/*"]), "");
}

#[test]
fn a_branch_that_is_checked_out_stays() {
    let scratch = repository(&[("main.tf", QUEUE)]);
    let base = scratch.git(&["branch", "--show-current"]);
    local(&scratch, 0, &[]);
    scratch.git(&["switch", "-q", "terramend/safe"]);
    scratch.git(&["switch", "-q", base.trim()]);
    scratch.write("more.tf", QUEUE.replace("orders", "returns"));
    scratch.git(&["add", "-A"]);
    scratch.git(&["commit", "-qm", "more"]);
    scratch.git(&["worktree", "add", "-q", "elsewhere", "terramend/safe"]);
    scratch.write(".gitignore", "elsewhere\n");
    let ran = local(&scratch, 2, &[]);
    assert!(ran.stdout.contains("is checked out in"), "{}", ran.stdout);
}

#[test]
fn line_ends_are_kept_as_git_stores_them() {
    let scratch = repository(&[(".gitattributes", "*.tf text eol=crlf\n"), ("main.tf", &QUEUE.replace('\n', "\r\n"))]);
    local(&scratch, 0, &[]);
    assert_eq!(scratch.git(&["diff", "--stat", "HEAD", "terramend/safe"]).matches("2 insertions").count(), 1);
}

#[test]
fn limits_skip_and_say_so() {
    let scratch = repository(&[("main.tf", &format!("{QUEUE}\n{BUCKET}"))]);
    let report = scratch.json(0, &["pr", "--local", "--grade", "review", "--max", "1"]);
    let list = items(&report["pull_requests"]);
    assert_eq!((text(&list[0]["operation"]), text(&list[1]["operation"])), ("created", "skipped"));
    assert!(text(&list[1]["reason"]).contains("--max 1"));
}

#[test]
fn outside_of_git_and_without_commits_the_reason_is_clear() {
    let outside = Scratch::with(&[("main.tf", QUEUE)]);
    assert!(local(&outside, 2, &[]).stderr.contains("isn't in a git work tree"));
    outside.git(&["init", "-q", "."]);
    assert!(local(&outside, 2, &[]).stdout.contains("there is no commit `HEAD`"));
}
