//! Issues of a repository, as far as a dashboard needs them.

use serde_json::{Value, json};

use super::routes::{Reply, Request, page, refusal, reply};
use super::world::{Identity, Issue, Repository};

impl Repository {
    /// `/repos/{owner}/{repo}/issues` and what is below.
    pub(crate) fn issue_route(
        &mut self,
        name: &str,
        request: &Request,
        who: &Identity,
        rest: &[&str],
        number: u64,
    ) -> Option<(&'static str, Reply)> {
        const ALL: &str = "/repos/{owner}/{repo}/issues";
        const ONE: &str = "/repos/{owner}/{repo}/issues/{issue_number}";
        Some(match (request.method.as_str(), rest) {
            ("GET", ["issues"]) => {
                let state = request.query("state").unwrap_or("open");
                let wanted = |issue: &&Issue| {
                    (state == "all" || issue.open == (state == "open"))
                        && request.query("creator").is_none_or(|creator| creator == issue.author)
                };
                // GitHub lists pull requests among them, and the newest first.
                let pulls = self.pulls.iter().filter(|pull| state == "all" || pull.open == (state == "open"));
                let pulls = pulls.map(|pull| {
                    let of = json!({ "url": "x", "html_url": "x", "diff_url": "x", "patch_url": "x" });
                    json!({ "number": pull.number, "title": pull.title, "body": pull.body, "state": "open", "user": { "login": pull.author }, "pull_request": of })
                });
                let mut all: Vec<Value> = self.issues.iter().filter(wanted).map(|issue| show(name, issue)).collect();
                all.extend(pulls);
                all.sort_by_key(|issue| std::cmp::Reverse(issue["number"].as_u64()));
                (ALL, reply(200, page(request, all)))
            }
            ("POST", ["issues"]) => {
                if request.text("body").chars().count() > 65_536 {
                    return Some((ALL, refusal(422, "body is too long (maximum is 65536 characters)")));
                }
                let issue = Issue {
                    number,
                    author: who.login.clone(),
                    title: request.text("title").into(),
                    body: request.text("body").into(),
                    open: true,
                };
                let shown = show(name, &issue);
                self.issues.push(issue);
                (ALL, reply(201, shown))
            }
            (method @ ("GET" | "PATCH"), ["issues", id]) => {
                let id: u64 = id.parse().ok()?;
                let Some(issue) = self.issues.iter_mut().find(|issue| issue.number == id) else {
                    return Some((ONE, refusal(404, "Not Found")));
                };
                if method == "PATCH" {
                    for (field, key) in [(&mut issue.title, "title"), (&mut issue.body, "body")] {
                        if let Some(text) = request.body[key].as_str() {
                            text.clone_into(field);
                        }
                    }
                }
                (ONE, reply(200, show(name, issue)))
            }
            _ => return None,
        })
    }
}

fn show(name: &str, issue: &Issue) -> Value {
    json!({
        "number": issue.number, "title": issue.title, "body": issue.body, "user": { "login": issue.author },
        "state": if issue.open { "open" } else { "closed" },
        "html_url": format!("https://github.com/{name}/issues/{}", issue.number),
    })
}
