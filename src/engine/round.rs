//! Rounds: as many fixes as go together, then verification; one by one when they fail together.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::batch::Batch;
use super::judge::{Demand, Judged, Judgement, Key, RuleBook, Rules, Unasked, judge};
use super::lesser;
use super::record::{announced, place, planned};
use super::{Candidate, Choose, MAX_ROUNDS, Options};
use crate::backend::{build, parse, parse_edited};
use crate::catalogue::{Settings, Severity};
use crate::edit::EditSet;
use crate::finding::Applied;
use crate::fix::Grade;
use crate::source::FileId;
use crate::verify;
use crate::workspace::{Group, Lowered, Parsed, Tree, Workspace};

/// The state of treating one group.
pub(super) struct Run<'c> {
    pub(super) workspace: Workspace,
    pub(super) rules: &'c RuleBook<'c>,
    pub(super) settings: &'c Settings,
    /// What is asked for where `settings` ask for too much.
    least: Option<Settings>,
    pub(super) options: Options,
    pub(super) judged: Vec<Judged<'c>>,
    pub(super) unasked: Vec<Unasked<'c>>,
    pub(super) applied: Vec<Applied>,
    /// Fixes that were taken back, with the reason.
    pub(super) rejected: BTreeMap<Key, String>,
    /// Fixes that wait until the others are made: they didn't cure together with them.
    deferred: BTreeSet<Key>,
    /// Findings that the program had mended before this run: the assembly is older, or something takes it back.
    settled_before: BTreeSet<Key>,
    choose: &'c Choose<'c>,
    /// What failed before anything was edited, with its place.
    initial: BTreeMap<Key, (String, usize)>,
}

impl<'c> Run<'c> {
    pub(super) fn new(
        workspace: Workspace,
        rules: &'c RuleBook<'c>,
        settings: &'c Settings,
        options: Options,
        choose: &'c Choose<'c>,
    ) -> Self {
        let least = lesser::least(settings);
        let demand = demand(settings, least.as_ref(), options);
        let Judgement { failed: judged, unasked } = judge(&workspace, &rules.reported, demand);
        let settled = judged.iter().filter(|judged| judged.settled).map(|judged| judged.key(&workspace));
        let settled_before = settled.collect();
        // Only who edits asks for it.
        let noted = judged.iter().filter(|_| options.apply.is_some());
        let initial = noted.map(|judged| (judged.key(&workspace), place(&workspace, judged))).collect();
        let (applied, rejected, deferred) = (Vec::new(), BTreeMap::new(), BTreeSet::new());
        Self {
            workspace,
            rules,
            settings,
            least,
            options,
            judged,
            unasked,
            applied,
            rejected,
            deferred,
            settled_before,
            choose,
            initial,
        }
    }

    /// What the rules say of the present state.
    pub(super) fn judge(&self, rules: &Rules<'c>) -> Judgement<'c> {
        judge(&self.workspace, rules, demand(self.settings, self.least.as_ref(), self.options))
    }

    /// Applies fixes of `grade` and above until none is left.
    pub(super) fn fix(mut self, grade: Grade) -> Self {
        let originals: Vec<_> = self.workspace.project.files.clone();
        let mut careful = false;
        let mut rounds = 0;
        loop {
            let batch = self.choose(grade, careful);
            if batch.chosen.is_empty() {
                if self.deferred.is_empty() {
                    return self;
                }
                (careful, self.deferred) = (true, BTreeSet::new());
                continue;
            }
            careful = match self.try_batch(&batch) {
                Tried::Holds => {
                    rounds += usize::from(!careful);
                    careful && self.has_candidates(grade)
                }
                // The others may hold without it; it is tried alone when they are done.
                Tried::Fails(Some(culprit)) if batch.chosen.len() > 1 => {
                    self.deferred.insert(culprit);
                    careful
                }
                Tried::Fails(_) => true,
            };
            if rounds > MAX_ROUNDS {
                return self.give_up(originals);
            }
        }
    }

    /// Whether a fix is among those that are wanted: it was chosen, or the run's own fixes brought its finding up.
    pub(super) fn is_chosen(&self, judged: &Judged<'_>, grade: Grade) -> bool {
        let key = judged.key(&self.workspace);
        let candidate = Candidate { control: judged.control, grade, module: &key.1, resource: &key.2 };
        (self.choose)(&candidate) || !self.initial.contains_key(&key)
    }

    fn is_candidate(&self, judged: &Judged<'_>, grade: Grade) -> bool {
        judged.suppressed.is_none()
            && judged.grade().is_some_and(|has| has >= grade && self.is_chosen(judged, has))
            && self.options.severity.is_none_or(|severity| judged.control.severity >= severity)
            && !self.is_out(&judged.key(&self.workspace))
    }

    fn is_out(&self, key: &Key) -> bool {
        self.rejected.contains_key(key) || self.deferred.contains(key)
    }

    fn has_candidates(&self, grade: Grade) -> bool {
        self.judged.iter().any(|judged| self.is_candidate(judged, grade))
    }

    /// The fixes of this round; only the first when careful.
    fn choose(&self, grade: Grade, careful: bool) -> Batch {
        let first = self.among(grade, careful, false);
        let mut batch = if first.chosen.is_empty() { self.among(grade, careful, true) } else { first };
        batch.close(&self.workspace);
        batch
    }

    fn among(&self, grade: Grade, careful: bool, late: bool) -> Batch {
        let mut batch = Batch::default();
        for (i, judged) in self.judged.iter().enumerate().filter(|(_, judged)| judged.control.late == late) {
            if self.is_candidate(judged, grade) && batch.take(&self.workspace, i, judged) && careful {
                break;
            }
        }
        batch
    }

    /// Applies a batch and verifies it. Taken back when it fails; a single fix that fails is rejected for good.
    fn try_batch(&mut self, batch: &Batch) -> Tried {
        let edited = batch.edits.files().into_iter().map(|id| self.edited(id, &batch.edits));
        let before = edited.collect::<Result<_, _>>().map(|files| self.replace_files(files));
        let failure = match before {
            Ok(before) => {
                let chosen = batch.chosen.iter().filter_map(|i| self.judged[*i].fix.as_ref().ok()?.1.as_ref());
                let rewritten = chosen.flat_map(|lowered| lowered.rewritten.iter().copied());
                self.workspace.rewritten = before.workspace.rewritten.iter().copied().chain(rewritten).collect();
                let now = self.judge(&self.rules.reported);
                match self.verify(batch, &before, &now.failed) {
                    None => {
                        self.record(batch, &before.workspace);
                        (self.judged, self.unasked) = (now.failed, now.unasked);
                        // The assembly still has what this run has mended in the program.
                        let (workspace, before) = (&self.workspace, &self.settled_before);
                        self.judged.retain(|judged| !judged.settled || before.contains(&judged.key(workspace)));
                        return Tried::Holds;
                    }
                    Some(failure) => {
                        self.restore(before);
                        failure
                    }
                }
            }
            Err(reason) => Failure { reason, culprit: None },
        };
        if let [only] = batch.chosen.as_slice() {
            let key = self.judged[*only].key(&self.workspace);
            self.rejected.insert(key, failure.reason);
        }
        Tried::Fails(failure.culprit)
    }

    /// A file after its edits.
    fn edited(&self, id: FileId, edits: &EditSet) -> Result<(FileId, Parsed), String> {
        let file = self.workspace.project.file(id);
        let file = file.with_text(edits.apply(id, &file.text));
        let parsed = parse_edited(file, &self.workspace.trees[id.0 as usize], &edits.replaced(id));
        let parsed = parsed.map_err(|d| format!("the edited file would not parse: {d}"))?;
        Ok((id, parsed.ok_or("the edited file would not be configuration any more")?))
    }

    /// Puts new files in place; gives back what was there.
    fn replace_files(&mut self, files: Vec<(FileId, Parsed)>) -> Before {
        let mut old = std::mem::take(&mut self.workspace);
        let mut kept = old.project.files.clone();
        let mut trees: Vec<Option<Tree>> = std::mem::take(&mut old.trees).into_iter().map(Some).collect();
        let mut replaced = Vec::new();
        for (id, new) in files {
            let i = id.0 as usize;
            let tree = trees[i].replace(new.tree);
            replaced.push((id, kept[i].clone(), tree));
            kept[i] = new.file;
        }
        let parsed =
            kept.into_iter().zip(trees).filter_map(|(file, tree)| Some(Parsed { file, tree: tree? })).collect();
        self.workspace = build(Group { parsed, assembly: old.assembly.clone() });
        self.workspace.derivations = old.derivations.with_same_sources();
        Before { workspace: old, replaced }
    }

    fn restore(&mut self, before: Before) {
        let new = std::mem::take(&mut self.workspace);
        let mut trees = new.trees;
        for (id, _, tree) in before.replaced {
            if let Some(tree) = tree {
                trees[id.0 as usize] = tree;
            }
        }
        self.workspace = Workspace { trees, ..before.workspace };
    }

    /// What is wrong with a batch that was applied; nothing when all is well.
    fn verify(&self, batch: &Batch, before: &Before, after: &[Judged<'_>]) -> Option<Failure> {
        let now: BTreeMap<Key, &Judged<'_>> =
            after.iter().filter(|judged| !judged.settled).map(|judged| (judged.key(&self.workspace), judged)).collect();
        let is_left = |judged: &Judged<'_>| {
            let key = judged.key(&before.workspace);
            let left = now.get(&key)?;
            let is_met = judged.lesser && lesser::is_met(&self.workspace, self.least.as_ref(), left);
            (!is_met).then_some(key)
        };
        if let Some(left) = batch.chosen.iter().find_map(|i| is_left(&self.judged[*i])) {
            let reason = format!("after the edit, {} still fails {}", left.2, left.0);
            return Some(Failure { reason, culprit: Some(left) });
        }
        self.harm(batch, before, after).map(|reason| Failure { reason, culprit: None })
    }

    /// What a batch does that it shouldn't.
    fn harm(&self, batch: &Batch, before: &Before, after: &[Judged<'_>]) -> Option<String> {
        let chosen: Vec<&Judged<'_>> = batch.chosen.iter().map(|i| &self.judged[*i]).collect();
        let old: BTreeSet<Key> = self.judged.iter().map(|judged| judged.key(&before.workspace)).collect();
        let lowered: Vec<&Lowered> = chosen.iter().filter_map(|judged| judged.fix.as_ref().ok()?.1.as_ref()).collect();
        let added: BTreeSet<&str> =
            lowered.iter().flat_map(|l| &l.created).map(|(address, _)| address.as_str()).collect();
        // A copy fails what its original fails.
        let inherited = |key: &Key| {
            let copies = lowered.iter().flat_map(|l| &l.copies).filter(|(new, _)| *new == key.2);
            copies
                .map(|(_, original)| (key.0.clone(), key.1.clone(), original.clone()))
                .any(|key| old.contains(&Rc::new(key)))
        };
        let is_new = |judged: &&Judged<'_>| {
            let key = judged.key(&self.workspace);
            // What is added may ask for more: the next round gives it, it is to be watched (an alarm, a log), or it is a
            // small thing that only people can decide.
            let is_small = judged.grade().is_none() && judged.control.severity == Severity::Low;
            let to_come = added.contains(key.2.as_str())
                && (["alarms", "monitoring"].contains(&judged.control.family.as_str())
                    || is_small
                    || judged.grade() >= self.options.apply);
            judged.suppressed.is_none()
                && !judged.settled
                && !old.contains(&key)
                && !to_come
                && !inherited(&key)
                && !self.follows(judged)
        };
        if let Some(new) = after.iter().find(is_new) {
            return Some(format!("the edit would make {} fail {}", new.key(&self.workspace).2, new.control.id));
        }
        for (id, old_file, old_tree) in &before.replaced {
            if let Some(old_tree) = old_tree {
                let new_tree = &self.workspace.trees[id.0 as usize];
                if let Err(reason) = verify::frame(*id, old_tree, new_tree, &lowered) {
                    return Some(reason);
                }
                let unresolved = verify::unresolved(&self.workspace, *id, old_tree, &before.workspace.project);
                if let Some(reference) = unresolved.first() {
                    return Some(format!("{} would refer to {reference}, which isn't declared", old_file.display));
                }
            }
        }
        let created: Vec<String> =
            lowered.iter().flat_map(|l| l.created.iter().map(|(address, _)| address.clone())).collect();
        if let Some(reason) = verify::same_name(&self.workspace.project, &created) {
            return Some(reason);
        }
        let updated =
            lowered.iter().flat_map(|l| &l.updated).map(|(id, _)| before.workspace.project.resource(*id).address());
        let changed: Vec<_> = created.into_iter().chain(updated).collect();
        verify::cycle(&self.workspace.project, &before.workspace.project, &changed)
    }

    /// Whether a finding may come up on what was there before, because a later round of this run repairs it: an order, a
    /// role of its own. Once only, so that no two fixes undo each other.
    fn follows(&self, judged: &Judged<'_>) -> bool {
        let resource = self.workspace.project.resource(judged.resource).address();
        let was_repaired =
            self.applied.iter().any(|applied| applied.control == judged.control.id && applied.resource == resource);
        let may_follow = judged.control.late || judged.control.severity <= Severity::Medium;
        may_follow && judged.grade() >= self.options.apply && !was_repaired
    }

    /// Remembers what a batch did.
    fn record(&mut self, batch: &Batch, before: &Workspace) {
        for i in &batch.chosen {
            let judged = &self.judged[*i];
            let Ok((fix, Some(lowered))) = &judged.fix else { continue };
            let files: BTreeSet<String> =
                lowered.all_edits().map(|e| before.project.file(e.span.file).display.to_string()).collect();
            let resource = before.project.resource(judged.resource);
            let key = judged.key(before);
            let (file, line) = self
                .initial
                .get(&key)
                .map_or_else(|| (place(before, judged).0, None), |(file, line)| (file.clone(), Some(*line)));
            self.applied.push(Applied {
                control: judged.control.id.clone(),
                severity: judged.control.severity,
                module: key.1.clone(),
                resource: key.2.clone(),
                file,
                line,
                message: judged.message.clone(),
                call: super::judge::call_of(judged.control, resource),
                announced: announced(&before.project, resource, fix),
                grade: fix.grade,
                effect: fix.effect,
                costs: judged.costs(before, self.settings),
                title: fix.title.clone(),
                notes: fix.notes.clone(),
                changes: planned(before, fix, lowered),
                files: files.into_iter().collect(),
            });
        }
    }

    /// Fixes that never come to rest are not applied at all.
    fn give_up(mut self, originals: Vec<crate::source::SourceFile>) -> Self {
        let controls: BTreeSet<_> = self.applied.iter().map(|applied| applied.control.as_str()).collect();
        let reason = format!(
            "the fixes did not come to rest after {MAX_ROUNDS} rounds ({}): please report this",
            controls.into_iter().collect::<Vec<_>>().join(", ")
        );
        self.applied.clear();
        // The originals parsed before; they do so again.
        let parsed = |(i, file)| Some((FileId(i as u32), parse(file).ok().flatten()?));
        self.replace_files(originals.into_iter().enumerate().filter_map(parsed).collect());
        let now = self.judge(&self.rules.reported);
        (self.judged, self.unasked) = (now.failed, now.unasked);
        let keys: Vec<Key> = self.judged.iter().map(|judged| judged.key(&self.workspace)).collect();
        self.rejected.extend(keys.into_iter().map(|key| (key, reason.clone())));
        self
    }
}

/// What a run asks for; a scan shows what can be had at all.
fn demand<'s>(settings: &'s Settings, least: Option<&'s Settings>, options: Options) -> Demand<'s> {
    Demand { settings, least, grade: options.apply.unwrap_or(Grade::Review) }
}

/// What became of a batch.
enum Tried {
    /// It stays.
    Holds,
    /// It was taken back; maybe because of one fix.
    Fails(Option<Key>),
}

/// Why a batch can't stay.
struct Failure {
    reason: String,
    /// The fix that doesn't cure.
    culprit: Option<Key>,
}

/// What stood there before a batch.
struct Before {
    /// The model; its trees moved on.
    workspace: Workspace,
    replaced: Vec<(FileId, crate::source::SourceFile, Option<Tree>)>,
}
