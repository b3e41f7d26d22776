//! The plan of one repository: what was found, and what its pull requests are to hold. It can be stored and sent.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::catalogue::{GroupBy, MergeMethod, PullRequestSettings};
use crate::finding::Applied;
use crate::fix::Grade;
use crate::publish::marker::Marker;
use crate::publish::{FileChange, GroupKey, Proposal, Proposals, github};

/// The plan of a repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepositoryPlan {
    /// The commit that was analysed.
    pub commit: String,
    /// Whether everything was analysed. Otherwise nothing that is missing is taken for done.
    pub complete: bool,
    /// Files that were analysed.
    pub files: usize,
    /// What was found, without what is silenced.
    pub findings: Vec<Found>,
    /// Findings that a comment silences.
    pub suppressed: usize,
    /// What could not be analysed, and what the repository asked for and doesn't get.
    pub notes: Vec<String>,
    /// The pull requests.
    pub proposals: Vec<Planned>,
    /// How they are made.
    pub making: Making,
}

/// A finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Found {
    /// The control's id.
    pub control: String,
    /// Its family.
    pub family: String,
    /// How bad it is.
    pub severity: String,
    /// The resource's address in its module.
    pub resource: String,
    /// Relative to the repository.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// What may be done about it: a grade; absent where there is no fix.
    pub grade: Option<String>,
}

/// What a pull request is to hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    /// `safe` or `review`.
    pub grade: String,
    /// `repository`, `family`, `module` or `control`.
    pub by: String,
    /// Which of these.
    pub part: String,
    /// The branch that it comes from.
    pub branch: String,
    /// The title.
    pub title: String,
    /// The commit's message, without trailers.
    pub message: String,
    /// The text.
    pub body: String,
    /// The marker in it.
    pub marker: Marker,
    /// Whether it is opened as a draft.
    pub draft: bool,
    /// The fixes in short.
    pub fixes: Vec<Fixed>,
    /// The files.
    pub files: Vec<PlannedFile>,
}

/// A fix in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fixed {
    /// The control's id.
    pub control: String,
    /// The resource.
    pub resource: String,
    /// What deploying it does.
    pub effect: String,
}

/// A file as it is and as it shall be. Analysed files are text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedFile {
    /// Relative to the repository.
    pub path: String,
    /// The text that was analysed.
    pub before: String,
    /// The text that is proposed.
    pub after: String,
    /// The difference for `git apply`.
    pub diff: String,
}

/// How the pull requests of a repository are made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Making {
    base: Option<String>,
    branch_prefix: Option<String>,
    grade: Option<String>,
    labels: Vec<String>,
    reviewers: Vec<String>,
    team_reviewers: Vec<String>,
    max: Option<usize>,
    auto_merge: Option<String>,
    whole: bool,
}

impl Making {
    /// As some settings say. `whole` says whether everything was asked for.
    pub fn new(settings: &PullRequestSettings, whole: bool) -> Self {
        Self {
            base: settings.base.clone(),
            branch_prefix: settings.branch_prefix.clone(),
            grade: settings.grade.map(|grade| grade.to_string()),
            labels: settings.labels.clone(),
            reviewers: settings.reviewers.clone(),
            team_reviewers: settings.team_reviewers.clone(),
            max: settings.max,
            auto_merge: settings.auto_merge.map(|method| method.to_string()),
            whole,
        }
    }

    /// For the publisher. An error names what a plan from elsewhere holds that isn't known.
    pub fn options(&self) -> Result<github::Options, String> {
        let settings = PullRequestSettings {
            base: self.base.clone(),
            branch_prefix: self.branch_prefix.clone(),
            grade: self.grade.as_deref().map(str::parse::<Grade>).transpose()?,
            labels: self.labels.clone(),
            reviewers: self.reviewers.clone(),
            team_reviewers: self.team_reviewers.clone(),
            max: self.max,
            auto_merge: self.auto_merge.as_deref().map(str::parse::<MergeMethod>).transpose()?,
            ..PullRequestSettings::default()
        };
        Ok(super::policy::options(&settings, self.whole))
    }
}

impl Planned {
    /// What the publisher proposes.
    pub fn of(proposal: &Proposal) -> Self {
        let fixed = |applied: &Applied| Fixed {
            control: applied.control.clone(),
            resource: applied.resource.clone(),
            effect: applied.effect.to_string(),
        };
        let file = |file: &FileChange| PlannedFile {
            path: file.path.clone(),
            before: String::from_utf8_lossy(&file.before).into_owned(),
            after: String::from_utf8_lossy(&file.after).into_owned(),
            diff: file.diff.clone(),
        };
        Self {
            grade: proposal.key.grade.to_string(),
            by: proposal.key.by.to_string(),
            part: proposal.key.part.clone(),
            branch: proposal.branch.clone(),
            title: proposal.title.clone(),
            message: proposal.message.clone(),
            body: proposal.body.clone(),
            marker: proposal.marker.clone(),
            draft: proposal.draft,
            fixes: proposal.applied.iter().map(fixed).collect(),
            files: proposal.files.iter().map(file).collect(),
        }
    }

    fn proposal(&self) -> Result<Proposal, String> {
        let file = |file: &PlannedFile| FileChange {
            path: file.path.clone(),
            before: file.before.clone().into_bytes(),
            after: file.after.clone().into_bytes(),
            diff: file.diff.clone(),
        };
        let workflow = |file: &&PlannedFile| file.path.to_ascii_lowercase().starts_with(".github/workflows/");
        if let Some(file) = self.files.iter().find(workflow) {
            return Err(format!("the plan changes the workflow {}: that is never done", file.path));
        }
        Ok(Proposal {
            key: GroupKey { grade: self.grade.parse()?, by: self.by.parse::<GroupBy>()?, part: self.part.clone() },
            branch: self.branch.clone(),
            title: self.title.clone(),
            message: self.message.clone(),
            body: self.body.clone(),
            marker: self.marker.clone(),
            draft: self.draft,
            applied: Vec::new(),
            left: Vec::new(),
            files: self.files.iter().map(file).collect(),
        })
    }

    /// The whole difference for `git apply`.
    pub fn diff(&self) -> String {
        self.files.iter().map(|file| file.diff.as_str()).collect()
    }
}

impl RepositoryPlan {
    /// For the publisher.
    pub fn proposals(&self) -> Result<Proposals, String> {
        let list = self.proposals.iter().map(Planned::proposal).collect::<Result<Vec<_>, _>>()?;
        let branches: BTreeSet<&str> = list.iter().map(|proposal| proposal.branch.as_str()).collect();
        if branches.len() != list.len() {
            return Err("the plan has two pull requests from one branch".into());
        }
        Ok(Proposals { list, complete: self.complete, diagnostics: Vec::new(), files: self.files })
    }
}
