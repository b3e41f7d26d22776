//! GitHub's annotations: workflow commands that a job prints.
//!
//! GitHub shows ten annotations of each kind for a step and drops the rest. So the worst come first, and what is more
//! than that is listed in the log, in a group that opens on a click.

use std::fmt::Write as _;

use super::{Report, plural};
use crate::catalogue::Severity;
use crate::diagnostic::{Diagnostic, Level};
use crate::finding::Finding;
use crate::fix::Grade;

/// Annotations of one kind that a step may have: <https://docs.github.com/en/actions/reference/limits>.
const LIMIT: usize = 10;

/// The kinds, as the commands are called.
const KINDS: [&str; 3] = ["error", "warning", "notice"];

/// One annotation.
pub(crate) struct Annotation {
    /// `error`, `warning` or `notice`.
    pub(crate) kind: &'static str,
    /// From the top of the repository.
    pub(crate) file: String,
    /// From 1.
    pub(crate) line: Option<usize>,
    /// Shown in bold above the message.
    pub(crate) title: String,
    /// It may have several lines.
    pub(crate) message: String,
}

/// The commands, one a line.
pub fn render(report: &Report<'_>) -> String {
    let mut all: Vec<Annotation> = report.outcome.diagnostics.iter().map(|d| of_diagnostic(report, d)).collect();
    all.extend(report.open().into_iter().map(|finding| of_finding(report, finding)));
    let mut text = String::new();
    let mut more = Vec::new();
    for kind in KINDS {
        for (n, annotation) in all.iter().filter(|annotation| annotation.kind == kind).enumerate() {
            if n < LIMIT {
                text.push_str(&command(annotation));
            } else {
                more.push(annotation);
            }
        }
    }
    if !more.is_empty() {
        let _ = writeln!(
            text,
            "::group::{} (a step has {LIMIT} annotations of each kind)",
            plural(more.len(), "more", "more")
        );
        for annotation in more {
            let Annotation { kind, file, line, title, message } = annotation;
            let place = line.map_or_else(|| file.clone(), |line| format!("{file}:{line}"));
            let _ = writeln!(text, "{}", plain(&format!("{kind} {place}: {title}: {message}")));
        }
        text.push_str("::endgroup::\n");
    }
    text.push_str(&plain(super::text::counts(report.outcome).trim_end()));
    text.push('\n');
    text
}

fn of_finding(report: &Report<'_>, finding: &Finding) -> Annotation {
    let (file, line) = report.place(finding);
    let mut message = format!("{}: {}", finding.resource, finding.message);
    match (&finding.fix, &finding.no_fix_reason) {
        (Some(fix), _) if fix.grade == Grade::Manual => {
            let _ = write!(message, "\nBy hand: {}", fix.title);
        }
        (Some(fix), _) => {
            let _ = write!(message, "\nFix ({}; a deploy: {}): {}", fix.grade, fix.effect, fix.title);
        }
        (None, Some(reason)) => {
            let _ = write!(message, "\nNo fix: {reason}");
        }
        (None, None) => {}
    }
    let kind = match finding.severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "notice",
    };
    let title = format!("{} ({})", finding.control, finding.severity);
    Annotation { kind, file, line: Some(line), title, message }
}

fn of_diagnostic(report: &Report<'_>, diagnostic: &Diagnostic) -> Annotation {
    let (kind, title) = match diagnostic.level {
        Level::Error => ("error", "not analysed"),
        Level::Warning => ("warning", "warning"),
    };
    let hint = if diagnostic.hint.is_empty() { String::new() } else { format!("\nHint: {}", diagnostic.hint) };
    Annotation {
        kind,
        file: report.path(&diagnostic.file),
        line: diagnostic.line,
        title: title.into(),
        message: format!("{}{hint}", diagnostic.message),
    }
}

/// The workflow command that makes an annotation, with its line end.
pub(crate) fn command(annotation: &Annotation) -> String {
    let Annotation { kind, file, line, title, message } = annotation;
    let line = line.map(|line| format!(",line={line}")).unwrap_or_default();
    format!("::{kind} file={}{line},title={}::{}\n", property(file), property(title), data(message))
}

/// As the runner reads a command's message.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// As the runner reads a command's property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// A line of the log that the runner takes for no command, old (`##[`) or new.
fn plain(text: &str) -> String {
    let line = text.replace(['\r', '\n'], " ").replace("##[", "# #[");
    if line.trim_start().starts_with("::") { format!("| {line}") } else { line }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_escaped() {
        let annotation = Annotation {
            kind: "error",
            file: "a,b:c%/main.tf".into(),
            line: Some(3),
            title: "x: y".into(),
            message: "100 %, and\r\n::stop-commands::x".into(),
        };
        assert_eq!(
            command(&annotation),
            "::error file=a%2Cb%3Ac%25/main.tf,line=3,title=x%3A y::100 %25, and%0D%0A::stop-commands::x\n"
        );
        assert_eq!(plain("::set-output name=a::b\n##[add-mask]c"), "| ::set-output name=a::b # #[add-mask]c");
    }
}
