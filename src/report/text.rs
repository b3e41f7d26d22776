//! The text report: findings with the source line, and the fix as a diff.

use std::fmt::Write as _;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use rayon::prelude::*;

use super::json::summary;
use super::plural;
use crate::catalogue::Severity;
use crate::engine::Outcome;
use crate::finding::Finding;
use crate::fix::Grade;

/// All findings and the counts.
pub fn render(outcome: &Outcome, colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let shown = outcome.findings.par_iter().filter(|finding| finding.suppressed.is_none());
    let mut text: String = shown.map(|finding| one(finding, &renderer) + "\n").collect();
    text.push_str(&counts(outcome));
    text
}

fn one(finding: &Finding, renderer: &Renderer) -> String {
    let level = match finding.severity {
        Severity::Critical | Severity::High => Level::ERROR,
        Severity::Medium => Level::WARNING,
        Severity::Low => Level::NOTE,
    };
    let name = finding.severity.to_string();
    let title = format!("{}: {}", finding.resource, finding.message);
    let mut group = Group::with_title(level.with_name(name).primary_title(title).id(finding.control.clone()));
    if let Some(excerpt) = &finding.excerpt {
        let snippet = Snippet::source(excerpt.text.clone())
            .path(finding.file.to_string())
            .line_start(excerpt.first_line)
            .annotation(AnnotationKind::Primary.span(excerpt.range.clone()));
        group = group.element(snippet);
    }
    let mut text = renderer.render(&[group]);
    text.push('\n');
    if let Some(source) = &finding.source {
        let _ = writeln!(text, "  made at {}:{} ({})", source.file, source.line, source.construct);
    } else if let Some(reason) = &finding.no_source_reason {
        let _ = writeln!(text, "  not located in the source: {reason}");
    }
    match (&finding.fix, &finding.no_fix_reason) {
        (Some(fix), _) => {
            let _ = match fix.grade {
                Grade::Manual => writeln!(text, "  fix (manual): {}", fix.title),
                grade => writeln!(text, "  fix ({grade}; a deploy: {}): {}", fix.effect, fix.title),
            };
            for cost in &fix.costs {
                let _ = writeln!(text, "    cost: {cost}");
            }
            for note in &fix.notes {
                let _ = writeln!(text, "    note: {note}");
            }
            for line in finding.preview.lines().filter(|l| !l.starts_with("--- ") && !l.starts_with("+++ ")) {
                let _ = writeln!(text, "    {line}");
            }
        }
        (None, Some(reason)) => {
            let _ = writeln!(text, "  no fix: {reason}");
        }
        (None, None) => {}
    }
    text
}

/// The line of counts at the end.
pub fn counts(outcome: &Outcome) -> String {
    let counts = summary(outcome);
    let mut text =
        format!("{} in {}", plural(counts.findings, "finding", "findings"), plural(counts.files, "file", "files"));
    if counts.fixable > 0 {
        let _ = write!(text, ", {} fixable", counts.fixable);
    }
    if counts.suppressed > 0 {
        let _ = write!(text, ", {} suppressed", counts.suppressed);
    }
    if counts.applied > 0 {
        let files = plural(counts.changed_files, "file", "files");
        let _ = write!(text, "; {} applied in {files}", plural(counts.applied, "fix", "fixes"));
    }
    if counts.errors > 0 {
        let _ = write!(text, "; {} could not be analysed", plural(counts.errors, "input", "inputs"));
    }
    text.push('\n');
    text
}
