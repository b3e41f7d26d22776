//! Forks: where branches go when the credential may not write to the repository itself.
//!
//! Repositories that were forked from one another share their objects, so that a commit in the fork may stand on the base's
//! newest one, however old the fork is. Nothing but terramend's own branches is ever changed in a fork.

use serde_json::json;

use super::answers::Repository;
use super::error::GithubError;
use super::plan::PlanError;
use super::remote::Remote;
use crate::publish::github::Repeat;

/// How often a new fork is looked at: GitHub makes it later.
const TRIES: u32 = 6;

/// Whose fork it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fork {
    /// That of the credential's account.
    Account,
    /// That of an organisation.
    Organization(String),
}

/// Where the branches are: in the repository itself, or in a fork of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// `owner/name`
    pub repository: String,
    /// The fork that has to be made first.
    pub missing: Option<Fork>,
}

impl Home {
    /// The repository itself.
    pub(super) fn of(remote: &Remote) -> Self {
        Self { repository: remote.name().to_owned(), missing: None }
    }
}

/// Looks for the fork.
pub(super) async fn find(remote: &Remote, fork: &Fork) -> Result<Home, PlanError> {
    let owner = match fork {
        Fork::Organization(owner) => owner.clone(),
        Fork::Account => match remote.login().await? {
            Some(login) if !login.ends_with("[bot]") => login,
            _ => return Err(PlanError::NoAccount),
        },
    };
    let (own, name) = remote.name().split_once('/').unwrap_or_default();
    if own.eq_ignore_ascii_case(&owner) {
        return Ok(Home::of(remote));
    }
    let repository = format!("{owner}/{name}");
    let found: Option<Repository> = remote.client().find(&format!("/repos/{repository}")).await?;
    match found {
        None => Ok(Home { repository, missing: Some(fork.clone()) }),
        Some(found) if found.is_fork_of(remote.name()) => Ok(Home { repository: found.full_name, missing: None }),
        Some(_) => Err(PlanError::NoFork { fork: repository, repository: remote.name().to_owned() }),
    }
}

/// Sees to it that the fork is there, and waits until it can be written to.
pub(super) async fn ensure(remote: &Remote, home: &Home, base: &str) -> Result<Remote, GithubError> {
    let Some(fork) = &home.missing else { return Ok(Remote::new(remote.client().clone(), &home.repository)) };
    let mut body = json!({ "default_branch_only": true });
    if let Fork::Organization(owner) = fork {
        body["organization"] = owner.as_str().into();
    }
    // Who has a fork already gets that one.
    let made: Repository =
        remote.client().post(&format!("/repos/{}/forks", remote.name()), &body, Repeat::Harmless).await?;
    let made = Remote::new(remote.client().clone(), &made.full_name);
    let gate = remote.client().gate();
    for attempt in 1..=TRIES {
        if made.branch(base).await?.is_some() {
            return Ok(made);
        }
        gate.wait(gate.backoff(attempt), "the new fork isn't ready").await?;
    }
    let (request, message) = (format!("forking to {}", made.name()), "it isn't ready yet: run again later".into());
    Err(GithubError::Uncertain { request, message })
}
