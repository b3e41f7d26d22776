//! Carries a plan out. Every step is of the kind "see to it that": it may have been done before, and after an error on
//! something that would be done twice the state is read before it is tried again.

use serde_json::{Value, json};

use super::answers::{Commit, Pull};
use super::error::GithubError;
use super::fork::{self, Fork};
use super::people;
use super::plan::{Branch, Options, Plan, Step, Text};
use super::remote::Remote;
use crate::fix::{Grade, names};
use crate::publish::marker::{self, Marker};
use crate::publish::message::commit_message;
use crate::publish::proposal::Proposal;

/// How often something that must not be done twice is tried.
const TRIES: u32 = 4;
/// Who `GITHUB_TOKEN` of a workflow is.
const ACTIONS: &str = "github-actions[bot]";
/// Content of one request for a tree, in bytes: GitHub refuses far larger ones.
const TREE_BYTES: usize = 4 * 1024 * 1024;

/// What became of a pull request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// It is new.
    Created,
    /// It was brought up to date.
    Updated,
    /// It was up to date.
    Unchanged,
    /// It was closed.
    Closed,
    /// It was left as it is.
    Skipped,
    /// Something went wrong.
    Failed,
}

names!(Operation {
    Created = "created",
    Updated = "updated",
    Unchanged = "unchanged",
    Closed = "closed",
    Skipped = "skipped",
    Failed = "failed",
});

/// What became of a step.
#[derive(Debug, Clone)]
pub struct Done {
    /// The proposal, by its place; absent for what was closed.
    pub proposal: Option<usize>,
    /// What was done.
    pub operation: Operation,
    /// The branch.
    pub branch: String,
    /// The pull request: number and page.
    pub pull: Option<(u64, String)>,
    /// The commit at the head of the branch.
    pub commit: Option<String>,
    /// Whether GitHub says that the new commit is signed.
    pub verified: Option<bool>,
    /// Why it was skipped or failed.
    pub reason: Option<String>,
    /// What went wrong without harm.
    pub warnings: Vec<String>,
}

/// A stage that was reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// The commit is there.
    Committed(String),
    /// The branch holds it.
    Branched(String),
    /// The pull request is open.
    Opened(u64),
    /// Everything is done.
    Finished,
}

/// Hears of every stage: a run over many repositories writes them down.
pub trait Journal: Send + Sync {
    /// A stage of the pull request from `branch` was reached.
    fn reached(&self, repository: &str, branch: &str, stage: &Stage);
}

/// Writes nothing down.
#[derive(Debug, Clone, Copy)]
pub struct NoJournal;

impl Journal for NoJournal {
    fn reached(&self, _: &str, _: &str, _: &Stage) {}
}

/// Carries out every step; one that fails doesn't keep the others, unless the credential or the gate is at its end.
pub async fn apply(
    remote: &Remote,
    plan: &Plan,
    proposals: &[Proposal],
    options: &Options,
    journal: &dyn Journal,
) -> Vec<Done> {
    let mut all = Vec::new();
    let (home, mut over) = match home(remote, plan).await {
        Ok(home) => (home, None),
        // Without a fork there is no place for anything.
        Err(error) => (remote.clone(), Some(error.to_string())),
    };
    let hand = Hand { remote, home, plan, options, journal };
    for step in &plan.steps {
        let mut done = blank(step, proposals);
        let result = match &over {
            Some(reason) => {
                done.operation = Operation::Failed;
                done.reason = Some(format!("not tried: {reason}"));
                Ok(())
            }
            None => hand.carry_out(step, proposals, &mut done).await,
        };
        if let Err(error) = result {
            let is_end = matches!(error, GithubError::Closed(_)) || error.status() == Some(401);
            over = is_end.then(|| error.to_string());
            done.operation = Operation::Failed;
            done.reason = Some(error.to_string());
        }
        all.push(done);
    }
    all
}

/// Where branches go. Nobody needs a fork for what is left as it is.
async fn home(remote: &Remote, plan: &Plan) -> Result<Remote, GithubError> {
    if plan.steps.iter().all(|step| matches!(step, Step::Skip { .. })) {
        return Ok(remote.clone());
    }
    fork::ensure(remote, &plan.home, &plan.base.branch).await
}

fn blank(step: &Step, proposals: &[Proposal]) -> Done {
    let (proposal, pull) = match step {
        Step::Create { proposal, .. } => (Some(*proposal), None),
        Step::Update { proposal, pull, .. } => (Some(*proposal), Some(pull)),
        Step::Skip { proposal, pull, .. } => (Some(*proposal), pull.as_ref()),
        Step::Close { pull, .. } => (None, Some(pull)),
    };
    let own = proposal.map(|i| proposals[i].branch.clone());
    Done {
        proposal,
        operation: Operation::Unchanged,
        branch: own.or_else(|| pull.map(|pull| pull.head.branch.clone())).unwrap_or_default(),
        pull: pull.map(|pull| (pull.number, pull.html_url.clone())),
        commit: None,
        verified: None,
        reason: None,
        warnings: Vec::new(),
    }
}

struct Hand<'a> {
    /// Where pull requests are.
    remote: &'a Remote,
    /// Where branches are.
    home: Remote,
    plan: &'a Plan,
    options: &'a Options,
    journal: &'a dyn Journal,
}

impl Hand<'_> {
    async fn carry_out(&self, step: &Step, proposals: &[Proposal], done: &mut Done) -> Result<(), GithubError> {
        match step {
            Step::Skip { reason, .. } => {
                done.operation = Operation::Skipped;
                done.reason = Some(reason.clone());
            }
            Step::Create { proposal, branch } => {
                let proposal = &proposals[*proposal];
                self.ensure_branch(proposal, branch, done).await?;
                let pull = self.ensure_pull(proposal, done).await?;
                done.operation = Operation::Created;
                self.ensure_company(proposal, &pull, true, done).await?;
            }
            Step::Update { proposal, branch, pull, change } => {
                let proposal = &proposals[*proposal];
                let moved = self.ensure_branch(proposal, branch, done).await?;
                let worded = self.ensure_text(pull, change).await?;
                if moved || worded {
                    done.operation = Operation::Updated;
                }
                self.ensure_company(proposal, pull, false, done).await?;
            }
            Step::Close { pull, marker, head } => {
                self.close(pull, marker, head).await?;
                done.operation = Operation::Closed;
            }
        }
        self.reached(&done.branch, &Stage::Finished);
        Ok(())
    }

    fn reached(&self, branch: &str, stage: &Stage) {
        self.journal.reached(self.remote.name(), branch, stage);
    }

    /// Sees to it that the branch holds what is proposed. Says whether it had to be moved.
    async fn ensure_branch(&self, proposal: &Proposal, is: &Branch, done: &mut Done) -> Result<bool, GithubError> {
        if let Branch::Ours { head, current: true } = is {
            done.commit = Some(head.clone());
            return Ok(false);
        }
        let commit = self.commit(proposal).await?;
        done.verified = commit.verification.as_ref().map(|verification| verification.verified);
        done.commit = Some(commit.sha.clone());
        self.reached(&proposal.branch, &Stage::Committed(commit.sha.clone()));
        match is {
            Branch::Absent => self.make_branch(&proposal.branch, &commit.sha).await?,
            Branch::Ours { head, .. } => self.move_branch(&proposal.branch, head, &commit.sha).await?,
        }
        self.reached(&proposal.branch, &Stage::Branched(commit.sha));
        Ok(true)
    }

    /// Writes tree and commit. Both may be written twice: what nothing refers to is nobody's.
    async fn commit(&self, proposal: &Proposal) -> Result<Commit, GithubError> {
        let base = &self.plan.base;
        let mut tree = base.tree.clone();
        let mut entries = Vec::new();
        let mut size = 0;
        for (i, file) in proposal.files.iter().enumerate() {
            // The analysed files are text; their modes were read with the base.
            let content = String::from_utf8_lossy(&file.after);
            let mode = base.modes.get(&file.path).map_or("100644", String::as_str);
            size += content.len();
            entries.push(json!({ "path": file.path, "mode": mode, "type": "blob", "content": content }));
            if size >= TREE_BYTES || i + 1 == proposal.files.len() {
                tree = self.home.create_tree(&tree, &entries).await?.sha;
                (size, entries) = (0, Vec::new());
            }
        }
        let message = commit_message(&proposal.message, &proposal.marker.group, &tree);
        self.home.create_commit(&message, &tree, &base.sha).await
    }

    async fn make_branch(&self, branch: &str, sha: &str) -> Result<(), GithubError> {
        let mut tries = 1;
        loop {
            let Err(error) = self.home.create_branch(branch, sha).await else { return Ok(()) };
            let may_be_there = error.is_uncertain() || error.said().contains("already exists");
            if !may_be_there {
                return Err(error);
            }
            match self.home.branch(branch).await? {
                Some(found) if found.object.sha == sha => return Ok(()),
                Some(_) => return Err(moved(branch)),
                None if tries < TRIES => self.pause(tries, &error).await?,
                None => return Err(error),
            }
            tries += 1;
        }
    }

    /// Moves a branch from the head that was examined. Nothing else is ever moved.
    async fn move_branch(&self, branch: &str, from: &str, to: &str) -> Result<(), GithubError> {
        match self.home.branch(branch).await? {
            Some(found) if found.object.sha == from => self.home.move_branch(branch, to).await,
            Some(found) if found.object.sha == to => Ok(()),
            Some(_) => Err(moved(branch)),
            None => self.make_branch(branch, to).await,
        }
    }

    /// Sees to it that there is one open pull request from the branch.
    async fn ensure_pull(&self, proposal: &Proposal, done: &mut Done) -> Result<Pull, GithubError> {
        let is_fork = self.home.name() != self.remote.name();
        let head = if is_fork { format!("{}:{}", self.home.owner(), proposal.branch) } else { proposal.branch.clone() };
        // Only the fork of a person can be opened to the maintainers.
        let opens = !matches!(self.options.fork, Some(Fork::Organization(_)));
        let mut body = json!({
            "title": proposal.title,
            "body": proposal.body,
            "head": head,
            "base": self.plan.base.branch,
            "draft": proposal.draft,
            "maintainer_can_modify": opens,
        });
        let mut tries = 1;
        let pull = loop {
            let error = match self.remote.create_pull(&body).await {
                Ok(pull) => break pull,
                Err(error) => error,
            };
            let said = error.said().to_ascii_lowercase();
            if said.contains("draft pull requests are not supported") && body["draft"] == true {
                body["draft"] = Value::Bool(false);
                done.warnings.push("the repository has no drafts: it is opened as ready".into());
                continue;
            }
            // A branch that was just made isn't known everywhere at once.
            let not_yet = said.contains("head invalid") || said.contains("could not resolve to a node");
            if !(error.is_uncertain() || said.contains("already exists") || not_yet) {
                return Err(error);
            }
            let open = self.remote.pulls_from(self.home.owner(), &proposal.branch).await?;
            if let Some(pull) = open.into_iter().find(|pull| pull.state == "open") {
                break pull;
            }
            if tries >= TRIES {
                return Err(error);
            }
            self.pause(tries, &error).await?;
            tries += 1;
        };
        done.pull = Some((pull.number, pull.html_url.clone()));
        if pull.user.as_ref().is_some_and(|user| user.login == ACTIONS) {
            done.warnings.push(
                "what GITHUB_TOKEN opens starts no other workflow by itself: checks may not run, or wait for an approval; \
                 use the token of an app where they must"
                    .into(),
            );
        }
        self.reached(&proposal.branch, &Stage::Opened(pull.number));
        Ok(pull)
    }

    async fn ensure_text(&self, pull: &Pull, change: &Text) -> Result<bool, GithubError> {
        let parts = [("title", &change.title), ("body", &change.body), ("base", &change.base)];
        let body: serde_json::Map<String, Value> = parts
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), Value::from(value.as_ref()?.as_str()))))
            .collect();
        if body.is_empty() {
            return Ok(false);
        }
        self.remote.update_pull(pull.number, &Value::Object(body)).await?;
        Ok(true)
    }

    /// Labels, reviewers and automatic merging: what can't be had is a warning.
    async fn ensure_company(
        &self,
        proposal: &Proposal,
        pull: &Pull,
        is_new: bool,
        done: &mut Done,
    ) -> Result<(), GithubError> {
        let merges = self.options.auto_merge.filter(|_| proposal.key.grade == Grade::Safe && !proposal.draft);
        people::ensure(self.remote, pull, is_new, self.options, merges, &mut done.warnings).await
    }

    /// Closes a pull request that nothing is left of, and takes its branch away.
    async fn close(&self, pull: &Pull, marker: &Marker, head: &str) -> Result<(), GithubError> {
        // An earlier run may have come as far as this.
        if pull.state == "open" {
            self.say_why(pull, marker).await?;
        }
        match self.home.branch(&pull.head.branch).await? {
            Some(found) if found.object.sha == head => self.home.delete_branch(&pull.head.branch).await,
            _ => Ok(()),
        }
    }

    async fn say_why(&self, pull: &Pull, marker: &Marker) -> Result<(), GithubError> {
        let old = pull.body.as_deref().unwrap_or_default().replace("\r\n", "\n");
        let done = || format!("on `{}` nothing of it is left to fix.", self.plan.base.branch);
        let why = self.options.closing.clone().unwrap_or_else(done);
        let said = format!("> [!NOTE]\n> terramend closed this: {why}\n\n{}", Marker::said(&old).unwrap_or_default());
        let closed = Marker { closed: true, ..marker.clone() };
        let body = json!({ "state": "closed", "body": marker::replace(&old, &closed.wrap(&said)) });
        self.remote.update_pull(pull.number, &body).await
    }

    async fn pause(&self, tries: u32, error: &GithubError) -> Result<(), GithubError> {
        let gate = self.remote.client().gate();
        gate.wait(gate.backoff(tries), &error.to_string()).await.map_err(GithubError::from)
    }
}

fn moved(branch: &str) -> GithubError {
    GithubError::Refused {
        status: 409,
        request: format!("moving {branch}"),
        message: "somebody else changed the branch meanwhile: it stays as it is".into(),
    }
}
