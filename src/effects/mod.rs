//! What a deploy does when an argument changes: facts of the Terraform AWS provider and of CloudFormation, looked up for
//! every fix.
//!
//! The data is generated (see its first line): one line a resource type, sorted, so that a lookup parses one line only.

mod chained;
mod conditions;
pub mod schema;
mod stateful;
mod triggers;

pub use chained::{Behind, chained};
pub use stateful::is_stateful;
pub use triggers::triggered;

use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use self::conditions::New;
use crate::fix::{Change, Effect, Fix, Grade, cap};
use crate::model::{Body, Draft, DraftBody, DraftItem, Project, Resource, ResourceId};

static TERRAFORM: &str = include_str!("terraform.tsv");
static CLOUDFORMATION: &str = include_str!("cloudformation.tsv");

/// What is known of a resource type.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// Arguments (dotted paths) whose change replaces the resource.
    pub force_new: Vec<String>,
    /// Whether every change replaces it.
    pub no_update: bool,
    /// Replacement under a condition.
    pub conditional: Vec<Conditional>,
    /// Arguments that can't stand beside an argument.
    pub conflicts: BTreeMap<String, Vec<String>>,
    /// The values that an argument takes.
    #[serde(rename = "enum")]
    pub values: BTreeMap<String, Vec<serde_json::Value>>,
    /// Lowest and highest value, where there are such.
    pub int_range: BTreeMap<String, [Option<f64>; 2]>,
}

/// A path that replaces the resource when something else holds.
#[derive(Debug, Deserialize)]
pub struct Conditional {
    /// Dotted.
    pub path: String,
    /// In words.
    pub when: String,
}

/// The facts of a resource type; empty ones for a type that the data doesn't have. Each is read once a run.
pub fn facts(kind: &str) -> Arc<Facts> {
    static READ: OnceLock<RwLock<HashMap<String, Arc<Facts>>>> = OnceLock::new();
    let read = READ.get_or_init(RwLock::default);
    if let Some(known) = read.read().unwrap_or_else(PoisonError::into_inner).get(kind) {
        return known.clone();
    }
    let found = Arc::new(find(kind));
    read.write().unwrap_or_else(PoisonError::into_inner).insert(kind.to_owned(), found.clone());
    found
}

fn find(kind: &str) -> Facts {
    let data = if kind.contains("::") { CLOUDFORMATION } else { TERRAFORM };
    let lines = data.as_bytes();
    let (mut low, mut high) = (0, lines.len());
    while low < high {
        let middle = usize::midpoint(low, high);
        let start = data[..middle].rfind('\n').map_or(0, |n| n + 1);
        let end = data[middle..].find('\n').map_or(data.len(), |n| middle + n);
        let (name, json) = data[start..end].split_once('\t').unwrap_or(("", ""));
        match name.cmp(kind) {
            std::cmp::Ordering::Equal => return serde_json::from_str(json).unwrap_or_default(),
            std::cmp::Ordering::Less => low = end + 1,
            std::cmp::Ordering::Greater => high = start,
        }
    }
    Facts::default()
}

impl Facts {
    /// Whether setting `path` replaces the resource. A listed block does so when it is added or taken away; a change
    /// inside one that is there only where the inner path is listed too. `holds` says whether the condition of a listed
    /// path holds; what isn't known counts.
    fn replaces(&self, path: &str, body: &Body, holds: impl Fn(&str) -> Option<bool>) -> bool {
        let covers = |listed: &String| {
            let inside = path.strip_prefix(listed.as_str());
            inside.is_some_and(|rest| rest.is_empty() || rest.starts_with('.') && body.at(listed).is_null())
        };
        self.no_update
            || self.force_new.iter().any(covers)
            || self.conditional.iter().any(|c| covers(&c.path) && holds(&c.path) != Some(false))
    }
}

/// Sets the effect and the grade of a fix by the facts; refuses one that writes what the provider would refuse.
pub fn assess(project: &Project, fix: &mut Fix, accepted: &[Effect]) -> Result<(), String> {
    let mut stateful = false;
    let (mut redeployed, mut behind) = (BTreeSet::new(), BTreeSet::new());
    for change in &fix.changes {
        schema::refuse(project, change)?;
        let Some((resource, paths)) = changed(change) else { continue };
        let resource = project.resource(resource);
        let facts = facts(&resource.kind);
        if let Change::Set { content, .. } = change {
            let gone = |name: &str| {
                let removes = |change: &Change| {
                    matches!(change, Change::Remove { resource: of, names }
                    if *of == resource.id && names.iter().any(|removed| removed == name))
                };
                fix.changes.iter().any(removes)
            };
            refuse(project, resource, &facts, content, &gone)?;
        }
        if is_replaced(resource, change) {
            fix.effect = Effect::Replace;
            stateful |= is_stateful(&resource.kind);
        }
        behind.extend(chained(project, resource, &paths));
        redeployed.extend(triggered(project, resource, &paths).into_iter().map(|triggered| {
            stateful |= is_stateful(&triggered.kind);
            let same = project.instance(triggered.instance).module == project.instance(resource.instance).module;
            if same { triggered.address() } else { project.plan_address(triggered.id) }
        }));
    }
    for Behind { address, why, stateful: holds, .. } in behind {
        fix.effect = Effect::Replace;
        fix.notes.push(format!("replaces `{address}`, {why}"));
        stateful |= holds;
    }
    for address in redeployed {
        fix.effect = Effect::Replace;
        fix.notes.push(format!("replaces `{address}`, whose triggers refer to what changes"));
    }
    // Where an effect is all that stands against a fix, accepting it makes the fix safe.
    let accepts = matches!(fix.effect, Effect::Cost | Effect::Access) && accepted.contains(&fix.effect);
    if accepts && fix.grade == Grade::Review {
        fix.grade = Grade::Safe;
    }
    let cap = if fix.changes.is_empty() { Grade::Manual } else { cap(fix.effect, stateful, accepted) };
    fix.grade = fix.grade.min(cap);
    Ok(())
}

/// The resources that a fix replaces by what it sets or takes away.
pub fn replaced_by(project: &Project, fix: &Fix) -> BTreeSet<ResourceId> {
    let resources = fix.changes.iter().filter_map(|change| Some((changed(change)?.0, change)));
    resources.filter(|(id, change)| is_replaced(project.resource(*id), change)).map(|(id, _)| id).collect()
}

fn is_replaced(resource: &Resource, change: &Change) -> bool {
    let Some((_, paths)) = changed(change) else { return false };
    let new = |listed: &str| match change {
        Change::Set { content, .. } => argument(content, listed).map_or(New::Block, New::Value),
        Change::Remove { .. } => New::Removed,
        _ => New::Block,
    };
    let holds = |listed: &str| conditions::replaces(&resource.kind, listed, &resource.body, new(listed));
    let facts = facts(&resource.kind);
    paths.iter().any(|path| facts.replaces(path, &resource.body, holds))
}

/// The resource that a change updates, and the dotted paths in it.
fn changed(change: &Change) -> Option<(ResourceId, Vec<String>)> {
    match change {
        Change::Set { resource, content } => Some((*resource, content.paths())),
        Change::Append { resource, argument, .. }
        | Change::AppendStatement { resource, argument, .. }
        | Change::EditStatement { resource, argument, .. }
        | Change::RewriteStatements { resource, argument, .. }
        | Change::Rewire { resource, argument, .. } => Some((*resource, vec![argument.clone()])),
        Change::AppendBlock { resource, name, .. } => Some((*resource, vec![name.clone()])),
        Change::Remove { resource, names } => Some((*resource, names.clone())),
        Change::Add { .. }
        | Change::AddShared { .. }
        | Change::Copy { .. }
        | Change::AddData { .. }
        | Change::Pass { .. }
        | Change::SetInCall { .. }
        | Change::Delete { .. }
        | Change::Import { .. } => None,
    }
}

/// Conflicting arguments and values that the provider doesn't take. `gone`: whether the same fix takes an argument away.
fn refuse(
    project: &Project,
    resource: &Resource,
    facts: &Facts,
    content: &DraftBody,
    gone: &dyn Fn(&str) -> bool,
) -> Result<(), String> {
    for path in content.paths() {
        for other in facts.conflicts.get(&path).into_iter().flatten() {
            if content.paths().contains(other) || gone(other) {
                continue;
            }
            if !resource.body.at(other).is_null() {
                return Err(format!("`{path}` can't stand beside `{other}`"));
            }
            if let Some(written) = may_be_given(project, resource, other) {
                return Err(format!("`{path}` can't stand beside `{other}`, which `{written}` may give a value"));
            }
        }
        let Some(value) = argument(content, &path) else { continue };
        if let (Some(values), Some(text)) = (facts.values.get(&path), scalar(value)) {
            let known = |allowed: &serde_json::Value| match allowed.as_str() {
                Some(allowed) => allowed == text,
                None => allowed.as_f64() == text.parse().ok(),
            };
            if !values.iter().any(known) {
                return Err(format!("`{path}` doesn't take `{text}`"));
            }
        }
        if let (Some([low, high]), Draft::Number(n)) = (facts.int_range.get(&path), value) {
            let outside = |n: f64| low.is_some_and(|low| n < low) || high.is_some_and(|high| n > high);
            if n.parse::<f64>().is_ok_and(outside) {
                return Err(format!("`{path}` doesn't take {n}"));
            }
        }
    }
    Ok(())
}

/// What is written for an argument of a root module that is null only because nobody gave it another value: a root module's
/// variables may be set where it is used. Nothing where `null` itself is written.
fn may_be_given<'p>(project: &'p Project, resource: &Resource, name: &str) -> Option<&'p str> {
    let span = resource.body.entry(name)?.node.span;
    let written = project.file(span.file).text.get(span.range())?.trim();
    let is_root = project.instance(resource.instance).address.is_empty();
    (is_root && !written.is_empty() && written != "null").then_some(written)
}

fn argument<'a>(content: &'a DraftBody, path: &str) -> Option<&'a Draft> {
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    match content.items.iter().find(|(name, _)| name == first)?.1 {
        DraftItem::Argument(ref value) => Some(value),
        DraftItem::Block(ref body) => argument(body, rest),
    }
}

fn scalar(value: &Draft) -> Option<String> {
    match value {
        Draft::String(text) | Draft::Number(text) => Some(text.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_found_by_type() {
        assert!(facts("aws_lambda_permission").replaces("source_arn", &Body::default(), |_| None));
        assert!(!facts("aws_sqs_queue").replaces("sqs_managed_sse_enabled", &Body::default(), |_| None));
        assert!(facts("aws_sqs_queue").replaces("fifo_queue", &Body::default(), |_| None));
        assert_eq!(facts("aws_sqs_queue").conflicts["kms_master_key_id"], ["sqs_managed_sse_enabled"]);
        assert!(facts("aws_no_such_thing").force_new.is_empty());
        assert!(facts("AWS::Lambda::Permission").replaces("SourceArn", &Body::default(), |_| None));
        assert!(!facts("AWS::SQS::Queue").replaces("SqsManagedSseEnabled", &Body::default(), |_| None));
    }

    #[test]
    fn every_line_of_the_data_is_found() {
        for data in [TERRAFORM, CLOUDFORMATION] {
            every_line_is_found(data);
        }
    }

    fn every_line_is_found(data: &str) {
        let lines: Vec<_> = data.lines().filter(|line| !line.starts_with('#')).collect();
        assert!(lines.len() > 200 && lines.is_sorted());
        for line in lines {
            let (kind, json) = line.split_once('\t').expect("a tab");
            let known: serde_json::Value = serde_json::from_str(json).expect("JSON");
            let count = known["force_new"].as_array().map_or(0, Vec::len);
            assert_eq!(facts(kind).force_new.len(), count, "{kind}");
        }
    }
}
