//! The JSON report: versioned, one object.
//!
//! Fields are only ever added within a `schema_version`; docs/json.md describes them.

use serde::Serialize;

use crate::diagnostic::Diagnostic;
use crate::engine::Outcome;
use crate::finding::{Applied, Finding, NotApplied, Unmatched, Unreported};

/// The version of the schema.
pub const SCHEMA_VERSION: u32 = 1;

#[derive(Serialize)]
struct Report<'a> {
    schema_version: u32,
    findings: &'a [Finding],
    #[serde(skip_serializing_if = "Option::is_none")]
    applied: Option<&'a [Applied]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_applied: Option<&'a [NotApplied]>,
    exempt: &'a [Unreported],
    undecided: &'a [Unreported],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    unmatched: &'a [Unmatched],
    errors: Vec<&'a Diagnostic>,
    summary: Summary,
}

/// The counts of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Files that were analysed.
    pub files: usize,
    /// Findings that nobody silenced.
    pub findings: usize,
    /// Findings that a comment silences.
    pub suppressed: usize,
    /// Findings (not silenced) with a fix that can be written.
    pub fixable: usize,
    /// Fixes that were applied.
    pub applied: usize,
    /// Files that fixes change.
    pub changed_files: usize,
    /// Parts of the input that could not be analysed.
    pub errors: usize,
}

/// Counts an outcome.
pub fn summary(outcome: &Outcome) -> Summary {
    let open = || outcome.findings.iter().filter(|f| f.suppressed.is_none());
    let fixable = |f: &&Finding| f.fix.as_ref().is_some_and(|fix| fix.grade > crate::fix::Grade::Manual);
    Summary {
        files: outcome.files,
        findings: open().count(),
        suppressed: outcome.findings.len() - open().count(),
        fixable: open().filter(fixable).count(),
        applied: outcome.applied.len(),
        changed_files: outcome.changed.len(),
        errors: errors(outcome).count(),
    }
}

/// Diagnostics that mean that something was not analysed.
pub fn errors(outcome: &Outcome) -> impl Iterator<Item = &Diagnostic> {
    outcome.diagnostics.iter().filter(|d| d.level == crate::diagnostic::Level::Error)
}

/// The report of a scan, or of a fix.
pub fn render(outcome: &Outcome, fixing: bool) -> Result<String, serde_json::Error> {
    let report = Report {
        schema_version: SCHEMA_VERSION,
        findings: &outcome.findings,
        applied: fixing.then_some(&outcome.applied),
        not_applied: fixing.then_some(&outcome.not_applied),
        exempt: &outcome.exempt,
        undecided: &outcome.undecided,
        unmatched: &outcome.unmatched,
        errors: outcome.diagnostics.iter().collect(),
        summary: summary(outcome),
    };
    serde_json::to_string_pretty(&report).map(|text| text + "\n")
}
