//! The engine: judge, choose, apply, verify, until nothing more is to be done.
//!
//! Invariants: a fix goes in whole or not at all; a fix that fails verification is taken back alone and reported; the
//! result depends on the input only, never on the order of files or threads.

mod batch;
mod inputs;
mod judge;
mod lesser;
mod outcome;
mod proof;
mod record;
mod round;

use std::sync::Arc;

use rayon::prelude::*;

use crate::backend::build;
use crate::catalogue::{Catalogue, Control, Settings, Severity};
use crate::diagnostic::Diagnostic;
use crate::finding::{Applied, Finding, NotApplied, Unmatched, Unreported};
use crate::fix::Grade;
use crate::iam::scope::Derivations;
use crate::source::SourceFile;
use crate::workspace::{Group, Loaded, Workspace};

use judge::RuleBook;
pub use proof::{Proof, Selection};

/// Rounds after which fixes must have come to rest.
const MAX_ROUNDS: usize = 10;

/// What a run does.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Apply fixes of this grade and above; nothing when only scanning.
    pub apply: Option<Grade>,
    /// Make the diff and the replacements of each fix, for reports that show them.
    pub preview: bool,
    /// Report findings of this severity and above.
    pub severity: Option<Severity>,
}

/// A fix that could be applied, for whoever chooses among them.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// The control that it repairs.
    pub control: &'a Control,
    /// What may be done with it.
    pub grade: Grade,
    /// The directory of the resource's module, relative to the scanned one; `.` for that itself.
    pub module: &'a str,
    /// The resource's address in its module.
    pub resource: &'a str,
}

/// Says which fixes a run applies, of those that its options allow.
pub type Choose<'a> = dyn Fn(&Candidate<'_>) -> bool + Sync + 'a;

/// A file that fixes changed.
#[derive(Debug, Clone)]
pub struct ChangedFile {
    /// As it was.
    pub before: SourceFile,
    /// As it becomes.
    pub after: SourceFile,
}

/// The result of a run.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What fails (after fixing, what fails still).
    pub findings: Vec<Finding>,
    /// Fixes that were applied.
    pub applied: Vec<Applied>,
    /// Findings that stay, each with the reason.
    pub not_applied: Vec<NotApplied>,
    /// What is right as it is although other tools may report it, with the reason.
    pub exempt: Vec<Unreported>,
    /// What may fail: it depends on something that isn't known.
    pub undecided: Vec<Unreported>,
    /// What another tool reported and nothing here answers for.
    pub unmatched: Vec<Unmatched>,
    /// Files with new text, by path.
    pub changed: Vec<ChangedFile>,
    /// What was wrong with the input.
    pub diagnostics: Vec<Diagnostic>,
    /// How many files were analysed.
    pub files: usize,
}

/// Judges everything that was loaded, and fixes it in memory when the options say so.
pub fn run(loaded: Loaded, catalogue: &Catalogue, settings: &Settings, options: Options) -> Outcome {
    run_chosen(loaded, catalogue, settings, options, &|_| true)
}

/// The same with a part of the fixes: those that `choose` takes, and what these bring up themselves.
pub fn run_chosen(
    loaded: Loaded,
    catalogue: &Catalogue,
    settings: &Settings,
    options: Options,
    choose: &Choose<'_>,
) -> Outcome {
    // Many projects may use one module, with one source.
    let shared = Derivations::default();
    let rules = RuleBook::of(catalogue, settings);
    let outcomes: Vec<Outcome> = loaded
        .groups
        .into_par_iter()
        .map(|group| treat(group, &rules, settings, options, choose, shared.with_same_sources()))
        .collect();
    let mut all = Outcome { diagnostics: loaded.diagnostics, files: loaded.files, ..Outcome::default() };
    for outcome in outcomes {
        all.take(outcome);
    }
    all.sort();
    all
}

impl Outcome {
    /// Both together.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        self.files += other.files;
        self.take(other);
        self.sort();
        self
    }

    fn take(&mut self, other: Self) {
        self.findings.extend(other.findings);
        self.applied.extend(other.applied);
        self.not_applied.extend(other.not_applied);
        self.exempt.extend(other.exempt);
        self.undecided.extend(other.undecided);
        self.changed.extend(other.changed);
        self.diagnostics.extend(other.diagnostics);
    }

    fn sort(&mut self) {
        self.findings.sort_by(|a, b| (&a.file, a.span, &a.control).cmp(&(&b.file, b.span, &b.control)));
        for list in [&mut self.exempt, &mut self.undecided] {
            list.sort_by(|a, b| (&a.file, a.line, &a.control).cmp(&(&b.file, b.line, &b.control)));
        }
        self.changed.sort_by(|a, b| a.before.display.cmp(&b.before.display));
        self.diagnostics.sort();
    }
}

/// One group of modules, from its files to its outcome.
fn treat(
    mut group: Group,
    rules: &RuleBook<'_>,
    settings: &Settings,
    options: Options,
    choose: &Choose<'_>,
    derivations: Derivations,
) -> Outcome {
    // The order in which the files were found decides nothing.
    group.parsed.sort_by(|a, b| a.file.display.cmp(&b.file.display));
    let originals: Vec<SourceFile> = group.parsed.iter().map(|parsed| parsed.file.clone()).collect();
    let workspace = Workspace { derivations, ..build(group) };
    let run = round::Run::new(workspace, rules, settings, options, choose);
    let mut state = match options.apply {
        Some(grade) => run.fix(grade),
        None => run,
    };
    let mut outcome = outcome::report(&mut state, options);
    for (before, after) in originals.into_iter().zip(&state.workspace.project.files) {
        if !Arc::ptr_eq(&before.text, &after.text) && before.text != after.text {
            outcome.changed.push(ChangedFile { before, after: after.clone() });
        }
    }
    outcome
}
