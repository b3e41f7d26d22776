//! The JUnit report, as CI servers show test results: a suite a file, a case a finding.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::Report;
use crate::finding::Finding;

/// One case with what it says.
struct Case {
    name: String,
    /// `failure`, `skipped` or `error` with its text; nothing for a case that passes.
    result: Option<(&'static str, String)>,
}

/// The document.
pub fn render(report: &Report<'_>) -> String {
    let mut suites: BTreeMap<String, Vec<Case>> = BTreeMap::new();
    for finding in &report.outcome.findings {
        let (file, line) = report.place(finding);
        suites.entry(file.clone()).or_default().push(case(finding, &file, line));
    }
    for diagnostic in super::json::errors(report.outcome) {
        let attributes = format!(r#"message="{}" type="not analysed""#, escape(&diagnostic.message));
        let result = format!("<error {attributes}>{}</error>", escape(&diagnostic.to_string()));
        let case = Case { name: "can be analysed".into(), result: Some(("error", result)) };
        suites.entry(report.path(&diagnostic.file)).or_default().push(case);
    }
    if suites.is_empty() {
        // Servers take a report without cases for a broken one.
        suites.insert("terramend".into(), vec![Case { name: "nothing found".into(), result: None }]);
    }
    let count = |cases: &[Case], kind: &str| {
        cases.iter().filter(|case| case.result.as_ref().is_some_and(|(is, _)| *is == kind)).count()
    };
    let totals = |cases: &[Case]| {
        let (failures, errors) = (count(cases, "failure"), count(cases, "error"));
        format!(
            r#"tests="{}" failures="{failures}" errors="{errors}" skipped="{}""#,
            cases.len(),
            count(cases, "skipped")
        )
    };
    let mut body = String::new();
    for (file, cases) in &suites {
        let _ = writeln!(body, r#"  <testsuite name="{}" {}>"#, escape(file), totals(cases));
        for Case { name, result } in cases {
            let _ = write!(body, r#"    <testcase classname="{}" name="{}""#, escape(file), escape(name));
            let _ = match result {
                Some((_, text)) => writeln!(body, ">\n      {text}\n    </testcase>"),
                None => writeln!(body, "/>"),
            };
        }
        body.push_str("  </testsuite>\n");
    }
    let all: Vec<Case> = suites.into_values().flatten().collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"terramend\" {}>\n{body}</testsuites>\n",
        totals(&all)
    )
}

fn case(finding: &Finding, file: &str, line: usize) -> Case {
    let name = format!("[{}] {} {}", finding.severity, finding.control, finding.resource);
    if let Some(suppressed) = &finding.suppressed {
        let message = format!("{}: {} {}", suppressed.tool, suppressed.id, suppressed.reason);
        let result = format!(r#"<skipped message="{}"/>"#, escape(message.trim_end()));
        return Case { name, result: Some(("skipped", result)) };
    }
    let mut text = format!("{file}:{line}: {}: {}\n", finding.resource, finding.message);
    match (&finding.fix, &finding.no_fix_reason) {
        (Some(fix), _) => {
            let _ = writeln!(text, "fix ({}; a deploy: {}): {}", fix.grade, fix.effect, fix.title);
            fix.notes.iter().for_each(|note| text.push_str(&format!("note: {note}\n")));
            text.push_str(&finding.preview);
        }
        (None, Some(reason)) => {
            let _ = writeln!(text, "no fix: {reason}");
        }
        (None, None) => {}
    }
    let attributes = format!(r#"message="{}" type="{}""#, escape(&finding.message), finding.severity);
    Case { name, result: Some(("failure", format!("<failure {attributes}>{}</failure>", escape(&text)))) }
}

/// Text for XML 1.0, in elements and attributes. What XML has no way to write becomes the replacement character.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\r' => escaped.push_str("&#13;"),
            '\n' | '\t' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'.. => escaped.push(c),
            _ => escaped.push('\u{fffd}'),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_for_xml() {
        assert_eq!(
            escape("a<b>&\"c\"]]>\u{1}\u{1b}\r\né😀"),
            "a&lt;b&gt;&amp;&quot;c&quot;]]&gt;\u{fffd}\u{fffd}&#13;\né😀"
        );
    }
}
