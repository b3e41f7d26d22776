//! The report as SARIF 2.1.0, which code scanning of GitHub and others reads.
//!
//! Rules come from the pages, fixes hold the exact replacements, and a finding's fingerprint is made of control, module
//! and resource, so that it stays the same when lines move. Columns count UTF-16 code units, which is what most viewers
//! take for granted; the run says so.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::Report;
use crate::catalogue::{Control, Severity};
use crate::diagnostic::{Diagnostic, Level};
use crate::finding::{Finding, FixSummary};
use crate::source::Region;

/// Where the format is described.
const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// The base of all paths: the top of the repository.
const ROOT: &str = "%SRCROOT%";

/// The document.
pub fn render(report: &Report<'_>) -> Result<String, serde_json::Error> {
    let mut used: Vec<&str> = report.outcome.findings.iter().map(|finding| finding.control.as_str()).collect();
    used.sort_unstable();
    used.dedup();
    let rules: Vec<Value> = used.iter().map(|id| rule(report.catalogue.find(id), id)).collect();
    let mut seen = BTreeMap::new();
    let results: Vec<Value> = report
        .outcome
        .findings
        .iter()
        .map(|finding| {
            let index = used.binary_search(&finding.control.as_str()).unwrap_or_default();
            let same = seen.entry(identity(report, finding)).or_insert(0);
            *same += 1;
            result(report, finding, index, *same)
        })
        .collect();
    let notifications: Vec<Value> = report.outcome.diagnostics.iter().map(|d| notification(report, d)).collect();
    let driver = json!({
        "name": "terramend",
        "version": env!("CARGO_PKG_VERSION"),
        "semanticVersion": env!("CARGO_PKG_VERSION"),
        "shortDescription": { "text": env!("CARGO_PKG_DESCRIPTION") },
        "rules": rules,
    });
    let run = json!({
        "tool": { "driver": driver },
        "columnKind": "utf16CodeUnits",
        "originalUriBaseIds": { ROOT: { "description": { "text": "The top of the repository." } } },
        "invocations": [{
            "executionSuccessful": super::json::errors(report.outcome).next().is_none(),
            "toolExecutionNotifications": notifications,
        }],
        "results": results,
    });
    let log = json!({ "$schema": SCHEMA, "version": "2.1.0", "runs": [run] });
    serde_json::to_string_pretty(&log).map(|text| text + "\n")
}

/// A control as a rule.
fn rule(control: Option<&Control>, id: &str) -> Value {
    let Some(control) = control else { return json!({ "id": id }) };
    let mut rule = json!({
        "id": id,
        "name": camel(id),
        "shortDescription": { "text": control.title },
        "fullDescription": { "text": control.summary() },
        "help": { "text": plain(control.prose()), "markdown": control.prose() },
        "defaultConfiguration": { "level": level(control.severity) },
        "properties": {
            "tags": ["security", control.family],
            "aliases": control.aliases,
            "precision": "high",
            "problem.severity": match level(control.severity) { "note" => "recommendation", level => level },
            "security-severity": score(control.severity),
        },
    });
    if let Some(address) = control.address() {
        rule["helpUri"] = address.into();
    }
    rule
}

/// `sqs-encryption` as names are written in SARIF: `SqsEncryption`.
fn camel(id: &str) -> String {
    let parts = id.split('-').map(|part| {
        let mut letters = part.chars();
        letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
    });
    parts.collect()
}

/// Markdown without its marks, for viewers that show plain text.
fn plain(markdown: &str) -> String {
    markdown.lines().map(|line| line.trim_start_matches(['#', ' ']).replace('`', "")).collect::<Vec<_>>().join("\n")
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "note",
    }
}

/// A number in the range that GitHub shows under the same name:
/// <https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning>.
fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "3.0",
    }
}

/// What makes a finding the same one in the next run.
fn identity(report: &Report<'_>, finding: &Finding) -> String {
    format!("{}:{}:{}", finding.control, report.path(&finding.module), finding.resource)
}

fn result(report: &Report<'_>, finding: &Finding, rule: usize, same: usize) -> Value {
    let own = location(report, &finding.file, Some(finding.region));
    let (mut place, related) = match &finding.source {
        Some(source) => {
            let line = Region { start_line: source.line, ..Region::default() };
            let mut template = own;
            template["id"] = json!(1);
            template["message"] = json!({ "text": "the resource in the synthesised template" });
            (location(report, &source.file, Some(line)), vec![template])
        }
        None => (own, Vec::new()),
    };
    let address = match &finding.source {
        Some(source) => source.construct.to_string(),
        None => finding.resource.clone(),
    };
    place["logicalLocations"] = json!([{ "fullyQualifiedName": address, "kind": "resource" }]);
    let mut result = json!({
        "ruleId": finding.control,
        "ruleIndex": rule,
        "level": level(finding.severity),
        "message": { "text": message(finding) },
        "locations": [place],
        "partialFingerprints": { "controlAndResource/v1": format!("{}:{same}", identity(report, finding)) },
        "suppressions": suppressions(report, finding),
    });
    let mut add = |name: &str, value: Value| {
        if value.as_array().is_none_or(|items| !items.is_empty()) {
            result[name] = value;
        }
    };
    add("relatedLocations", Value::Array(related));
    add("fixes", Value::Array(finding.fix.iter().filter_map(|fix| repair(report, finding, fix)).collect()));
    let fix = finding.fix.as_ref();
    add(
        "properties",
        json!({
            "severity": finding.severity,
            "grade": fix.map(|fix| fix.grade),
            "effect": fix.map(|fix| fix.effect),
            "noFixReason": finding.no_fix_reason,
        }),
    );
    result
}

fn message(finding: &Finding) -> String {
    let mut text = format!("{}: {}.", finding.resource, finding.message.trim_end_matches('.'));
    match (&finding.fix, &finding.no_fix_reason) {
        (Some(fix), _) => text.push_str(&format!(" {}", describe(fix))),
        (None, Some(reason)) => text.push_str(&format!(" No fix: {reason}.")),
        (None, None) => {}
    }
    text
}

fn describe(fix: &FixSummary) -> String {
    let mut text = format!("Fix ({}; a deploy: {}): {}.", fix.grade, fix.effect, fix.title.trim_end_matches('.'));
    for note in fix.costs.iter().map(ToString::to_string).chain(fix.notes.iter().cloned()) {
        text.push_str(&format!(" Note: {}.", note.trim_end_matches('.')));
    }
    text
}

/// The exact replacements, a change a file; nothing for what people do by hand.
fn repair(report: &Report<'_>, finding: &Finding, fix: &FixSummary) -> Option<Value> {
    let mut files: Vec<(&str, Vec<Value>)> = Vec::new();
    for edit in &finding.edits {
        let mut replacement = json!({ "deletedRegion": region(edit.region) });
        if !edit.text.is_empty() {
            replacement["insertedContent"] = json!({ "text": edit.text });
        }
        match files.last_mut() {
            Some((file, replacements)) if **file == *edit.file => replacements.push(replacement),
            _ => files.push((&edit.file, vec![replacement])),
        }
    }
    let change = |(file, replacements): (&str, Vec<Value>)| json!({ "artifactLocation": artifact(report, file), "replacements": replacements });
    let changes: Vec<Value> = files.into_iter().map(change).collect();
    (!changes.is_empty()).then(|| json!({ "description": { "text": describe(fix) }, "artifactChanges": changes }))
}

fn suppressions(report: &Report<'_>, finding: &Finding) -> Value {
    let Some(suppressed) = &finding.suppressed else { return json!([]) };
    let line = Region { start_line: suppressed.line, ..Region::default() };
    let said = if suppressed.reason.is_empty() { "no reason given" } else { &suppressed.reason };
    json!([{
        "kind": "inSource",
        "status": "accepted",
        "justification": format!("{} {}: {said}", suppressed.tool, suppressed.id),
        "location": location(report, &finding.file, Some(line)),
    }])
}

fn notification(report: &Report<'_>, diagnostic: &Diagnostic) -> Value {
    let place = diagnostic.line.map(|start_line| Region { start_line, ..Region::default() });
    let hint = if diagnostic.hint.is_empty() { String::new() } else { format!(" {}", diagnostic.hint) };
    json!({
        "level": match diagnostic.level { Level::Error => "error", Level::Warning => "warning" },
        "message": { "text": format!("{}.{hint}", diagnostic.message) },
        "locations": [location(report, &diagnostic.file, place)],
    })
}

fn location(report: &Report<'_>, file: &str, place: Option<Region>) -> Value {
    let mut physical = json!({ "artifactLocation": artifact(report, file) });
    if let Some(place) = place {
        physical["region"] = region(place);
    }
    json!({ "physicalLocation": physical })
}

fn artifact(report: &Report<'_>, file: &str) -> Value {
    json!({ "uri": uri(&report.path(file)), "uriBaseId": ROOT })
}

/// A region; of one whose columns aren't known (0) the line alone.
fn region(region: Region) -> Value {
    let mut map = Map::new();
    map.insert("startLine".into(), json!(region.start_line));
    if region.start_column > 0 {
        map.insert("startColumn".into(), json!(region.start_column));
        map.insert("endLine".into(), json!(region.end_line));
        map.insert("endColumn".into(), json!(region.end_column));
    }
    Value::Object(map)
}

/// A relative path as a URI.
pub(super) fn uri(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let encode = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    path.bytes().map(encode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_uris() {
        assert_eq!(uri("a b/c:d/é%.tf"), "a%20b/c%3Ad/%C3%A9%25.tf");
        assert_eq!(camel("s3-tls-only"), "S3TlsOnly");
        assert_eq!(plain("## Why\n\nUse `x`."), "Why\n\nUse x.");
    }
}
