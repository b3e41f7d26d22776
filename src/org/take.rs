//! What examining a repository leads to.

use std::path::Path;
use std::sync::Arc;

use super::content::Limits;
use super::examine::{ExamineError, Examined, examine};
use super::journal::Stage;
use super::plan::RepositoryPlan;
use super::policy::Policy;
use super::select::Repository;
use crate::publish::github::{Client, GithubError, Remote};

/// What examining came to, with the stage that follows.
pub(super) enum Taken {
    Plan(Box<RepositoryPlan>, Stage),
    Skipped(String),
}

/// What examining a repository takes.
#[derive(Clone)]
pub(super) struct Means {
    pub(super) client: Client,
    pub(super) policy: Arc<Policy>,
    pub(super) limits: Limits,
    /// Where archives are unpacked.
    pub(super) directory: Arc<Path>,
}

/// Examines one repository, and says what follows from that.
pub(super) async fn take(means: Means, repository: Repository) -> (Repository, Result<Taken, ExamineError>) {
    let client = &means.client;
    let result = match examine(&means, &repository).await {
        Ok(Examined::Skipped(skip)) => Ok(Taken::Skipped(skip.to_string())),
        Ok(Examined::Plan(plan)) if !plan.proposals.is_empty() => Ok(Taken::Plan(plan, Stage::Planned)),
        Ok(Examined::Plan(plan)) => match leftovers(client, &repository, &plan).await {
            Ok(true) => Ok(Taken::Plan(plan, Stage::Planned)),
            Ok(false) => Ok(Taken::Plan(plan, Stage::Clean)),
            Err(error) => Err(error.into()),
        },
        Err(error) => Err(error),
    };
    (repository, result)
}

/// Whether there are branches of earlier runs, whose pull requests may be over.
async fn leftovers(client: &Client, repository: &Repository, plan: &RepositoryPlan) -> Result<bool, GithubError> {
    let Ok(options) = plan.making.options() else { return Ok(false) };
    let remote = Remote::new(client.clone(), &repository.full_name);
    Ok(!remote.branches(&options.branch_prefix).await?.is_empty())
}
