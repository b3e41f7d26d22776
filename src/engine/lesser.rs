//! Where what a profile asks for can't be had, the resource gets what the default profile asks for: who asks for more never
//! gets less.

use super::judge::{Demand, Found, Judged, Judging};
use crate::catalogue::{Profile, Settings};
use crate::fix::Grade;
use crate::model::Resource;
use crate::workspace::Workspace;

/// The settings that ask for what the default profile does, and for what the user has set himself; nothing when no more
/// is asked for anyway.
pub(super) fn least(settings: &Settings) -> Option<Settings> {
    (settings.profile != Profile::Default).then(|| settings.clone().in_profile(Profile::Default))
}

/// The same finding with the fix that the default profile has for it, where its own isn't to be had; and whether it is
/// that one.
pub(super) fn instead<'r>(
    judging: Judging<'_, '_>,
    demand: Demand<'_>,
    found: Found<'r>,
    resources: &[&'r Resource],
) -> (Found<'r>, bool) {
    let Some(least) = demand.least.filter(|_| judging.control.sets_options(demand.settings.profile)) else {
        return (found, false);
    };
    let why = match &found.fix {
        Ok((fix, Some(_))) if fix.grade >= demand.grade => return (found, false),
        Ok((fix, Some(_))) => format!("it has the grade {}", fix.grade),
        Ok((fix, None)) => fix.notes.join("; "),
        Err(_) if found.settled => return (found, false),
        Err(reason) => reason.clone(),
    };
    let verdicts = judging.verdicts(least, resources);
    let Ok(lesser) = judging.found(least, verdicts) else { return (found, false) };
    match lesser.fix {
        Ok((mut fix, Some(lowered))) if fix.grade >= demand.grade.max(Grade::Review) => {
            let profile = demand.settings.profile;
            fix.notes.push(format!("the profile {profile} asks for more, which this leaves open: {why}"));
            (Found { fix: Ok((fix, Some(lowered))), ..found }, true)
        }
        _ => (found, false),
    }
}

/// Whether a resource has what the default profile asks for.
pub(super) fn is_met(workspace: &Workspace, least: Option<&Settings>, judged: &Judged<'_>) -> bool {
    let Some(least) = least else { return false };
    let judging = Judging { workspace, control: judged.control, rule: judged.rule };
    let project = &workspace.project;
    let uses: Vec<&Resource> =
        project.twins(judged.resource).filter(|resource| !project.is_switched_off(resource)).collect();
    judging.found(least, judging.verdicts(least, &uses)).map_or(true, |found| found.settled)
}
