//! The evidence for a narrowing, in lines.

use std::collections::{BTreeMap, BTreeSet};

use crate::iam::actions;
use crate::iam::scope::narrow::Fate;
use crate::iam::scope::{Certainty, Derivation, Need, On, Tier};

/// An action, what it is on, and why.
pub(super) fn line(need: &Need) -> String {
    format!("{} on {}: {}", need.action, on(&need.on), need.why.text())
}

fn on(on: &On) -> String {
    match on {
        On::Everything => "*".into(),
        On::Open(reason) => format!("what it has ({reason})"),
        On::Targets(targets) => targets.iter().map(|target| target.shown.clone()).collect::<Vec<_>>().join(", "),
    }
}

/// Each action once.
pub(super) fn actions<'n>(needs: impl Iterator<Item = &'n Need>) -> String {
    let actions: BTreeSet<&str> = needs.map(|need| need.action.as_str()).collect();
    actions.into_iter().collect::<Vec<_>>().join(", ")
}

/// What was found out, for a fix that can be written: doubts first, then each action.
pub(super) fn notes(derivation: &Derivation) -> Vec<String> {
    let mut notes: Vec<String> = derivation.doubts.iter().map(|doubt| format!("look at it: {doubt}")).collect();
    notes.extend(lines(derivation));
    let removed = unused(derivation);
    if !removed.is_empty() {
        notes.push(format!("not called: {removed}"));
    }
    notes.extend(read(derivation));
    notes.push(
        "not checked: what happens at run time, and nothing was run against AWS; after AccessDenied, take this change back"
            .into(),
    );
    notes
}

/// Each needed action with its calls; those of one action and resource in one line.
fn lines(derivation: &Derivation) -> Vec<String> {
    let mut by_grant: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for need in derivation.needs.iter().filter(|need| need.certainty == Certainty::Needed) {
        let whys = by_grant.entry((need.action.clone(), on(&need.on))).or_default();
        let text = need.why.text();
        if !whys.contains(&text) {
            whys.push(text);
        }
    }
    by_grant.into_iter().map(|((action, on), whys)| format!("{action} on {on}: {}", whys.join("; "))).collect()
}

/// What was read.
fn read(derivation: &Derivation) -> Option<String> {
    let (located, usage) = (derivation.located.as_ref().ok()?, derivation.usage.as_ref()?);
    let files = &usage.imports.files;
    let mut outside: BTreeSet<&str> = BTreeSet::new();
    for list in [&usage.imports.standard, &usage.imports.sdk, &usage.imports.aws_free, &usage.imports.unknown] {
        outside.extend(list.iter().map(|import| import.name.as_str()));
    }
    let outside: Vec<&str> = outside.into_iter().collect();
    let outside = if outside.is_empty() { "nothing".to_owned() } else { outside.join(", ") };
    Some(format!("read in {}: {}; imported from outside: {outside}", located.place, files.join(", ")))
}

/// What goes, in short.
pub(super) fn unused(derivation: &Derivation) -> String {
    let mut gone: Vec<String> = Vec::new();
    for (attached, fate) in derivation.granted.attached.iter().zip(&derivation.plan.attached) {
        if *fate != Fate::Stays {
            gone.push(attached.name.clone());
        }
    }
    for (document, fates) in derivation.granted.documents.iter().zip(&derivation.plan.documents) {
        for (held, fate) in document.statements.iter().zip(fates) {
            let kept: Vec<&String> = match fate {
                Fate::Stays => continue,
                Fate::Goes => Vec::new(),
                Fate::Becomes(groups) => groups.iter().flat_map(|group| &group.actions).collect(),
            };
            for action in &held.actions {
                if kept.iter().any(|kept| kept.eq_ignore_ascii_case(action)) {
                    continue;
                }
                let others =
                    actions::table().expand(action).map(|all| all.iter().filter(|a| !kept.contains(a)).count());
                gone.push(match others {
                    Some(count) if action.contains(['*', '?']) => format!("{count} actions of {action}"),
                    _ => action.clone(),
                });
            }
        }
    }
    gone.dedup();
    gone.join(", ")
}

/// Why nothing can be written, and what was understood all the same.
pub(super) fn refusal(derivation: &Derivation) -> Vec<String> {
    debug_assert_eq!(derivation.tier(), Tier::C);
    let mut notes: Vec<String> =
        derivation.obstacles.iter().map(|reason| format!("not understood: {reason}")).collect();
    notes.extend(lines(derivation).into_iter().map(|line| format!("understood: {line}")));
    notes.extend(read(derivation));
    notes
}
