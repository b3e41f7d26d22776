//! One repository on GitHub: the requests that publishing needs, each with what it means for publishing.

use serde_json::{Value, json};

use super::answers::{Commit, Comparison, Event, Pull, Reference, Repository, Tree};
use super::client::{Client, Repeat};
use super::error::GithubError;

/// Pages of a comparison that are read; a branch with more commits isn't ours.
const MAX_PAGES: usize = 5;

/// A repository and the client that asks for it.
#[derive(Clone)]
pub struct Remote {
    client: Client,
    /// `owner/name`
    name: String,
}

impl Remote {
    /// The repository `owner/name`.
    pub fn new(client: Client, name: &str) -> Self {
        Self { client, name: name.to_owned() }
    }

    /// `owner/name`
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The client.
    pub fn client(&self) -> &Client {
        &self.client
    }

    fn path(&self, rest: &str) -> String {
        format!("/repos/{}{rest}", self.name)
    }

    /// The owner's login.
    pub(super) fn owner(&self) -> &str {
        self.name.split('/').next().unwrap_or_default()
    }

    /// The repository as it is called now; a renamed one is followed.
    pub async fn repository(&mut self) -> Result<Repository, GithubError> {
        let found: Repository = self.client.get(&self.path("")).await?;
        self.name.clone_from(&found.full_name);
        Ok(found)
    }

    /// The login of the credential; nothing when it can't be told.
    pub async fn login(&self) -> Result<Option<String>, GithubError> {
        // Works for people, apps and actions alike.
        match self.client.graphql("query { viewer { login } }", &json!({}), false).await {
            Ok(data) => Ok(data["viewer"]["login"].as_str().map(str::to_owned)),
            Err(GithubError::Closed(closed)) => Err(closed.into()),
            Err(error) if error.status() == Some(401) => Err(error),
            Err(_) => Ok(None),
        }
    }

    /// A branch; nothing when it isn't there, also in an empty repository.
    pub async fn branch(&self, branch: &str) -> Result<Option<Reference>, GithubError> {
        match self.client.find(&self.path(&format!("/git/ref/heads/{}", encoded(branch)))).await {
            // "Git Repository is empty."
            Err(error) if error.status() == Some(409) => Ok(None),
            found => found,
        }
    }

    /// All branches whose names begin so. This list has no pages.
    pub async fn branches(&self, prefix: &str) -> Result<Vec<Reference>, GithubError> {
        self.client.get(&self.path(&format!("/git/matching-refs/heads/{}", encoded(prefix)))).await
    }

    /// A commit.
    pub async fn commit(&self, sha: &str) -> Result<Commit, GithubError> {
        self.client.get(&self.path(&format!("/git/commits/{sha}"))).await
    }

    /// A tree, with all below it or only its own entries.
    pub async fn tree(&self, sha: &str, recursive: bool) -> Result<Tree, GithubError> {
        let query = if recursive { "?recursive=1" } else { "" };
        self.client.get(&self.path(&format!("/git/trees/{sha}{query}"))).await
    }

    /// What `head` has that `base` hasn't; nothing when that is too much to be ours.
    pub async fn compare(&self, base: &str, head: &str) -> Result<Option<Comparison>, GithubError> {
        let mut whole: Option<Comparison> = None;
        for page in 1..=MAX_PAGES {
            let path = self.path(&format!("/compare/{base}...{head}?per_page=100&page={page}"));
            let part: Comparison = self.client.get(&path).await?;
            match &mut whole {
                None => whole = Some(part),
                Some(whole) if part.commits.is_empty() => whole.total_commits = whole.commits.len(),
                Some(whole) => whole.commits.extend(part.commits),
            }
            if whole.as_ref().is_some_and(|whole| whole.commits.len() >= whole.total_commits) {
                return Ok(whole);
            }
        }
        Ok(None)
    }

    /// The pull requests to this repository from a branch of the owner's, newest first.
    pub async fn pulls_from(&self, owner: &str, branch: &str) -> Result<Vec<Pull>, GithubError> {
        let head = encoded(&format!("{owner}:{branch}"));
        let path = self.path(&format!("/pulls?head={head}&state=all&sort=created&direction=desc"));
        let all: Vec<Pull> = self.client.list(&path).await?;
        // A filter that isn't understood is ignored, and all pull requests come.
        Ok(all.into_iter().filter(|pull| pull.head.branch == branch).collect())
    }

    /// Writes a tree: `base` with other files.
    pub async fn create_tree(&self, base: &str, entries: &[Value]) -> Result<Tree, GithubError> {
        let body = json!({ "base_tree": base, "tree": entries });
        self.client.post(&self.path("/git/trees"), &body, Repeat::Harmless).await
    }

    /// Writes a commit. Without a name and a date in it GitHub takes the credential's, and signs it for bots.
    pub async fn create_commit(&self, message: &str, tree: &str, parent: &str) -> Result<Commit, GithubError> {
        let body = json!({ "message": message, "tree": tree, "parents": [parent] });
        self.client.post(&self.path("/git/commits"), &body, Repeat::Harmless).await
    }

    /// Makes a branch.
    pub async fn create_branch(&self, branch: &str, sha: &str) -> Result<Reference, GithubError> {
        let body = json!({ "ref": format!("refs/heads/{branch}"), "sha": sha });
        self.client.post(&self.path("/git/refs"), &body, Repeat::LookFirst).await
    }

    /// Moves a branch, also to a commit beside. Only ever called for a branch that is ours.
    pub async fn move_branch(&self, branch: &str, sha: &str) -> Result<(), GithubError> {
        let body = json!({ "sha": sha, "force": true });
        self.client.change(&self.path(&format!("/git/refs/heads/{}", encoded(branch))), &body).await
    }

    /// Deletes a branch.
    pub async fn delete_branch(&self, branch: &str) -> Result<(), GithubError> {
        self.client.delete(&self.path(&format!("/git/refs/heads/{}", encoded(branch)))).await
    }

    /// Opens a pull request.
    pub async fn create_pull(&self, body: &Value) -> Result<Pull, GithubError> {
        self.client.post(&self.path("/pulls"), body, Repeat::LookFirst).await
    }

    /// Changes a pull request.
    pub async fn update_pull(&self, number: u64, body: &Value) -> Result<(), GithubError> {
        self.client.change(&self.path(&format!("/pulls/{number}")), body).await
    }

    /// What happened to a pull request.
    pub async fn events(&self, number: u64) -> Result<Vec<Event>, GithubError> {
        self.client.list(&self.path(&format!("/issues/{number}/events"))).await
    }

    /// Adds labels; those that are there stay.
    pub async fn add_labels(&self, number: u64, labels: &[&str]) -> Result<(), GithubError> {
        let body = json!({ "labels": labels });
        self.client.add(&self.path(&format!("/issues/{number}/labels")), &body).await
    }

    /// Asks people and teams for a review.
    pub async fn request_reviews(&self, number: u64, people: &[&str], teams: &[&str]) -> Result<(), GithubError> {
        let body = json!({ "reviewers": people, "team_reviewers": teams });
        self.client.add(&self.path(&format!("/pulls/{number}/requested_reviewers")), &body).await
    }

    /// Lets GitHub merge a pull request once all that is demanded is there. `method` is GraphQL's: `SQUASH`.
    pub async fn enable_auto_merge(&self, node_id: &str, method: &str) -> Result<(), GithubError> {
        let mutation = "mutation($id: ID!, $method: PullRequestMergeMethod!) { \
                        enablePullRequestAutoMerge(input: { pullRequestId: $id, mergeMethod: $method }) { \
                        pullRequest { number } } }";
        self.client.graphql(mutation, &json!({ "id": node_id, "method": method }), true).await.map(drop)
    }
}

/// A text in a path: everything but letters, digits and what is plain in branches is encoded.
fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'/' | b':' => out.push(char::from(byte)),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
