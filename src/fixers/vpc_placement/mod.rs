//! Functions run in the VPC of the private stores that they connect to.
//!
//! Only on evidence ([`user::connections`]), and only with what the configuration has: its subnets, its groups. What
//! would cut a function from something that it calls is shown, not written.

mod endpoints;
mod site;
mod template;
mod write;

pub(super) use self::template::{private_store, store_network};

use self::site::Site;
use crate::catalogue::{Context, Verdict};
use crate::fix::Fix;
use crate::iam::role;
use crate::iam::scope::{log_group, published};
use crate::model::{Project, Resource, Value};
use crate::network::store::Store;
use crate::network::user::{self, Connection};

const TITLE: &str = "Run it in the VPC";

pub(super) fn judge(context: &Context<'_>) -> Verdict {
    let (project, function) = (context.project, context.resource);
    let at_edge = project.settle(&function.body.get("lambda_at_edge")) == Value::Bool(true);
    if at_edge || log_group::at_edge(project, function) {
        return left_outside(context, function, "CloudFront invokes it at the edge, where a function has no VPC");
    }
    // What the registry's module makes is judged like what is declared, and repaired in the call.
    placed(&Context { resource: &published::view(project, function), ..*context })
}

/// A function that stays outside is a finding where the option asks for one.
fn left_outside(context: &Context<'_>, function: &Resource, why: &str) -> Verdict {
    let asked = context.option("every_function").as_bool() == Some(true);
    match user::is_inside(context.project, function) {
        Some(false) if asked => Verdict::show("it runs outside of a VPC", "Leave it outside", why),
        Some(false) => Verdict::Exempt(why.into()),
        _ => Verdict::Pass,
    }
}

fn placed(context: &Context<'_>) -> Verdict {
    let (project, function) = (context.project, context.resource);
    let mut connections = user::connections(project, function);
    connections.retain(|connection| !uses_data_api(project, function, connection.store));
    let public = |connection: &Connection<'_>| connection.store.is_public(project);
    // A domain outside of any VPC has nothing to be placed beside.
    connections.retain(|connection| public(connection) == Some(false) || !connection.store.opened(project).is_empty());
    let Some(first) = connections.first() else {
        if !function.body.get("capacity_provider_config").is_null() {
            let why = "it runs on the instances of its capacity provider, which says where these are";
            return left_outside(context, function, why);
        }
        let why = "nothing here shows that it connects to something which only a VPC reaches: inside it would gain nothing, and reach the internet and AWS's services by NAT or endpoints only";
        return left_outside(context, function, why);
    };
    match user::is_inside(project, function) {
        Some(true) => return Verdict::Pass,
        None => return Verdict::Unknown("whether it runs in a VPC isn't known before a deploy".into()),
        Some(false) => {}
    }
    let reach = if public(first) == Some(false) { "which only its VPC reaches" } else { "over the internet" };
    let message = format!("{}, {reach}", first.evidence);
    let fix = match Site::find(context, &connections) {
        Ok(site) => write::fix(context, &connections, &site),
        Err(reason) => Fix::manual(TITLE, reason),
    };
    Verdict::Fail(Box::new(crate::catalogue::Failure { message, at: first.at, fix: Ok(fix) }))
}

/// Whether a function speaks to a cluster by HTTPS only: the Data API needs no connection.
fn uses_data_api(project: &Project, function: &Resource, store: Store<'_>) -> bool {
    let Value::Reference(reference) = function.body.get("role") else { return false };
    let grants = role::grants(project, project.resource(reference.resource));
    let mut actions = grants.allowed_actions().flatten();
    store.resource.body.get("enable_http_endpoint").as_bool() == Some(true)
        && actions.any(|action| action.starts_with("rds-data:"))
}
