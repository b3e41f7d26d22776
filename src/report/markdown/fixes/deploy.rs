//! What deploying the fixes does.

use std::collections::{BTreeMap, BTreeSet};

use super::super::escape::{code, prose};
use super::{counted, list};
use crate::finding::{Action, Applied};
use crate::fix::Effect;

/// More notes of a fix than these are evidence, and stand under the control.
pub(super) const FEW: usize = 4;
/// At most this part of the text speaks of the deploy.
const SHARE: usize = 3;

/// The section, worst effects first. Gives back what is left of the budget.
pub(super) fn append(text: &mut String, applied: &[Applied], budget: usize) -> usize {
    if applied.is_empty() {
        return budget;
    }
    let own = budget / SHARE;
    let mut lines = vec![summary(applied)];
    for (effect, heading) in [
        (Effect::Replace, "**Replaces** (destroys and creates again)"),
        (Effect::Access, "**Changes access**: check that nobody who needs it loses it"),
        (Effect::Cost, "**Costs money**"),
    ] {
        lines.extend(of_effect(applied, effect, heading));
    }
    let rest = |n: usize| format!("- and {}: the table has them", counted(n, "line more", "lines more"));
    let left = list::append(text, "## What deploying this does\n\n", &lines, rest, own);
    text.push('\n');
    budget - own + left.saturating_sub(1)
}

/// Whether something of it can't be undone by a revert.
pub(super) fn is_lasting(applied: &[Applied]) -> bool {
    applied.iter().any(|fix| fix.effect == Effect::Replace)
}

fn summary(applied: &[Applied]) -> String {
    let mut counts: BTreeMap<Action, BTreeSet<(&str, &str)>> = BTreeMap::new();
    for change in applied.iter().flat_map(|fix| &fix.changes) {
        counts.entry(change.action).or_default().insert((&change.root, &change.address));
    }
    // What is created in the same change isn't updated, too.
    let created = counts.get(&Action::Create).cloned().unwrap_or_default();
    let said: Vec<String> = counts
        .iter()
        .filter_map(|(action, addresses)| {
            let own = addresses.iter().filter(|address| *action == Action::Create || !created.contains(*address));
            let verb = match action {
                Action::Update => "updates",
                Action::Create => "adds",
                Action::Delete => "removes",
                Action::Replace => "replaces",
            };
            match own.count() {
                0 => None,
                n => Some(format!("{verb} {}", counted(n, "resource", "resources"))),
            }
        })
        .collect();
    let worst = applied.iter().map(|fix| fix.effect).max().unwrap_or(Effect::None);
    let what = match said.as_slice() {
        [] => "A deploy changes no resource".to_owned(),
        [only] => format!("A deploy {only}"),
        [most @ .., last] => format!("A deploy {} and {last}", most.join(", ")),
    };
    let is_free = applied.iter().all(|fix| fix.costs.is_empty());
    match worst {
        Effect::None if is_free => format!("{what}. Nobody will notice anything.\n"),
        Effect::InPlace if is_free => format!("{what}, without interruption, cost or change of access.\n"),
        Effect::None | Effect::InPlace => format!("{what}, without interruption or change of access.\n"),
        _ => format!("{what}. Look at these before you merge:\n"),
    }
}

/// The fixes with an effect, those of one control together.
fn of_effect(applied: &[Applied], effect: Effect, heading: &str) -> Vec<String> {
    let mut by_title: BTreeMap<(&str, &str), Vec<&Applied>> = BTreeMap::new();
    // What costs is said of every fix that does, also of one that changes access.
    let has = |fix: &&Applied| fix.effect == effect || (effect == Effect::Cost && !fix.costs.is_empty());
    for fix in applied.iter().filter(has) {
        by_title.entry((&fix.control, &fix.title)).or_default().push(fix);
    }
    let mut lines = Vec::new();
    for ((_, title), fixes) in by_title {
        if lines.is_empty() {
            lines.push(format!("- {heading}:"));
        }
        let resources: Vec<String> = fixes.iter().take(5).map(|fix| code(&fix.resource)).collect();
        let more = if fixes.len() > 5 { format!(" and {} more", fixes.len() - 5) } else { String::new() };
        lines.push(format!("  - {} ({}{more})", prose(title), resources.join(", ")));
        let details = match effect {
            Effect::Cost => once(fixes.iter().flat_map(|fix| &fix.costs).map(ToString::to_string)),
            _ => worth_a_look(once(fixes.iter().flat_map(|fix| &fix.notes).cloned())),
        };
        lines.extend(details.iter().map(|detail| format!("    - {}", prose(detail))));
    }
    lines
}

/// In their order, each once.
fn once(lines: impl Iterator<Item = String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for line in lines {
        if !kept.contains(&line) {
            kept.push(line);
        }
    }
    kept
}

/// Evidence call by call stands below, under the control: here is room for a few lines, and for every doubt.
fn worth_a_look(notes: Vec<String>) -> Vec<String> {
    let all = notes.len();
    if all <= FEW {
        return notes;
    }
    let mut kept: Vec<String> = notes.into_iter().filter(|note| note.starts_with("look at it: ")).collect();
    kept.push(format!("{all} lines of evidence stand below, under this control"));
    kept
}

/// What a plan will show, folded. Gives back what is left of the budget.
pub(super) fn plan(text: &mut String, applied: &[Applied], budget: usize) -> usize {
    let changes: BTreeSet<_> = applied.iter().flat_map(|fix| &fix.changes).collect();
    let line = |change: &&crate::finding::PlannedChange| {
        let action = match change.action {
            Action::Update => "update",
            Action::Create => "create",
            Action::Delete => "delete",
            Action::Replace => "**replace**",
        };
        let root = if change.root == "." { String::new() } else { format!(" in {}", code(&change.root)) };
        format!("- {action} {}{root}", code(&change.address))
    };
    let lines: Vec<String> = changes.iter().map(line).collect();
    let end = "\n</details>\n";
    let heading = "\n## What a plan will show\n\n<details><summary>Evidence to compare with</summary>\n\n";
    let before = text.len();
    let rest = |n: usize| format!("- and {n} more");
    let left = list::append(text, heading, &lines, rest, budget.saturating_sub(end.len()));
    if text.len() > before {
        text.push_str(end);
    }
    left
}
