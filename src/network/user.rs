//! What a function connects to, on evidence: its environment, a secret or parameter that it is given, its file system,
//! and what its role may do.

use std::sync::Arc;

use super::store::{self, Store};
use crate::iam::role;
use crate::iam::scope::published;
use crate::model::{Project, Reference, Resource, ResourceId, Value};
use crate::source::Span;

/// One connection of a function.
#[derive(Debug, Clone)]
pub struct Connection<'a> {
    /// The store.
    pub store: Store<'a>,
    /// The attribute that the function is given, empty where it is none.
    pub attribute: Arc<str>,
    /// What shows it, as the start of a sentence.
    pub evidence: String,
    /// Where it stands, when that is in the function.
    pub at: Option<Span>,
}

/// Actions that are used over a connection to the store; others are calls of an API that is reached from everywhere.
const CONNECTING: [&str; 6] =
    ["rds-db:connect", "elasticache:Connect", "memorydb:Connect", "neptune-db:", "dax:", "es:ESHttp"];
const KAFKA: &str = "kafka-cluster:";

/// The stores that a function certainly connects to, each once.
///
/// An event source is none of them: Lambda's poller connects to it from the source's own subnets.
pub fn connections<'a>(project: &'a Project, function: &'a Resource) -> Vec<Connection<'a>> {
    let mut found = environment(project, function);
    found.extend(file_system(project, function));
    found.extend(
        by_policy(project, function, &event_sources(project, function))
            .into_iter()
            .filter(|c| !others_may_connect(project, function, c.store)),
    );
    let mut seen: Vec<ResourceId> = Vec::new();
    found.retain(|connection| {
        let id = connection.store.resource.id;
        let new = !seen.contains(&id);
        seen.push(id);
        new
    });
    found
}

/// The references that are certainly part of a value: those of one arm of a choice are not.
fn certain<'a>(value: &'a Value, visit: &mut dyn FnMut(&'a Reference)) {
    match value {
        Value::Reference(reference) => visit(reference),
        Value::List(nodes) | Value::Text(nodes) => nodes.iter().for_each(|node| certain(&node.value, visit)),
        Value::Map(body) => body.entries.iter().for_each(|entry| certain(&entry.node.value, visit)),
        Value::Json(node) => certain(&node.value, visit),
        _ => {}
    }
}

fn environment<'a>(project: &'a Project, function: &'a Resource) -> Vec<Connection<'a>> {
    let mut found = Vec::new();
    let variables = function.body.blocks("environment").filter_map(|block| block.entry("variables"));
    for entry in variables.filter_map(|variables| variables.node.value.as_map()).flat_map(|body| &body.entries) {
        certain(&entry.node.value, &mut |reference| {
            let direct = store::connected(project, reference).map(|store| (store, reference.clone(), String::new()));
            let through = || behind(project, reference);
            if let Some((store, reference, how)) = direct.or_else(through) {
                found.push(Connection {
                    store,
                    attribute: reference.path.first().cloned().unwrap_or_default(),
                    evidence: format!(
                        "its environment variable {} names {}{how}",
                        entry.name,
                        store.resource.address()
                    ),
                    at: Some(entry.span),
                });
            }
        });
    }
    found
}

/// The store that a secret or a parameter names.
fn behind<'a>(project: &'a Project, given: &Reference) -> Option<(Store<'a>, Reference, String)> {
    let holder = project.resource(given.resource);
    let contents: Vec<Value> = match &*holder.kind {
        "aws_ssm_parameter" => vec![holder.body.get("value")],
        "aws_secretsmanager_secret_version" => vec![holder.body.get("secret_string")],
        "aws_secretsmanager_secret" => {
            let versions = project.of_kind("aws_secretsmanager_secret_version");
            let own = versions.filter(|version| version.body.get("secret_id").refers_to(holder.id));
            own.map(|version| version.body.get("secret_string")).collect()
        }
        _ => return None,
    };
    let mut found = None;
    for content in &contents {
        certain(content, &mut |reference| {
            if let Some(store) = store::connected(project, reference).filter(|_| found.is_none()) {
                found = Some((store, reference.clone(), format!(" by {}", holder.address())));
            }
        });
    }
    found
}

/// The mount target of the file system that a function mounts.
fn file_system<'a>(project: &'a Project, function: &'a Resource) -> Option<Connection<'a>> {
    let block = function.body.entry("file_system_config")?;
    let Value::Reference(point) = block.node.value.as_map()?.get("arn") else { return None };
    let Value::Reference(system) = project.resource(point.resource).body.get("file_system_id") else { return None };
    let mut targets = project.of_kind("aws_efs_mount_target");
    let target = targets.find(|target| target.body.get("file_system_id").refers_to(system.resource))?;
    Some(Connection {
        store: store::of(project, target)?,
        attribute: Arc::default(),
        evidence: format!("it mounts {}", project.resource(system.resource).address()),
        at: Some(block.span),
    })
}

/// The stores that a function's role may connect to; `polled` are those of event sources, whose poller signs in with it.
fn by_policy<'a>(project: &'a Project, function: &'a Resource, polled: &[ResourceId]) -> Vec<Connection<'a>> {
    let Value::Reference(reference) = function.body.get("role") else { return Vec::new() };
    let role = project.resource(reference.resource);
    let mut found = Vec::new();
    for statement in role::grants(project, role).statements() {
        if statement.allow != Some(true) || statement.not_actions || statement.not_resources {
            continue;
        }
        let actions: Vec<&str> = statement.actions.iter().filter_map(Value::as_str).collect();
        let connecting = |prefixes: &[&str]| {
            actions.iter().copied().find(|action| prefixes.iter().any(|prefix| action.starts_with(prefix)))
        };
        let resources = statement.resources.iter().flat_map(references);
        for store in resources.filter_map(|id| store::of(project, project.resource(id))) {
            let polled = polled.contains(&store.resource.id);
            let action = connecting(&CONNECTING).or_else(|| connecting(&[KAFKA]).filter(|_| !polled));
            if let Some(action) = action {
                found.push(Connection {
                    store,
                    attribute: if action.starts_with(KAFKA) {
                        "bootstrap_brokers_sasl_iam".into()
                    } else {
                        Arc::default()
                    },
                    evidence: format!("its role allows {action} on {}", store.resource.address()),
                    at: None,
                });
            }
        }
    }
    found
}

/// Whether another function's role may connect to a store, too. Then the grant doesn't show which of them does: roles are
/// shared, and copied with all that they allow.
fn others_may_connect(project: &Project, function: &Resource, store: Store<'_>) -> bool {
    let others = project.of_kind("aws_lambda_function").filter(|other| other.span != function.span);
    others.into_iter().any(|other| by_policy(project, other, &[]).iter().any(|connection| connection.store == store))
}

fn references(value: &Value) -> Vec<ResourceId> {
    let mut found = Vec::new();
    certain(value, &mut |reference| found.push(reference.resource));
    found
}

/// What Lambda polls for a function.
fn event_sources(project: &Project, function: &Resource) -> Vec<ResourceId> {
    let mappings = project.of_kind("aws_lambda_event_source_mapping");
    let own = mappings.filter(|mapping| mapping.body.get("function_name").refers_to(function.id));
    own.flat_map(|mapping| references(&mapping.body.get("event_source_arn"))).collect()
}

/// Whether a function runs in a VPC; nothing when that isn't known.
pub fn is_inside(project: &Project, function: &Resource) -> Option<bool> {
    match project.settle(&function.body.at("vpc_config.subnet_ids")) {
        Value::List(subnets) => Some(!subnets.is_empty()),
        value => value.is_present(),
    }
}

/// A function outside of the VPC that connects to a store, or to the cluster of a member.
pub fn outside<'a>(project: &'a Project, store: Store<'_>) -> impl Iterator<Item = &'a Resource> + use<'a> {
    let id = store.resource.id;
    published::functions(project).filter(move |function| {
        let seen = published::view(project, function);
        let connects = || connections(project, &seen).iter().any(|connection| connection.store.resource.id == id);
        is_inside(project, &seen) == Some(false) && connects()
    })
}
