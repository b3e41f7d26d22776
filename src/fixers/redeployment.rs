//! A REST API answers by its last deployment: what changes in its methods is live when a new one is made.

use super::apis::api_of;
use crate::catalogue::{Context, Verdict};
use crate::fix::{Change, Effect, Fix, Grade};
use crate::model::{Draft, DraftBody, DraftItem, Project, Resource, ResourceId};

/// What a deployment takes a picture of.
const PARTS: [&str; 2] = ["aws_api_gateway_method", "aws_api_gateway_integration"];
/// Calls in `triggers` that look at more than resources.
const EVERYTHING: [&str; 6] = ["file(", "filebase64", "filemd5(", "filesha", "fileset(", "timestamp("];
const TITLE: &str = "Make a new deployment whenever a method or an integration changes";

/// A deployment is made anew when its API changes.
pub(super) fn judge(context: &Context<'_>) -> Verdict {
    let (project, deployment) = (context.project, context.resource);
    let Some(api) = api_of(project, deployment).filter(|api| api.instance == deployment.instance) else {
        return Verdict::Unknown("its API stands elsewhere".into());
    };
    let triggers = deployment.body.entry("triggers").map(|entry| entry.node.span);
    let text = triggers.map(|span| without_comments(&project.file(span.file).text[span.range()]));
    if text.as_ref().is_some_and(|text| EVERYTHING.iter().any(|call| text.contains(call))) {
        return Verdict::Pass;
    }
    let parts: Vec<&Resource> = parts(project, api).collect();
    let missing: Vec<&Resource> = parts.iter().copied().filter(|part| !watches(deployment, part.id)).collect();
    let Some(first) = missing.first() else { return Verdict::Pass };
    if text.is_some() && deployment.watched.is_empty() {
        return Verdict::Unknown("what its triggers look at isn't known".into());
    }
    let others = match missing.len() {
        1 => String::new(),
        more => format!(" and {} others", more - 1),
    };
    let message = format!("a change of {}{others} makes no new deployment: it is never live", first.address());
    let fix = match obstacle(project, deployment) {
        Some(obstacle) => Fix::manual(TITLE, obstacle),
        None => fix(deployment, &missing, text.is_some()),
    };
    Verdict::fail(message, fix)
}

fn without_comments(text: &str) -> String {
    text.lines()
        .map(|line| line.split('#').next().unwrap_or(line))
        .filter(|line| !line.trim().starts_with("//"))
        .collect()
}

/// The methods and integrations of an API, in the order in which they stand.
fn parts<'a>(project: &'a Project, api: &'a Resource) -> impl Iterator<Item = &'a Resource> {
    let parts = project.resources.iter().filter(|part| PARTS.contains(&&*part.kind) && part.instance == api.instance);
    parts.filter(|part| api_of(project, part).is_some_and(|of| of.id == api.id))
}

/// Whether a change of `part` replaces the deployment. An id stays when the rest changes.
fn watches(deployment: &Resource, part: ResourceId) -> bool {
    let changes = |name: Option<&std::sync::Arc<str>>| name.is_none_or(|name| &**name != "id");
    deployment.watched.iter().any(|(_, reference)| reference.resource == part && changes(reference.path.first()))
}

/// Why a new deployment isn't what is meant.
fn obstacle(project: &Project, deployment: &Resource) -> Option<String> {
    let ignores = |stage: &&Resource| {
        stage.body.get("deployment_id").refers_to(deployment.id)
            && project.file(stage.span.file).text[stage.span.range()].contains("ignore_changes")
    };
    let stage = project.of_kind("aws_api_gateway_stage").find(ignores)?;
    Some(format!("{} has `ignore_changes`: it may be moved to deployments that others make", stage.address()))
}

fn fix(deployment: &Resource, missing: &[&Resource], has_triggers: bool) -> Fix {
    let whole = |part: &&Resource| Draft::Attribute(part.id, String::new());
    let mut set = DraftBody::default();
    let mut changes = Vec::new();
    if has_triggers {
        changes.push(Change::Append {
            resource: deployment.id,
            argument: "triggers".into(),
            value: Draft::List(missing.iter().map(whole).collect()),
        });
    } else {
        let list = Draft::List(missing.iter().map(whole).collect());
        let triggers = Draft::object([("redeployment", Draft::Digest(Box::new(list)))]);
        set.items.push(("triggers".into(), DraftItem::Argument(triggers)));
    }
    // A deployment that a stage points to can't be deleted first.
    if deployment.body.at("lifecycle.create_before_destroy").as_bool() != Some(true) {
        let first = DraftBody::arguments([("create_before_destroy", Draft::Bool(true))]);
        set = set.with_block("lifecycle", first);
    }
    if !set.items.is_empty() {
        changes.push(Change::Set { resource: deployment.id, content: set });
    }
    Fix {
        title: TITLE.into(),
        grade: Grade::Review,
        effect: Effect::Replace,
        changes,
        notes: vec![
            "the next apply makes a new deployment, moves the stages to it and deletes the old one: what was changed \
             since is live then"
                .into(),
        ],
    }
}
