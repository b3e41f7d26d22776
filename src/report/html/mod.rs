//! The report as one HTML file: no network, readable without scripts, in light and dark, by keyboard and by screen reader.
//!
//! Everything from files is escaped; a policy in the page forbids whatever doesn't stand in it.

use std::fmt::Write as _;

use super::{Report, plural};
use crate::catalogue::Severity;
use crate::finding::{Applied, Finding};
use crate::fix::Grade;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// The page.
pub fn render(report: &Report<'_>) -> String {
    let mut body = String::new();
    body.push_str(&counts(report));
    if report.fixing && !report.outcome.applied.is_empty() {
        let _ = writeln!(body, "<section aria-labelledby=\"fixed\">\n<h2 id=\"fixed\">Fixed</h2>\n<ul class=\"list\">");
        for applied in &report.outcome.applied {
            body.push_str(&fixed(applied));
        }
        body.push_str("</ul>\n</section>\n");
    }
    let errors: Vec<_> = super::json::errors(report.outcome).collect();
    if !errors.is_empty() {
        body.push_str("<section aria-labelledby=\"errors\">\n<h2 id=\"errors\">Not analysed</h2>\n<ul>\n");
        for error in errors {
            let _ = writeln!(body, "<li>{}</li>", escape(&error.to_string()).replace('\n', "<br>"));
        }
        body.push_str("</ul>\n</section>\n");
    }
    let open = report.open();
    if !open.is_empty() {
        let title = if report.fixing { "Left" } else { "Findings" };
        let _ = writeln!(body, "<section aria-labelledby=\"findings\">\n<h2 id=\"findings\">{title}</h2>");
        body.push_str(&filters(&open));
        body.push_str("<ul class=\"list\" id=\"list\">\n");
        for finding in &open {
            body.push_str(&item(report, finding));
        }
        body.push_str("</ul>\n</section>\n");
    }
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
         script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>terramend report</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#findings\">To the findings</a>\n<main>\n<h1>terramend</h1>\n{body}</main>\n\
         <script>\n{SCRIPT}</script>\n</body>\n</html>\n"
    )
}

fn counts(report: &Report<'_>) -> String {
    let counts = super::json::summary(report.outcome);
    let mut parts = vec![
        plural(counts.findings, "finding", "findings") + " in " + &plural(counts.files, "file", "files"),
        format!("{} fixable", counts.fixable),
    ];
    for (n, what) in [(counts.suppressed, "suppressed"), (counts.applied, "fixed"), (counts.errors, "not analysed")] {
        if n > 0 {
            parts.push(format!("{n} {what}"));
        }
    }
    format!("<p class=\"counts\">{}</p>\n", parts.join(" · "))
}

/// A box to tick for each severity, and a field for words; a script shows them, without it they would do nothing.
fn filters(open: &[&Finding]) -> String {
    let mut text = String::from("<form id=\"filters\" hidden>\n<fieldset>\n<legend>Show</legend>\n");
    for severity in [Severity::Critical, Severity::High, Severity::Medium, Severity::Low] {
        let n = open.iter().filter(|finding| finding.severity == severity).count();
        if n > 0 {
            let _ = writeln!(
                text,
                "<label><input type=\"checkbox\" name=\"severity\" value=\"{severity}\" checked> {severity} ({n})</label>"
            );
        }
    }
    text.push_str(
        "</fieldset>\n<label>Containing <input type=\"search\" id=\"words\" autocomplete=\"off\"></label>\n\
         <button type=\"button\" id=\"all\">Open all</button>\n<output id=\"shown\"></output>\n</form>\n",
    );
    text
}

fn item(report: &Report<'_>, finding: &Finding) -> String {
    let (file, line) = report.place(finding);
    let place = format!("<code>{}:{line}</code>", escape(&file));
    let place = match report.links {
        Some(links) => {
            format!("<a href=\"{}{}#L{line}\">{place}</a>", escape(links), escape(&super::sarif::uri(&file)))
        }
        None => place,
    };
    let severity = finding.severity;
    let mut text = format!(
        "<li data-severity=\"{severity}\">\n<details>\n<summary><span class=\"badge {severity}\">{severity}</span> \
         <strong>{}</strong> <code>{}</code> {}</summary>\n<p>{place}</p>\n",
        escape(&finding.control),
        escape(&finding.resource),
        escape(&finding.message)
    );
    if let Some(control) = report.catalogue.find(&finding.control) {
        let title = match control.address() {
            Some(address) => format!("<a href=\"{}\">{}</a>", escape(&address), escape(&control.title)),
            None => escape(&control.title),
        };
        let _ = writeln!(text, "<p>{title}. {}</p>", escape(control.summary()));
    }
    match (&finding.fix, &finding.no_fix_reason) {
        (Some(fix), _) => {
            let grade = match fix.grade {
                Grade::Manual => "by hand".to_owned(),
                grade => format!("{grade}; a deploy: {}", fix.effect),
            };
            let _ = writeln!(text, "<p><strong>Fix</strong> ({grade}): {}</p>", escape(&fix.title));
            let costs = fix.costs.iter().map(|cost| format!("cost: {cost}"));
            text.push_str(&list(costs.chain(fix.notes.iter().cloned())));
        }
        (None, Some(reason)) => {
            let _ = writeln!(text, "<p><strong>No fix</strong>: {}</p>", escape(reason));
        }
        (None, None) => {}
    }
    text.push_str(&diff(&finding.preview));
    text.push_str("</details>\n</li>\n");
    text
}

fn fixed(applied: &Applied) -> String {
    let costs = applied.costs.iter().map(|cost| format!("cost: {cost}"));
    format!(
        "<li>\n<details>\n<summary><strong>{}</strong> <code>{}</code> {} ({}; a deploy: {})</summary>\n<p>{}</p>\n{}</details>\n</li>\n",
        escape(&applied.control),
        escape(&applied.resource),
        escape(&applied.title),
        applied.grade,
        applied.effect,
        escape(&applied.files.join(", ")),
        list(costs.chain(applied.notes.iter().cloned()))
    )
}

fn list(items: impl Iterator<Item = String>) -> String {
    let items: String = items.map(|item| format!("<li>{}</li>\n", escape(&item))).collect();
    if items.is_empty() { items } else { format!("<ul>\n{items}</ul>\n") }
}

/// A diff, its lines told apart by their sign as well as by colour.
fn diff(preview: &str) -> String {
    if preview.is_empty() {
        return String::new();
    }
    let mut text = String::from("<pre tabindex=\"0\" aria-label=\"Diff\">");
    for line in preview.lines() {
        let kind = match line.as_bytes().first() {
            _ if line.starts_with("--- ") || line.starts_with("+++ ") || line.starts_with("@@") => "head",
            Some(b'+') => "ins",
            Some(b'-') => "del",
            _ => "same",
        };
        let _ = writeln!(text, "<span class=\"{kind}\">{}</span>", escape(line));
    }
    text.push_str("</pre>\n");
    text
}

/// Text for HTML, in elements and in attributes in double quotes.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\0' => escaped.push('\u{fffd}'),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped() {
        assert_eq!(escape("<script>\"&'\0"), "&lt;script&gt;&quot;&amp;&#39;\u{fffd}");
        assert!(diff("+<b>\n").contains("<span class=\"ins\">+&lt;b&gt;</span>"));
        // What stands in the page itself can't end its own element.
        assert!(!SCRIPT.contains("</") && !STYLE.contains("</"));
    }
}
