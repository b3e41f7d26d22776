//! Bad input: a clear diagnostic with its place, no panic, and everything else is treated.

#![allow(clippy::unwrap_used)]

mod support;

#[path = "support/input/content.rs"]
mod content;
#[path = "support/input/links.rs"]
mod links;

use serde_json::Value;
use support::{FIXED_QUEUE, QUEUE, Scratch, items, text};

/// What must be said of a file, and where in it.
struct Fault<'a> {
    file: &'a str,
    place: Option<(u64, u64)>,
    said: &'a str,
}

/// Checks all that is promised for a directory with a faulty file and `queue.tf`.
fn check(scratch: &Scratch, fault: &Fault<'_>) {
    scratch.write("queue.tf", QUEUE);
    let control = ["--control", "sqs-encryption"];
    let place = fault.place.map_or(String::new(), |(line, column)| format!(":{line}:{column}"));
    let start = format!("error: {}{place}: ", fault.file);
    // For people.
    let ran = scratch.expect(4, &[&["scan"], &control[..]].concat());
    let line = ran.stderr.lines().find(|line| line.starts_with(&start));
    let line = line.unwrap_or_else(|| panic!("no {start:?} in {}", ran.stderr));
    assert!(line.contains(fault.said), "no {:?} in {line}", fault.said);
    assert!(ran.stderr.contains("\n  hint: "), "{}", ran.stderr);
    assert!(ran.stderr.len() < 2000, "too much is said: {} bytes", ran.stderr.len());
    // For programs.
    let report = scratch.json(4, &[&["scan"], &control[..]].concat());
    let errors: Vec<&Value> = items(&report["errors"]).iter().filter(|error| error["file"] == fault.file).collect();
    assert_eq!(errors.len(), 1, "{report}");
    assert_eq!(errors[0]["level"], "error");
    assert_eq!((errors[0]["line"].as_u64(), errors[0]["column"].as_u64()), split(fault.place));
    assert!(text(&errors[0]["message"]).contains(fault.said) && !text(&errors[0]["hint"]).is_empty(), "{report}");
    // Everything else is treated.
    assert_eq!(report["findings"][0]["file"], "queue.tf", "{report}");
    assert_eq!(report["summary"]["findings"], 1);
    scratch.expect(4, &[&["fix", "--write"], &control[..]].concat());
    assert_eq!(scratch.read("queue.tf"), FIXED_QUEUE);
}

fn split(place: Option<(u64, u64)>) -> (Option<u64>, Option<u64>) {
    (place.map(|place| place.0), place.map(|place| place.1))
}

/// A directory with one faulty file.
fn faulty(file: &str, content: impl AsRef<[u8]>, place: Option<(u64, u64)>, said: &str) {
    let scratch = Scratch::with(&[]);
    scratch.write(file, &content);
    check(&scratch, &Fault { file, place, said });
    assert!(std::fs::read(scratch.path(file)).unwrap() == content.as_ref(), "{file} was changed");
}

/// A directory that is odd, but in which nothing is wrong: the queue is found, and nothing is said.
fn fine(scratch: &Scratch) {
    scratch.write("queue.tf", QUEUE);
    let ran = scratch.expect(1, &["scan", "--control", "sqs-encryption", "--format", "json"]);
    assert_eq!(ran.stderr, "");
    assert_eq!(items(&ran.json()["findings"]).len(), 1, "{}", ran.stdout);
}
