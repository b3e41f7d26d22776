//! What is told of a fix that was made: where it was, what a deploy and a synthesis will show.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::judge::Judged;
use crate::finding::{Action, Announced, PlannedChange};
use crate::fix::{Change, Effect, Fix};
use crate::model::{ProgramDraft, Project, Resource};
use crate::workspace::{Lowered, Workspace};

/// What a fix announces of the templates, where it edits the call that makes the resource.
pub(super) fn announced(project: &Project, resource: &Resource, fix: &Fix) -> Announced {
    let Some(call) = resource.origin.as_ref().and_then(|origin| origin.call.as_ref().ok()) else {
        return Announced::default();
    };
    let origins = project.resources.iter().filter_map(|resource| resource.origin.as_ref());
    let made = origins.filter(|origin| origin.call.as_ref().is_ok_and(|other| other == call));
    let mut constructs: BTreeSet<_> = made.map(|origin| origin.construct.clone()).collect();
    let contents = fix.changes.iter().filter_map(|change| match change {
        Change::SetInCall { content, .. } => Some(content),
        _ => None,
    });
    // What a statement is called on changes, too: the way into a database.
    let called = contents.clone().flat_map(|content| &content.below).filter_map(ProgramDraft::receiver);
    let called = called.filter_map(|id| project.resource(id).origin.as_ref());
    constructs.extend(called.map(|origin| origin.construct.clone()));
    let values = contents.flat_map(|content| {
        let set = content.properties.iter().map(|(_, value)| value);
        set.chain(&content.below).chain(content.overrides.iter().map(|change| &change.value))
    });
    Announced {
        constructs: constructs.into_iter().collect(),
        beside: values.flat_map(ProgramDraft::ids).map(str::to_owned).collect(),
        narrowed: narrowed(project, fix),
        replaces: fix.effect == Effect::Replace,
    }
}

/// The policies whose statements a fix narrows, by their logical ids.
fn narrowed(project: &Project, fix: &Fix) -> Vec<Arc<str>> {
    let policies = fix.changes.iter().filter_map(|change| match change {
        Change::EditStatement { resource, .. } | Change::RewriteStatements { resource, .. } => Some(*resource),
        _ => None,
    });
    let names: BTreeSet<_> = policies.map(|id| project.resource(id).name.clone()).collect();
    names.into_iter().collect()
}

/// File and line of a finding.
pub(super) fn place(workspace: &Workspace, judged: &Judged<'_>) -> (String, usize) {
    let file = workspace.project.file(judged.at.file);
    (file.display.to_string(), file.position(judged.at.start).line)
}

/// What a plan will show, in every use of the module.
pub(super) fn planned(workspace: &Workspace, fix: &Fix, lowered: &Lowered) -> Vec<PlannedChange> {
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
        for behind in crate::effects::chained(project, own, paths) {
            match behind.resource {
                Some(user) => push(user, None, Action::Replace),
                None => push(*resource, Some(&behind.address), Action::Replace),
            }
        }
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
