//! Reports as Markdown, for the summary of a job: what was found, or ([`fixes`]) what was fixed, in the words of the pull
//! request.
//!
//! Whatever comes from files stands in code spans and fenced blocks that it can't end.

mod escape;
pub mod fixes;

use std::fmt::Write as _;

use self::escape::{code, html, prose};
use super::{Report, plural};
use crate::catalogue::Severity;
use crate::finding::{Finding, Unmatched};
use crate::fix::Grade;

pub(crate) use self::escape::fence;

/// The longest text, in bytes. A summary of a step holds one mebibyte; GitHub refuses more and shows nothing.
const LIMIT: usize = 900 * 1024;

/// The whole report.
pub fn render(report: &Report<'_>) -> String {
    let mut text = String::from("## terramend\n\n");
    let mut parts = Vec::new();
    if report.fixing {
        text.push_str(&fixed(report));
    } else {
        text.push_str(&counts(report));
        parts.extend(found(report));
    }
    if !report.outcome.unmatched.is_empty() {
        parts.push("\n### Reported, and not matched\n\n".into());
        parts.extend(report.outcome.unmatched.iter().map(unmatched));
    }
    let shown = fill(&mut text, &parts, LIMIT);
    if shown < parts.len() {
        text.push_str("\nThe report is cut here: it would be longer than a summary may be.\n");
    }
    text
}

/// What the pull request would say.
fn fixed(report: &Report<'_>) -> String {
    let outcome = report.outcome;
    fixes::render(&fixes::Content {
        applied: &outcome.applied,
        left: &outcome.not_applied,
        errors: &super::json::errors(outcome).collect::<Vec<_>>(),
        files: outcome.changed.len(),
        catalogue: report.catalogue,
        directory: report.prefix.trim_end_matches('/'),
        beside: &[],
        note: None,
    })
}

/// Tables of findings and errors, then the diffs; in parts that may be left out.
fn found(report: &Report<'_>) -> Vec<String> {
    let mut parts = Vec::new();
    let open = report.open();
    if !open.is_empty() {
        parts.push(
            "\n### Findings\n\n| severity | control | resource | place | what is wrong | fix |\n|---|---|---|---|---|---|\n"
                .into(),
        );
        parts.extend(open.iter().map(|finding| row(report, finding)));
    }
    let errors: Vec<_> = super::json::errors(report.outcome).collect();
    if !errors.is_empty() {
        parts.push("\n### Not analysed\n\n".into());
        parts.extend(errors.into_iter().map(|error| fixes::error(error, report.prefix.trim_end_matches('/')) + "\n"));
    }
    if open.iter().any(|finding| !finding.preview.is_empty()) {
        parts.push("\n### Diffs\n\n".into());
        parts.extend(open.iter().filter(|finding| !finding.preview.is_empty()).map(|finding| diff(finding)));
    }
    parts
}

fn unmatched(other: &Unmatched) -> String {
    let place = other.file.iter().chain(&other.resource).map(|text| code(text)).collect::<Vec<_>>().join(" ");
    format!("- {} {} {place}: {}\n", prose(&other.tool), code(&other.id), prose(&other.reason))
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
    if open.is_empty() && counts.errors == 0 {
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
    text.push_str(".\n");
    text
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
        html(&finding.control),
        html(&finding.resource),
        finding.preview
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_room_is_left_out_whole() {
        let mut text = String::from("ab");
        assert_eq!(fill(&mut text, &["cd".into(), "efg".into(), "h".into()], 6), 1);
        assert_eq!(text, "abcd");
    }
}
