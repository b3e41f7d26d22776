//! What is found, and what became of it.

use std::sync::Arc;

use serde::Serialize;

use crate::catalogue::Severity;
use crate::cost::Cost;
use crate::fix::{Effect, Grade};
use crate::source::{Region, Span};

/// A control that a resource fails.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// The control's id.
    pub control: String,
    /// How bad it is.
    pub severity: Severity,
    /// The resource's address in its module.
    pub resource: String,
    /// Relative to the scanned directory.
    pub file: Arc<str>,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// The call in a program that makes the resource.
    pub source: Option<Source>,
    /// Why that call isn't known, for a synthesised resource.
    pub no_source_reason: Option<String>,
    /// The repair.
    pub fix: Option<FixSummary>,
    /// Why there is no repair that could be written.
    pub no_fix_reason: Option<String>,
    /// Who silenced it.
    pub suppressed: Option<Suppression>,
    /// What makes the resource's address unique: the module's directory, or the template's file.
    #[serde(skip)]
    pub module: Arc<str>,
    /// The first and last line of the resource's block, from 1.
    #[serde(skip)]
    pub lines: std::ops::RangeInclusive<usize>,
    /// The construct that makes the resource, where a program does: `Stack/Uploads`.
    #[serde(skip)]
    pub construct: Option<Arc<str>>,
    /// The repair as a unified diff; only made for reports that show it.
    #[serde(skip)]
    pub preview: String,
    /// The repair as replacements in the files as they are; made where the diff is.
    #[serde(skip)]
    pub edits: Vec<Replacement>,
    /// The place by lines and columns; made where the diff is.
    #[serde(skip)]
    pub region: Region,
    /// The place.
    #[serde(skip)]
    pub span: Span,
    /// The line that is shown, and the first after the place.
    #[serde(skip)]
    pub excerpt: Option<Excerpt>,
}

/// Where a synthesised resource is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Source {
    /// Relative to the scanned directory.
    pub file: Arc<str>,
    /// From 1.
    pub line: usize,
    /// The construct's path: `Stack/Uploads`.
    pub construct: Arc<str>,
}

/// Source lines around a place.
#[derive(Debug, Clone)]
pub struct Excerpt {
    /// Whole lines.
    pub text: String,
    /// Number of the first line, from 1.
    pub first_line: usize,
    /// The place in `text`.
    pub range: std::ops::Range<usize>,
}

/// A part of a file and what is to stand there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    /// Relative to the scanned directory.
    pub file: Arc<str>,
    /// What goes; empty where text is inserted.
    pub region: Region,
    /// The same in bytes, after a byte-order mark.
    pub range: std::ops::Range<usize>,
    /// What comes, in the file's own line endings.
    pub text: String,
}

/// A repair in short.
#[derive(Debug, Clone, Serialize)]
pub struct FixSummary {
    /// What may be done with it.
    pub grade: Grade,
    /// What deploying it does.
    pub effect: Effect,
    /// What it costs.
    pub costs: Vec<Cost>,
    /// What it does.
    pub title: String,
    /// What the reader should know.
    pub notes: Vec<String>,
}

/// A comment that silences a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Suppression {
    /// Whose comment it is: `terramend`, `checkov`, `trivy`, ...
    pub tool: String,
    /// The id in the comment.
    pub id: String,
    /// What the comment says.
    pub reason: String,
    /// From 1.
    pub line: usize,
}

/// What a deploy is expected to do to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Changed in place.
    Update,
    /// Made.
    Create,
    /// Removed.
    Delete,
    /// Removed and made again.
    Replace,
}

/// A resource that a fix changes, as `terraform plan` will name it (without index keys).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, PartialOrd, Ord)]
pub struct PlannedChange {
    /// With the modules that lead to it.
    pub address: String,
    /// What happens to it.
    pub action: Action,
    /// The root module's directory, relative to the scanned one.
    pub root: String,
}

/// A fix that was applied.
#[derive(Debug, Clone, Serialize)]
pub struct Applied {
    /// The control's id.
    pub control: String,
    /// How bad the finding was.
    pub severity: Severity,
    /// The directory of the resource's module, relative to the scanned one; `.` for that itself.
    pub module: String,
    /// The resource whose finding it repairs: its address in its module.
    pub resource: String,
    /// Where the finding was, relative to the scanned directory.
    pub file: String,
    /// From 1, before anything was edited; absent where another fix of the run brought the finding up.
    pub line: Option<usize>,
    /// What was wrong.
    pub message: String,
    /// What may be done with it.
    pub grade: Grade,
    /// What deploying it does.
    pub effect: Effect,
    /// What it costs.
    pub costs: Vec<Cost>,
    /// What it does.
    pub title: String,
    /// What the reader should know.
    pub notes: Vec<String>,
    /// What a plan will show.
    pub changes: Vec<PlannedChange>,
    /// The files that it edits.
    pub files: Vec<String>,
    /// The call of a program that it edits, and the control: what a proof refuses.
    #[serde(skip)]
    pub call: Option<String>,
    /// What it announces of the templates, where it edits a call.
    #[serde(skip)]
    pub announced: Announced,
}

/// What an edit of a program's call announces of the templates that the program makes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Announced {
    /// The paths of the constructs that the call makes.
    pub constructs: Vec<Arc<str>>,
    /// What is made beside each, under its id with one of these behind it.
    pub beside: Vec<String>,
    /// The logical ids of policies that allow less.
    pub narrowed: Vec<Arc<str>>,
    /// Whether resources may be replaced.
    pub replaces: bool,
}

/// A finding that stays.
#[derive(Debug, Clone, Serialize)]
pub struct NotApplied {
    /// The control's id.
    pub control: String,
    /// The resource.
    pub resource: String,
    /// Relative to the scanned directory.
    pub file: Arc<str>,
    /// From 1.
    pub line: usize,
    /// Why.
    pub reason: String,
    /// Whether its control is quiet, so that it is no finding.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub quiet: bool,
}

/// A resource on which a control has no finding, with the reason: another tool may have one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unreported {
    /// The control's id.
    pub control: String,
    /// The resource's address in its module.
    pub resource: String,
    /// Relative to the scanned directory.
    pub file: Arc<str>,
    /// From 1.
    pub line: usize,
    /// Why.
    pub reason: String,
    /// Whether its control is quiet.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub quiet: bool,
    /// The first and last line of the resource's block, from 1.
    #[serde(skip)]
    pub lines: std::ops::RangeInclusive<usize>,
}

/// What another tool reported and no finding answers for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Unmatched {
    /// The tool, in lower case.
    pub tool: String,
    /// What it calls the rule.
    pub id: String,
    /// The file, as the tool says it.
    pub file: Option<String>,
    /// From 1.
    pub line: Option<usize>,
    /// The resource, as the tool says it.
    pub resource: Option<String>,
    /// Why nothing answers.
    pub reason: String,
}
