//! GitHub's REST routes over the world. Refusals and their words are GitHub's.

use serde_json::{Value, json};

use super::objects::{Commit, Object, email};
use super::world::{Identity, Pull, Repository, World};

/// A request.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Decoded, without the query.
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) token: Option<String>,
    pub(crate) body: Value,
}

/// An answer; `template` is the operation's path in GitHub's description.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reply {
    pub(crate) template: &'static str,
    pub(crate) status: u16,
    pub(crate) body: Value,
    pub(crate) location: Option<String>,
    /// Sent instead of the body.
    pub(crate) bytes: Option<Vec<u8>>,
}

pub(super) fn reply(status: u16, body: Value) -> Reply {
    Reply { status, body, ..Reply::default() }
}

pub(super) fn refusal(status: u16, message: &str) -> Reply {
    reply(
        status,
        json!({ "message": message, "documentation_url": "https://docs.github.com/rest", "status": status.to_string() }),
    )
}

fn invalid(resource: &str, message: &str) -> Reply {
    let error = json!({ "resource": resource, "code": "custom", "message": message });
    let text = json!({ "message": "Validation Failed", "errors": [error], "documentation_url": "https://docs.github.com/rest" });
    reply(422, text)
}

fn invalid_field(resource: &str, field: &str) -> Reply {
    let error = json!({ "resource": resource, "field": field, "code": "invalid" });
    let text = json!({ "message": "Validation Failed", "errors": [error], "documentation_url": "https://docs.github.com/rest" });
    reply(422, text)
}

impl Request {
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn text(&self, name: &str) -> &str {
        self.body[name].as_str().unwrap_or_default()
    }
}

impl World {
    /// Answers a request of an identity.
    pub(crate) fn answer(&mut self, request: &Request, who: &Identity) -> Reply {
        let path = request.path.clone();
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        let (name, rest) = match parts.as_slice() {
            ["repos", owner, name, rest @ ..] => (format!("{owner}/{name}"), rest),
            ["repositories", id] => {
                let found = self.repositories.iter().find(|(_, repository)| repository.id.to_string() == *id);
                return found.map_or_else(
                    || refusal(404, "Not Found"),
                    |(name, repository)| Reply {
                        template: "/repos/{owner}/{repo}",
                        ..reply(200, repository.show(name))
                    },
                );
            }
            _ => return refusal(404, "Not Found"),
        };
        if let Some(new) = self.renamed.get(&name) {
            let id = self.repositories[new].id;
            let moved = reply(
                301,
                json!({ "message": "Moved Permanently", "url": format!("/repositories/{id}"), "documentation_url": "x" }),
            );
            return Reply { template: "/repos/{owner}/{repo}", location: Some(format!("/repositories/{id}")), ..moved };
        }
        if let ("POST", ["forks"], true) = (request.method.as_str(), rest, self.repositories.contains_key(&name)) {
            let owner = request.body["organization"].as_str().unwrap_or(&who.login).to_owned();
            let fork = self.fork(&name, &owner);
            let shown = self.repositories[&fork].show(&fork);
            return Reply { template: "/repos/{owner}/{repo}/forks", ..reply(202, shown) };
        }
        self.share(&name);
        let number = self.next();
        let Some(repository) = self.repositories.get_mut(&name) else { return refusal(404, "Not Found") };
        if request.method != "GET" && repository.archived {
            return refusal(403, "Repository was archived so is read-only.");
        }
        // Whoever reads may propose; what he opened, he may change.
        let is_own = name.starts_with(&format!("{}/", who.login))
            || match (request.method.as_str(), rest) {
                ("POST", ["pulls"]) => request.text("head").starts_with(&format!("{}:", who.login)),
                ("PATCH", ["pulls", id]) => {
                    repository.pull(id.parse().unwrap_or_default()).is_some_and(|pull| pull.author == who.login)
                }
                _ => false,
            };
        if request.method != "GET" && !who.writes && !is_own {
            return refusal(403, "Resource not accessible by integration");
        }
        let (template, reply) = repository.route(&name, request, who, rest, number);
        Reply { template, ..reply }
    }
}

impl Repository {
    fn route(
        &mut self,
        name: &str,
        request: &Request,
        who: &Identity,
        rest: &[&str],
        number: u64,
    ) -> (&'static str, Reply) {
        if let Some(reply) = self.issue_route(name, request, who, rest, number) {
            return reply;
        }
        match (request.method.as_str(), rest) {
            ("GET", []) => ("/repos/{owner}/{repo}", reply(200, self.show(name))),
            ("GET", ["git", "ref", ..]) if self.not_ready > 0 => {
                self.not_ready -= 1;
                ("/repos/{owner}/{repo}/git/ref/{ref}", refusal(409, "Git Repository is empty."))
            }
            ("GET", ["git", "ref", reference @ ..]) => {
                ("/repos/{owner}/{repo}/git/ref/{ref}", self.reference(&reference.join("/")))
            }
            ("GET", ["git", "matching-refs", start @ ..]) => {
                let start = start.join("/");
                let all: Vec<Value> = self
                    .references
                    .keys()
                    .filter(|name| name.starts_with(&start))
                    .map(|name| self.show_reference(name))
                    .collect();
                ("/repos/{owner}/{repo}/git/matching-refs/{ref}", reply(200, json!(all)))
            }
            ("GET", ["git", "commits", id]) => {
                ("/repos/{owner}/{repo}/git/commits/{commit_sha}", self.found(self.show_commit(id)))
            }
            ("GET", ["git", "trees", id]) => {
                let recursive = request.query("recursive").is_some();
                // Trees may be asked for by a branch.
                let id = self.references.get(&format!("heads/{id}")).map_or(*id, String::as_str);
                let tree = self.objects.treeish(id).map(|id| self.show_tree(&id, recursive));
                ("/repos/{owner}/{repo}/git/trees/{tree_sha}", self.found(tree))
            }
            ("POST", ["git", "trees"]) => ("/repos/{owner}/{repo}/git/trees", self.create_tree(request)),
            ("POST", ["git", "commits"]) => {
                ("/repos/{owner}/{repo}/git/commits", self.create_commit(request, who, number))
            }
            ("POST", ["git", "refs"]) => ("/repos/{owner}/{repo}/git/refs", self.create_reference(request)),
            ("PATCH", ["git", "refs", reference @ ..]) => {
                ("/repos/{owner}/{repo}/git/refs/{ref}", self.update_reference(&reference.join("/"), request))
            }
            ("DELETE", ["git", "refs", reference @ ..]) => {
                let done = self.delete(&reference.join("/"));
                let reply = if done { reply(204, Value::Null) } else { refusal(422, "Reference does not exist") };
                ("/repos/{owner}/{repo}/git/refs/{ref}", reply)
            }
            ("GET", ["compare", range]) => ("/repos/{owner}/{repo}/compare/{basehead}", self.compare(range, request)),
            ("GET", ["pulls", id]) => {
                let pull = id.parse().ok().and_then(|id| self.pull(id)).map(|pull| show_pull(name, pull));
                ("/repos/{owner}/{repo}/pulls/{pull_number}", self.found(pull))
            }
            ("GET", ["pulls"]) => ("/repos/{owner}/{repo}/pulls", reply(200, self.list_pulls(name, request))),
            ("POST", ["pulls"]) => ("/repos/{owner}/{repo}/pulls", self.create_pull(name, request, who, number)),
            ("PATCH", ["pulls", id]) => {
                ("/repos/{owner}/{repo}/pulls/{pull_number}", self.update_pull(name, id, request))
            }
            ("POST", ["issues", id, "labels"]) => {
                ("/repos/{owner}/{repo}/issues/{issue_number}/labels", self.add_labels(id, request))
            }
            ("GET", ["issues", id, "events"]) => {
                let events = self.events(id).map(|all| page(request, all));
                ("/repos/{owner}/{repo}/issues/{issue_number}/events", self.found(events))
            }
            ("POST", ["pulls", id, "requested_reviewers"]) => (
                "/repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers",
                self.request_reviews(name, id, request),
            ),
            _ => ("", refusal(404, "Not Found")),
        }
    }

    fn found(&self, value: Option<Value>) -> Reply {
        match value {
            Some(value) => reply(200, value),
            None if self.references.is_empty() => refusal(409, "Git Repository is empty."),
            None => refusal(404, "Not Found"),
        }
    }

    pub(crate) fn show(&self, name: &str) -> Value {
        let (owner, short) = name.split_once('/').unwrap();
        let mut shown = json!({
            "id": self.id, "full_name": name, "name": short, "owner": { "login": owner, "type": "Organization" },
            "default_branch": self.default_branch, "archived": self.archived, "disabled": false, "fork": self.fork,
            "private": true, "visibility": "private", "is_template": false, "size": 10, "language": "HCL", "topics": [],
            "pushed_at": "2026-01-01T00:00:00Z",
        });
        for (key, value) in &self.about {
            shown[key] = value.clone();
        }
        if let Some(parent) = &self.parent {
            shown["parent"] = json!({ "full_name": parent });
        }
        shown
    }

    fn show_reference(&self, name: &str) -> Value {
        json!({ "ref": format!("refs/{name}"), "node_id": "R", "url": "x", "object": { "type": "commit", "sha": self.references[name], "url": "x" } })
    }

    fn reference(&self, name: &str) -> Reply {
        self.found(self.references.contains_key(name).then(|| self.show_reference(name)))
    }

    fn show_commit(&self, id: &str) -> Option<Value> {
        let commit = self.objects.commit(id)?;
        let person = |login: &str| json!({ "name": login, "email": email(login), "date": "2026-01-01T00:00:00Z" });
        Some(json!({
            "sha": id, "tree": { "sha": commit.tree, "url": "x" }, "message": commit.message.trim_end(),
            "author": person(&commit.author), "committer": person(&commit.committer),
            "parents": commit.parents.iter().map(|sha| json!({ "sha": sha, "url": "x", "html_url": "x" })).collect::<Vec<_>>(),
            "verification": { "verified": commit.signed, "reason": if commit.signed { "valid" } else { "unsigned" }, "signature": null, "payload": null, "verified_at": null },
        }))
    }

    fn show_tree(&self, id: &str, recursive: bool) -> Value {
        let mut entries: Vec<Value> = Vec::new();
        let entry = |path: &str, mode: &str, sha: &str| {
            let kind = if mode == "040000" { "tree" } else { "blob" };
            json!({ "path": path, "mode": mode, "type": kind, "sha": sha, "url": "x" })
        };
        if recursive {
            entries.extend(self.objects.files(id).iter().map(|(path, (mode, sha))| entry(path, mode, sha)));
        } else {
            let own = self.objects.tree(id).into_iter().flatten();
            entries.extend(own.map(|(name, (mode, sha))| entry(name, mode, sha)));
        }
        let longest = self.longest_tree.filter(|longest| recursive && entries.len() > *longest);
        entries.truncate(longest.unwrap_or(usize::MAX));
        json!({ "sha": id, "url": "x", "tree": entries, "truncated": longest.is_some() })
    }

    fn create_tree(&mut self, request: &Request) -> Reply {
        let Some(base) = self.objects.treeish(request.text("base_tree")) else {
            return refusal(404, "Not Found");
        };
        let mut files = self.objects.files(&base);
        for entry in request.body["tree"].as_array().into_iter().flatten() {
            let id = self.objects.add(Object::Blob(entry["content"].as_str().unwrap().as_bytes().to_vec()));
            files.insert(entry["path"].as_str().unwrap().to_owned(), (entry["mode"].as_str().unwrap().to_owned(), id));
        }
        let id = self.objects.write(&files);
        reply(201, self.show_tree(&id, false))
    }

    fn create_commit(&mut self, request: &Request, who: &Identity, number: u64) -> Reply {
        let parents: Vec<String> =
            request.body["parents"].as_array().into_iter().flatten().map(|p| p.as_str().unwrap().to_owned()).collect();
        if self.objects.tree(request.text("tree")).is_none() {
            return refusal(422, "Tree SHA does not exist");
        }
        let commit = Commit {
            tree: request.text("tree").into(),
            parents,
            author: who.login.clone(),
            committer: who.login.clone(),
            message: request.text("message").into(),
            at: 1_800_000_000 + number,
            // GitHub signs what bots commit when nobody else is named.
            signed: who.login.ends_with("[bot]") && request.body["author"].is_null(),
        };
        let id = self.objects.add(Object::Commit(commit));
        reply(201, self.show_commit(&id).unwrap())
    }

    fn create_reference(&mut self, request: &Request) -> Reply {
        let Some(name) = request.text("ref").strip_prefix("refs/").map(str::to_owned) else {
            return refusal(422, "Reference name must start with 'refs/'.");
        };
        let sha = request.text("sha");
        if self.references.contains_key(&name) {
            return refusal(422, "Reference already exists");
        }
        if self.objects.commit(sha).is_none() {
            return refusal(422, "Object does not exist");
        }
        if self.is_protected(&name) {
            return refusal(
                422,
                "Repository rule violations found\n\nCannot create ref due to creations being restricted.\n\n",
            );
        }
        self.move_to(&name, sha);
        reply(201, self.show_reference(&name))
    }

    fn update_reference(&mut self, name: &str, request: &Request) -> Reply {
        let Some(old) = self.references.get(name).cloned() else { return refusal(422, "Reference does not exist") };
        let sha = request.text("sha");
        if self.is_protected(name) {
            return refusal(422, "Repository rule violations found\n\nCannot force-push to this branch\n\n");
        }
        let forward = self.objects.history(sha).contains(&old);
        if !forward && request.body["force"] != true {
            return refusal(422, "Update is not a fast forward");
        }
        self.move_to(name, sha);
        reply(200, self.show_reference(name))
    }

    fn compare(&self, range: &str, request: &Request) -> Reply {
        let Some((base, head)) = range.split_once("...") else { return refusal(404, "Not Found") };
        let (before, after) = (self.objects.history(base), self.objects.history(head));
        let Some(common) = after.iter().find(|id| before.contains(id)) else {
            return refusal(404, &format!("No common ancestor between {base} and {head}."));
        };
        let ahead: Vec<&String> = after.iter().filter(|id| !before.contains(id)).collect();
        let behind = before.iter().filter(|id| !after.contains(id)).count();
        let account = |login: &str| json!({ "login": login, "id": 1, "type": if login.ends_with("[bot]") { "Bot" } else { "User" } });
        let commits: Vec<Value> = ahead
            .iter()
            .rev()
            .map(|id| {
                let commit = self.objects.commit(id).unwrap();
                let shown = self.show_commit(id).unwrap();
                json!({
                    "sha": id, "author": account(&commit.author), "committer": account(&commit.committer), "parents": shown["parents"],
                    "commit": { "message": shown["message"], "tree": shown["tree"], "author": shown["author"], "committer": shown["committer"], "comment_count": 0, "url": "x" },
                })
            })
            .collect();
        let tree = |id: &str| self.objects.files(&self.objects.treeish(id).unwrap());
        let (old, new) = (tree(common), tree(head));
        let files: Vec<Value> = new
            .iter()
            .filter(|(path, file)| old.get(*path) != Some(*file))
            .map(|(path, (_, sha))| json!({ "filename": path, "sha": sha, "status": if old.contains_key(path) { "modified" } else { "added" } }))
            .collect();
        let first = request.query("page").is_none_or(|page| page == "1");
        reply(
            200,
            json!({
                "status": if behind > 0 { "diverged" } else if ahead.is_empty() { "identical" } else { "ahead" },
                "ahead_by": ahead.len(), "behind_by": behind, "total_commits": ahead.len(),
                "commits": page(request, commits), "files": if first { json!(files) } else { json!([]) },
            }),
        )
    }

    fn list_pulls(&self, name: &str, request: &Request) -> Value {
        let owner = name.split('/').next().unwrap();
        let state = request.query("state").unwrap_or("open");
        let wanted = |pull: &&Pull| {
            let head = if pull.head.contains(':') { pull.head.clone() } else { format!("{owner}:{}", pull.head) };
            (state == "all" || pull.open == (state == "open"))
                && request.query("head").is_none_or(|wanted| wanted == head)
        };
        let mut all: Vec<Value> = self.pulls.iter().filter(wanted).map(|pull| show_pull(name, pull)).collect();
        if request.query("direction") == Some("desc") {
            all.reverse();
        }
        page(request, all)
    }

    fn create_pull(&mut self, name: &str, request: &Request, who: &Identity, number: u64) -> Reply {
        let (head, base) = (request.text("head").to_owned(), request.text("base").to_owned());
        let owner = name.split('/').next().unwrap();
        let branch = |branch: &str| {
            if branch.contains(':') {
                self.outside.get(branch).cloned()
            } else {
                self.references.get(&format!("heads/{branch}")).cloned()
            }
        };
        let (Some(head_sha), Some(base_sha)) = (branch(&head), branch(&base)) else {
            return invalid_field("PullRequest", if branch(&base).is_none() { "base" } else { "head" });
        };
        if self.pulls.iter().any(|pull| pull.open && pull.head == head && pull.base == base) {
            return invalid("PullRequest", &format!("A pull request already exists for {owner}:{head}."));
        }
        if self.objects.history(&base_sha).contains(&head_sha) {
            return invalid("PullRequest", &format!("No commits between {base} and {head}"));
        }
        if request.body["draft"] == true && !self.has_drafts {
            return refusal(422, "Draft pull requests are not supported in this repository.");
        }
        let body = request.text("body").to_owned();
        if body.chars().count() > 65_536 {
            return invalid("PullRequest", "body is too long (maximum is 65536 characters)");
        }
        self.pulls.push(Pull {
            number,
            author: who.login.clone(),
            title: request.text("title").into(),
            body,
            head,
            head_sha,
            base,
            open: true,
            draft: request.body["draft"] == true,
            ..Pull::default()
        });
        reply(201, show_pull(name, self.pulls.last().unwrap()))
    }

    fn update_pull(&mut self, name: &str, id: &str, request: &Request) -> Reply {
        let number = id.parse().unwrap_or_default();
        let Some(pull) = self.pull(number) else { return refusal(404, "Not Found") };
        let set = |field: &mut String, name: &str| {
            if let Some(text) = request.body[name].as_str() {
                text.clone_into(field);
            }
        };
        set(&mut pull.title, "title");
        set(&mut pull.body, "body");
        set(&mut pull.base, "base");
        if let Some(state) = request.body["state"].as_str() {
            pull.open = state == "open";
        }
        reply(200, show_pull(name, pull))
    }

    fn add_labels(&mut self, id: &str, request: &Request) -> Reply {
        let Some(pull) = self.pull(id.parse().unwrap_or_default()) else { return refusal(404, "Not Found") };
        for label in request.body["labels"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !pull.labels.iter().any(|is| is == label) {
                pull.labels.push(label.to_owned());
                pull.events.push(("labeled".into(), label.to_owned()));
            }
        }
        reply(200, json!(pull.labels.iter().map(|name| json!({ "name": name })).collect::<Vec<_>>()))
    }

    fn request_reviews(&mut self, name: &str, id: &str, request: &Request) -> Reply {
        let collaborators = self.collaborators.clone();
        let Some(pull) = self.pull(id.parse().unwrap_or_default()) else { return refusal(404, "Not Found") };
        let list = |name: &str| -> Vec<String> {
            request.body[name].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let (people, teams) = (list("reviewers"), list("team_reviewers"));
        if people.contains(&pull.author) {
            return refusal(422, "Review cannot be requested from pull request author.");
        }
        if people.iter().chain(&teams).any(|one| !collaborators.contains(one)) {
            return refusal(
                422,
                "Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a collaborator of the repository.",
            );
        }
        for (list, into, event) in [(people, &mut pull.reviewers, "person"), (teams, &mut pull.teams, "team")] {
            for one in list {
                pull.events.push((event.into(), one.clone()));
                into.push(one);
            }
        }
        reply(201, show_pull(name, pull))
    }

    fn events(&mut self, id: &str) -> Option<Vec<Value>> {
        let pull = self.pull(id.parse().ok()?)?;
        let show = |(i, (event, about)): (usize, &(String, String))| {
            let mut value = json!({ "id": i + 1, "created_at": "2026-01-01T00:00:00Z" });
            match event.as_str() {
                "labeled" => {
                    value["event"] = json!("labeled");
                    value["label"] = json!({ "name": about, "color": "ffffff" });
                }
                "person" | "team" => {
                    value["event"] = json!("review_requested");
                    let (name, key) =
                        if event == "person" { ("requested_reviewer", "login") } else { ("requested_team", "slug") };
                    value[name] = json!({ key: about });
                }
                other => value["event"] = json!(other),
            }
            value
        };
        Some(pull.events.iter().enumerate().map(show).collect())
    }
}

fn show_pull(name: &str, pull: &Pull) -> Value {
    let owner = name.split('/').next().unwrap();
    let side = |branch: &str, sha: &str| {
        let (owner, branch) = branch.split_once(':').unwrap_or((owner, branch));
        json!({ "ref": branch, "sha": sha, "label": format!("{owner}:{branch}") })
    };
    json!({
        "number": pull.number, "node_id": format!("PR_{}", pull.number), "html_url": format!("https://github.com/{name}/pull/{}", pull.number),
        "state": if pull.open { "open" } else { "closed" }, "title": pull.title, "body": pull.body, "draft": pull.draft,
        "merged_at": pull.merged.then_some("2026-01-01T00:00:00Z"), "user": { "login": pull.author },
        "head": side(&pull.head, &pull.head_sha), "base": side(&pull.base, "0000000000000000000000000000000000000000"),
        "labels": pull.labels.iter().map(|name| json!({ "name": name })).collect::<Vec<_>>(),
        "requested_reviewers": pull.reviewers.iter().map(|login| json!({ "login": login })).collect::<Vec<_>>(),
        "requested_teams": pull.teams.iter().map(|slug| json!({ "slug": slug })).collect::<Vec<_>>(),
        "auto_merge": pull.auto_merge.as_ref().map(|method| json!({ "merge_method": method })),
    })
}

/// One page of a list.
pub(super) fn page(request: &Request, all: Vec<Value>) -> Value {
    let number = |name: &str, default: usize| request.query(name).and_then(|text| text.parse().ok()).unwrap_or(default);
    let (size, page) = (number("per_page", 30).min(100), number("page", 1));
    Value::Array(all.into_iter().skip(size * (page - 1)).take(size).collect())
}
