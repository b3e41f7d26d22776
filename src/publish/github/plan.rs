//! What is to be done in a repository: only reads, so that a plan can be shown, stored or thrown away.

use std::collections::BTreeMap;

use super::answers::{Compared, Comparison, Pull, Reference};
use super::content::{self, Base};
use super::error::GithubError;
use super::fork::{self, Fork, Home};
use super::remote::Remote;
use crate::catalogue::MergeMethod;
use crate::fix::Grade;
use crate::publish::marker::{self, Marker};
use crate::publish::message::tree_of;
use crate::publish::proposal::{Proposal, Proposals};

/// What a comparison lists at most.
const MAX_FILES: usize = 300;

/// How pull requests are made.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The branch that they go to; else the default branch.
    pub base: Option<String>,
    /// Put the branches into a fork.
    pub fork: Option<Fork>,
    /// What the names of branches begin with.
    pub branch_prefix: String,
    /// The analysed directory, relative to the repository; empty for the top.
    pub directory: String,
    /// Labels.
    pub labels: Vec<String>,
    /// Logins of people who are asked for a review.
    pub reviewers: Vec<String>,
    /// Slugs of teams that are asked.
    pub team_reviewers: Vec<String>,
    /// How many pull requests of terramend may be open in the repository.
    pub max_open: Option<usize>,
    /// Let GitHub merge safe ones.
    pub auto_merge: Option<MergeMethod>,
    /// Close pull requests of this grade and above that nothing is left of. Absent when only a part was analysed.
    pub closes: Option<Grade>,
    /// Why pull requests are closed; else because nothing of them is left.
    pub closing: Option<String>,
}

/// What is to be done.
#[derive(Debug)]
pub struct Plan {
    /// What the repository is called now: `owner/name`.
    pub repository: String,
    /// Where the branches are.
    pub home: Home,
    /// Where the pull requests go to.
    pub base: Base,
    /// The steps, each on its own.
    pub steps: Vec<Step>,
}

/// What is to be done about one pull request.
#[derive(Debug)]
pub enum Step {
    /// Open one.
    Create {
        /// The proposal, by its place.
        proposal: usize,
        /// Its branch.
        branch: Branch,
    },
    /// Bring the open one up to date.
    Update {
        /// The proposal, by its place.
        proposal: usize,
        /// Its branch.
        branch: Branch,
        /// The pull request.
        pull: Pull,
        /// What changes in it.
        change: Text,
    },
    /// Leave everything as it is.
    Skip {
        /// The proposal, by its place.
        proposal: usize,
        /// The pull request that is there.
        pull: Option<Pull>,
        /// Why.
        reason: String,
    },
    /// Close one that nothing is left of, and take its branch away.
    Close {
        /// The pull request.
        pull: Pull,
        /// Its marker.
        marker: Marker,
        /// The head of its branch.
        head: String,
    },
}

/// The state of a branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Branch {
    /// It isn't there.
    Absent,
    /// It is there, with nothing but terramend's commits.
    Ours {
        /// Its head.
        head: String,
        /// Whether it holds what is proposed.
        current: bool,
    },
}

/// What changes in a pull request besides its commits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text {
    /// The new title.
    pub title: Option<String>,
    /// The new text.
    pub body: Option<String>,
    /// The new base.
    pub base: Option<String>,
}

/// Why nothing can be done in a repository.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// GitHub didn't answer as needed.
    #[error(transparent)]
    Github(#[from] GithubError),
    /// It can't be written to.
    #[error("{0} is archived or disabled: nothing can be changed there")]
    ReadOnly(String),
    /// There is no commit yet.
    #[error("{0} is empty: there is no commit yet")]
    Empty(String),
    /// The base isn't there.
    #[error("{repository} has no branch {branch}\n  hint: name another --base")]
    NoBase {
        /// The repository.
        repository: String,
        /// The branch.
        branch: String,
    },
    /// There is nobody whose fork it would be.
    #[error(
        "an app has no account of its own to fork to\n  hint: name an organisation that it is installed in: --fork=OWNER"
    )]
    NoAccount,
    /// Something else has the fork's name.
    #[error("{fork} is there, and no fork of {repository}\n  hint: rename it, or name another owner: --fork=OWNER")]
    NoFork {
        /// What is there.
        fork: String,
        /// What was to be forked.
        repository: String,
    },
    /// What was analysed isn't what the base holds.
    #[error(
        "{path} differs from {branch} of {repository}: a fix of it would take other changes back\n  hint: check out {branch}, or name another --base"
    )]
    Differs {
        /// The file.
        path: String,
        /// The repository.
        repository: String,
        /// The base.
        branch: String,
    },
}

/// Reads the state of a repository and decides.
pub async fn plan(remote: &mut Remote, proposals: &Proposals, options: &Options) -> Result<Plan, PlanError> {
    let repository = remote.repository().await?;
    let name = repository.full_name.clone();
    if repository.archived || repository.disabled {
        return Err(PlanError::ReadOnly(name));
    }
    let branch = options.base.clone().unwrap_or_else(|| repository.default_branch.clone());
    let Some(base) = remote.branch(&branch).await? else {
        return Err(if branch == repository.default_branch {
            PlanError::Empty(name)
        } else {
            PlanError::NoBase { repository: name, branch }
        });
    };
    let base = content::read(remote, branch, base.object.sha, &proposals.list).await?;
    let home = match &options.fork {
        Some(fork) => fork::find(remote, fork).await?,
        None => Home::of(remote),
    };
    let at_home = Remote::new(remote.client().clone(), &home.repository);
    let branches = match home.missing {
        Some(_) => Vec::new(),
        None => at_home.branches(&options.branch_prefix).await?,
    };
    let login = if branches.is_empty() { None } else { remote.login().await? };
    let mut planner = Planner { remote, home: &at_home, base: &base, options, branches: &branches, login, open: 0 };
    let mut steps = Vec::new();
    for i in 0..proposals.list.len() {
        steps.push(planner.proposal(i, &proposals.list[i]).await?);
    }
    // What is open already counts, also that of other directories.
    let others = planner.others(proposals).await?;
    let closings = planner.closings(others, proposals.complete).await?;
    let closing = closings.iter().filter(|step| matches!(step, Step::Close { pull, .. } if pull.state == "open"));
    planner.limit(&mut steps, closing.count());
    steps.extend(closings);
    Ok(Plan { repository: remote.name().to_owned(), home, base, steps })
}

struct Planner<'a> {
    /// Where pull requests are.
    remote: &'a Remote,
    /// Where branches are.
    home: &'a Remote,
    base: &'a Base,
    options: &'a Options,
    branches: &'a [Reference],
    login: Option<String>,
    open: usize,
}

impl Planner<'_> {
    fn head_of(&self, branch: &str) -> Option<&str> {
        let name = format!("refs/heads/{branch}");
        self.branches.iter().find(|found| found.name == name).map(|found| found.object.sha.as_str())
    }

    async fn proposal(&mut self, i: usize, proposal: &Proposal) -> Result<Step, GithubError> {
        let pulls = self.remote.pulls_from(self.home.owner(), &proposal.branch).await?;
        let open = pulls.iter().find(|pull| pull.state == "open").cloned();
        self.open += usize::from(open.is_some());
        if let (None, Some(reason)) = (&open, declined(&pulls, proposal)) {
            return Ok(Step::Skip { proposal: i, pull: pulls.into_iter().next(), reason });
        }
        let branch = match self.head_of(&proposal.branch) {
            None => Branch::Absent,
            Some(head) => match self.examine(head, Some(proposal)).await? {
                Ok(branch) => branch,
                Err(commit) => {
                    let reason = format!(
                        "the branch has a commit that isn't terramend's ({}): it stays as it is\n  hint: merge it, or delete the branch",
                        commit.get(..10).unwrap_or(&commit)
                    );
                    return Ok(Step::Skip { proposal: i, pull: open, reason });
                }
            },
        };
        Ok(match open {
            None => Step::Create { proposal: i, branch },
            Some(pull) => {
                let change = self.text(&pull, proposal);
                Step::Update { proposal: i, branch, pull, change }
            }
        })
    }

    /// Whether a branch is ours and holds a proposal; else the first commit that isn't ours.
    async fn examine(&self, head: &str, proposal: Option<&Proposal>) -> Result<Result<Branch, String>, GithubError> {
        let Some(comparison) = self.home.compare(&self.base.sha, head).await? else {
            return Ok(Err(head.to_owned()));
        };
        if let Some(foreign) = comparison.commits.iter().find(|commit| !self.is_ours(commit)) {
            return Ok(Err(foreign.sha.clone()));
        }
        let current = match proposal {
            Some(proposal) => self.holds(head, &comparison, proposal).await?,
            None => false,
        };
        Ok(Ok(Branch::Ours { head: head.to_owned(), current }))
    }

    /// A commit is ours when its message names its own tree, and nobody else wrote or committed it.
    fn is_ours(&self, commit: &Compared) -> bool {
        // GitHub itself commits what it signs or what is done in its pages.
        let is_github = commit.committer.as_ref().is_some_and(|account| account.login == "web-flow");
        let same = match (&commit.author, &commit.committer) {
            _ if is_github => true,
            (Some(author), Some(committer)) => author == committer,
            // Accounts that GitHub doesn't know: then by what git says.
            (None, None) => commit.commit.author == commit.commit.committer,
            _ => false,
        };
        let bare = |login: &str| login.trim_end_matches("[bot]").to_ascii_lowercase();
        let is_me = match (&self.login, &commit.author) {
            (Some(login), Some(author)) => bare(login) == bare(&author.login),
            _ => true,
        };
        same && is_me && tree_of(&commit.commit.message) == Some(&commit.commit.tree.sha)
    }

    /// Whether a branch changes exactly what is proposed.
    async fn holds(&self, head: &str, comparison: &Comparison, proposal: &Proposal) -> Result<bool, GithubError> {
        let wanted: BTreeMap<&str, String> =
            proposal.files.iter().map(|file| (file.path.as_str(), content::blob(&file.after))).collect();
        if comparison.files.len() >= MAX_FILES {
            let paths = proposal.files.iter().map(|file| file.path.as_str());
            let entries = content::entries(self.home, head, paths).await?;
            return Ok(wanted.iter().all(|(path, sha)| entries.get(*path).is_some_and(|entry| entry.sha == *sha)));
        }
        let found: BTreeMap<&str, String> = comparison
            .files
            .iter()
            .map(|file| (file.filename.as_str(), file.sha.clone().unwrap_or_default()))
            .collect();
        Ok(found == wanted)
    }

    /// What is ours in the text and out of date.
    fn text(&self, pull: &Pull, proposal: &Proposal) -> Text {
        let mut change = Text::default();
        if pull.base.branch != self.base.branch {
            change.base = Some(self.base.branch.clone());
        }
        let old = pull.body.as_deref().unwrap_or_default().replace("\r\n", "\n");
        // Who took the marker away wants the text for himself.
        let Some(marker) = Marker::find(&old) else { return change };
        // A title that isn't ours any more stays.
        if pull.title == marker.title && pull.title != proposal.title {
            change.title = Some(proposal.title.clone());
        }
        let new = marker::replace(&old, &proposal.body);
        if new.trim() != old.trim() {
            change.body = Some(new);
        }
        change
    }

    /// Pull requests of terramend that nothing here proposes, with the heads of their branches: open ones, and those that a
    /// run closed which ended before it took the branch away.
    async fn others(&mut self, proposals: &Proposals) -> Result<Vec<(Pull, Marker, String)>, GithubError> {
        let mut others = Vec::new();
        for reference in self.branches {
            let branch = reference.name.trim_start_matches("refs/heads/");
            if proposals.list.iter().any(|proposal| proposal.branch == branch) {
                continue;
            }
            let mut pulls = self.remote.pulls_from(self.home.owner(), branch).await?;
            let open = pulls.iter().position(|pull| pull.state == "open");
            if pulls.is_empty() {
                continue;
            }
            let pull = pulls.swap_remove(open.unwrap_or(0));
            let Some(marker) = pull.body.as_deref().and_then(Marker::find) else { continue };
            let head = reference.object.sha.clone();
            let is_left = marker.closed && pull.merged_at.is_none() && pull.head.sha == head;
            if open.is_some() || is_left {
                self.open += usize::from(open.is_some());
                others.push((pull, marker, head));
            }
        }
        Ok(others)
    }

    /// Whether nothing of a pull request is left, as far as this run can know.
    fn is_over(&self, marker: &Marker) -> bool {
        let is_covered = match self.options.closes {
            None => false,
            Some(Grade::Safe) => marker.group.split(' ').next() == Some("safe"),
            Some(_) => true,
        };
        is_covered && marker.directory == self.options.directory
    }

    async fn closings(&self, others: Vec<(Pull, Marker, String)>, complete: bool) -> Result<Vec<Step>, GithubError> {
        let mut steps = Vec::new();
        for (pull, marker, head) in others {
            // After an error nothing that is missing may be taken for done.
            if complete && self.is_over(&marker) && self.examine(&head, None).await?.is_ok() {
                steps.push(Step::Close { pull, marker, head });
            }
        }
        Ok(steps)
    }

    /// Opens no more than may be open at once.
    fn limit(&self, steps: &mut [Step], closing: usize) {
        let Some(max) = self.options.max_open else { return };
        let mut room = (max + closing).saturating_sub(self.open);
        for step in steps {
            let Step::Create { proposal, .. } = step else { continue };
            if room == 0 {
                let reason = format!("the limit of open pull requests is reached (max = {max})");
                *step = Step::Skip { proposal: *proposal, pull: None, reason };
            } else {
                room -= 1;
            }
        }
    }
}

/// Whether the last pull request from a branch was closed by somebody who didn't want it. What it didn't hold may be
/// proposed all the same.
fn declined(pulls: &[Pull], proposal: &Proposal) -> Option<String> {
    let last = pulls.first()?;
    if last.merged_at.is_some() {
        return None;
    }
    let marker = last.body.as_deref().and_then(Marker::find);
    if marker.is_some_and(|marker| marker.closed || !proposal.marker.controls.is_subset(&marker.controls)) {
        return None;
    }
    Some(format!(
        "#{} was closed without a merge: that is taken as a no\n  hint: reopen it to have it kept up to date",
        last.number
    ))
}
