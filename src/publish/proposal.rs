//! What a run proposes: one [`Proposal`] for each pull request, made without git and without a network.

use std::collections::BTreeSet;

use super::group::GroupKey;
use super::marker::{Marker, VERSION};
use super::message::Templates;
use crate::catalogue::{Catalogue, GroupBy, PullRequestSettings, Settings, Severity};
use crate::diagnostic::Diagnostic;
use crate::engine::{self, Candidate, ChangedFile, Options, Outcome};
use crate::finding::{Applied, NotApplied};
use crate::fix::Grade;
use crate::report::markdown::fixes::{self, Content};
use crate::workspace::Loaded;

/// What is analysed: the same files each time that `load` is called.
pub struct Analysis<'a> {
    /// Reads the files.
    pub load: &'a dyn Fn() -> Loaded,
    /// The controls.
    pub catalogue: &'a Catalogue,
    /// The user's settings.
    pub settings: &'a Settings,
    /// Only findings of this severity and above.
    pub severity: Option<Severity>,
}

/// What is wanted of it.
#[derive(Debug, Clone)]
pub struct Scope {
    /// Fixes of this grade and above.
    pub grade: Grade,
    /// What goes into one pull request.
    pub by: GroupBy,
    /// What the names of branches begin with.
    pub branch_prefix: String,
    /// The analysed directory, relative to the repository and with `/`; empty for the top.
    pub directory: String,
    /// Open every pull request as a draft, not only those that want a review.
    pub draft: bool,
    /// How titles and commits are worded.
    pub templates: Templates,
    /// A paragraph at the end of the text.
    pub note: Option<String>,
}

impl Scope {
    /// The scope that a configuration describes, of the directory `directory` of a repository.
    pub fn new(settings: &PullRequestSettings, directory: impl Into<String>) -> Self {
        Self {
            grade: settings.grade.unwrap_or(Grade::Safe),
            by: settings.group_by.unwrap_or_default(),
            branch_prefix: settings.branch_prefix.clone().unwrap_or_else(|| "terramend/".into()),
            directory: directory.into(),
            draft: settings.draft,
            templates: settings.into(),
            note: settings.note.clone(),
        }
    }
}

/// A file as it is and as it shall be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileChange {
    /// Relative to the repository, with `/`.
    pub path: String,
    /// The bytes that were analysed.
    pub before: Vec<u8>,
    /// The bytes that are proposed.
    pub after: Vec<u8>,
    /// The difference for `git apply`.
    pub diff: String,
}

/// What one pull request is to hold.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// What goes into it.
    pub key: GroupKey,
    /// The branch that it comes from.
    pub branch: String,
    /// The title.
    pub title: String,
    /// The commit's message, without trailers.
    pub message: String,
    /// The text, with its marker.
    pub body: String,
    /// The marker.
    pub marker: Marker,
    /// Whether it is opened as a draft.
    pub draft: bool,
    /// The fixes.
    pub applied: Vec<Applied>,
    /// What it leaves.
    pub left: Vec<NotApplied>,
    /// The files, by path.
    pub files: Vec<FileChange>,
}

impl Proposal {
    /// The whole difference for `git apply`.
    pub fn diff(&self) -> String {
        self.files.iter().map(|file| file.diff.as_str()).collect()
    }
}

/// All that a run proposes.
#[derive(Debug, Clone)]
pub struct Proposals {
    /// Safe ones first.
    pub list: Vec<Proposal>,
    /// Whether everything was analysed. Otherwise nothing that is missing here may be taken for done.
    pub complete: bool,
    /// What was wrong with the input.
    pub diagnostics: Vec<Diagnostic>,
    /// How many files were analysed.
    pub files: usize,
}

/// Why nothing can be proposed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProposeError {
    /// A workflow would change: GitHub runs those with the repository's secrets.
    #[error("{0}: terramend never changes workflows\n  hint: keep configuration outside of .github/workflows")]
    Workflow(String),
}

/// Analyses, fixes in memory and groups.
pub fn propose(analysis: &Analysis<'_>, scope: &Scope) -> Result<Proposals, ProposeError> {
    let whole = run(analysis, scope.grade, &|_| true);
    let of = |applied: &Applied| GroupKey::of_applied(scope.by, applied, analysis.catalogue);
    let keys: BTreeSet<GroupKey> = whole.applied.iter().map(of).collect();
    let complete = crate::report::json::errors(&whole).next().is_none();
    let (diagnostics, files) = (whole.diagnostics.clone(), whole.files);
    let mut whole = Some(whole);
    let single = keys.len() == 1;
    let mut drafts = Vec::new();
    // Safe ones first: `Safe` is the greater grade.
    for key in keys.into_iter().rev() {
        let outcome = match whole.take_if(|_| single) {
            Some(whole) => whole,
            None => run(analysis, key.grade, &|candidate| is_in(&key, candidate)),
        };
        if !outcome.changed.is_empty() {
            let outcome = without_proposed(outcome, scope.grade);
            let files = changes(&outcome.changed, &scope.directory)?;
            drafts.push((key, outcome, files));
        }
    }
    drafts.sort_by(|(a, ..), (b, ..)| (b.grade, &a.part).cmp(&(a.grade, &b.part)));
    let list = (0..drafts.len()).map(|i| proposal(analysis, scope, &drafts, i)).collect();
    Ok(Proposals { list, complete, diagnostics, files })
}

type Draft = (GroupKey, Outcome, Vec<FileChange>);

fn run(analysis: &Analysis<'_>, grade: Grade, choose: &engine::Choose<'_>) -> Outcome {
    let options = Options { apply: Some(grade), preview: false, severity: analysis.severity };
    engine::run_chosen((analysis.load)(), analysis.catalogue, analysis.settings, options, choose)
}

/// What waits for a review is left only if this run doesn't propose it elsewhere.
fn without_proposed(mut outcome: Outcome, grade: Grade) -> Outcome {
    if grade == Grade::Review {
        outcome.not_applied.retain(|left| !left.reason.starts_with("grade review"));
    }
    outcome
}

fn is_in(key: &GroupKey, candidate: &Candidate<'_>) -> bool {
    let control = candidate.control;
    *key == GroupKey::of(key.by, candidate.grade, &control.family, candidate.module, &control.id)
}

fn changes(changed: &[ChangedFile], directory: &str) -> Result<Vec<FileChange>, ProposeError> {
    let mut files = Vec::new();
    for file in changed {
        let path = match directory {
            "" => file.before.display.to_string(),
            directory => format!("{directory}/{}", file.before.display),
        };
        if path.to_ascii_lowercase().starts_with(".github/workflows/") {
            return Err(ProposeError::Workflow(path));
        }
        let diff = crate::report::diff(&path, file);
        files.push(FileChange { path, before: file.before.bytes(), after: file.after.bytes(), diff });
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn proposal(analysis: &Analysis<'_>, scope: &Scope, drafts: &[Draft], i: usize) -> Proposal {
    let (key, outcome, files) = &drafts[i];
    let branch = key.branch(&scope.branch_prefix, &scope.directory);
    let title = scope.templates.title(key, &outcome.applied);
    let marker = Marker {
        version: VERSION,
        group: key.name(),
        directory: scope.directory.clone(),
        controls: outcome.applied.iter().map(|applied| applied.control.clone()).collect(),
        title: title.clone(),
        closed: false,
    };
    let shares = |other: &Draft| files.iter().any(|file| other.2.iter().any(|theirs| theirs.path == file.path));
    let others = drafts.iter().enumerate().filter(|(j, other)| *j != i && shares(other));
    let beside: Vec<String> =
        others.map(|(_, (other, ..))| other.branch(&scope.branch_prefix, &scope.directory)).collect();
    let said = fixes::render(&Content {
        applied: &outcome.applied,
        left: &outcome.not_applied,
        errors: &crate::report::json::errors(outcome).collect::<Vec<_>>(),
        files: files.len(),
        catalogue: analysis.catalogue,
        directory: &scope.directory,
        beside: &beside,
        note: scope.note.as_deref(),
    });
    Proposal {
        branch,
        message: scope.templates.message(key, &outcome.applied),
        body: marker.wrap(&said),
        title,
        marker,
        draft: scope.draft || key.grade < Grade::Safe,
        applied: outcome.applied.clone(),
        left: outcome.not_applied.clone(),
        files: files.clone(),
        key: key.clone(),
    }
}
