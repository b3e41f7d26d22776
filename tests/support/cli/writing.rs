//! `fix` writes only when it is told to, only what it may, and whole.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use crate::support::{BUCKET, FIXED_QUEUE, QUEUE, Scratch};

const DRY: [&str; 3] = ["fix", "--control", "sqs-encryption"];
const WRITE: [&str; 4] = ["fix", "--control", "sqs-encryption", "--write"];
const DIRTY: [&str; 5] = ["fix", "--control", "sqs-encryption", "--write", "--allow-dirty"];

#[test]
fn a_dry_run_writes_nothing() {
    let scratch = Scratch::with(&[("main.tf", QUEUE), ("modules/a/main.tf", BUCKET)]);
    let before = scratch.names();
    for format in ["text", "json", "patch"] {
        let ran = scratch.run(&["fix", "--grade", "review", "--format", format]);
        assert!(ran.stdout.contains("sqs_managed_sse_enabled") || format == "json", "{}", ran.stdout);
        assert_eq!((scratch.read("main.tf").as_str(), scratch.read("modules/a/main.tf").as_str()), (QUEUE, BUCKET));
        assert_eq!(scratch.names(), before);
    }
}

#[test]
fn writing_keeps_the_mode_and_leaves_nothing_behind() {
    let scratch = Scratch::with(&[("main.tf", QUEUE), ("deep/er/queue.tf", QUEUE), ("fine.tf", "locals {}\n")]);
    for (path, mode) in [("main.tf", 0o640), ("deep/er/queue.tf", 0o604), ("fine.tf", 0o600)] {
        fs::set_permissions(scratch.path(path), fs::Permissions::from_mode(mode)).unwrap();
    }
    let before = scratch.names();
    scratch.expect(0, &WRITE);
    assert_eq!(scratch.names(), before, "temporary files");
    for (path, mode, text) in
        [("main.tf", 0o640, FIXED_QUEUE), ("deep/er/queue.tf", 0o604, FIXED_QUEUE), ("fine.tf", 0o600, "locals {}\n")]
    {
        assert_eq!(scratch.read(path), text, "{path}");
        let is = fs::metadata(scratch.path(path)).unwrap().permissions().mode() & 0o777;
        assert_eq!(is, mode, "{path}: {is:o}");
    }
}

#[test]
fn writing_does_what_the_dry_run_showed() {
    let files = [("main.tf", QUEUE), ("modules/a/main.tf", BUCKET)];
    let (shown, written) = (Scratch::with(&files), Scratch::with(&files));
    let patch = shown.run(&["fix", "--grade", "review", "--format", "patch"]).stdout;
    shown.git(&["init", "-q", "."]);
    shown.write("fix.patch", patch);
    shown.git(&["apply", "fix.patch"]);
    written.run(&["fix", "--grade", "review", "--write"]);
    for (path, before) in files {
        assert_ne!(written.read(path), before);
        assert_eq!(written.read(path), shown.read(path), "{path}");
    }
}

/// Marks, line ends and names that make patches difficult.
#[test]
fn patches_apply_whatever_the_file() {
    let crlf = QUEUE.replace('\n', "\r\n");
    let mark = format!("\u{feff}{QUEUE}");
    let open_end = QUEUE.trim_end();
    let files = [
        ("crlf.tf", crlf.as_str(), FIXED_QUEUE.replace('\n', "\r\n")),
        ("mark.tf", &mark, format!("\u{feff}{FIXED_QUEUE}")),
        ("end.tf", open_end, FIXED_QUEUE.trim_end().to_owned()),
        ("with space/größe 1.tf", QUEUE, FIXED_QUEUE.to_owned()),
    ];
    let scratch = Scratch::with(&[]);
    for (path, text, _) in &files {
        scratch.write(path, text.replace("orders", path.split('.').next().unwrap().rsplit('/').next().unwrap()));
    }
    let named =
        |path: &str, text: &str| text.replace("orders", path.split('.').next().unwrap().rsplit('/').next().unwrap());
    let patch = scratch.run(&[&DRY[..], &["--format", "patch"]].concat()).stdout;
    // A scan gives the same patch.
    assert_eq!(scratch.run(&["scan", "--control", "sqs-encryption", "--format", "patch"]).stdout, patch);
    scratch.git(&["init", "-q", "."]);
    scratch.write("fix.patch", patch);
    scratch.git(&["apply", "--whitespace=nowarn", "fix.patch"]);
    for (path, _, fixed) in &files {
        assert_eq!(scratch.read(path), named(path, fixed), "{path}");
    }
}

/// Names that git writes in quotes, and one with a space at its end.
#[test]
#[cfg(unix)]
fn patches_apply_whatever_the_name() {
    let names = ["a\"b.tf", "a\tb.tf", "a\nb.tf", "a\\b.tf", "größe.tf", "日本/x.tf", "a b /c d.tf", "-x.tf", "a\r.tf"];
    let scratch = Scratch::with(&[]);
    for (n, name) in names.iter().enumerate() {
        scratch.write(name, QUEUE.replace("\"orders\"", &format!("\"q{n}\"")));
    }
    let patch = scratch.run(&[&DRY[..], &["--format", "patch"]].concat()).stdout;
    scratch.git(&["init", "-q", "."]);
    scratch.write("fix.patch", patch);
    scratch.git(&["apply", "fix.patch"]);
    for (n, name) in names.iter().enumerate() {
        assert_eq!(scratch.read(name), FIXED_QUEUE.replace("\"orders\"", &format!("\"q{n}\"")), "{name:?}");
    }
}

#[test]
fn a_dirty_work_tree_is_refused() {
    let scratch = Scratch::with(&[("main.tf", QUEUE), ("notes/todo.txt", "one\n")]);
    scratch.commit();
    scratch.write("notes/todo.txt", "two\n");
    scratch.write("new.tf", "locals {}\n");
    let ran = scratch.expect(2, &WRITE);
    for part in ["uncommitted changes", "notes/todo.txt", "new.tf", "--allow-dirty"] {
        assert!(ran.stderr.contains(part), "no {part:?} in {}", ran.stderr);
    }
    assert_eq!(ran.stdout, "");
    assert_eq!(scratch.read("main.tf"), QUEUE);
    // A dry run asks nobody.
    scratch.expect(0, &DRY);
    scratch.expect(0, &DIRTY);
    assert_eq!(scratch.read("main.tf"), FIXED_QUEUE);
}

#[test]
fn staged_changes_are_changes() {
    let scratch = Scratch::with(&[("main.tf", "locals {}\n")]);
    scratch.commit();
    scratch.write("main.tf", QUEUE);
    scratch.git(&["add", "main.tf"]);
    scratch.expect(2, &WRITE);
    assert_eq!(scratch.read("main.tf"), QUEUE);
}

#[test]
fn a_clean_work_tree_is_written() {
    let scratch = Scratch::with(&[("live/main.tf", QUEUE), (".gitignore", "*.log\n"), ("elsewhere.txt", "one\n")]);
    scratch.commit();
    // Neither ignored files nor changes elsewhere stand in the way.
    scratch.write("live/debug.log", "x");
    scratch.write("elsewhere.txt", "two\n");
    let mut arguments = WRITE.to_vec();
    arguments.push("live");
    scratch.expect(0, &arguments);
    assert_eq!(scratch.read("live/main.tf"), FIXED_QUEUE);
    assert_eq!(scratch.git(&["status", "--porcelain"]), " M elsewhere.txt\n M live/main.tf\n");
}

#[test]
fn a_first_commit_is_not_needed() {
    let scratch = Scratch::with(&[("main.tf", QUEUE)]);
    scratch.git(&["init", "-q", "."]);
    // Nothing of it is committed: there is no way back.
    scratch.expect(2, &WRITE);
    assert_eq!(scratch.read("main.tf"), QUEUE);
}

/// Git refuses to look into the repository of somebody else; that is no leave to write.
#[test]
fn a_work_tree_that_git_refuses_to_read_is_not_written() {
    let scratch = Scratch::with(&[("main.tf", QUEUE)]);
    scratch.commit();
    scratch.write("main.tf", format!("# not committed\n{QUEUE}"));
    scratch.write(".git/config", "[core]\n  repositoryformatversion = 99\n");
    scratch.expect(2, &WRITE);
    assert_eq!(scratch.read("main.tf"), format!("# not committed\n{QUEUE}"));
}

/// Git says in the user's language that there is no work tree; it must not be taken for a refusal.
#[test]
fn git_may_speak_another_language() {
    let scratch = Scratch::with(&[("live/main.tf", QUEUE)]);
    let git = "#!/bin/sh\nif [ \"$LC_ALL\" = C ]; then\n  echo 'fatal: not a git repository' >&2\nelse\n  \
               echo 'fatal: Kein Git-Repository' >&2\nfi\nexit 128\n";
    scratch.write("bin/git", git);
    fs::set_permissions(scratch.path("bin/git"), fs::Permissions::from_mode(0o755)).unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_terramend"))
        .args(WRITE)
        .arg("live")
        .current_dir(scratch.root())
        .env("PATH", format!("{}:/usr/bin:/bin", scratch.path("bin").display()))
        .env("LC_ALL", "de_DE.UTF-8")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(scratch.read("live/main.tf"), FIXED_QUEUE);
}

#[test]
fn symbolic_links_are_read_and_not_replaced() {
    let scratch = Scratch::with(&[("shared/queue.tf", QUEUE)]);
    fs::create_dir(scratch.path("live")).unwrap();
    symlink("../shared/queue.tf", scratch.path("live/queue.tf")).unwrap();
    let report = scratch.json(1, &WRITE);
    assert_eq!(report["applied"][0]["files"], serde_json::json!(["shared/queue.tf"]));
    let left = &report["not_applied"][0];
    assert_eq!(left["file"], "live/queue.tf", "it is read: {report}");
    assert!(left["reason"].as_str().unwrap().contains("symbolic link"), "{left}");
    assert!(fs::symlink_metadata(scratch.path("live/queue.tf")).unwrap().is_symlink());
    assert_eq!(scratch.read("shared/queue.tf"), FIXED_QUEUE);
    // What it leads to is fixed now.
    scratch.expect(0, &DRY);
}

#[test]
fn links_that_lead_out_are_not_followed() {
    let outside = Scratch::with(&[("queue.tf", QUEUE), ("inner/queue.tf", QUEUE)]);
    let scratch = Scratch::with(&[("main.tf", "locals {}\n")]);
    symlink(outside.path("queue.tf"), scratch.path("linked.tf")).unwrap();
    symlink(outside.path("inner"), scratch.path("directory")).unwrap();
    let report = scratch.json(4, &WRITE);
    assert_eq!(report["summary"]["applied"], 0);
    assert_eq!(report["summary"]["files"], 1);
    assert_eq!(outside.read("queue.tf"), QUEUE);
    assert_eq!(outside.read("inner/queue.tf"), QUEUE);
}

#[test]
fn the_directory_itself_may_be_named_by_a_link() {
    let scratch = Scratch::with(&[("real/main.tf", QUEUE)]);
    symlink("real", scratch.path("link")).unwrap();
    let mut arguments = WRITE.to_vec();
    arguments.push("link");
    scratch.expect(0, &arguments);
    assert_eq!(scratch.read("real/main.tf"), FIXED_QUEUE);
    assert!(fs::symlink_metadata(scratch.path("link")).unwrap().is_symlink());
}

/// When the second file can't be written, the first one is put back.
#[test]
fn all_files_are_written_or_none() {
    let scratch = Scratch::with(&[("a/main.tf", QUEUE), ("b/main.tf", QUEUE)]);
    let directory = scratch.path("b");
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(directory.join("probe"), "").is_ok() {
        eprintln!("skipped: permissions don't hold this user (root)");
        return;
    }
    let ran = scratch.run(&WRITE);
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o755)).unwrap();
    assert!(![0, 1].contains(&ran.code), "{}: {}", ran.code, ran.stderr);
    assert!(ran.stderr.contains("b/main.tf"), "{}", ran.stderr);
    assert_eq!((scratch.read("a/main.tf").as_str(), scratch.read("b/main.tf").as_str()), (QUEUE, QUEUE));
    assert_eq!(scratch.names(), ["a", "a/main.tf", "b", "b/main.tf"]);
}
