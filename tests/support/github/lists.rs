//! GitHub's lists of repositories: of an organisation, a person, an installation, and what a search finds.

use serde_json::{Value, json};

use super::routes::{Reply, Request, page};
use super::world::World;

/// Answers a request for a list of repositories.
pub(crate) fn answer(world: &World, request: &Request) -> Option<Reply> {
    let parts: Vec<&str> = request.path.trim_matches('/').split('/').collect();
    if request.method != "GET" {
        return None;
    }
    let of = |owner: &str| -> Vec<Value> {
        let own = world.repositories.iter().filter(|(name, _)| name.split('/').next() == Some(owner));
        own.map(|(name, repository)| repository.show(name)).collect()
    };
    let (template, body) = match parts.as_slice() {
        ["orgs", org, "repos"] => ("/orgs/{org}/repos", page(request, of(org))),
        ["users", user, "repos"] => ("/users/{username}/repos", page(request, of(user))),
        ["installation", "repositories"] => {
            let all: Vec<Value> = world.repositories.iter().map(|(name, repository)| repository.show(name)).collect();
            let count = all.len();
            ("/installation/repositories", json!({ "total_count": count, "repositories": page(request, all) }))
        }
        ["search", "repositories"] => {
            let query = request.query("q").unwrap_or_default();
            let all: Vec<Value> = world
                .repositories
                .iter()
                .map(|(name, repository)| (name, repository.show(name)))
                .filter(|(name, shown)| query.split_whitespace().all(|word| finds(word, name, shown)))
                .filter(|(_, shown)| shown["fork"] == false || query.contains("fork:true"))
                .map(|(_, shown)| shown)
                .collect();
            let body = json!({ "total_count": all.len(), "incomplete_results": false, "items": page(request, all) });
            ("/search/repositories", body)
        }
        ["orgs", org, "properties", "values"] => {
            let own = world.repositories.iter().filter(|(name, _)| name.split('/').next() == Some(*org));
            let values = own.map(|(name, repository)| {
                let pairs = repository.properties.iter();
                let all: Vec<Value> = pairs.map(|(k, v)| json!({ "property_name": k, "value": v })).collect();
                json!({
                    "repository_id": repository.id, "repository_full_name": name,
                    "repository_name": name.rsplit('/').next(), "properties": all,
                })
            });
            ("/orgs/{org}/properties/values", page(request, values.collect()))
        }
        _ => return None,
    };
    Some(Reply { template, status: 200, body, ..Reply::default() })
}

/// Whether a repository has what one word of a search asks for.
fn finds(word: &str, name: &str, shown: &Value) -> bool {
    let Some((qualifier, value)) = word.split_once(':') else { return name.contains(word) };
    match qualifier {
        "org" | "user" => name.split('/').next() == Some(value),
        "topic" => shown["topics"].as_array().is_some_and(|topics| topics.iter().any(|topic| topic == value)),
        "language" => shown["language"].as_str().is_some_and(|language| language.eq_ignore_ascii_case(value)),
        "archived" => shown["archived"] == (value == "true"),
        "fork" => true,
        other => panic!("the qualifier {other} isn't known here"),
    }
}
