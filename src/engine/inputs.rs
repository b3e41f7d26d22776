//! Failures in a copy of a published module that only some of its uses have: their calls give the inputs that they lack.

use std::collections::BTreeSet;

use super::judge::prepare;
use crate::catalogue::{Context, Control, Settings, Verdict};
use crate::fix::{Change, Fix, Grade};
use crate::model::{InstanceId, Resource};
use crate::workspace::{Lowered, Workspace};

/// The fix in the calls of all failing uses; nothing when the control has no word on the module's inputs, or one of the
/// calls can't be given them.
pub(super) fn fix(
    workspace: &Workspace,
    settings: &Settings,
    control: &Control,
    failing: &[InstanceId],
) -> Option<(Fix, Option<Lowered>)> {
    let Workspace { project, derivations, policies, .. } = workspace;
    let mut whole: Option<Fix> = None;
    let mut seen = BTreeSet::new();
    let mut names = Vec::new();
    for instance in failing {
        let call = project.call_of_copy(*instance)?;
        if !seen.insert(call.span) {
            continue;
        }
        let rule = control.rules.iter().find(|rule| *rule.kind == *call.kind)?;
        let verdict = Context { project, settings, derivations, policies, control, rule, resource: call }.judge();
        let Verdict::Fail(failure) = verdict else { return None };
        let fix = failure.fix.ok().filter(|fix| fix.grade > Grade::Manual)?;
        let inputs = &project.module_of(*instance).inputs;
        if !fix.changes.iter().all(|change| gives(change, call, inputs)) {
            return None;
        }
        names.push(call.address());
        match &mut whole {
            None => whole = Some(fix),
            Some(all) if all.effect != fix.effect => return None,
            Some(all) => {
                all.grade = all.grade.min(fix.grade);
                all.changes.extend(fix.changes);
            }
        }
    }
    let mut whole = whole?;
    whole.notes.push(format!("it is given in the calls that lack it: {}", names.join(", ")));
    prepare(workspace, settings, whole, None).ok().filter(|(_, lowered)| lowered.is_some())
}

/// Whether a change only gives a call inputs that the copy has: it may be older than what the page knows.
fn gives(change: &Change, call: &Resource, inputs: &BTreeSet<String>) -> bool {
    match change {
        Change::Set { resource, content } => {
            *resource == call.id && content.items.iter().all(|(name, _)| inputs.contains(name))
        }
        _ => false,
    }
}
