//! `controls`, `explain`, `completions`, `man` and the help.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::{Scratch, items, text};

const COMMANDS: [&str; 8] = ["scan", "fix", "suggest", "controls", "explain", "test", "completions", "man"];

fn run(arguments: &[&str]) -> String {
    let ran = Scratch::with(&[]).expect(0, arguments);
    assert_eq!(ran.stderr, "", "{arguments:?}");
    ran.stdout
}

fn controls() -> Vec<Value> {
    items(&serde_json::from_str(&run(&["controls", "--format", "json"])).unwrap()).to_vec()
}

#[test]
fn controls_as_json() {
    let controls = controls();
    assert!(controls.len() >= 16);
    for control in &controls {
        for field in ["id", "title", "family", "severity"] {
            assert!(!text(&control[field]).is_empty(), "{field} of {control}");
        }
        assert!(["low", "medium", "high", "critical"].contains(&text(&control["severity"])), "{control}");
        assert!(!items(&control["resources"]).is_empty(), "{control}");
        assert!(items(&control["aliases"]).iter().all(Value::is_string), "{control}");
    }
    let queue = controls.iter().find(|control| control["id"] == "sqs-encryption").unwrap();
    assert_eq!(queue["severity"], "medium");
    assert!(items(&queue["aliases"]).contains(&"CKV_AWS_27".into()));
    assert!(items(&queue["resources"]).contains(&"aws_sqs_queue".into()));
    let ids: Vec<&str> = controls.iter().map(|control| text(&control["id"])).collect();
    assert!(ids.is_sorted(), "{ids:?}");
}

#[test]
fn controls_as_text_and_markdown() {
    let (lines, table) = (run(&["controls"]), run(&["controls", "--format", "markdown"]));
    assert_eq!(run(&["controls", "--format", "text"]), lines);
    let controls = controls();
    assert_eq!(lines.lines().count(), controls.len());
    let rows: Vec<&str> = table.lines().filter(|line| line.starts_with("| [")).collect();
    assert_eq!(rows.len(), controls.len());
    for ((control, line), row) in controls.iter().zip(lines.lines()).zip(rows) {
        let (id, severity, title) = (text(&control["id"]), text(&control["severity"]), text(&control["title"]));
        assert!(line.starts_with(&format!("{id} ")) && line.contains(severity) && line.contains(title), "{line}");
        assert!(row.starts_with(&format!("| [{id}](")) && row.contains(severity) && row.contains(title), "{row}");
        let page = row.split(['(', ')']).nth(1).unwrap();
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixes").join(page);
        assert!(path.is_file(), "{row}");
    }
}

#[test]
fn explain_prints_the_page() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixes/sqs/sqs-encryption.md");
    let page = fs::read_to_string(path).unwrap();
    for id in ["sqs-encryption", "CKV_AWS_27", "AVD-AWS-0096"] {
        assert_eq!(run(&["explain", id]), page, "{id}");
    }
}

#[test]
fn explain_suggests() {
    let ran = Scratch::with(&[]).expect(2, &["explain", "sqs-encrypton"]);
    assert!(ran.stderr.contains("did you mean `sqs-encryption`"), "{}", ran.stderr);
    assert_eq!(ran.stdout, "");
}

#[test]
fn completions_know_every_command() {
    for (shell, start) in [("bash", "_terramend()"), ("zsh", "#compdef terramend"), ("fish", "complete -c terramend")] {
        let script = run(&["completions", shell]);
        assert!(script.contains(start), "{shell}: {script}");
        for word in COMMANDS.iter().chain(&["allow-dirty", "severity"]) {
            assert!(script.contains(word), "{shell} doesn't know {word}");
        }
    }
    assert!(run(&["completions", "powershell"]).contains("terramend"));
    assert!(run(&["completions", "elvish"]).contains("terramend"));
}

#[test]
fn bash_takes_its_completions() {
    let scratch = Scratch::with(&[("completions", &run(&["completions", "bash"]))]);
    let bash = std::process::Command::new("bash").arg("-n").arg(scratch.path("completions")).output();
    match bash {
        Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr)),
        Err(error) => eprintln!("skipped: no bash ({error})"),
    }
}

#[test]
fn the_man_page_names_every_command() {
    let page = run(&["man"]);
    assert!(page.contains(".TH terramend 1"), "{page}");
    for command in COMMANDS {
        assert!(page.contains(&format!("terramend\\-{command}")), "the man page doesn't name {command}: {page}");
    }
}

#[test]
fn the_man_page_tells_every_option() {
    let page = run(&["man"]).replace('\\', "");
    for (command, options) in [
        ("SCAN", &["--control", "--all", "--severity", "--format", "--grade"][..]),
        ("FIX", &["--write", "--allow-dirty", "--grade"]),
        ("CONTROLS", &["--path", "--format"]),
        ("EXPLAIN", &["--path"]),
        ("TEST", &["--export"]),
    ] {
        let part = page.split(".SH ").find(|part| part.starts_with(&format!("TERRAMEND {command}\n")));
        let part = part.unwrap_or_else(|| panic!("no part for {command} in {page}"));
        for option in options {
            assert!(part.contains(option), "{command} without {option}: {part}");
        }
    }
    assert!(page.contains("Exit codes: 0 nothing found"), "{page}");
}

#[test]
fn a_path_that_is_not_there_is_told() {
    for arguments in [&["controls", "--path", "nope"][..], &["explain", "sqs-encryption", "--path", "nope"]] {
        let ran = Scratch::with(&[]).expect(2, arguments);
        assert!(ran.stdout.is_empty() && ran.stderr.contains("nope: can't be opened"), "{}", ran.stderr);
    }
}

#[test]
fn help_tells_the_exit_codes() {
    let help = run(&["--help"]);
    for command in COMMANDS {
        assert!(help.contains(&format!("\n  {command}")), "{help}");
        assert!(run(&[command, "--help"]).contains("Usage: terramend"), "{command}");
    }
    assert!(help.contains("Exit codes: 0 nothing found"), "{help}");
    assert!(run(&["--version"]).starts_with(&format!("terramend {}", env!("CARGO_PKG_VERSION"))));
}
