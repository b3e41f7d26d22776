//! Rounds: as many fixes as go together, then verification; one by one when they fail together.

use std::collections::{BTreeMap, BTreeSet};

use super::batch::Batch;
use super::judge::{Judged, Key, judge};
use super::{Candidate, Choose, MAX_ROUNDS, Options};
use crate::backend::{build, parse};
use crate::catalogue::{Catalogue, Settings, Severity};
use crate::finding::{Action, Announced, Applied, PlannedChange};
use crate::fix::{Change, Effect, Fix, Grade};
use crate::model::{ProgramDraft, Project, Resource};
use crate::source::FileId;
use crate::verify;
use crate::workspace::{Group, Lowered, Parsed, Tree, Workspace};

/// The state of treating one group.
pub(super) struct Run<'c> {
    pub(super) workspace: Workspace,
    pub(super) catalogue: &'c Catalogue,
    pub(super) settings: &'c Settings,
    pub(super) options: Options,
    pub(super) judged: Vec<Judged<'c>>,
    pub(super) applied: Vec<Applied>,
    /// Fixes that were taken back, with the reason.
    pub(super) rejected: BTreeMap<Key, String>,
    /// Findings that the program had mended before this run: the assembly is older, or something takes it back.
    settled_before: BTreeSet<Key>,
    choose: &'c Choose<'c>,
    /// What failed before anything was edited, with its place.
    initial: BTreeMap<Key, (String, usize)>,
}

impl<'c> Run<'c> {
    pub(super) fn new(
        workspace: Workspace,
        catalogue: &'c Catalogue,
        settings: &'c Settings,
        options: Options,
        choose: &'c Choose<'c>,
    ) -> Self {
        let judged = judge(&workspace, catalogue.controls(), settings);
        let settled = judged.iter().filter(|judged| judged.settled).map(|judged| judged.key(&workspace));
        let settled_before = settled.collect();
        // Only who edits asks for it.
        let noted = judged.iter().filter(|_| options.apply.is_some());
        let initial = noted.map(|judged| (judged.key(&workspace), place(&workspace, judged))).collect();
        let (applied, rejected) = (Vec::new(), BTreeMap::new());
        Self { workspace, catalogue, settings, options, judged, applied, rejected, settled_before, choose, initial }
    }

    /// Applies fixes of `grade` and above until none is left.
    pub(super) fn fix(mut self, grade: Grade) -> Self {
        let originals: Vec<_> = self.workspace.project.files.clone();
        let mut careful = false;
        let mut rounds = 0;
        loop {
            let batch = self.choose(grade, careful);
            if batch.chosen.is_empty() {
                return self;
            }
            rounds += usize::from(!careful);
            if rounds > MAX_ROUNDS {
                return self.give_up(originals);
            }
            careful = !self.try_batch(&batch) || (careful && self.has_candidates(grade));
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
            && !self.rejected.contains_key(&judged.key(&self.workspace))
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
    fn try_batch(&mut self, batch: &Batch) -> bool {
        let files = batch.edits.files();
        let mut texts = Vec::new();
        for id in &files {
            let file = self.workspace.project.file(*id);
            texts.push((*id, file.with_text(batch.edits.apply(*id, &file.text))));
        }
        let before = self.replace_files(texts);
        let failure = match before {
            Ok(before) => {
                let judged = judge(&self.workspace, self.catalogue.controls(), self.settings);
                match self.verify(batch, &before, &judged) {
                    None => {
                        self.record(batch, &before.workspace);
                        self.judged = judged;
                        // The assembly still has what this run has mended in the program.
                        let (workspace, before) = (&self.workspace, &self.settled_before);
                        self.judged.retain(|judged| !judged.settled || before.contains(&judged.key(workspace)));
                        return true;
                    }
                    Some(reason) => {
                        self.restore(before);
                        reason
                    }
                }
            }
            Err(reason) => reason,
        };
        if let [only] = batch.chosen.as_slice() {
            let key = self.judged[*only].key(&self.workspace);
            self.rejected.insert(key, failure);
        }
        false
    }

    /// Puts new files in place; gives back what was there.
    fn replace_files(&mut self, files: Vec<(FileId, crate::source::SourceFile)>) -> Result<Before, String> {
        let mut parsed = Vec::new();
        for (id, file) in files {
            let result = parse(file).map_err(|d| format!("the edited file would not parse: {d}"))?;
            parsed.push((id, result.ok_or("the edited file would not be configuration any more")?));
        }
        let mut old = std::mem::take(&mut self.workspace);
        let mut kept = old.project.files.clone();
        let mut trees: Vec<Option<Tree>> = std::mem::take(&mut old.trees).into_iter().map(Some).collect();
        let mut replaced = Vec::new();
        for (id, new) in parsed {
            let i = id.0 as usize;
            let tree = trees[i].replace(new.tree);
            replaced.push((id, kept[i].clone(), tree));
            kept[i] = new.file;
        }
        let parsed =
            kept.into_iter().zip(trees).filter_map(|(file, tree)| Some(Parsed { file, tree: tree? })).collect();
        self.workspace = build(Group { parsed, assembly: old.assembly.clone() });
        self.workspace.derivations = old.derivations.with_same_sources();
        Ok(Before { workspace: old, replaced })
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
    fn verify(&self, batch: &Batch, before: &Before, after: &[Judged<'_>]) -> Option<String> {
        let chosen: Vec<&Judged<'_>> = batch.chosen.iter().map(|i| &self.judged[*i]).collect();
        let old: BTreeSet<Key> = self.judged.iter().map(|judged| judged.key(&before.workspace)).collect();
        let now: BTreeSet<Key> =
            after.iter().filter(|judged| !judged.settled).map(|judged| judged.key(&self.workspace)).collect();
        if let Some(left) = chosen.iter().find(|judged| now.contains(&judged.key(&before.workspace))) {
            return Some(format!("after the edit, {} still fails {}", left.key(&before.workspace).2, left.control.id));
        }
        let lowered: Vec<&Lowered> = chosen.iter().filter_map(|judged| judged.fix.as_ref().ok()?.1.as_ref()).collect();
        let added: BTreeSet<&str> =
            lowered.iter().flat_map(|l| &l.created).map(|(address, _)| address.as_str()).collect();
        // A copy fails what its original fails.
        let inherited = |key: &Key| {
            let copies = lowered.iter().flat_map(|l| &l.copies).filter(|(new, _)| *new == key.2);
            copies.map(|(_, original)| (key.0.clone(), key.1.clone(), original.clone())).any(|key| old.contains(&key))
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
        verify::cycle(&self.workspace.project, &changed)
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
                module: key.1,
                resource: key.2,
                file,
                line,
                message: judged.message.clone(),
                call: super::judge::call_of(judged.control, resource),
                announced: announced(&before.project, resource, fix),
                grade: fix.grade,
                effect: fix.effect,
                costs: judged.costs.clone(),
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
        let files = originals.into_iter().enumerate().map(|(i, file)| (FileId(i as u32), file)).collect();
        // The originals parsed before; they do so again.
        let _ = self.replace_files(files);
        self.judged = judge(&self.workspace, self.catalogue.controls(), self.settings);
        let keys: Vec<Key> = self.judged.iter().map(|judged| judged.key(&self.workspace)).collect();
        self.rejected.extend(keys.into_iter().map(|key| (key, reason.clone())));
        self
    }
}

/// What a fix announces of the templates, where it edits the call that makes the resource.
fn announced(project: &Project, resource: &Resource, fix: &Fix) -> Announced {
    let Some(call) = resource.origin.as_ref().and_then(|origin| origin.call.as_ref().ok()) else {
        return Announced::default();
    };
    let origins = project.resources.iter().filter_map(|resource| resource.origin.as_ref());
    let made = origins.filter(|origin| origin.call.as_ref().is_ok_and(|other| other == call));
    let constructs: BTreeSet<_> = made.map(|origin| origin.construct.clone()).collect();
    let contents = fix.changes.iter().filter_map(|change| match change {
        Change::SetInCall { content, .. } => Some(content),
        _ => None,
    });
    let values = contents.flat_map(|content| {
        let set = content.properties.iter().map(|(_, value)| value);
        set.chain(&content.below).chain(content.overrides.iter().map(|change| &change.value))
    });
    Announced {
        constructs: constructs.into_iter().collect(),
        beside: values.flat_map(ProgramDraft::ids).map(str::to_owned).collect(),
        replaces: fix.effect == Effect::Replace,
    }
}

/// File and line of a finding.
fn place(workspace: &Workspace, judged: &Judged<'_>) -> (String, usize) {
    let file = workspace.project.file(judged.at.file);
    (file.display.to_string(), file.position(judged.at.start).line)
}

/// What stood there before a batch.
struct Before {
    /// The model; its trees moved on.
    workspace: Workspace,
    replaced: Vec<(FileId, crate::source::SourceFile, Option<Tree>)>,
}

/// What a plan will show, in every use of the module.
fn planned(workspace: &Workspace, fix: &Fix, lowered: &Lowered) -> Vec<PlannedChange> {
    let project = &workspace.project;
    let mut changes = Vec::new();
    let mut push = |resource: crate::model::ResourceId, address: Option<&str>, action: Action| {
        let meant = |instance| lowered.only.as_ref().is_none_or(|only| only.contains(&instance));
        for twin in project.twins(resource).filter(|twin| meant(twin.instance)) {
            let instance = project.instance(twin.instance);
            let root = project.module_of(instance.root).directory.to_string();
            let own = twin.address();
            let address = project.planned(twin.instance, address.unwrap_or(&own));
            changes.push(PlannedChange { address, action, root });
        }
    };
    let replaced = crate::effects::replaced_by(project, fix);
    // Meta-arguments steer Terraform; the resource itself stays as it is.
    let is_meta = |path: &String| ["lifecycle", "depends_on"].contains(&path.split('.').next().unwrap_or_default());
    for (resource, paths) in &lowered.updated {
        if !paths.is_empty() && paths.iter().all(is_meta) {
            continue;
        }
        let own = project.resource(*resource);
        push(*resource, None, if replaced.contains(resource) { Action::Replace } else { Action::Update });
        for triggered in crate::effects::triggered(project, own, paths) {
            push(triggered.id, None, Action::Replace);
        }
    }
    for (address, near) in &lowered.created {
        push(*near, Some(address), Action::Create);
    }
    for (_, resource) in &lowered.deleted {
        push(*resource, None, Action::Delete);
    }
    for change in &fix.changes {
        if let Change::Import { near, to, .. } = change {
            push(*near, Some(to), Action::Update);
        }
    }
    changes.sort();
    changes.dedup();
    changes
}
