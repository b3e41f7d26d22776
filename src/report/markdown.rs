//! The report as Markdown, for the summary of a job.
//!
//! Whatever comes from files stands in code spans and fenced blocks that it can't end.

use std::fmt::Write as _;

use super::{Report, plural};
use crate::catalogue::Severity;
use crate::finding::{Applied, Finding};
use crate::fix::Grade;

/// The longest text, in bytes. A summary of a step holds one mebibyte; GitHub refuses more and shows nothing.
const LIMIT: usize = 900 * 1024;

/// The whole report.
pub fn render(report: &Report<'_>) -> String {
    let mut text = String::from("## terramend\n\n");
    text.push_str(&counts(report));
    let mut parts = Vec::new();
    if report.fixing && !report.outcome.applied.is_empty() {
        parts.push(
            "\n### Fixed\n\n| control | resource | what | a deploy | grade |\n|---|---|---|---|---|\n".to_owned(),
        );
        parts.extend(report.outcome.applied.iter().map(fixed));
    }
    let open = report.open();
    if !open.is_empty() {
        let title = if report.fixing { "Left" } else { "Findings" };
        parts
            .push(format!("\n### {title}\n\n| severity | control | resource | place | what is wrong | fix |\n|---|---|---|---|---|---|\n"));
        parts.extend(open.iter().map(|finding| row(report, finding)));
    }
    let errors: Vec<_> = super::json::errors(report.outcome).collect();
    if !errors.is_empty() {
        parts.push("\n### Not analysed\n\n".into());
        parts.extend(errors.into_iter().map(|error| {
            let line = error.line.map(|line| format!(":{line}")).unwrap_or_default();
            format!("- {}: {}\n", code(&format!("{}{line}", report.path(&error.file))), prose(&error.message))
        }));
    }
    if !report.outcome.unmatched.is_empty() {
        parts.push("\n### Reported, and not matched\n\n".into());
        parts.extend(report.outcome.unmatched.iter().map(|other| {
            let place = other.file.iter().chain(&other.resource).map(|text| code(text)).collect::<Vec<_>>().join(" ");
            format!("- {} {} {place}: {}\n", prose(&other.tool), code(&other.id), prose(&other.reason))
        }));
    }
    if open.iter().any(|finding| !finding.preview.is_empty()) {
        parts.push("\n### Diffs\n\n".into());
        parts.extend(open.iter().filter(|finding| !finding.preview.is_empty()).map(|finding| diff(finding)));
    }
    let shown = fill(&mut text, &parts, LIMIT);
    if shown < parts.len() {
        text.push_str("\nThe report is cut here: it would be longer than a summary may be.\n");
    }
    text
}

/// Adds whole parts while there is room for them; says how many.
fn fill(text: &mut String, parts: &[String], limit: usize) -> usize {
    let mut shown = 0;
    for part in parts {
        if text.len() + part.len() > limit {
            break;
        }
        text.push_str(part);
        shown += 1;
    }
    shown
}

fn counts(report: &Report<'_>) -> String {
    let counts = super::json::summary(report.outcome);
    let open = report.open();
    if open.is_empty() && counts.applied == 0 && counts.errors == 0 {
        return format!("Nothing found in {}.\n", plural(counts.files, "file", "files"));
    }
    let mut text =
        format!("**{}** in {}", plural(counts.findings, "finding", "findings"), plural(counts.files, "file", "files"));
    let by_severity: Vec<String> = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low]
        .into_iter()
        .map(|severity| (open.iter().filter(|finding| finding.severity == severity).count(), severity))
        .filter(|(n, _)| *n > 0)
        .map(|(n, severity)| format!("{n} {severity}"))
        .collect();
    if !by_severity.is_empty() {
        let _ = write!(text, " ({})", by_severity.join(", "));
    }
    for (n, what) in [(counts.fixable, "fixable"), (counts.suppressed, "suppressed"), (counts.errors, "not analysed")] {
        if n > 0 {
            let _ = write!(text, ", {n} {what}");
        }
    }
    if counts.applied > 0 {
        let files = plural(counts.changed_files, "file", "files");
        let _ = write!(text, "; **{}** in {files}", plural(counts.applied, "fix", "fixes"));
    }
    text.push_str(".\n");
    text
}

fn fixed(applied: &Applied) -> String {
    let costs: Vec<String> = applied.costs.iter().map(|cost| prose(&cost.to_string())).collect();
    let costs = if costs.is_empty() { String::new() } else { format!("; {}", costs.join("; ")) };
    format!(
        "| {} | {} | {}{costs} | {} | {} |\n",
        code(&applied.control),
        code(&applied.resource),
        prose(&applied.title),
        applied.effect,
        applied.grade
    )
}

fn row(report: &Report<'_>, finding: &Finding) -> String {
    let (file, line) = report.place(finding);
    let place = code(&format!("{file}:{line}"));
    let place = match report.links {
        Some(links) => format!("[{place}]({links}{}#L{line})", super::sarif::uri(&file)),
        None => place,
    };
    let fix = match (&finding.fix, &finding.no_fix_reason) {
        (Some(fix), _) if fix.grade == Grade::Manual => format!("by hand: {}", prose(&fix.title)),
        (Some(fix), _) => format!("{} ({}; a deploy: {})", prose(&fix.title), fix.grade, fix.effect),
        (None, Some(reason)) => format!("none: {}", prose(reason)),
        (None, None) => String::new(),
    };
    format!(
        "| {} | {} | {} | {place} | {} | {fix} |\n",
        finding.severity,
        code(&finding.control),
        code(&finding.resource),
        prose(&finding.message)
    )
}

fn diff(finding: &Finding) -> String {
    let fence = fence(&finding.preview);
    format!(
        "<details><summary>{} {}</summary>\n\n{fence}diff\n{}{fence}\n\n</details>\n",
        attribute(&finding.control),
        attribute(&finding.resource),
        finding.preview
    )
}

/// More backticks than the text has in a row, and three at least.
pub(crate) fn fence(text: &str) -> String {
    "`".repeat((longest_run(text) + 1).max(3))
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}

/// A code span that can stand in a table.
fn code(text: &str) -> String {
    let text = one_line(text);
    let ticks = "`".repeat(longest_run(&text) + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    // Tables are cut at bars before code is read.
    format!("{ticks}{pad}{}{pad}{ticks}", text.replace('|', "\\|"))
}

/// Prose of ours, in which names from files may stand: code spans stay, nothing else is markup.
fn prose(text: &str) -> String {
    let mut escaped = String::new();
    for (n, part) in one_line(text).split('`').enumerate() {
        // Every second part stands between backticks.
        if n % 2 == 1 {
            escaped.push_str(&code(part));
            continue;
        }
        for c in part.chars() {
            match c {
                '<' => escaped.push_str("&lt;"),
                '&' => escaped.push_str("&amp;"),
                // A mention would call somebody.
                '@' => escaped.push_str("&#64;"),
                '\\' | '*' | '_' | '[' | ']' | '|' | '~' | '#' => escaped.extend(['\\', c]),
                c => escaped.push(c),
            }
        }
    }
    escaped
}

fn attribute(text: &str) -> String {
    one_line(text)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('|', "&#124;")
}

fn one_line(text: &str) -> String {
    text.replace(['\r', '\n'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_a_file_is_markup() {
        assert_eq!(prose("a <b> | `c|d` @me [x](y)"), r"a &lt;b> \| `c\|d` &#64;me \[x\](y)");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("a\n| b"), r"`a \| b`");
        assert_eq!(fence("x\n````\n"), "`````");
        assert_eq!(attribute("\"<x>\""), "&quot;&lt;x&gt;&quot;");
    }

    #[test]
    fn what_has_no_room_is_left_out_whole() {
        let mut text = String::from("ab");
        assert_eq!(fill(&mut text, &["cd".into(), "efg".into(), "h".into()], 6), 1);
        assert_eq!(text, "abcd");
    }
}
