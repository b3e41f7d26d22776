//! Answers to the GraphQL that is used: who asks, merging by itself, and the state of many pull requests at once. Documents,
//! variables and answers are held against GitHub's schema.

use serde_json::{Map, Value, json};

use super::State;
use super::graphql::Document;
use super::routes::{Reply, Request};
use super::world::{Identity, Repository, World};

pub(crate) fn answer(state: &mut State, request: &Request, who: &Identity) -> Reply {
    let reply = |body: Value| Reply { status: 200, body, ..Reply::default() };
    let variables = &request.body["variables"];
    let document = match Document::parse(request.body["query"].as_str().unwrap_or_default()) {
        Ok(document) => document,
        Err(message) => {
            state.wrong.push(message.clone());
            return reply(json!({ "errors": [{ "message": message }] }));
        }
    };
    state.wrong.extend(document.request_faults(variables));
    let body = match document.root() {
        "viewer" => json!({ "data": { "viewer": { "login": who.login } } }),
        "enablePullRequestAutoMerge" => enable_auto_merge(&mut state.world, variables),
        "repository" => states(&mut state.world, variables),
        other => json!({ "errors": [{ "message": format!("not known here: {other}") }] }),
    };
    // With an error, members may be missing.
    if !body["data"].is_null() {
        state.wrong.extend(document.answer_faults(&body["data"]));
    }
    reply(body)
}

fn enable_auto_merge(world: &mut World, variables: &Value) -> Value {
    let number = variables["id"].as_str().and_then(|id| id.strip_prefix("PR_")?.parse().ok()).unwrap_or(0);
    let method = variables["method"].as_str().unwrap_or_default();
    let error = |message: &str| json!({ "data": null, "errors": [{ "type": "UNPROCESSABLE", "message": message }] });
    for repository in world.repositories.values_mut() {
        let allows = repository.allows_auto_merge;
        let Some(pull) = repository.pull(number) else { continue };
        if !allows {
            return error("Auto merge is not allowed for this repository");
        }
        pull.auto_merge = Some(method.to_lowercase());
        pull.events.push(("auto_squash_enabled".into(), String::new()));
        return json!({ "data": { "enablePullRequestAutoMerge": { "pullRequest": { "number": number } } } });
    }
    error("Could not resolve to a node with the global id")
}

/// `r0: repository(owner: $o0, name: $n0) { pullRequest(number: $p0) { ... } }` and so on. What isn't there is null, and an
/// error besides, as GitHub does it.
fn states(world: &mut World, variables: &Value) -> Value {
    let (mut data, mut errors) = (Map::new(), Vec::new());
    for i in 0.. {
        let Some(owner) = variables[format!("o{i}")].as_str() else { break };
        let name = format!("{owner}/{}", variables[format!("n{i}")].as_str().unwrap());
        let number = variables[format!("p{i}")].as_u64().unwrap();
        let shown = world.repositories.get_mut(&name).map(|repository| state(repository, number));
        if shown.as_ref().is_none_or(Value::is_null) {
            let message = format!("Could not resolve to a Repository with the name '{name}'.");
            errors.push(json!({ "type": "NOT_FOUND", "path": [format!("r{i}")], "message": message }));
        }
        data.insert(format!("r{i}"), shown.map_or(Value::Null, |pull| json!({ "pullRequest": pull })));
    }
    if errors.is_empty() { json!({ "data": data }) } else { json!({ "data": data, "errors": errors }) }
}

fn state(repository: &mut Repository, number: u64) -> Value {
    let Some(pull) = repository.pull(number) else { return Value::Null };
    let state = if pull.merged { "MERGED" } else { ["CLOSED", "OPEN"][usize::from(pull.open)] };
    let closer = pull.events.iter().rev().find(|(event, _)| event == "closed").map(|(_, login)| login.clone());
    let closed: Vec<Value> = closer.iter().map(|login| json!({ "actor": { "login": login } })).collect();
    json!({ "state": state, "isDraft": pull.draft, "timelineItems": { "nodes": closed } })
}
