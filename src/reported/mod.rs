//! What another tool reported, so that exactly that is repaired.
//!
//! A report gives ids of rules and places. A rule finds its controls by their aliases, a place its finding by file and
//! lines, by the resource's address or by the construct's path. What finds nothing is told with the reason, never dropped.

mod cdk_nag;
mod checkov;
mod kics;
mod matching;
mod sarif;
mod terramend;
mod trivy;

use std::ops::RangeInclusive;

use serde_json::Value;

pub use matching::{Judged, Matched, controls, matches};

/// One finding of another tool.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reported {
    /// `checkov`, `trivy`, `kics`, `cdk-nag`, or the name in a SARIF file, in lower case.
    pub tool: String,
    /// What the tool calls the rule, the best known name first.
    pub ids: Vec<String>,
    /// Where the file is, as the tool says it, the longest form first; nothing where it names none.
    pub files: Vec<String>,
    /// Its lines, from 1.
    pub lines: Option<RangeInclusive<usize>>,
    /// The resource: an address with or without its modules and keys, a logical id, or a construct's path.
    pub resource: Option<String>,
}

/// What is wrong with a report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// It is neither JSON nor cdk-nag's CSV.
    #[error("not JSON, and not the CSV of cdk-nag: {0}")]
    NotJson(#[from] serde_json::Error),
    /// It is JSON of something else.
    #[error(
        "not a report that is known\n  hint: these are: Checkov (`-o json`), Trivy (`--format json`), KICS (`--report-formats json`), \
         cdk-nag (CSV, JSON, or validation-report.json), SARIF of any tool, terramend (`--format json`)"
    )]
    Unknown,
    /// A part of it is not as the tool writes it.
    #[error("{0}")]
    Malformed(String),
}

/// Reads a report; which tool's it is shows in its shape.
pub fn read(text: &str) -> Result<Vec<Reported>, ReportError> {
    let text = text.trim_start_matches('\u{feff}');
    if cdk_nag::is_csv(text) {
        return cdk_nag::csv(text);
    }
    let value: Value = serde_json::from_str(text)?;
    let has = |name: &str| value.get(name).is_some();
    let is_checkov = |value: &Value| value.get("check_type").is_some();
    match &value {
        Value::Array(parts) if parts.iter().all(is_checkov) => {
            parts.iter().map(checkov::read).collect::<Result<Vec<_>, _>>().map(|all| all.concat())
        }
        _ if is_checkov(&value) => checkov::read(&value),
        // What Checkov prints where it checked nothing.
        _ if has("passed") && has("checkov_version") => Ok(Vec::new()),
        _ if has("runs") => sarif::read(&value),
        _ if has("SchemaVersion") && has("ArtifactName") => trivy::read(&value),
        _ if has("queries") && has("files_scanned") => kics::read(&value),
        _ if has("pluginReports") => cdk_nag::validation(&value),
        _ if has("lines") => cdk_nag::json(&value),
        _ if has("schema_version") && has("findings") => terramend::read(&value),
        _ => Err(ReportError::Unknown),
    }
}

/// The elements of an array; none where there is no array.
fn each<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    value[name].as_array().into_iter().flatten()
}

/// A string that is there and not empty.
fn string(value: &Value, name: &str) -> Option<String> {
    value[name].as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// A string without which a finding means nothing.
fn needed(value: &Value, name: &str, tool: &str) -> Result<String, ReportError> {
    string(value, name)
        .ok_or_else(|| ReportError::Malformed(format!("a finding of {tool} without `{name}`: {value:.200}")))
}

/// A range of lines that makes sense.
fn lines(first: Option<u64>, last: Option<u64>) -> Option<RangeInclusive<usize>> {
    let first = first.filter(|line| *line > 0)? as usize;
    Some(first..=last.map_or(first, |line| line as usize).max(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_report_is_told() {
        for (text, said) in [
            ("", "not JSON"),
            ("a,b\n1,2\n", "not JSON"),
            ("{}", "not a report that is known"),
            ("[1]", "not a report that is known"),
            ("{\"runs\": [{\"results\": [{}]}]}", "names no rule"),
            (
                "{\"check_type\": \"terraform\", \"results\": {\"failed_checks\": [{}]}}",
                "a finding of checkov without `check_id`",
            ),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
        assert_eq!(read("[]").unwrap(), []);
        assert_eq!(read("{\"passed\": 0, \"checkov_version\": \"3\"}").unwrap(), []);
    }
}
