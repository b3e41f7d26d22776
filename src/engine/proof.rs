//! Fixes of a CDK application that are kept only when the application, synthesised again, is what they promise.
//!
//! What counts as the promise: the program still synthesises (and still has the types that it had), the findings are gone
//! from the templates, none is new on what was there, and nothing differs but what belongs to the constructs that were
//! edited. A fix that breaks it is taken back alone; where it can't be told which one it is, they are tried one by one.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Choose, Options, Outcome, run, run_chosen};
use crate::catalogue::{Catalogue, Settings};
use crate::cdk::{App, Loader, Synthesiser, unexpected, volatile};
use crate::diagnostic::Diagnostic;
use crate::finding::{Announced, Applied};
use crate::workspace::Loaded;

/// Attempts with all fixes but those that were refused, before they are tried one by one.
const MAX_ATTEMPTS: usize = 8;

/// Which fixes of calls may be made: what a proof found out.
#[derive(Debug, Default, Clone)]
pub struct Selection {
    /// Fixes that were refused, with the reason.
    pub refused: BTreeMap<String, String>,
    /// Only these, when something is said.
    pub only: Option<BTreeSet<String>>,
}

impl Selection {
    /// Why a fix may not be made; nothing when it may.
    pub fn refusal(&self, fix: &str) -> Option<String> {
        if let Some(reason) = self.refused.get(fix) {
            return Some(format!("taken back: {reason}"));
        }
        let waits = self.only.as_ref().is_some_and(|only| !only.contains(fix));
        waits.then(|| "not tried".to_owned())
    }
}

/// What is wrong with an attempt.
enum Trouble {
    /// These fixes, for a reason.
    Of(Vec<String>, String),
    /// Something; which fix it is can't be told.
    Somewhere(String),
}

/// Synthesises one application before and after its fixes.
pub struct Proof<'a> {
    app: App,
    catalogue: &'a Catalogue,
    settings: &'a Settings,
    options: Options,
    synthesiser: Synthesiser,
    before: PathBuf,
    types: Option<BTreeMap<String, usize>>,
    /// What is different in every synthesis; found out when it matters.
    volatile: OnceCell<BTreeSet<(String, String)>>,
}

impl<'a> Proof<'a> {
    /// Synthesises the application as it is. `root` is the scanned directory; `timeout` is for each run of its code.
    pub fn new(
        root: &Path,
        app: App,
        catalogue: &'a Catalogue,
        settings: &'a Settings,
        options: Options,
        timeout: Duration,
    ) -> Result<Self, Diagnostic> {
        let file = if app.display == "." { "cdk.json".into() } else { format!("{}/cdk.json", app.display) };
        let said = |reason: String| {
            let hint = "nothing of the application was analysed: see that its packages are installed and that `cdk synth` works";
            Diagnostic::error(file.clone(), format!("it doesn't synthesise: {reason}"), hint)
        };
        let synthesiser = Synthesiser::new(root, &app, timeout).map_err(said)?;
        let before = synthesiser.run(&[]).map_err(said)?;
        let types = synthesiser.type_errors(&[]);
        Ok(Self { app, catalogue, settings, options, synthesiser, before, types, volatile: OnceCell::new() })
    }

    /// Judges the application as it is; nothing is fixed.
    pub fn judge(&self) -> Outcome {
        run(self.load(&self.before), self.catalogue, self.settings, Options::default())
    }

    /// Makes the fixes that `choose` takes, and keeps what is proven.
    pub fn prove(&self, choose: &Choose<'_>) -> Outcome {
        let mut selection = Selection::default();
        for _ in 0..MAX_ATTEMPTS {
            let outcome = self.fix(&selection, choose);
            match self.trouble(&outcome) {
                None => return outcome,
                Some(Trouble::Of(fixes, reason)) => {
                    selection.refused.extend(fixes.into_iter().map(|fix| (fix, reason.clone())));
                }
                Some(Trouble::Somewhere(_)) => break,
            }
        }
        self.one_by_one(selection, choose)
    }

    /// Takes one fix after the other, and keeps each that changes nothing but what it should.
    fn one_by_one(&self, mut selection: Selection, choose: &Choose<'_>) -> Outcome {
        let all = self.fix(&selection, choose);
        let fixes: BTreeSet<String> = all.applied.iter().filter_map(|applied| applied.call.clone()).collect();
        let mut kept = BTreeSet::new();
        for fix in fixes {
            let mut tried = kept.clone();
            tried.insert(fix.clone());
            selection.only = Some(tried.clone());
            match self.trouble(&self.fix(&selection, choose)) {
                None => kept = tried,
                Some(Trouble::Of(_, reason) | Trouble::Somewhere(reason)) => {
                    selection.refused.insert(fix, reason);
                }
            }
        }
        selection.only = Some(kept);
        self.fix(&selection, choose)
    }

    fn load(&self, assembly: &Path) -> Loaded {
        let display = if self.app.display == "." { "cdk.out".into() } else { format!("{}/cdk.out", self.app.display) };
        let (group, diagnostics) = Loader::load(assembly, &display, Some(self.app.clone()));
        let groups: Vec<_> = group.into_iter().collect();
        let files = groups.iter().map(|group| group.parsed.len()).sum();
        Loaded { groups, diagnostics, files }
    }

    fn fix(&self, selection: &Selection, choose: &Choose<'_>) -> Outcome {
        let mut settings = self.settings.clone();
        settings.proof = Some(selection.clone());
        run_chosen(self.load(&self.before), self.catalogue, &settings, self.options, choose)
    }

    /// What is wrong after the fixes.
    fn trouble(&self, outcome: &Outcome) -> Option<Trouble> {
        if outcome.changed.is_empty() {
            return None;
        }
        let changed: Vec<_> = outcome.changed.iter().map(|file| (&*file.before.display, file.after.bytes())).collect();
        let after = match self.synthesiser.run(&changed) {
            Ok(after) => after,
            Err(reason) => return Some(Trouble::Somewhere(format!("after the edit {reason}"))),
        };
        let trouble = self.findings(outcome, &after).or_else(|| {
            let announced: Vec<_> = outcome.applied.iter().map(|applied| applied.announced.clone()).collect();
            self.unexpected(&after, &announced).map(Trouble::Somewhere)
        });
        // What was made is in the way of nothing, and may be large.
        let _ = std::fs::remove_dir_all(&after);
        trouble.or_else(|| self.type_trouble(&changed))
    }

    /// A difference that no fix announces. Before it is said, the program is synthesised once more as it was: what is
    /// different then is so in every synthesis.
    fn unexpected(&self, after: &Path, announced: &[Announced]) -> Option<String> {
        unexpected(&self.before, after, announced, &BTreeSet::new())?;
        let volatile = self.volatile.get_or_init(|| match self.synthesiser.run(&[]) {
            Ok(again) => volatile(&self.before, &again),
            Err(_) => BTreeSet::new(),
        });
        unexpected(&self.before, after, announced, volatile)
    }

    /// Findings that are left, or new.
    fn findings(&self, outcome: &Outcome, after: &Path) -> Option<Trouble> {
        let scan = Options { apply: None, preview: false, severity: None };
        let found = |assembly: &Path| -> BTreeSet<(String, String)> {
            let outcome = run(self.load(assembly), self.catalogue, self.settings, scan);
            outcome.findings.into_iter().map(|finding| (finding.control, finding.resource)).collect()
        };
        let (old, now) = (found(&self.before), found(after));
        let fails = |applied: &&Applied| now.contains(&(applied.control.clone(), applied.resource.clone()));
        let left: Vec<&Applied> = outcome.applied.iter().filter(fails).collect();
        if let Some(first) = left.first() {
            let reason = format!("synthesised again, {} still fails {}", first.resource, first.control);
            return Some(Trouble::Of(left.iter().filter_map(|applied| applied.call.clone()).collect(), reason));
        }
        let known: BTreeSet<&String> = old.iter().map(|(_, resource)| resource).collect();
        let new = now.iter().find(|finding| !old.contains(finding) && known.contains(&finding.1));
        new.map(|(control, resource)| {
            Trouble::Somewhere(format!("synthesised again, {resource} newly fails {control}"))
        })
    }

    fn type_trouble(&self, changed: &[(&str, Vec<u8>)]) -> Option<Trouble> {
        let (old, new) = (self.types.as_ref()?, self.synthesiser.type_errors(changed)?);
        let more = new.iter().find(|(error, count)| old.get(*error).is_none_or(|before| before < *count));
        more.map(|(error, _)| Trouble::Somewhere(format!("the compiler would say {error}")))
    }
}
