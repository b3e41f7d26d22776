//! The parts of GitHub's answers that decide something. Everything else is ignored, so that what GitHub adds, or what an
//! older Enterprise Server leaves out, breaks nothing.

use serde::Deserialize;

/// A repository.
#[derive(Debug, Clone, Deserialize)]
pub struct Repository {
    /// `owner/name`, as it is called now.
    pub full_name: String,
    /// The default branch.
    pub default_branch: String,
    /// Read only.
    #[serde(default)]
    pub archived: bool,
    /// Switched off by GitHub.
    #[serde(default)]
    pub disabled: bool,
    /// What it was forked from.
    #[serde(default)]
    pub parent: Option<Named>,
    /// Where the forks begin.
    #[serde(default)]
    pub source: Option<Named>,
}

impl Repository {
    /// Whether it was forked from another one, however many forks are between.
    pub(super) fn is_fork_of(&self, name: &str) -> bool {
        self.parent.iter().chain(&self.source).any(|origin| origin.full_name.eq_ignore_ascii_case(name))
    }
}

/// A repository's name.
#[derive(Debug, Clone, Deserialize)]
pub struct Named {
    /// `owner/name`
    pub full_name: String,
}

/// A reference.
#[derive(Debug, Clone, Deserialize)]
pub struct Reference {
    /// `refs/heads/main`.
    #[serde(rename = "ref")]
    pub name: String,
    /// What it points to.
    pub object: Object,
}

/// Anything with an id.
#[derive(Debug, Clone, Deserialize)]
pub struct Object {
    /// The id.
    pub sha: String,
}

/// A commit of the git database.
#[derive(Debug, Clone, Deserialize)]
pub struct Commit {
    /// The id.
    pub sha: String,
    /// Its tree.
    pub tree: Object,
    /// Whether its signature is good.
    pub verification: Option<Verification>,
}

/// A signature.
#[derive(Debug, Clone, Deserialize)]
pub struct Verification {
    /// Whether it is good.
    pub verified: bool,
}

/// A tree.
#[derive(Debug, Clone, Deserialize)]
pub struct Tree {
    /// The id.
    pub sha: String,
    /// Its entries.
    #[serde(default, rename = "tree")]
    pub entries: Vec<Entry>,
    /// Whether entries are missing.
    #[serde(default)]
    pub truncated: bool,
}

/// An entry of a tree.
#[derive(Debug, Clone, Deserialize)]
pub struct Entry {
    /// Relative to the tree.
    pub path: String,
    /// `100644`, `100755`, `120000` (a link), `160000` (a submodule), `040000`.
    pub mode: String,
    /// The id; a submodule's is a commit's.
    pub sha: Option<String>,
}

/// A pull request.
#[derive(Debug, Clone, Deserialize)]
pub struct Pull {
    /// Its number.
    pub number: u64,
    /// Its id for GraphQL.
    pub node_id: String,
    /// Its page.
    pub html_url: String,
    /// `open` or `closed`.
    pub state: String,
    /// When it was merged.
    pub merged_at: Option<String>,
    /// The title.
    pub title: String,
    /// The text.
    pub body: Option<String>,
    /// Where it comes from.
    pub head: Side,
    /// Where it goes to.
    pub base: Side,
    /// Labels.
    #[serde(default)]
    pub labels: Vec<Label>,
    /// People who are asked.
    #[serde(default)]
    pub requested_reviewers: Vec<Account>,
    /// Teams that are asked.
    #[serde(default)]
    pub requested_teams: Vec<Team>,
    /// Its author.
    pub user: Option<Account>,
    /// How GitHub will merge it by itself.
    pub auto_merge: Option<serde_json::Value>,
}

/// A branch of a pull request.
#[derive(Debug, Clone, Deserialize)]
pub struct Side {
    /// The branch.
    #[serde(rename = "ref")]
    pub branch: String,
    /// The commit.
    pub sha: String,
}

/// A label.
#[derive(Debug, Clone, Deserialize)]
pub struct Label {
    /// Its name.
    pub name: String,
}

/// A person or a bot.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Account {
    /// The login.
    pub login: String,
}

/// A team.
#[derive(Debug, Clone, Deserialize)]
pub struct Team {
    /// Its slug.
    pub slug: String,
}

/// A comparison of two commits.
#[derive(Debug, Clone, Deserialize)]
pub struct Comparison {
    /// How many commits the head has that the base hasn't.
    pub total_commits: usize,
    /// One page of those.
    pub commits: Vec<Compared>,
    /// The files that differ from the common ancestor, at most 300.
    #[serde(default)]
    pub files: Vec<ComparedFile>,
}

/// A commit of a comparison.
#[derive(Debug, Clone, Deserialize)]
pub struct Compared {
    /// The id.
    pub sha: String,
    /// What git knows of it.
    pub commit: ComparedCommit,
    /// The account that wrote it, when GitHub knows one.
    pub author: Option<Account>,
    /// The account that committed it.
    pub committer: Option<Account>,
}

/// What git knows of a commit.
#[derive(Debug, Clone, Deserialize)]
pub struct ComparedCommit {
    /// The message.
    pub message: String,
    /// Its tree.
    pub tree: Object,
    /// Who wrote it.
    pub author: Option<Person>,
    /// Who committed it.
    pub committer: Option<Person>,
}

/// A name in a commit.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Person {
    /// The address.
    pub email: Option<String>,
}

/// A file of a comparison.
#[derive(Debug, Clone, Deserialize)]
pub struct ComparedFile {
    /// Its path.
    pub filename: String,
    /// The id of its content.
    pub sha: Option<String>,
}

/// Something that happened to a pull request.
#[derive(Debug, Clone, Deserialize)]
pub struct Event {
    /// `labeled`, `review_requested`, ...
    #[serde(rename = "event")]
    pub kind: String,
    /// The label.
    pub label: Option<Label>,
    /// The person who is asked.
    pub requested_reviewer: Option<Account>,
    /// The team that is asked.
    pub requested_team: Option<Team>,
}

/// An installation of an app.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Installation {
    pub(super) id: u64,
}
