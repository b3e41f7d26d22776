//! Paths, names and links.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;

use crate::support::{FIXED_QUEUE, QUEUE, Scratch, items, text};
use crate::{Fault, check, fine};

const SCAN: [&str; 3] = ["scan", "--control", "sqs-encryption"];

#[test]
fn a_missing_path() {
    let scratch = Scratch::with(&[("main.tf", QUEUE)]);
    for command in ["scan", "fix"] {
        let ran = scratch.expect(2, &[command, "no/such/place"]);
        assert!(ran.stderr.starts_with("error: no/such/place: "), "{}", ran.stderr);
        assert_eq!(ran.stdout, "");
    }
}

/// What belongs to a resource may stand in the files beside it: the directory is wanted.
#[test]
fn a_path_that_is_a_file() {
    let scratch = Scratch::with(&[("main.tf", QUEUE), ("live/main.tf", QUEUE), ("notes.md", "")]);
    for (path, directory) in
        [("live/main.tf", "live"), ("main.tf", "."), ("./live/main.tf", "./live"), ("notes.md", ".")]
    {
        for command in [&["scan", path][..], &["fix", path], &["fix", "--write", path]] {
            let ran = scratch.expect(2, command);
            assert!(ran.stderr.contains(path) && ran.stderr.contains("directory"), "{}", ran.stderr);
            assert!(ran.stderr.contains(&format!("({directory})")), "{}", ran.stderr);
            assert_eq!(ran.stdout, "");
        }
    }
    assert_eq!(scratch.read("live/main.tf"), QUEUE);
}

#[test]
fn an_empty_directory() {
    let scratch = Scratch::with(&[("elsewhere/main.tf", QUEUE), ("empty/notes.md", "")]);
    for command in ["scan", "fix"] {
        let ran = scratch.expect(4, &[command, "empty"]);
        assert!(
            ran.stderr.starts_with("error: empty: holds no Terraform files, no CloudFormation templates"),
            "{}",
            ran.stderr
        );
    }
    let report = scratch.json(4, &["scan", "empty"]);
    assert_eq!((&report["errors"][0]["line"], &report["summary"]["files"]), (&serde_json::Value::Null, &0.into()));
}

#[test]
fn names_with_spaces_and_letters_of_all_kinds() {
    let names =
        ["my queues.tf", "größe/warteschlange.tf", "注文/キュー.tf", "a b/c d.tf", "-dash.tf", "it's.tf", "$x;&.tf"];
    let scratch = Scratch::with(&names.map(|name| (name, QUEUE)));
    let report = scratch.json(1, &SCAN);
    let mut files: Vec<&str> = items(&report["findings"]).iter().map(|finding| text(&finding["file"])).collect();
    let mut expected = names.to_vec();
    files.sort_unstable();
    expected.sort_unstable();
    // Three of them share a module: one address, many findings.
    assert_eq!(files, expected);
    for name in names.iter().filter(|name| name.contains('/')) {
        scratch.run(&["fix", "--control", "sqs-encryption", "--write", name.split('/').next().unwrap()]);
        assert_eq!(scratch.read(name), FIXED_QUEUE, "{name}");
    }
}

/// The name can't be said as text, but the file is there.
#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_not_utf_8() {
    let scratch = Scratch::with(&[("queue.tf", "locals {}\n")]);
    fs::write(scratch.root().join(OsStr::from_bytes(b"caf\xe9.tf")), QUEUE).unwrap();
    let ran = scratch.run(&SCAN);
    assert!(ran.code == 1 || ran.code == 4, "not a word of it: exit code {}\n{}{}", ran.code, ran.stdout, ran.stderr);
}

#[test]
fn a_loop_of_links() {
    let scratch = Scratch::with(&[]);
    symlink("b.tf", scratch.path("a.tf")).unwrap();
    symlink("a.tf", scratch.path("b.tf")).unwrap();
    for file in ["a.tf", "b.tf"] {
        check(&scratch, &Fault { file, place: None, said: "symbolic link can't be followed" });
    }
}

#[test]
fn a_link_to_nowhere() {
    let scratch = Scratch::with(&[]);
    symlink("nowhere.tf", scratch.path("lost.tf")).unwrap();
    check(&scratch, &Fault { file: "lost.tf", place: None, said: "symbolic link can't be followed" });
    // One that would be no Terraform file is nobody's business.
    let scratch = Scratch::with(&[]);
    symlink("nowhere.md", scratch.path("lost.md")).unwrap();
    symlink("nowhere", scratch.path("lost")).unwrap();
    fine(&scratch);
}

#[test]
fn a_link_out_of_the_tree() {
    let outside = Scratch::with(&[("queue.tf", QUEUE)]);
    let scratch = Scratch::with(&[]);
    symlink(outside.path("queue.tf"), scratch.path("shared.tf")).unwrap();
    check(&scratch, &Fault { file: "shared.tf", place: None, said: "leads out of the scanned directory" });
    // Not the files, and not the devices of the system.
    fs::remove_file(scratch.path("shared.tf")).unwrap();
    symlink("/dev/zero", scratch.path("zero.tf")).unwrap();
    check(&scratch, &Fault { file: "zero.tf", place: None, said: "leads out of the scanned directory" });
}

#[test]
fn a_linked_directory_outside() {
    let outside = Scratch::with(&[("queue.tf", QUEUE)]);
    let scratch = Scratch::with(&[("queue.tf", QUEUE)]);
    symlink(outside.root(), scratch.path("shared")).unwrap();
    // The reader should know; the exit code is that of the finding.
    let ran = scratch.expect(1, &SCAN);
    assert!(ran.stderr.starts_with("warning: shared: symbolic link to a directory outside"), "{}", ran.stderr);
    let report = scratch.json(1, &SCAN);
    assert_eq!(report["errors"][0]["level"], "warning");
    assert_eq!((&report["summary"]["errors"], &report["summary"]["findings"]), (&0.into(), &1.into()));
}

/// The files behind it are found where they stand: once, and without end.
#[test]
fn a_directory_linked_to_its_parent() {
    let scratch = Scratch::with(&[("deep/er/main.tf", "locals {}\n")]);
    symlink("..", scratch.path("deep/parent")).unwrap();
    symlink("../..", scratch.path("deep/er/grandparent")).unwrap();
    symlink(".", scratch.path("self")).unwrap();
    symlink("deep", scratch.path("sideways")).unwrap();
    fine(&scratch);
    scratch.expect(0, &["fix", "--control", "sqs-encryption", "--write"]);
    assert_eq!(scratch.read("queue.tf"), FIXED_QUEUE);
}

/// A pipe that nobody writes to would be read for ever.
#[test]
fn a_pipe_is_not_read() {
    let scratch = Scratch::with(&[]);
    let made = std::process::Command::new("mkfifo").arg(scratch.path("pipe.tf")).status();
    if !made.is_ok_and(|status| status.success()) {
        eprintln!("skipped: no mkfifo");
        return;
    }
    scratch.write("queue.tf", QUEUE);
    assert_eq!(items(&scratch.run(&[&SCAN[..], &["--format", "json"]].concat()).json()["findings"]).len(), 1);
}

/// Nor through a link.
#[test]
fn a_link_to_a_pipe_is_not_read() {
    let scratch = Scratch::with(&[]);
    let made = std::process::Command::new("mkfifo").arg(scratch.path("pipe")).status();
    if !made.is_ok_and(|status| status.success()) {
        eprintln!("skipped: no mkfifo");
        return;
    }
    symlink("pipe", scratch.path("linked.tf")).unwrap();
    check(&scratch, &Fault { file: "linked.tf", place: None, said: "" });
}

#[test]
fn directories_that_look_like_files() {
    let scratch =
        Scratch::with(&[("odd.tf/readme.md", ""), ("odd.tf.json/x.txt", ""), (".tf", "a = ["), ("~.tf~", "[")]);
    fine(&scratch);
}

#[test]
fn what_is_ignored_or_downloaded_is_not_read() {
    let bad = "a = [\n";
    let scratch = Scratch::with(&[
        (".gitignore", "generated/\n"),
        ("generated/bad.tf", bad),
        (".terraform/modules/x/bad.tf", bad),
        ("node_modules/x/bad.tf", bad),
        ("cdk.out/bad.tf", bad),
        (".git/bad.tf", bad),
        (".#main.tf", bad),
        ("main.tf~", bad),
    ]);
    fine(&scratch);
}

/// Modules that call each other in a circle, and themselves.
#[test]
fn circles_of_modules_end() {
    let call = |source: &str| format!("module \"next\" {{\n  source = \"{source}\"\n}}\n");
    let scratch = Scratch::with(&[("main.tf", &call("./a")), ("a/main.tf", &call("../")), ("b/main.tf", &call("./"))]);
    fine(&scratch);
    scratch.expect(0, &["fix", "--control", "sqs-encryption", "--write"]);
    assert_eq!(scratch.read("queue.tf"), FIXED_QUEUE);
}

/// Twice for each level: a million uses of the last one.
#[test]
fn modules_that_multiply_end() {
    let scratch = Scratch::with(&[]);
    for level in 0..20 {
        let next = level + 1;
        let call = |name: &str| format!("module \"{name}\" {{\n  source = \"../m{next}\"\n}}\n");
        scratch.write(&format!("m{level}/main.tf"), ["a", "b", "c", "d"].map(call).concat());
    }
    scratch.write("m20/main.tf", QUEUE);
    let ran = scratch.run(&[&SCAN[..], &["--format", "json"]].concat());
    let report = ran.json();
    let told = items(&report["findings"]).len() + items(&report["errors"]).len();
    assert!(told > 0, "neither a finding nor a word about it: {report}");
}

/// A queue far down is found, or it is said that nobody looked.
#[test]
fn modules_far_down_are_not_forgotten() {
    for levels in [30, 100] {
        let scratch = Scratch::with(&[]);
        for level in 0..levels {
            let call = format!("module \"next\" {{\n  source = \"../m{}\"\n}}\n", level + 1);
            scratch.write(&format!("m{level}/main.tf"), call);
        }
        scratch.write(&format!("m{levels}/main.tf"), QUEUE);
        let ran = scratch.run(&SCAN);
        assert_ne!(ran.code, 0, "{levels} levels: a queue without encryption, and exit code 0: {}", ran.stdout);
    }
}
