//! Judges a workspace: every resource by every control, with the fix already lowered.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use foldhash::HashMap;

use super::{inputs, lesser};
use crate::backend::{Suppressions, lower};
use crate::catalogue::{Catalogue, Context, Control, Declared, Failure, Settings, Verdict};
use crate::cost::{self, Cost};
use crate::effects;
use crate::finding::Suppression;
use crate::fix::{Change, Effect, Fix, Grade};
use crate::model::{InstanceId, Project, Resource, ResourceId};
use crate::source::Span;
use crate::workspace::{Lowered, Workspace};

/// A failure of one declared resource, over all uses of its module.
#[derive(Debug)]
pub(super) struct Judged<'c> {
    pub(super) control: &'c Control,
    pub(super) rule: &'c Declared,
    key: OnceCell<Key>,
    /// One of the failing uses.
    pub(super) resource: ResourceId,
    pub(super) message: String,
    pub(super) at: Span,
    /// The fix with its final grade and effect, and its edits unless it is manual.
    pub(super) fix: Result<(Fix, Option<Lowered>), String>,
    /// Whether the program that makes the resource says already what the fix would write.
    pub(super) settled: bool,
    /// Whether the fix is what the default profile asks for, because what this one asks for can't be had.
    pub(super) lesser: bool,
    pub(super) suppressed: Option<Suppression>,
}

/// A resource that a control doesn't report, over all uses of its module.
#[derive(Debug)]
pub(super) struct Unasked<'c> {
    pub(super) control: &'c Control,
    /// One of the uses.
    pub(super) resource: ResourceId,
    pub(super) verdict: Withheld,
}

/// Why there is no finding.
#[derive(Debug)]
pub(super) enum Withheld {
    /// The property isn't asked of it.
    Exempt(String),
    /// It can't be told.
    Undecided(String),
}

/// What came of judging.
#[derive(Debug, Default)]
pub(super) struct Judgement<'c> {
    /// All failures, in the order in which fixes are chosen: what others build on, severity, control, path, place.
    pub(super) failed: Vec<Judged<'c>>,
    /// What neither fails nor certainly passes.
    pub(super) unasked: Vec<Unasked<'c>>,
}

/// The rules of a run.
pub(super) struct RuleBook<'c> {
    /// Of the controls that are reported.
    pub(super) reported: Rules<'c>,
    /// Of the quiet ones.
    pub(super) quiet: Rules<'c>,
}

impl<'c> RuleBook<'c> {
    pub(super) fn of(catalogue: &'c Catalogue, settings: &Settings) -> Self {
        Self { reported: Rules::of(catalogue.controls(), settings), quiet: Rules::of(catalogue.quiet(), settings) }
    }
}

/// The rules of controls that are on, by the type that each is for, with their order: a project has few types.
pub(super) struct Rules<'c> {
    by_kind: HashMap<&'c str, Vec<Due<'c>>>,
}

/// A rule with its place among all.
type Due<'c> = ((usize, usize), &'c Control, &'c Declared);

impl<'c> Rules<'c> {
    fn of(controls: &'c [Control], settings: &Settings) -> Self {
        let mut by_kind: HashMap<&str, Vec<_>> = HashMap::default();
        for (i, control) in controls.iter().enumerate().filter(|(_, control)| settings.enabled(control)) {
            for (j, rule) in control.rules.iter().enumerate() {
                by_kind.entry(&*rule.kind).or_default().push(((i, j), control, rule));
            }
        }
        Self { by_kind }
    }
}

/// Why nothing is to be written where the program says it already.
const SETTLED: &str = "the call that makes it says so already: synthesise again, or find out what takes it back";

/// What makes a finding the same one before and after an edit.
pub(super) type Key = Rc<(String, String, String)>;

impl Judged<'_> {
    /// The finding's key in the workspace in which it was judged.
    pub(super) fn key(&self, workspace: &Workspace) -> Key {
        let key = || {
            let project = &workspace.project;
            let resource = project.resource(self.resource);
            let directory = project.module_of(resource.instance).directory.to_string();
            Rc::new((self.control.id.clone(), directory, resource.address()))
        };
        self.key.get_or_init(key).clone()
    }

    /// What the fix costs.
    pub(super) fn costs(&self, workspace: &Workspace, settings: &Settings) -> Vec<Cost> {
        let Ok((fix, _)) = &self.fix else { return Vec::new() };
        let Workspace { project, derivations, policies, .. } = workspace;
        let resource = project.resource(self.resource);
        let Self { control, rule, .. } = *self;
        cost::of(fix, &Context { project, settings, derivations, policies, control, rule, resource }.costs())
    }

    /// The grade of a fix that can be written.
    pub(super) fn grade(&self) -> Option<Grade> {
        match &self.fix {
            Ok((fix, Some(_))) => Some(fix.grade),
            _ => None,
        }
    }
}

/// What is asked of resources.
#[derive(Clone, Copy)]
pub(super) struct Demand<'s> {
    pub(super) settings: &'s Settings,
    /// What is asked for where that can't be had; nothing when there is no less.
    pub(super) least: Option<&'s Settings>,
    /// The grade from which a fix can be had.
    pub(super) grade: Grade,
}

/// One control's rule, with what it is judged in.
#[derive(Clone, Copy)]
pub(super) struct Judging<'a, 'c> {
    pub(super) workspace: &'a Workspace,
    pub(super) control: &'c Control,
    pub(super) rule: &'c Declared,
}

/// What is wrong with a declared resource, over all uses of its module.
pub(super) struct Found<'r> {
    pub(super) resource: &'r Resource,
    pub(super) message: String,
    pub(super) at: Option<Span>,
    pub(super) fix: Result<(Fix, Option<Lowered>), String>,
    pub(super) settled: bool,
}

/// Judges every resource by every rule that is for its type.
pub(super) fn judge<'c>(workspace: &Workspace, rules: &Rules<'c>, demand: Demand<'_>) -> Judgement<'c> {
    let suppressions = Suppressions::of(workspace);
    let mut all = Judgement::default();
    let kinds = workspace.project.by_kind.keys();
    let mut due: Vec<_> = kinds.filter_map(|kind| rules.by_kind.get(&**kind)).flatten().collect();
    due.sort_unstable_by_key(|(place, ..)| *place);
    for (_, control, rule) in due {
        judge_rule(Judging { workspace, control, rule }, demand, &mut all);
    }
    for judged in &mut all.failed {
        let resource = workspace.project.resource(judged.resource);
        let control = judged.control;
        judged.suppressed = suppressions.find(resource, |id| id == control.id || control.has_alias(id));
    }
    all.failed.sort_by(|a, b| {
        let early = b.control.early.cmp(&a.control.early).then(b.control.severity.cmp(&a.control.severity));
        early.then_with(|| a.control.id.cmp(&b.control.id)).then(a.at.cmp(&b.at))
    });
    all
}

/// Why nothing is asked of what would not be there.
const OFF: &str = "every call of its module leaves it out: who would use it, and how, isn't known";

fn judge_rule<'c>(judging: Judging<'_, 'c>, demand: Demand<'_>, all: &mut Judgement<'c>) {
    let Judging { workspace: Workspace { project, .. }, control, rule } = judging;
    let mut uses: BTreeMap<Span, Vec<&Resource>> = BTreeMap::new();
    let is_own = |resource: &&Resource| resource.origin.as_ref().is_none_or(|origin| origin.foreign.is_none());
    for resource in project.of_kind(&rule.kind).filter(|resource| demand.settings.foreign || is_own(resource)) {
        uses.entry(resource.span).or_default().push(resource);
    }
    for mut resources in uses.into_values() {
        // What every call switches off is there for whoever switches it on: it is judged as it stands.
        let is_off = resources.iter().all(|resource| project.is_switched_off(resource));
        if !is_off {
            resources.retain(|resource| !project.is_switched_off(resource));
        }
        let verdicts = judging.verdicts(demand.settings, &resources);
        let found = match judging.found(demand.settings, verdicts) {
            Ok(found) => found,
            Err(verdicts) => {
                all.unasked.extend(unasked(control, verdicts));
                continue;
            }
        };
        let (found, lesser) = lesser::instead(judging, demand, found, &resources);
        let Found { resource, message, at, fix, settled } = found;
        let harmless = |fix: &Fix| matches!(fix.effect, Effect::None | Effect::InPlace);
        if is_off && !fix.as_ref().is_ok_and(|(fix, lowered)| lowered.is_some() && harmless(fix)) {
            all.unasked.push(Unasked { control, resource: resource.id, verdict: Withheld::Exempt(OFF.into()) });
            continue;
        }
        let at = at.unwrap_or(resource.header);
        let (key, suppressed, resource) = (OnceCell::new(), None, resource.id);
        all.failed.push(Judged { control, rule, key, resource, message, at, fix, settled, lesser, suppressed });
    }
}

/// The uses of a declared resource with what is said of each.
type Verdicts<'r> = Vec<(&'r Resource, Verdict)>;

impl Judging<'_, '_> {
    /// What the rule says of each use.
    pub(super) fn verdicts<'r>(&self, settings: &Settings, resources: &[&'r Resource]) -> Verdicts<'r> {
        let Self { workspace: Workspace { project, derivations, policies, .. }, control, rule } = *self;
        let verdict = |resource| Context { project, settings, derivations, policies, control, rule, resource }.judge();
        resources.iter().map(|resource| (*resource, verdict(resource))).collect()
    }

    /// What is wrong, with the fix that mends it in all uses; the verdicts when nothing is.
    pub(super) fn found<'r>(&self, settings: &Settings, verdicts: Verdicts<'r>) -> Result<Found<'r>, Verdicts<'r>> {
        let Self { workspace, control, .. } = *self;
        let project = &workspace.project;
        let failing: Vec<InstanceId> = verdicts
            .iter()
            .filter(|(_, verdict)| matches!(verdict, Verdict::Fail(_)))
            .map(|(r, _)| r.instance)
            .collect();
        if failing.is_empty() {
            return Err(verdicts);
        }
        let only = (failing.len() < verdicts.len()).then(|| failing.clone());
        let mut failed = verdicts.into_iter().filter_map(|(resource, verdict)| match verdict {
            Verdict::Fail(failure) => Some((resource, failure)),
            _ => None,
        });
        let Some((resource, failure)) = failed.next() else { return Err(Vec::new()) };
        let Failure { message, at, mut fix } = *failure;
        let to_write = |fix: &Result<Fix, String>| fix.as_ref().ok().map(|fix| written(project, fix));
        let first = to_write(&fix);
        if failed.any(|(_, other)| to_write(&other.fix) != first) {
            fix = Err("what is to be written differs from one use of the module to the next".into());
        }
        let mut settled = false;
        let fix = fix.and_then(|fix| permitted(settings, control, resource, fix));
        let fix = fix.and_then(|fix| prepare(workspace, settings, fix, only)).and_then(|(fix, lowered)| {
            settled = lowered.as_ref().is_some_and(|lowered| lowered.settled);
            if settled { Err(SETTLED.into()) } else { Ok((fix, lowered)) }
        });
        let fix = fix.or_else(|reason| inputs::fix(workspace, settings, control, &failing).ok_or(reason));
        Ok(Found { resource, message, at, fix, settled })
    }
}

/// Why a resource isn't reported that fails in no use of its module; nothing where it passes in all of them.
fn unasked<'c>(control: &'c Control, verdicts: Verdicts<'_>) -> Option<Unasked<'c>> {
    let withheld = verdicts.into_iter().filter_map(|(resource, verdict)| match verdict {
        Verdict::Exempt(reason) => Some((resource.id, Withheld::Exempt(reason))),
        Verdict::Unknown(reason) => Some((resource.id, Withheld::Undecided(reason))),
        Verdict::Pass | Verdict::Fail(_) => None,
    });
    // What can't be told may still fail.
    let (resource, verdict) = withheld.max_by_key(|(_, verdict)| matches!(verdict, Withheld::Undecided(_)))?;
    Some(Unasked { control, resource, verdict })
}

/// What names a fix of a call: all that the call makes has the same.
pub(super) fn call_of(control: &Control, resource: &Resource) -> Option<String> {
    let site = resource.origin.as_ref()?.call.as_ref().ok()?;
    let key = &site.key;
    Some(format!("{} {}:{}({})#{}", control.id, site.file, key.class, key.id, key.nth))
}

/// A fix that no proof has refused.
fn permitted(settings: &Settings, control: &Control, resource: &Resource, fix: Fix) -> Result<Fix, String> {
    let refused = settings.proof.as_ref().and_then(|selection| selection.refusal(&call_of(control, resource)?));
    refused.map_or(Ok(fix), Err)
}

/// What a fix would write, in terms of what is declared: the uses of a module are one.
fn written(project: &Project, fix: &Fix) -> Vec<Change> {
    fix.changes.iter().map(|change| change.with_ids(&|id| project.declared(id))).collect()
}

/// Gives a fix its final grade and lowers it.
pub(super) fn prepare(
    workspace: &Workspace,
    settings: &Settings,
    mut fix: Fix,
    only: Option<Vec<InstanceId>>,
) -> Result<(Fix, Option<Lowered>), String> {
    crate::fixers::order::complete(&workspace.project, &mut fix);
    effects::assess(&workspace.project, &mut fix, &settings.accept)?;
    if fix.grade == Grade::Manual || fix.changes.is_empty() {
        fix.grade = Grade::Manual;
        return Ok((fix, None));
    }
    let lowered = lower(workspace, &fix.changes, only)?;
    // What can do no harm is done all the same.
    if let Some(decided) = lowered.decided.as_ref().filter(|_| fix.grade < Grade::Safe) {
        return Err(decided.clone());
    }
    if let Some(shared) = &lowered.shared {
        fix.grade = fix.grade.min(Grade::Review);
        fix.notes.push(shared.clone());
    }
    Ok((fix, Some(lowered)))
}
