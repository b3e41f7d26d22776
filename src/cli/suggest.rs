//! `terramend suggest`

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail};

use super::arguments::{Format, Suggest};
use super::output;
use crate::engine::Options;
use crate::report::github::{Annotation, command};
use crate::review::{self, Request, Review};
use crate::source::SourceFile;

pub(super) fn run(arguments: &Suggest) -> anyhow::Result<u8> {
    let common = &arguments.common;
    if !matches!(common.format, Format::Text | Format::Json | Format::Github) || !common.report.is_empty() {
        bail!(
            "a review has the formats text, json and github, and no other reports\n  hint: use `terramend scan` for those"
        );
    }
    let root = &common.path;
    let analysis = super::analyse(common, Options { preview: true, ..Options::default() }, None)?;
    let prefix = output::prefix(root);
    let hunks = review::parse(&changes(arguments)?)?;
    let posted = match &arguments.posted {
        Some(path) => {
            review::posted(&read(path)?).with_context(|| format!("{}: not GitHub's review comments", path.display()))?
        }
        None => std::collections::BTreeSet::new(),
    };
    let mut findings: Vec<_> = analysis.outcome.findings.iter().filter(|f| f.suppressed.is_none()).collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let request = Request { findings, grade: arguments.grade, hunks: &hunks, prefix: &prefix, posted: &posted };
    let review = review::review(&request, |file| -> anyhow::Result<String> {
        let path = root.join(file);
        let text = std::fs::read_to_string(&path).with_context(|| format!("{}: can't be read", path.display()))?;
        Ok(SourceFile::new(path, file, &text).text.to_string())
    })?;
    let text = match common.format {
        Format::Json => serde_json::to_string_pretty(&review.request(commit(arguments)))? + "\n",
        Format::Github => annotations(&review),
        _ => lines(&review),
    };
    super::print(&text)?;
    let incomplete = crate::report::json::errors(&analysis.outcome).next().is_some();
    Ok(if incomplete { super::INCOMPLETE } else { super::CLEAN })
}

/// The diff whose lines are reviewed.
fn changes(arguments: &Suggest) -> anyhow::Result<String> {
    if let Some(path) = &arguments.diff {
        return read(path);
    }
    let base = arguments.base.as_deref().unwrap_or_default();
    if base.starts_with('-') {
        bail!("--base is a commit or a branch, not `{base}`");
    }
    // Against the files as they are, since those are judged; from where the branch left, since what others did is no change.
    let options = ["--no-color", "--no-ext-diff", "--src-prefix=a/", "--dst-prefix=b/", "--unified=3"];
    let merge_base = git(&arguments.common.path, &["merge-base", base, "HEAD"])?;
    let mut all = vec!["diff"];
    all.extend(options);
    all.extend([merge_base.trim(), "--"]);
    git(&arguments.common.path, &all)
}

/// The commit that comments are for.
fn commit(arguments: &Suggest) -> Option<String> {
    let head = || git(&arguments.common.path, &["rev-parse", "HEAD"]).ok().map(|sha| sha.trim().to_owned());
    arguments.commit.clone().or_else(head)
}

fn git(directory: &Path, arguments: &[&str]) -> anyhow::Result<String> {
    let output = Command::new("git").args(arguments).current_dir(directory).output().context("git can't be run")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let hint = "fetch the base with its history (actions/checkout: `fetch-depth: 0`), or give the diff with --diff";
        bail!("git {}: {}\n  hint: {hint}", arguments.join(" "), said.trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A file's text, or stdin's for `-`.
pub(super) fn read(path: &Path) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    let result = if path == Path::new("-") {
        std::io::stdin().lock().read_to_end(&mut bytes).map(|_| ())
    } else {
        std::fs::read(path).map(|content| bytes = content)
    };
    result.with_context(|| format!("{}: can't be read", path.display()))?;
    // A diff may hold files of any encoding, a report their names; those in question are UTF-8.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// For people: place, finding, and what is to stand there.
fn lines(review: &Review<'_>) -> String {
    let mut text = String::new();
    for suggestion in &review.suggestions {
        let (start, end) = (suggestion.lines.start(), suggestion.lines.end());
        let finding = suggestion.finding;
        let _ = writeln!(text, "{}:{start}-{end}: {} {}", suggestion.path, finding.control, finding.resource);
        for line in suggestion.text.lines() {
            let _ = writeln!(text, "  {line}");
        }
    }
    for finding in &review.others {
        let place = format!("{}:{}", finding.file, finding.line);
        let _ = writeln!(
            text,
            "{place}: {} {}: the fix reaches beyond the changed lines",
            finding.control, finding.resource
        );
    }
    let _ = writeln!(text, "{} suggested, {} beyond the changed lines", review.suggestions.len(), review.others.len());
    text
}

fn annotations(review: &Review<'_>) -> String {
    let of = |suggestion: &review::Suggestion<'_>| {
        let finding = suggestion.finding;
        let title = finding.fix.as_ref().map_or("", |fix| &fix.title);
        command(&Annotation {
            kind: "notice",
            file: suggestion.path.clone(),
            line: Some(*suggestion.lines.start()),
            title: format!("{}: {title}", finding.control),
            message: format!(
                "{}: {}\nSuggested here:\n{}",
                finding.resource,
                finding.message,
                suggestion.text.trim_end()
            ),
        })
    };
    review.suggestions.iter().map(of).collect()
}
