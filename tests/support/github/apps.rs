//! What an app asks for itself: its installation, and tokens of it.

use serde_json::json;

use super::routes::{Reply, Request};
use super::world::{Identity, World};

/// Answers a request that an app signed with its key.
pub(crate) fn answer(world: &mut World, request: &Request) -> Reply {
    let path = request.path.clone();
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let installation = |is_there: bool, owner: &str| {
        let installation = json!({ "id": 7, "app_id": 1, "account": { "login": owner }, "events": [] });
        if is_there { (200, installation) } else { (404, json!({ "message": "Not Found" })) }
    };
    let owns = |owner: &str| world.repositories.keys().any(|name| name.split('/').next() == Some(owner));
    let (template, (status, body)) = match (request.method.as_str(), parts.as_slice()) {
        ("GET", ["repos", owner, name, "installation"]) => (
            "/repos/{owner}/{repo}/installation",
            installation(world.repositories.contains_key(&format!("{owner}/{name}")), owner),
        ),
        ("GET", ["orgs", owner, "installation"]) => ("/orgs/{org}/installation", installation(owns(owner), owner)),
        ("GET", ["users", owner, "installation"]) => {
            ("/users/{username}/installation", installation(owns(owner), owner))
        }
        ("POST", ["app", "installations", "7", "access_tokens"]) => {
            let token = format!("installation-{}", world.next());
            let ends = world.token_ends.clone();
            if ends.is_some() {
                world.tokens.retain(|token, _| !token.starts_with("installation-"));
            }
            let who = Identity { login: "terramend[bot]".into(), writes: true };
            world.tokens.insert(token.clone(), who);
            let body = json!({ "token": token, "expires_at": ends.as_deref().unwrap_or("2099-01-01T00:00:00Z"), "permissions": {}, "repository_selection": "all" });
            ("/app/installations/{installation_id}/access_tokens", (201, body))
        }
        _ => ("", (404, json!({ "message": "Not Found" }))),
    };
    Reply { template, status, body, ..Reply::default() }
}
